#include "base/folder.hpp"

#include <algorithm>
#include <system_error>

namespace launch {

std::vector<std::filesystem::path> files_with(const std::filesystem::path& folder,
                                              std::string_view extension) {
  std::vector<std::filesystem::path> out;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
    if (file.path().extension() == extension) out.push_back(file.path());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace launch

#include "base/folder.hpp"

#include <algorithm>
#include <iterator>
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

bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const bool slash = folder.filename().empty() && folder.has_relative_path();
  const auto last = slash ? std::prev(folder.end()) : folder.end();
  return std::mismatch(folder.begin(), last, path.begin(), path.end()).first == last;
}

}  // namespace launch

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace launch::store::test {

/// The names of all files below a folder, except lock files.
inline std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != ".lock")
      files.push_back(entry.path().filename());
  }
  return files;
}

}  // namespace launch::store::test

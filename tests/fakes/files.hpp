#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.hpp"

namespace launch {

/// write_file on the machine's own disk, for a test's files.
inline Result<void> write_file(const std::filesystem::path& path, std::string_view content,
                               unsigned mode = 0644, Flush flush = Flush::no) {
  RealDisk disk;
  return write_file(disk, path, content, mode, flush);
}

inline Result<void> make_folder(const std::filesystem::path& path) {
  RealDisk disk;
  return make_folder(disk, path);
}

}  // namespace launch

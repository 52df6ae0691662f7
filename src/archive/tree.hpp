#pragma once

#include <filesystem>
#include <string_view>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// Makes a folder and its parents below `root`, which is there, all of mode 0755 whatever the umask. Errors
/// (environment).
Result<void> make_tree_folder(Disk& disk, const std::filesystem::path& root, std::string_view path);

/// Of a file in a tree.
constexpr unsigned mode_of(bool executable) {
  return executable ? 0755 : 0644;
}

/// Writes a new file, or over one that is there, of mode 0644 or 0755 whatever the umask. Errors
/// (environment).
Result<void> write_tree_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                             bool executable = false);

}  // namespace launch::archive

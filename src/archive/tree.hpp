#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "base/steady_file.hpp"

namespace launch::archive {

/// Creates a folder and its parents below `root`, which must exist, all with mode 0755 whatever the umask.
/// Errors (environment).
Result<void> make_tree_folder(Disk& disk, const std::filesystem::path& root, std::string_view path);

/// The time of all files that an image gets: 1980-01-01, the oldest that a zip can hold. Not 0, which
/// lazy-pulling runtimes take for unknown.
inline constexpr std::int64_t kFileTime = 315'532'800;

/// The mode of a file in a tree.
constexpr unsigned mode_of(bool executable) {
  return executable ? 0755 : 0644;
}

/// A file that was written into a tree.
struct TreeFile {
  std::string path;  ///< below the tree's root
  std::uint64_t size = 0;
  Digest digest;
};

/// Creates or overwrites a file with mode 0644 or 0755 whatever the umask. Errors (environment).
Result<void> write_tree_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                             bool executable = false);
/// The same with the content of a file. Errors (environment): those of SteadyFile::read_all, too.
Result<void> write_tree_file(Disk& disk, const std::filesystem::path& path, const SteadyFile& content,
                             bool executable);

/// Unpacks every file of a zip below `root`, with mode 0644 whatever the umask and the zip. Errors (input): a
/// malformed zip, a name that check_file_type or LayerNames refuse; (environment): it cannot be read, the
/// disk.
Result<void> unpack_zip(Disk& disk, const std::filesystem::path& zip, const std::filesystem::path& root);

}  // namespace launch::archive

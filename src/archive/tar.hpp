#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/result.hpp"

namespace launch::archive {

/// One member of a tar file.
struct TarEntry {
  enum class Kind { file, folder, link, hard_link, other };
  std::string name;          ///< as written: "demo-1.0/setup.py"
  std::string target;        ///< of a link
  Kind kind = Kind::file;    ///< other: a device or a pipe
  std::uint64_t size = 0;    ///< bytes of content
  std::uint64_t offset = 0;  ///< where its content begins in the tar
  std::int64_t time = 0;     ///< last modification, seconds since 1970
  bool executable = false;   ///< by its owner
  unsigned mode = 0;         ///< its permissions: 0644
  unsigned owner = 0;        ///< user ID
  unsigned group = 0;        ///< group ID
};

/// What to read of a compressed tar, so that a small file cannot take a machine's memory or time.
struct TarLimits {
  std::uint64_t bytes = 0;    ///< unpacked, headers included
  std::size_t members = 0;    ///< of any kind
  std::uint64_t content = 0;  ///< bytes of one member that is read into memory
};

/// The visitor of a tar: called for each member in its order; true asks for the member's content.
struct TarVisitor {
  std::function<Result<bool>(const TarEntry& entry)> enter;
  std::function<Result<void>(const TarEntry& entry, std::string content)> take;
};

/// Reads a gzip-compressed tar (ustar, pax and GNU names) from its start to its end, unpacking nothing.
/// Errors: (input) not such a file, damaged, over a limit; the visitor's; (environment) it cannot be read.
Result<void> read_tar_gz(const std::filesystem::path& file, const TarLimits& limits,
                         const TarVisitor& visitor);

/// The same, and on to the end of the file, which may be behind that of the tar; returns its unpacked bytes.
Result<std::uint64_t> read_whole_tar_gz(const std::filesystem::path& file, const TarLimits& limits,
                                        const TarVisitor& visitor);

/// The same as read_tar_gz of a tar that is not compressed.
Result<void> read_tar(const std::filesystem::path& file, const TarLimits& limits, const TarVisitor& visitor);

}  // namespace launch::archive

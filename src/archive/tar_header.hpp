#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace launch::archive {

/// A file, folder or symbolic link to write into a tar.
struct TarMember {
  std::string path;                   ///< "opt/venv/bin/torchrun", a folder's without a slash at its end
  bool is_folder = false;             ///< mode 0755
  bool executable = false;            ///< mode 0755 instead of 0644
  std::uint64_t size = 0;             ///< bytes of content
  std::int64_t time = 0;              ///< last modification, seconds since 1970
  std::string link = {};              ///< the target of a symbolic link; empty for files and folders
  std::optional<unsigned> mode = {};  ///< instead of that of its kind
  unsigned owner = 0;                 ///< user ID
  unsigned group = 0;                 ///< group ID

  unsigned permissions() const;
};

/// The blocks before a member's content: ustar, after a pax header (POSIX.1-2001) if its path or target is
/// not ASCII or fits no ustar header, if its size is 8 GiB or more, its time before 1970 or after 2242, or an
/// ID 2097152 or more.
std::string tar_header(const TarMember& member);

/// Zeros after a content of that size, up to the end of its block.
std::string tar_padding(std::uint64_t size);

/// The two blocks of zeros at the end.
std::string tar_end();

}  // namespace launch::archive

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::specs {

/// One wheel tag (PEP 425): "cp312", "abi3", "manylinux_2_28_x86_64".
struct Tag {
  std::string python;
  std::string abi;
  std::string platform;
  friend auto operator<=>(const Tag&, const Tag&) = default;
  std::string text() const { return python + "-" + abi + "-" + platform; }
};

/// What is installed onto: a CPython ("3.12", or "3.13t" for the free-threaded build) on Linux with glibc.
struct Target {
  std::string python;    ///< "3.12"
  std::string platform;  ///< "linux-x86_64" or "linux-aarch64"
  int glibc_minor = 0;   ///< of glibc 2.x: 36 for Debian 12, 35 for Ubuntu 22.04, 39 for 24.04
};

/// All tags that fit the target, best first, as packaging.tags.sys_tags (26.3) orders them on such a machine:
/// linux_<arch>, then PEP 600 manylinux with its legacy names. Errors (usage): an interpreter or platform
/// that is not known.
Result<std::vector<Tag>> supported_tags(const Target& target);

/// A compressed set (PEP 425), not multiplied out.
struct CompressedTags {
  std::vector<std::string> pythons;
  std::vector<std::string> abis;
  std::vector<std::string> platforms;

  /// Lower case. Errors (usage): not three parts of letters, digits and "_".
  static Result<CompressedTags> parse(std::string_view text);
  bool holds(const Tag& tag) const;
};

/// Every tag of a compressed set "cp312.cp313-abi3-manylinux_2_27_x86_64.manylinux_2_28_x86_64"; none for
/// what is no tag set or would be more than 4096 tags.
std::vector<Tag> expand_tags(std::string_view compressed);

}  // namespace launch::specs

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"

namespace launch::specs {

/// One wheel tag (PEP 425): "cp312", "abi3", "manylinux_2_28_x86_64".
struct Tag {
  std::string python;
  std::string abi;
  std::string platform;
  friend auto operator<=>(const Tag&, const Tag&) = default;
  std::string text() const { return python + "-" + abi + "-" + platform; }
};

/// What wheels are installed on: a CPython on Linux with glibc.
struct Target {
  Interpreter python;
  Platform platform;
  int glibc_minor = 0;  ///< of glibc 2.x: 36 for Debian 12, 35 for Ubuntu 22.04, 39 for 24.04
};

/// All tags that match the target, best first, in the order of packaging.tags.sys_tags (26.3) on such a
/// machine: linux_<arch>, then PEP 600 manylinux with its legacy names.
std::vector<Tag> supported_tags(const Target& target);

/// N of the glibc 2.N that a platform tag needs (PEP 600), on that platform; nullopt for other tags.
std::optional<int> glibc_minor_of(std::string_view platform_tag, const Platform& platform);

/// A compressed tag set (PEP 425), not expanded.
struct CompressedTags {
  std::vector<std::string> pythons;
  std::vector<std::string> abis;
  std::vector<std::string> platforms;

  /// Lower-cases. Errors (input): not three parts of letters, digits and "_".
  static Result<CompressedTags> parse(std::string_view text);
  bool holds(const Tag& tag) const;
  /// True if some interpreter on the platform can run such a wheel.
  bool fits(const Platform& target) const;
  /// The CPython of the first Python tag; nullopt for other Pythons, as in "py3-none-any".
  std::optional<Interpreter> interpreter() const;
};

}  // namespace launch::specs

#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::specs {

/// A system that wheels, images and runs are made for, by its name in recipes and locks: "linux-x86_64". The
/// table is in platform.cpp; a new platform is a new row.
class Platform {
 public:
  /// The first row of the table: linux-x86_64.
  Platform() = default;
  /// Errors (input): not a known platform; the known ones are listed.
  static Result<Platform> parse(std::string_view text);
  /// By the name that `uname -m` and the marker platform_machine use: "x86_64". nullopt if unknown.
  static std::optional<Platform> of_machine(std::string_view machine);
  /// By the name that image manifests use: "linux/amd64". nullopt if unknown.
  static std::optional<Platform> of_oci(std::string_view oci);
  /// The machine that this program runs on; nullopt if it is not in the table.
  static std::optional<Platform> of_this_machine();
  static std::span<const Platform> all();

  /// "linux-x86_64"
  std::string text() const;
  /// "x86_64": `uname -m`, the marker platform_machine, and the last part of a wheel's platform tag.
  std::string machine() const;
  /// "linux/amd64": os and architecture of the OCI image specification.
  std::string oci() const;
  /// N of the oldest "manylinux_2_N" tag that the platform's wheels may have: 5 for x86_64 (PEP 513), 17 for
  /// the others (PEP 599).
  int oldest_manylinux_glibc_minor() const;

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Platform&, const Platform&) = default;

 private:
  explicit Platform(int row) : row_(row) {}
  friend struct PlatformTable;
  int row_ = 0;
};

}  // namespace launch::specs

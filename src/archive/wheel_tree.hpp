#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tree.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "specs/interpreter.hpp"

namespace launch::archive {

/// A wheel whose digest was verified, and the tree for its files.
struct WheelSource {
  std::string package;          ///< "torch"
  std::filesystem::path wheel;  ///< …/torch-2.10.0-….whl
};

/// What was written.
struct InstallSize {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

/// A wheel of the same package that install_wheels has installed, for the same interpreter.
struct InstalledWheel {
  std::filesystem::path wheel;  ///< its digest was verified
  std::filesystem::path prefix;
  std::map<std::string, Digest> files;  ///< in the prefix, unchanged
};

/// A wheel whose digest was verified, and where to install it.
struct WheelPlace {
  std::filesystem::path wheel;
  std::filesystem::path prefix;  ///< a folder that does not exist yet, in one that does
  /// Files that are the same in both become hard links to those of its prefix, where that is possible.
  std::optional<InstalledWheel> earlier = {};
};

/// Total bytes of all files in a wheel, from its directory alone. Errors (input): a malformed wheel;
/// (environment): unreadable.
Result<std::uint64_t> unpacked_size(const std::filesystem::path& wheel);

/// Unpacks every wheel as an installer would (binary distribution format, "Installing a wheel") into its own
/// prefix, `folder`/PACKAGE, on all cores: scripts for `interpreter`, a new RECORD, INSTALLER "launch",
/// CRC-32 checked, modes 0644 and 0755 whatever the umask, no bytecode. Errors (input): a malformed wheel, or
/// one that read_wheel_contents refuses, named, before anything is written; (environment): the disk; a stop
/// was requested.
Result<InstallSize> unpack_wheels(std::span<const WheelSource> wheels, const std::filesystem::path& folder,
                                  const specs::Interpreter& python, std::string_view interpreter,
                                  const Work& work);

/// Called on any thread when a wheel is complete; its error stops the work. `at` is the wheel's place in the
/// list.
using OnInstalled = std::function<Result<void>(std::size_t at, std::vector<TreeFile> files)>;

/// Unpacks wheels like unpack_wheels, each into its prefix. Errors: those of unpack_wheels.
Result<void> install_wheels(std::span<const WheelPlace> wheels, const specs::Interpreter& python,
                            std::string_view interpreter, const OnInstalled& installed, const Work& work);

}  // namespace launch::archive

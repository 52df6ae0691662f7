#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/work.hpp"
#include "specs/interpreter.hpp"

namespace launch::archive {

/// A wheel whose digest was checked, and the tree that its files go to.
struct WheelSource {
  std::string package;          ///< "torch"
  std::filesystem::path wheel;  ///< …/torch-2.10.0-….whl
};

/// What was written.
struct InstallSize {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

/// Bytes in all of a wheel's files, from its directory alone. Errors (input): an unsound wheel;
/// (environment): unreadable.
Result<std::uint64_t> unpacked_size(const std::filesystem::path& wheel);

/// Unpacks every wheel as an installer would (binary distribution format, "Installing a wheel") into a prefix
/// of its own, `folder`/PACKAGE, on all cores: scripts for `interpreter`, RECORD written anew, INSTALLER
/// "launch", CRC-32 checked, modes 0644 and 0755 whatever the umask, no bytecode. Errors (input): an unsound
/// wheel, named; (environment): the disk; a stop was asked for.
Result<InstallSize> unpack_wheels(std::span<const WheelSource> wheels, const std::filesystem::path& folder,
                                  const specs::Interpreter& python, std::string_view interpreter,
                                  const Work& work);

}  // namespace launch::archive

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

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

/// Total bytes of all files in a wheel, from its directory alone. Errors (input): a malformed wheel;
/// (environment): unreadable.
Result<std::uint64_t> unpacked_size(const std::filesystem::path& wheel);

/// Unpacks every wheel as an installer would (binary distribution format, "Installing a wheel") into its own
/// prefix, `folder`/PACKAGE, on all cores: scripts for `interpreter`, a new RECORD, INSTALLER "launch",
/// CRC-32 checked, modes 0644 and 0755 whatever the umask, no bytecode. Errors (input): a malformed wheel,
/// named; (environment): the disk; a stop was requested.
Result<InstallSize> unpack_wheels(std::span<const WheelSource> wheels, const std::filesystem::path& folder,
                                  const specs::Interpreter& python, std::string_view interpreter,
                                  const Work& work);

}  // namespace launch::archive

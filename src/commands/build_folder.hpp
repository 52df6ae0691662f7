#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "locking/source_builder.hpp"
#include "store/store.hpp"

namespace launch::commands {

/// The folders that the container of a build from source sees.
struct BuildFolder {
  std::filesystem::path in;   ///< the archive, wheels/ and build_wheel.py; read-only
  std::filesystem::path out;  ///< for the wheel
};

/// Makes them below `scratch`. Errors (environment).
Result<BuildFolder> make_build_folder(Disk& disk, const std::filesystem::path& scratch,
                                      const locking::SourceBuild& wanted);

/// Keeps the output of a build. Errors (environment).
Result<void> keep_log(Disk& disk, const std::filesystem::path& file, std::string_view log);

/// Notes in a file what a build made: "SHA256 SIZE NAME". It only saves a build, so failing is no error.
void remember(Disk& disk, const std::filesystem::path& file, const locking::BuiltWheel& wheel);
/// What was noted there, if the store still has it.
std::optional<locking::BuiltWheel> remembered(const std::filesystem::path& file, const store::Store& store);

}  // namespace launch::commands

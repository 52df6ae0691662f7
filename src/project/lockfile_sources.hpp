#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/lockfile.hpp"
#include "specs/version.hpp"

namespace launch::project {

// What a lock names for a package: wheels, a source archive, or another source. `version` is that of the
// package; where the lock does not state it (PEP 751 allows that), the first file's name determines it.
// Errors (input): those of parse_lockfile.

/// Reads packages.wheels.
Result<void> read_wheels(const TomlTable& table, LockedPackage& package,
                         std::optional<specs::Version>& version);
/// Reads packages.sdist. One that cannot be read is ignored beside wheels, which are preferred to it.
Result<void> read_sdist(const TomlTable& table, LockedPackage& package,
                        std::optional<specs::Version>& version);
/// Reads packages.archive, packages.vcs or packages.directory.
Result<void> read_source(const TomlTable& table, LockedPackage& package);

}  // namespace launch::project

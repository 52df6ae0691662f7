#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "project/needs.hpp"
#include "specs/interpreter.hpp"

namespace launch::project {

/// Reads [project] dependencies of a pyproject.toml (PEP 621) with those of some extras or dependency groups
/// (PEP 735), and uv's constraint-dependencies, override-dependencies and sources. Dependencies that
/// setuptools reads from files are included. `file` is its path for messages. Errors (input): TOML syntax;
/// dependencies that only a build backend knows; an unknown extra or group, with a "did you mean"; a Python
/// that the project excludes.
Result<ProjectNeeds> parse_pyproject(std::string_view text, std::string_view file,
                                     const std::set<std::string>& extras, const specs::Interpreter& python);

/// Reads a uv.lock: what its projects require, with some extras or groups, and the version of every package
/// as a constraint. Errors (input): TOML syntax; a lock of another format; an unknown extra or group.
Result<ProjectNeeds> parse_uv_lock(std::string_view text, std::string_view file,
                                   const std::set<std::string>& extras);

}  // namespace launch::project

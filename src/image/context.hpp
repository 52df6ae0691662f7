#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/wheel_tree.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "image/project_files.hpp"

namespace launch::image {

/// The input of a build: everything that its Dockerfile copies.
struct ContextSpec {
  specs::Interpreter python;
  std::string interpreter;  ///< of the image: "/usr/bin/python3.12"
  std::optional<std::filesystem::path> standalone =
      {};                                            ///< the archive of that interpreter; nullopt: the base's
  std::vector<archive::WheelSource> wheels;          ///< in order of installation
  std::vector<std::filesystem::path> bytecode = {};  ///< zips for the virtual environment, in that order
  std::optional<std::filesystem::path> library = {};  ///< the zip for that interpreter
  std::vector<std::string> absent;  ///< packages that the Dockerfile names and this platform lacks
  std::vector<ProjectCopy> copies;
  std::string dockerfile;
  std::string dockerignore;
};

/// Writes a self-contained build context into `folder`, which must be new or empty: Dockerfile,
/// .dockerignore, python/ (a standalone interpreter), venv/ (the bare virtual environment), wheels/PACKAGE/
/// (the installed files of each wheel), bytecode/python/ and bytecode/venv/, and project/N/. Modes are 0644
/// and 0755 whatever the umask; no times, no owners. Errors (input): a malformed wheel, named; (environment):
/// the disk; a stop was requested.
Result<archive::InstallSize> write_context(const std::filesystem::path& folder, const ContextSpec& spec,
                                           const Work& work);

}  // namespace launch::image

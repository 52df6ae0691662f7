#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/wheel_tree.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "image/project_files.hpp"

namespace launch::image {

/// A build's input: everything that its Dockerfile copies.
struct ContextSpec {
  specs::Interpreter python;
  std::string interpreter;                   ///< of the base image: "/usr/bin/python3.12"
  std::vector<archive::WheelSource> wheels;  ///< in the order in which they are installed
  std::vector<std::string> absent;           ///< packages that the Dockerfile names and this platform has not
  std::vector<ProjectCopy> copies;
  std::string dockerfile;
  std::string dockerignore;
};

/// Writes a self-contained build context into `folder`, which is new or empty: Dockerfile, .dockerignore,
/// venv/ (the bare virtual environment), wheels/PACKAGE/ (what is installed below it) and project/N/. Modes
/// are 0644 and 0755 whatever the umask; no times, no owners, no bytecode. Errors (input): an unsound wheel,
/// named; (environment): the disk; a stop was asked for.
Result<archive::InstallSize> write_context(const std::filesystem::path& folder, const ContextSpec& spec,
                                           const Work& work);

}  // namespace launch::image

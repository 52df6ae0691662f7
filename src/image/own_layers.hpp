#pragma once

#include <string>
#include <vector>

#include "archive/file_layer.hpp"
#include "archive/root_tree.hpp"
#include "base/result.hpp"
#include "base/steady_file.hpp"
#include "image/project_files.hpp"
#include "specs/interpreter.hpp"

namespace launch::image {

/// The members of a layer, in their order, and the files on this machine that have their content.
struct OwnLayer {
  std::vector<archive::LayerMember> members;
  std::vector<SteadyFile> files = {};
  std::vector<archive::FileSums> sums = {};  ///< of the files; none if one of them was not read

  archive::LayerSources sources() const { return {files, sums}; }
};

/// The virtual environment kVenv (venv_entries).
OwnLayer venv_layer(const specs::Interpreter& python, const std::string& interpreter);

/// The project's files, and folders on the way to them that the base image, whose folders are those of
/// `root`, does not have; and what hides from containers the two files that layers of wheels need for
/// lazy-pulling runtimes. Errors (environment): a file cannot be read; (input): those of archive::resolve.
Result<OwnLayer> project_layer(const std::vector<ProjectCopy>& copies, const archive::RootTree& root);

}  // namespace launch::image

#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "image/project_files.hpp"
#include "project/project.hpp"
#include "store/store.hpp"

namespace launch::commands {

/// The files of a project that a recipe copies.
struct CopiesRequest {
  const project::Project& project;
  const project::Recipe& recipe;
  std::string base_user;  ///< BaseImage::user
  const store::Store& store;
  Reporter& reporter;
};

/// Finds them, reading only those that may look like secrets and have changed. Errors: those of
/// find_project_files.
Result<std::vector<image::ProjectCopy>> find_copies(const CopiesRequest& request, const Context& context);

/// The same, and their contents, of which only those that have changed are read. Errors: those of
/// find_project_files and read_project_files.
Result<std::vector<image::ProjectCopy>> read_copies(const CopiesRequest& request, const Context& context);

}  // namespace launch::commands

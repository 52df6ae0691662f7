#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "project/recipe.hpp"

namespace launch::image {

/// One file of the project to copy into the image.
struct ProjectFile {
  std::filesystem::path source;
  std::string path;  ///< below the copy's own folder: "train.py"
  bool executable = false;
};

/// A `copy` entry of a recipe with its current files.
struct ProjectCopy {
  std::string to;                  ///< destination folder in the image, ending in "/": "/workspace/"
  std::vector<ProjectFile> files;  ///< sorted by path
};

/// Finds the files of a recipe's `copy` entries. A folder stands for its contents except version control,
/// caches, virtual environments and bytecode; a file is copied to the path `to`, or into it if that ends in
/// "/". Errors (input): a path that does not exist or is outside the project, an entry that is neither file
/// nor folder; (environment): a folder cannot be read.
Result<std::vector<ProjectCopy>> find_project_files(const project::Recipe& recipe,
                                                    const std::filesystem::path& root);

/// sha256 of the copies' destinations, names, modes and contents. Errors (environment): a file cannot be
/// read.
Result<Digest> project_digest(const std::vector<ProjectCopy>& copies);

/// Copies the files to `folder`/N/PATH, where N is the copy's index. Modes are 0644 and 0755. Errors
/// (environment).
Result<void> copy_project_files(Disk& disk, const std::vector<ProjectCopy>& copies,
                                const std::filesystem::path& folder);

}  // namespace launch::image

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "project/recipe.hpp"

namespace launch::image {

/// One file of the project that an image gets.
struct ProjectFile {
  std::filesystem::path source;
  std::string path;  ///< below the copy's own folder: "train.py"
  bool executable = false;
};

/// A `copy` entry of a recipe with what it stands for now.
struct ProjectCopy {
  std::string to;  ///< folder in the image that the files go below, ending in "/": "/workspace/"
  std::vector<ProjectFile> files;  ///< sorted by path
};

/// Finds the files of a recipe's `copy` entries. A folder stands for what is in it but for version control,
/// caches, virtual environments and bytecode; a file goes to the place `to`, or below it when that ends in
/// "/". Errors (input): a place that is not there or outside the project, an entry that is neither file nor
/// folder; (environment): a folder cannot be read.
Result<std::vector<ProjectCopy>> find_project_files(const project::Recipe& recipe,
                                                    const std::filesystem::path& root);

/// sha256 over the copies' places, names, modes and contents. Errors (environment): a file cannot be read.
Result<Digest> project_digest(const std::vector<ProjectCopy>& copies);

/// Copies the files to `folder`/N/PATH, N being the copy's index. Modes are 0644 and 0755. Errors
/// (environment).
Result<void> copy_project_files(Disk& disk, const std::vector<ProjectCopy>& copies,
                                const std::filesystem::path& folder);

}  // namespace launch::image

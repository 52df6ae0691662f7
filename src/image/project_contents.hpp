#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "base/steady_file.hpp"
#include "image/project_files.hpp"
#include "image/secret_files.hpp"
#include "store/known_files.hpp"

namespace launch::image {

/// Reads a file once. Errors (environment): those of SteadyFile::read_all.
Result<store::KnownFile> read_project_file(const SteadyFile& file, const SecretTest& test);

/// Fills in ProjectFile::known of all files, reading those of which `known` knows nothing, on all cores.
/// Errors (environment): a file, or the root of the project, cannot be read; a file changes.
Result<void> read_project_files(std::vector<ProjectCopy>& copies, const std::filesystem::path& root,
                                store::KnownFiles& known);

/// The same for files that have not been read, or have changed since. Errors (environment): the same.
Result<void> read_changed_files(std::vector<ProjectCopy>& copies);

}  // namespace launch::image

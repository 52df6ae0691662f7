#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"
#include "image/project_files.hpp"
#include "project/recipe.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::image {

/// What a project leaves out of its images.
struct Ignored {
  std::string file = ".dockerignore";   ///< where it says so
  specs::IgnorePatterns patterns = {};  ///< of paths relative to its root
};

/// A folder to copy, and what its project says of it.
struct TreeRequest {
  const project::Recipe& recipe;
  const project::CopyEntry& entry;
  std::filesystem::path root;    ///< of the project, canonical
  std::filesystem::path folder;  ///< below the root, canonical
  const Ignored& ignored;
  const specs::IgnorePatterns& exclude;  ///< of the entry, for paths relative to the folder
  store::KnownFiles& known;
};

/// What is in the folder, in no order. Paths in messages are relative to the project's root.
struct Tree {
  std::vector<ProjectFile> files;
  std::vector<std::string> secrets;   ///< files that look like one and have no entry of their own
  std::vector<std::string> left_out;  ///< what somebody may miss
  std::vector<std::string> dangling;  ///< links to what is in the folder, but is not copied
};

/// Errors: those of find_project_files.
Result<Tree> find_tree(const TreeRequest& request);

/// The path of what is below the root, relative to it; both are absolute and normal.
std::string path_below(const std::string& path, const std::filesystem::path& root);

/// What to do about a file or folder that the project ignores, and an entry names.
std::string include_hint(const Ignored& ignored, std::string_view path);

/// "copy under [image] in recipes/demo.toml: src WHAT" (input).
Error copy_error(const project::Recipe& recipe, const project::CopyEntry& entry, std::string_view what);

}  // namespace launch::image

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "specs/requirement.hpp"

namespace launch::project {

/// A requirement of a project's own file.
struct FoundRequirement {
  specs::Requirement requirement;
  std::string place;                          ///< "pyproject.toml:31"
  std::optional<std::string> elsewhere = {};  ///< where it comes from if not from an index: "git https://…"
  std::optional<std::string> index_name = {};  ///< the index that uv takes it from, by its name
};

/// Another requirements file that a file includes.
struct IncludedFile {
  std::string file;  ///< relative to the including file's folder
  bool constraints = false;
  std::string place;
};

/// What a project's own file asks for.
struct ProjectNeeds {
  std::vector<FoundRequirement> packages;
  std::vector<specs::Requirement> constraints;
  std::vector<specs::Requirement> overrides;
  std::vector<IncludedFile> includes;
  std::vector<std::string> notes;  ///< what is read otherwise than pip and uv do, each with its place
};

}  // namespace launch::project

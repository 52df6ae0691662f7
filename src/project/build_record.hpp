#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "specs/git_source.hpp"

namespace launch::project {

/// How the wheel of a locked package was built from its source archive: everything that another machine
/// needs to build it again ([packages.tool.launch.build]).
struct BuildRecord {
  Digest settings = Digest::of("");        ///< build_settings of the recipe
  std::map<std::string, std::string> env;  ///< of the build
  std::vector<std::string> apt;            ///< packages of the distribution
  BaseImage base;                          ///< the image that the build ran on, without `platforms`
  std::optional<specs::GitSource> git;     ///< instead of a source archive
  std::vector<LockedFile> needs;           ///< the wheels that it had, pip's among them, by file name
};

/// A digest of what a recipe says of the build of one package: a wheel that was built with other settings is
/// not used.
Digest build_settings(const Recipe& recipe, const Recipe::Build& build);

/// The tables under [[packages]].
std::string write_build_record(const BuildRecord& record);
/// The record in a table of [[packages]]; null if it has none. Errors (input): a wrong type or value.
Result<std::shared_ptr<const BuildRecord>> read_build_record(const TomlTable& package);

}  // namespace launch::project

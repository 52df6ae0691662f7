#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// What an engine has under the name of a recipe's image.
struct FoundImage {
  std::string engine;               ///< "podman"
  bool exists = false;              ///< under that name
  std::optional<Digest> of_lock;    ///< the lock that it was built from, as its label says
  std::optional<Digest> of_recipe;  ///< the same of the recipe (Stage::render)
  std::optional<Digest> of_files;   ///< the same of the project's files
};

/// Why it is not the image of a locked recipe and of the files that the project has now; nullopt if it is. An
/// image without a label for its files may have any. The error (environment) names the command that builds
/// it. Errors: those of open_store, read_copies and labelled_digest.
Result<std::optional<Error>> wrong_image(const FoundImage& found, const project::Locked& locked,
                                         const Workspace& workspace, const Context& context);

}  // namespace launch::commands

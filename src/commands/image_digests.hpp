#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "project/image_digests.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// What to do about the parts of an image that the store lacks.
enum class Lacking { leave, fetch };

/// Why the lock of a recipe does not determine the bytes of its image; empty if it does.
std::string_view why_no_digest(const project::Recipe& recipe);

/// The digests of a locked recipe's images, without the project's files; nullopt if nothing determines them,
/// or the store lacks something that is not to be fetched. Errors: those of ImageInputs and plan_image.
Result<std::optional<project::ImageDigests>> digests_of_images(Workspace workspace, project::Locked locked,
                                                               Lacking lacking, const Context& context);

}  // namespace launch::commands

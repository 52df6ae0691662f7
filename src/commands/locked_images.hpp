#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "project/image_digests.hpp"

namespace launch::commands {

/// What to do about the parts of an image that the store lacks.
enum class Lacking { leave, fetch };

/// The digests of a locked recipe's images, without the project's files; nullopt if nothing determines them
/// (packages of the distribution, the base's Python), or the store lacks something that is not to be fetched.
/// Errors: those of ImageInputs and plan_image; (input), if they are to be fetched: nothing determines them.
Result<std::optional<project::ImageDigests>> digests_of_images(const std::string& recipe, Lacking lacking,
                                                               const Context& context);

}  // namespace launch::commands

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/build.hpp"
#include "commands/image_inputs.hpp"

namespace launch::commands {

/// The images of a recipe, for all platforms of its lock.
struct PlannedImages {
  std::vector<image::ImagePlan> plans;  ///< at least one
  std::string index;                    ///< of all of them; empty if there is only one

  /// What a tag of the recipe names: the index, or the one manifest.
  std::string_view media_type() const;
  const std::string& top() const { return index.empty() ? plans.front().manifest : index; }
};

/// Errors: those of ImageInputs::plan; (input): the image exists only once an engine has built it.
Result<PlannedImages> plan_all(const ImageInputs& inputs);

DigestDocument digests_of(const std::string& recipe, const PlannedImages& images);

}  // namespace launch::commands

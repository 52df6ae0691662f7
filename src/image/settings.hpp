#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/oci_image.hpp"
#include "project/project.hpp"

namespace launch::image {

/// A variable of an image, whose value may refer to the one that it has in the base.
struct Variable {
  std::string name;
  /// Its value is these parts with the base's value between them; one part: the value itself.
  std::vector<std::string> parts;
};

/// The variables of a locked recipe's image: those of its virtual environment, of its accelerator, and the
/// recipe's own, in which $NAME and ${NAME} stand for the value that the variable NAME itself would have
/// otherwise. Any other "$" is a plain character.
std::vector<Variable> image_variables(const project::Recipe& recipe, const project::Lockfile& lock);

/// The labels of that image, in their order. The lock has a base image with its digest.
std::vector<std::pair<std::string, std::string>> image_labels(const project::Recipe& recipe,
                                                              const project::LoadedLock& lock);

/// How a container of that image runs. `base` is what the base image says, `folder` where containers start;
/// empty: as the base says.
archive::RunConfig run_config(archive::RunConfig base, const project::Locked& locked,
                              const std::string& folder);

}  // namespace launch::image

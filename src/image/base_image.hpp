#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "index/oci_registry.hpp"
#include "lock/lockfile.hpp"
#include "lock/recipe.hpp"

namespace launch::image {

/// The image that a recipe stands on for that accelerator: its `from`, nvidia/cuda, or for CPU the
/// distribution that has its Python. Errors (usage): an accelerator or a Python for which no base is known,
/// `from` that is no reference.
Result<index::ImageReference> wanted_base(const lock::Recipe& recipe, std::string_view accelerator);

/// glibc of the base image, known before it is asked for, since wheels are chosen by it: that of the
/// distribution which `from` names or, else, of the one that has the recipe's Python. Where nothing is known
/// it is 35 (Ubuntu 22.04), the smallest that bases here have. Errors: those of wanted_base.
Result<int> glibc_minor_for(const lock::Recipe& recipe);

/// A base image from what its registry says of it. Errors (usage): its Python is not the recipe's or cannot
/// be told, it lacks a platform of the recipe, its CUDA is of another major version than the wheels'. Another
/// minor version is a warning.
Result<lock::BaseImage> base_from(const lock::Recipe& recipe, std::string_view accelerator,
                                  const index::ImageReference& wanted, const index::RemoteImage& found);

/// The base image of a locked recipe, its digest asked from the registry; `previous` stays when it is the
/// same image and tag. Errors: those of wanted_base and base_from; (world) the registry does not answer or
/// has no such image.
Result<lock::BaseImage> choose_base(const lock::Recipe& recipe, const lock::Lockfile& lock,
                                    const std::optional<lock::BaseImage>& previous,
                                    index::OciRegistry& registry);

}  // namespace launch::image

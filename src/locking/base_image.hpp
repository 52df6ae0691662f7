#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "registry/oci_registry.hpp"

namespace launch::locking {

/// The image that a recipe stands on for that accelerator: its `from`, nvidia/cuda, or for CPU the
/// distribution that has its Python. Errors (usage): an accelerator or a Python for which no base is known,
/// `from` that is no reference.
Result<specs::ImageReference> wanted_base(const project::Recipe& recipe, std::string_view accelerator);

/// glibc of the base image, known before it is asked for, since wheels are chosen by it: that of the
/// distribution which `from` names or, else, of the one that has the recipe's Python. Where nothing is known
/// it is 35 (Ubuntu 22.04), the smallest that bases here have. Errors: those of wanted_base.
Result<int> glibc_minor_for(const project::Recipe& recipe);

/// A base image from what its registry says of it. Errors (usage): its Python is not the recipe's or cannot
/// be told, it lacks a platform of the recipe, its CUDA is of another major version than the wheels'. Another
/// minor version is a warning.
Result<project::BaseImage> base_from(const project::Recipe& recipe, std::string_view accelerator,
                                     const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                     Reporter& reporter);

/// The base image of a locked recipe, its digest asked from the registry; `previous` stays when it is the
/// same image and tag. Errors: those of wanted_base and base_from; (world) the registry does not answer or
/// has no such image.
Result<project::BaseImage> choose_base(const project::Recipe& recipe, const project::Lockfile& lock,
                                       const std::optional<project::BaseImage>& previous,
                                       registry::OciRegistry& registry, Reporter& reporter);

}  // namespace launch::locking

#pragma once

#include <optional>
#include <string>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "registry/oci_registry.hpp"

namespace launch::locking {

/// The image that a recipe stands on for that accelerator: its `from`, nvidia/cuda, or for CPU the
/// distribution that has its Python. Errors (input): an accelerator or a Python for which no base is known,
/// `from` that is no reference.
Result<specs::ImageReference> wanted_base(const project::Recipe& recipe,
                                          const specs::Accelerator& accelerator);

/// glibc of the base image, known before it is asked for, since wheels are chosen by it: that of the
/// distribution which `from` names or, else, of the one that has the recipe's Python. Where nothing is known
/// it is 35 (Ubuntu 22.04), the smallest that bases here have. Errors: those of wanted_base.
Result<int> glibc_minor_for(const project::Recipe& recipe);

/// A base image from what its registry says of it. Errors (input): its Python is not the recipe's or cannot
/// be told, it lacks a platform of the recipe, its CUDA is of another major version than the wheels'. Another
/// minor version is a warning.
Result<project::BaseImage> base_from(const project::Recipe& recipe, const specs::Accelerator& accelerator,
                                     const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                     Reporter& reporter);

/// How the digest of a base image was found.
enum class BaseOrigin {
  registry,
  kept,           ///< the previous lock's, its registry not asked
  previous_lock,  ///< the previous lock's, as the registry cannot be reached
  recipe,         ///< the one that `from` names, as the registry cannot be reached
  table,          ///< pytorch::known_base, as the registry cannot be reached
  open,           ///< not at all: the base has no digest
};

struct ChosenBase {
  project::BaseImage base;
  BaseOrigin origin = BaseOrigin::registry;
  std::string warning;  ///< what a person must know of where it comes from; empty if nothing
};

/// Whether the registry is asked again for a base that the previous lock has.
enum class Renew { no, yes };

/// The base image of a locked recipe, its digest asked from the registry; with Renew::no the previous lock's
/// stays when it is the same image and tag. A registry that fails is no error: the digest is then the
/// previous lock's, the recipe's, the table's, or left open. Errors: those of wanted_base and base_from.
Result<ChosenBase> choose_base(const project::Recipe& recipe, const project::Lockfile& lock,
                               const std::optional<project::Lockfile>& previous, Renew renew,
                               registry::OciRegistry& registry, Reporter& reporter);

}  // namespace launch::locking

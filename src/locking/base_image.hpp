#pragma once

#include <optional>
#include <string>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "registry/oci_registry.hpp"

namespace launch::locking {

/// Whether to replace what the previous lock has.
enum class Renew { no, yes };

/// The base image of a recipe for that accelerator: its `from`, nvidia/cuda, or for CPU the distribution with
/// its Python. Errors (input): an accelerator or a Python without a known base; an invalid `from`.
Result<specs::ImageReference> wanted_base(const project::Recipe& recipe,
                                          const specs::Accelerator& accelerator);

/// glibc of the base image, needed before the image is looked up because wheels are chosen by it: that of the
/// distribution that `from` names, else of the one with the recipe's Python; 35 (Ubuntu 22.04) if unknown,
/// the oldest among the known bases. Errors: those of wanted_base.
Result<int> glibc_minor_for(const project::Recipe& recipe);

/// The patch release of the recipe's Python: as the recipe has it, else that of the distribution below the
/// base image, or of python:3.12.4; nullopt if it is not known before the image is looked up. Errors: those
/// of wanted_base; (input) a base whose patch release is known to be another.
Result<std::optional<int>> python_patch_for(const project::Recipe& recipe);

/// The Python for the image of a recipe: with Renew::no the previous lock's if it fits, else the newest
/// build; nullopt if the base's own is used. Errors: those of choose_python_build.
Result<std::optional<project::PythonBuild>> interpreter_for(const project::Recipe& recipe,
                                                            const std::optional<project::Lockfile>& previous,
                                                            Renew renew, const project::Site& site);

/// A base image from its registry's description. Errors (input): its Python is not the recipe's or unknown,
/// it lacks a platform of the recipe, its CUDA has another major version than the wheels'. Another minor
/// version is a warning.
Result<project::BaseImage> base_from(const project::Recipe& recipe, const specs::Accelerator& accelerator,
                                     const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                     Reporter& reporter);

/// How the digest of a base image was found.
enum class BaseOrigin {
  registry,
  kept,           ///< the previous lock's, its registry not asked
  previous_lock,  ///< the previous lock's, as the registry does not say
  recipe,         ///< the one that `from` names, as the registry does not say
  table,          ///< pytorch::known_base, as the registry does not say
  open,           ///< not at all: the base has no digest
};

struct ChosenBase {
  project::BaseImage base;
  BaseOrigin origin = BaseOrigin::registry;
  std::string warning;       ///< what a person must know of where it comes from; empty if nothing
  std::string created = {};  ///< when the image was made, RFC 3339; empty if unknown
};

/// The base image of a locked recipe, with its digest from the registry; with Renew::no, the previous lock's
/// digest is kept if image and tag are the same. A registry failure is no error: the digest is then the
/// previous lock's, the recipe's, the table's, or left open. Errors: those of wanted_base and base_from.
Result<ChosenBase> choose_base(const project::Recipe& recipe, const project::Lockfile& lock,
                               const std::optional<project::Lockfile>& previous, Renew renew,
                               registry::OciRegistry& registry, Reporter& reporter);

}  // namespace launch::locking

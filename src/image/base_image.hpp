#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "index/oci_registry.hpp"
#include "lock/lockfile.hpp"
#include "lock/recipe.hpp"

namespace launch::image {

/// A CUDA release as wheels name it, with what its images and its driver need.
struct CudaToolkit {
  std::string_view name;          ///< "cu128"
  std::string_view version;       ///< newest patch that has images, "12.8.1"
  std::string_view ubuntu;        ///< of the images to take, "24.04"
  std::string_view driver_floor;  ///< least driver, by minor-version compatibility: "525.60.13"
};

/// The toolkit of "cu128"; for one that is newer than the table, the newest of the same major version (the
/// wheels bring their own runtime, the base only has to be of that major). None: the major is not known.
std::optional<CudaToolkit> cuda_toolkit(std::string_view cuda);

/// A distribution as far as it matters to Python.
struct Distribution {
  std::string_view name;    ///< "ubuntu 24.04"
  std::string_view title;   ///< "Ubuntu 24.04"
  std::string_view python;  ///< the interpreter that it packages, "3.12"
  int glibc_minor;          ///< 39 for glibc 2.39
};

/// By "ubuntu 24.04"; none when it is not known.
std::optional<Distribution> distribution(std::string_view name);

/// What the locked torch was built for: "cu128", "cpu", "rocm6.3". Where the channel does not say it, the
/// version of the locked CUDA runtime does.
std::string accelerator(const lock::Lockfile& lock);

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

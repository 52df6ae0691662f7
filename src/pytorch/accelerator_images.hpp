#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/accelerator.hpp"
#include "specs/image_reference.hpp"

namespace launch::pytorch {

/// A base image for ROCm or XPU, by name and tag.
struct AcceleratorImage {
  specs::Accelerator accelerator;
  std::string variant;  ///< "base", "devel"
  std::string image;    ///< "docker.io/rocm/dev-ubuntu-24.04"
  std::string tag;
  std::string distribution;  ///< "ubuntu 24.04"

  /// "docker.io/rocm/dev-ubuntu-24.04:7.2.4"
  std::string text() const { return image + ":" + tag; }
};

/// The images of data/accelerator_images.tsv. Errors (input): an invalid row.
Result<std::vector<AcceleratorImage>> read_accelerator_images(std::string_view text);
const std::vector<AcceleratorImage>& accelerator_images();

/// The image of an accelerator for a variant, else the devel image, which has all that the others have.
/// nullopt if the table has none.
std::optional<AcceleratorImage> accelerator_image(const specs::Accelerator& accelerator,
                                                  std::string_view variant);

/// The distribution of an image of the table; nullopt for any other.
std::optional<Distribution> distribution_of_accelerator_image(const specs::ImageReference& reference);

}  // namespace launch::pytorch

#pragma once

#include <string>

#include "specs/accelerator.hpp"
#include "specs/image_reference.hpp"

namespace launch::pytorch {

/// The CUDA version that the tag of an image of NVIDIA's CUDA repository starts with, in any registry:
/// "12.8.1"; empty for another image or tag.
std::string cuda_of_image(const specs::ImageReference& reference);

/// How the CUDA of a base image fits the one that torch is built for.
enum class CudaFit {
  unknown,      ///< torch is not built for CUDA, or the base's CUDA is unknown
  same,         ///< the same release
  other_minor,  ///< runs, since wheels bring their own runtime; code compiled in the image sees the base's
  other_major,  ///< does not run
};
CudaFit cuda_fit(const specs::Accelerator& torch, const std::string& base);

}  // namespace launch::pytorch

#include "image/base_cuda.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/cuda_fit.hpp"
#include "specs/image_reference.hpp"

namespace launch::image {

Result<std::string> check_base_cuda(std::string_view recipe, const project::LoadedLock& lock) {
  const auto& base = lock.lock.provenance.base;
  if (!base) return std::string();
  const auto tagged = fmt::format("{}:{}", base->name, base->tag);
  const auto reference = specs::ImageReference::parse(tagged);
  if (!reference) return std::string();
  const auto torch = project::accelerator(lock.lock);
  const auto cuda = pytorch::cuda_of_image(*reference);
  const auto fit = pytorch::cuda_fit(torch, cuda);
  if (fit == pytorch::CudaFit::other_major) {
    return fail(input_error(fmt::format("the lock {} names the base image {} with CUDA {}, but its torch is "
                                        "built for CUDA {}",
                                        lock.file.string(), tagged, cuda, torch.version()))
                    .hint(fmt::format("run `launch lock {}` to choose a base image that fits", recipe)));
  }
  if (fit != pytorch::CudaFit::other_minor) return std::string();
  return fmt::format(
      "the base image {} has CUDA {}, the locked torch is built for CUDA {}; the major version is the same, "
      "so it runs, but code compiled in the image sees the base's",
      tagged, cuda, torch.version());
}

}  // namespace launch::image

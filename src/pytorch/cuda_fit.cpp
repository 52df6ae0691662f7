#include "pytorch/cuda_fit.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::pytorch {
namespace {

/// True for "12.8" and "12.8.1".
bool is_release(const std::string& version) {
  const auto parts = split(version, '.');
  return parts.size() >= 2 &&
         std::all_of(parts.begin(), parts.end(), [](auto part) { return parse_u64(part).has_value(); });
}

}  // namespace

std::string cuda_of_image(const specs::ImageReference& reference) {
  if (!is_cuda_image(reference)) return {};
  auto version = std::string(split(reference.tag, '-').front());
  return is_release(version) ? version : std::string();
}

CudaFit cuda_fit(const specs::Accelerator& torch, const std::string& base) {
  if (torch.kind() != specs::Accelerator::Kind::cuda || !is_release(base)) return CudaFit::unknown;
  if (major_of(base) != major_of(torch.version())) return CudaFit::other_major;
  return minor_of(base) == torch.version() ? CudaFit::same : CudaFit::other_minor;
}

}  // namespace launch::pytorch

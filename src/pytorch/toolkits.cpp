#include "pytorch/toolkits.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::pytorch {
namespace {

// NVIDIA, "CUDA Toolkit release notes", tables 2 and 3; images: hub.docker.com/r/nvidia/cuda. Newest last.
constexpr std::array kToolkits = {
    CudaToolkit{"cu118", "11.8.0", "22.04", "450.80.02"},
    CudaToolkit{"cu121", "12.1.1", "22.04", "525.60.13"},
    CudaToolkit{"cu124", "12.4.1", "22.04", "525.60.13"},
    CudaToolkit{"cu126", "12.6.3", "24.04", "525.60.13"},
    CudaToolkit{"cu128", "12.8.1", "24.04", "525.60.13"},
    CudaToolkit{"cu129", "12.9.1", "24.04", "525.60.13"},
    CudaToolkit{"cu130", "13.0.3", "24.04", "580"},
    CudaToolkit{"cu132", "13.2.1", "24.04", "580"},
};

constexpr std::array kDistributions = {
    Distribution{"ubuntu 22.04", "Ubuntu 22.04", "3.10", 35},
    Distribution{"debian 12", "Debian 12", "3.11", 36},
    Distribution{"ubuntu 24.04", "Ubuntu 24.04", "3.12", 39},
    Distribution{"debian 13", "Debian 13", "3.13", 41},
};

}  // namespace

std::string library_image(const Distribution& distribution) {
  const auto parts = split(distribution.name, ' ');
  return fmt::format("docker.io/library/{}:{}{}", parts[0], parts[1], parts[0] == "debian" ? "-slim" : "");
}

std::optional<Distribution> distribution_with(std::string_view python) {
  const auto found = std::find_if(kDistributions.begin(), kDistributions.end(),
                                  [&](const Distribution& d) { return d.python == python; });
  return found == kDistributions.end() ? std::nullopt : std::optional(*found);
}

std::string_view major_of(std::string_view version) {
  return split(version, '.').front();
}

std::string minor_of(std::string_view version) {
  const auto parts = split(version, '.');
  return parts.size() < 2 ? std::string(version) : fmt::format("{}.{}", parts[0], parts[1]);
}

std::string cuda_minor(std::string_view cuda) {
  if (!cuda.starts_with("cu") || cuda.size() < 5 || !parse_u64(cuda.substr(2))) return {};
  const auto digits = cuda.substr(2);
  return fmt::format("{}.{}", digits.substr(0, digits.size() - 1), digits.back());
}

std::optional<Distribution> distribution_of(const specs::ImageReference& reference) {
  for (const auto& known : kDistributions) {
    const auto parts = split(known.name, ' ');
    if (reference.tag.find(fmt::format("-{}{}", parts[0], parts[1])) != std::string::npos) return known;
    const auto version = split(reference.tag, '-').front();
    if (reference.repository == fmt::format("library/{}", parts[0]) &&
        (version == parts[1] || version.starts_with(fmt::format("{}.", parts[1])))) {
      return known;
    }
  }
  return std::nullopt;
}

std::optional<CudaToolkit> cuda_toolkit(std::string_view cuda) {
  const auto minor = cuda_minor(cuda);
  if (minor.empty()) return std::nullopt;
  std::optional<CudaToolkit> newest;
  for (const auto& toolkit : kToolkits) {
    if (toolkit.name == cuda) return toolkit;
    if (major_of(toolkit.version) == major_of(minor)) newest = toolkit;
  }
  return newest;
}

std::optional<Distribution> distribution(std::string_view name) {
  const auto found = std::find_if(kDistributions.begin(), kDistributions.end(),
                                  [&](const Distribution& d) { return d.name == name; });
  return found == kDistributions.end() ? std::nullopt : std::optional(*found);
}

}  // namespace launch::pytorch

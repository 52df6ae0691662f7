#include "pytorch/torch_build.hpp"

#include <fmt/format.h>

namespace launch::pytorch {
namespace {

using specs::Accelerator;

bool same_version(const specs::Version& locked, std::string_view found) {
  const auto version = specs::Version::parse(found);
  if (!version) return false;
  return locked.local().empty() ? version->without_local() == locked : *version == locked;
}

/// "6.3" of HIP "6.3.42131-fa1d09cbd", whose third number is not ROCm's.
std::string release_of(const std::string& text) {
  const auto minor = text.find('.');
  return minor == std::string::npos ? text : text.substr(0, text.find('.', minor + 1));
}

std::string or_none(const std::optional<std::string>& text) {
  return text.value_or("None");
}

}  // namespace

std::string BuildDifference::text() const {
  return fmt::format("{} is {}, expected {}", name, found, expected);
}

std::vector<BuildDifference> build_differences(const LockedBuild& locked, const TorchBuild& found) {
  std::vector<BuildDifference> differences;
  if (!same_version(locked.version, found.version))
    differences.push_back({"torch.__version__", found.version, locked.version.text()});
  if (const auto& accelerator = locked.accelerator) {
    const bool cuda = accelerator->kind() == Accelerator::Kind::cuda;
    const bool rocm = accelerator->kind() == Accelerator::Kind::rocm;
    const auto wanted_cuda = cuda ? accelerator->version() : "None";
    const auto wanted_hip = rocm ? release_of(accelerator->version()) : "None";
    if (or_none(found.cuda) != wanted_cuda)
      differences.push_back({"torch.version.cuda", or_none(found.cuda), wanted_cuda});
    if (release_of(or_none(found.hip)) != wanted_hip)
      differences.push_back({"torch.version.hip", release_of(or_none(found.hip)), wanted_hip});
  }
  if (locked.commit && found.commit != locked.commit)
    differences.push_back({"torch.version.git_version", or_none(found.commit), *locked.commit});
  return differences;
}

}  // namespace launch::pytorch

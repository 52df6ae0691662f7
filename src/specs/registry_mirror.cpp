#include "specs/registry_mirror.hpp"

#include "base/path_prefix.hpp"

namespace launch::specs {

std::optional<MirroredName> mirrored(std::string_view name, const std::vector<RegistryMirror>& mirrors) {
  const RegistryMirror* best = nullptr;
  for (const auto& mirror : mirrors) {
    if (is_within(name, mirror.prefix) && (!best || mirror.prefix.size() > best->prefix.size()))
      best = &mirror;
  }
  if (best == nullptr) return std::nullopt;
  return MirroredName{best->location + std::string(name.substr(best->prefix.size())), best->insecure};
}

}  // namespace launch::specs

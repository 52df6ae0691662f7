#include "specs/registry_mirror.hpp"

namespace launch::specs {
namespace {

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/');
}

}  // namespace

std::optional<MirroredName> mirrored(std::string_view name, const std::vector<RegistryMirror>& mirrors) {
  const RegistryMirror* best = nullptr;
  for (const auto& mirror : mirrors) {
    if (has_prefix(name, mirror.prefix) && (!best || mirror.prefix.size() > best->prefix.size()))
      best = &mirror;
  }
  if (best == nullptr) return std::nullopt;
  return MirroredName{best->location + std::string(name.substr(best->prefix.size())), best->insecure};
}

}  // namespace launch::specs

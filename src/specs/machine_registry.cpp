#include "specs/machine_registry.hpp"

#include <algorithm>

namespace launch::specs {
namespace {

/// How many characters of the name a prefix matches, up to the end of a part; 0 if it does not match.
std::size_t length_of_match(std::string_view name, std::string_view prefix) {
  auto end = prefix.size();
  if (prefix.starts_with("*.")) {
    const auto domain = prefix.substr(1);
    const auto found = name.find(domain);
    if (found == std::string_view::npos || name.find('/') < found) return 0;
    end = found + domain.size();
  } else if (!name.starts_with(prefix)) {
    return 0;
  }
  return end == name.size() || name[end] == '/' || name[end] == ':' ? end : 0;
}

Endpoint moved(std::string_view name, const MachineRegistry& registry, std::string_view location,
               bool insecure) {
  const auto rest = name.substr(length_of_match(name, registry.prefix));
  return {location.empty() ? std::string(name) : std::string(location) + std::string(rest), insecure,
          registry.file};
}

}  // namespace

const MachineRegistry* registry_of(std::string_view name, const std::vector<MachineRegistry>& registries) {
  const MachineRegistry* best = nullptr;
  std::size_t longest = 0;
  for (const auto& registry : registries) {
    const auto length = length_of_match(name, registry.prefix);
    if (length <= longest) continue;
    best = &registry;
    longest = length;
  }
  return best;
}

std::vector<Endpoint> places_of(std::string_view name, const MachineRegistry& registry, NamedBy by) {
  std::vector<Endpoint> places;
  for (const auto& mirror : registry.mirrors) {
    if (by == NamedBy::tag ? mirror.for_tags : mirror.for_digests)
      places.push_back(moved(name, registry, mirror.location, mirror.insecure));
  }
  places.push_back(moved(name, registry, registry.location, registry.insecure));
  return places;
}

}  // namespace launch::specs

#include "commands/engine.hpp"

#include <vector>

namespace launch::commands {

Result<containers::Engine> find_engine(const Context& context, const project::Site& site,
                                       const std::optional<std::string>& wanted,
                                       containers::Probing probing) {
  auto name = wanted;
  if (!name && site.engine) name = site.engine->value;
  std::vector<containers::RegistryMirror> mirrors;
  mirrors.reserve(site.registries.size());
  for (const auto& registry : site.registries) {
    mirrors.push_back({registry.prefix, registry.location, registry.insecure});
  }
  return containers::probe_engine(name, mirrors, context.environment.cache_dir() / "engine", context.runner,
                                  context.environment, context.work(), probing);
}

}  // namespace launch::commands

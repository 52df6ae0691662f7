#include "commands/engine.hpp"

#include <vector>

namespace launch::commands {

Result<containers::Engine> find_engine(const Context& context, const project::Site& site,
                                       const std::optional<std::string>& wanted,
                                       containers::Probing probing) {
  auto name = wanted;
  if (!name && site.engine) name = site.engine->value;
  return containers::probe_engine(name, site.registries, context.environment.cache_dir() / "engine",
                                  context.runner, context.environment, context.work(), probing);
}

}  // namespace launch::commands

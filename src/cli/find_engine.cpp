#include "cli/find_engine.hpp"

namespace launch::cli {

Result<containers::Engine> find_engine(const World& world, const project::Site& site,
                                       const std::optional<std::string>& wanted,
                                       containers::Probing probing) {
  auto name = wanted;
  if (!name && site.engine) name = site.engine->value;
  return containers::probe_engine(name, site.registries, world.environment.cache_dir() / "engine",
                                  world.runner, world.clock, world.environment, probing);
}

}  // namespace launch::cli

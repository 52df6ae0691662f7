#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/world.hpp"
#include "containers/engine.hpp"

namespace launch::cli {

/// The engine that `--engine` names, else the one that the site does, else the first that works; with the
/// site's registries. Errors: those of probe_engine.
Result<containers::Engine> find_engine(const World& world, const project::Site& site,
                                       const std::optional<std::string>& wanted,
                                       containers::Probing probing = containers::Probing::once);

}  // namespace launch::cli

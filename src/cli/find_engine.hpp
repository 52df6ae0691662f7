#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/world.hpp"
#include "engine/engine.hpp"

namespace launch::cli {

/// The engine that `--engine` names, else the one that the site does, else the first that works; with the
/// site's registries. Errors: those of probe_engine.
Result<engine::Engine> find_engine(const World& world, const lock::Site& site,
                                   const std::optional<std::string>& wanted,
                                   engine::Probing probing = engine::Probing::once);

}  // namespace launch::cli

#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "containers/engine.hpp"

namespace launch::commands {

/// The wanted engine, else the site's, else the first that works; with the site's registries. Errors: those
/// of probe_engine.
Result<containers::Engine> find_engine(const Context& context, const project::Site& site,
                                       const std::optional<std::string>& wanted,
                                       containers::Probing probing = containers::Probing::once);

}  // namespace launch::commands

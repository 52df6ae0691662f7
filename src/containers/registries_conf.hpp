#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/result.hpp"
#include "specs/machine_registry.hpp"

namespace launch::containers {

/// The main file of containers-registries.conf(5), which may not exist: $CONTAINERS_REGISTRIES_CONF, else
/// .config/containers/registries.conf in $HOME if it exists, else /etc/containers/registries.conf. `root`
/// stands for "/".
std::filesystem::path registries_file(const Environment& environment,
                                      const std::filesystem::path& root = "/");

/// Parses such a file of version 2. Errors (input): "FILE:LINE:COLUMN: …"; `shown` names it.
Result<std::vector<specs::MachineRegistry>> parse_registries_conf(std::string_view text,
                                                                  std::string_view shown);

/// What the main file and the folders registries.conf.d say, as podman reads them: an entry replaces earlier
/// ones with the same prefix. Errors: those of parse_registries_conf; (environment) a file cannot be read, or
/// $CONTAINERS_REGISTRIES_CONF does not exist.
Result<std::vector<specs::MachineRegistry>> read_registries_conf(const Environment& environment,
                                                                 const std::filesystem::path& root = "/");

}  // namespace launch::containers

#pragma once

#include <vector>

#include "containers/parts.hpp"

namespace launch::containers {

/// What podman needs beside itself: an init, its network's programs, a CDI specification of the GPUs.
std::vector<Part> podman_parts(const EngineInfo& info, ProcessRunner& runner, const PartsOf& machine);

}  // namespace launch::containers

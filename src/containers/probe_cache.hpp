#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {

/// A digest of everything that a probe's results depend on: the program, the boot, the user and the process
/// limits, the control group, and the inputs. nullopt if the program is not found.
std::optional<std::string> probe_fingerprint(const std::string& program, const ProbeInputs& inputs,
                                             const Environment& environment);

/// A probe's results as text, tied to a fingerprint. Pure.
std::string write_probe(const EngineInfo& info, std::string_view fingerprint);
/// The results from that text; nullopt if it has another fingerprint or format.
std::optional<EngineInfo> read_probe(std::string_view text, std::string_view fingerprint,
                                     const EngineType& type);

}  // namespace launch::containers

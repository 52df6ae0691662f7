#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {

/// One digest of what an engine's answers to a probe depend on: the program, the boot, the user and his
/// limits, the control group, and its inputs. nullopt if the program is not found.
std::optional<std::string> probe_fingerprint(const std::string& program, const ProbeInputs& inputs,
                                             const Environment& environment);

/// What a probe found, as text that belongs to a fingerprint. Pure.
std::string write_probe(const EngineInfo& info, std::string_view fingerprint);
/// The same back; nullopt if the text belongs to another fingerprint or is none of these.
std::optional<EngineInfo> read_probe(std::string_view text, std::string_view fingerprint,
                                     const EngineType& type);

}  // namespace launch::containers

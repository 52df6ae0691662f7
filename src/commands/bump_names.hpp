#pragma once

#include <string>
#include <vector>

#include "commands/bump.hpp"
#include "probe/report.hpp"

namespace launch::commands {

/// The uses that fail, on the first platform where some do: "src/train.py:7: torch.nn:Gone: torch 2.9.0 …".
std::vector<std::string> failing_uses(const probe::CheckReport& report);

/// The names that the code needs and that one of the two has and the other lacks, on the first platform that
/// both have. Both reports must be of the same code.
std::vector<NameChange> changed_names(const probe::CheckReport& before, const probe::CheckReport& after);

}  // namespace launch::commands

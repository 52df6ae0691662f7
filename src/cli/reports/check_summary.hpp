#pragma once

#include <string>
#include <vector>

#include "probe/report.hpp"

namespace launch::cli {

/// What was asked and how many names have which answer, in all and by tier, per platform if platforms differ;
/// before that, what was not asked.
std::vector<std::string> check_summary(const probe::CheckReport& report);

}  // namespace launch::cli

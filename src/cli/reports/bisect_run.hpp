#pragma once

#include <string>

#include "commands/bisect_run.hpp"

namespace launch::cli {

/// What each version said, and between which the answer changes. Without a newline at the end.
std::string bisect_run_text(const commands::RunBisection& bisection);
/// The document of `launch bisect --run --json` (docs/json.md).
std::string bisect_run_json(const commands::RunBisection& bisection);

}  // namespace launch::cli

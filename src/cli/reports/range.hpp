#pragma once

#include <string>

#include "probe/range.hpp"

namespace launch::cli {

/// The range, what sets its bounds, and how it compares with what is declared. Without a newline at the end.
std::string range_text(const probe::VersionRange& range);
/// The document of `launch range --json` (docs/json.md).
std::string range_json(const probe::VersionRange& range);

}  // namespace launch::cli

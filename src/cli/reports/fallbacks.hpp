#pragma once

#include <string>
#include <vector>

#include "commands/fallbacks.hpp"

namespace launch::cli {

/// A line for each import without a fallback.
std::vector<std::string> without_fallback(const commands::FallbackDocument& document);

/// A line for each import without a fallback, and one that counts those with one.
std::vector<std::string> fallbacks_text(const commands::FallbackDocument& document);

/// The document of `launch scan --fallbacks --json` (docs/json.md).
std::string fallbacks_json(const commands::FallbackDocument& document);

}  // namespace launch::cli

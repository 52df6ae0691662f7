#pragma once

#include <string>

#include "probe/source_tree.hpp"

namespace launch::cli {

/// Each name, how firmly it is needed, and where. Without a newline at the end.
std::string scan_text(const probe::TreeScan& scan);
/// The document of `launch scan --json` (docs/json.md).
std::string scan_json(const probe::TreeScan& scan);

}  // namespace launch::cli

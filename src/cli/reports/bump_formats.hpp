#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/bump.hpp"

namespace launch::cli {

/// The output formats of `launch bump`. A new format needs its own file, which defines `std::string
/// bump_NAME(const commands::BumpDocument&)` (the text without a newline at the end), and one row here.
#define LAUNCH_BUMP_FORMATS(ROW) \
  ROW(text)                      \
  ROW(markdown)                  \
  ROW(json)

#define LAUNCH_DECLARE_BUMP_FORMAT(name) std::string bump_##name(const commands::BumpDocument& document);
LAUNCH_BUMP_FORMATS(LAUNCH_DECLARE_BUMP_FORMAT)
#undef LAUNCH_DECLARE_BUMP_FORMAT

std::vector<std::string> bump_format_names();

/// The document in a format of the table.
std::string bump_report(std::string_view format, const commands::BumpDocument& document);

/// "demo moved to torch 2.9.0.dev20250605+cpu"
std::string bump_headline(const commands::BumpDocument& document);

}  // namespace launch::cli

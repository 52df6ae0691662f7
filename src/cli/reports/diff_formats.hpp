#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/diff.hpp"

namespace launch::cli {

/// The output formats of `launch diff`. A new format needs its own file, which defines `std::string
/// diff_NAME(const commands::DiffDocument&)` (the text without a newline at the end), and one row here.
#define LAUNCH_DIFF_FORMATS(ROW) \
  ROW(text)                      \
  ROW(markdown)                  \
  ROW(json)

#define LAUNCH_DECLARE_DIFF_FORMAT(name) std::string diff_##name(const commands::DiffDocument& document);
LAUNCH_DIFF_FORMATS(LAUNCH_DECLARE_DIFF_FORMAT)
#undef LAUNCH_DECLARE_DIFF_FORMAT

std::vector<std::string> diff_format_names();

/// The document in a format of the table.
std::string diff_report(std::string_view format, const commands::DiffDocument& document);

}  // namespace launch::cli

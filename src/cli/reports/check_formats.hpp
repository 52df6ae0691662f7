#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probe/report.hpp"

namespace launch::cli {

/// How much of a report is shown.
struct CheckView {
  bool all = false;  ///< also what the code does not need, and every use
};

/// The output formats of `launch check`. A new format needs its own file, which defines `std::string
/// check_NAME(const probe::CheckReport&, const CheckView&)` (the text without a newline at the end), and one
/// row here.
#define LAUNCH_CHECK_FORMATS(ROW) \
  ROW(text)                       \
  ROW(json)                       \
  ROW(sarif)                      \
  ROW(github)

#define LAUNCH_DECLARE_CHECK_FORMAT(name) \
  std::string check_##name(const probe::CheckReport& report, const CheckView& view = {});
LAUNCH_CHECK_FORMATS(LAUNCH_DECLARE_CHECK_FORMAT)
#undef LAUNCH_DECLARE_CHECK_FORMAT

std::vector<std::string> check_format_names();

/// The report in a format of the table.
std::string check_report(std::string_view format, const probe::CheckReport& report, const CheckView& view);

}  // namespace launch::cli

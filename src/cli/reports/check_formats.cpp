#include "cli/reports/check_formats.hpp"

#include "cli/reports/formats.hpp"

namespace launch::cli {
namespace {

#define LAUNCH_CHECK_FORMAT_ROW(name) {#name, check_##name},
constexpr Format<probe::CheckReport, CheckView> kFormats[] = {LAUNCH_CHECK_FORMATS(LAUNCH_CHECK_FORMAT_ROW)};
#undef LAUNCH_CHECK_FORMAT_ROW

}  // namespace

std::vector<std::string> check_format_names() {
  return names_of(kFormats);
}

std::string check_report(std::string_view format, const probe::CheckReport& report, const CheckView& view) {
  return format_named(kFormats, format).write(report, view);
}

}  // namespace launch::cli

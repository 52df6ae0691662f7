#include "cli/reports/check_formats.hpp"

#include <algorithm>
#include <iterator>

namespace launch::cli {
namespace {

struct Format {
  std::string_view name;
  std::string (*write)(const probe::CheckReport&, const CheckView&);
};

#define LAUNCH_CHECK_FORMAT_ROW(name) Format{#name, check_##name},
constexpr Format kFormats[] = {LAUNCH_CHECK_FORMATS(LAUNCH_CHECK_FORMAT_ROW)};
#undef LAUNCH_CHECK_FORMAT_ROW

}  // namespace

std::vector<std::string> check_format_names() {
  std::vector<std::string> names;
  for (const auto& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::string check_report(std::string_view format, const probe::CheckReport& report, const CheckView& view) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& each) { return each.name == format; });
  return found->write(report, view);
}

}  // namespace launch::cli

#include "cli/reports/diff_formats.hpp"

#include <algorithm>
#include <iterator>

namespace launch::cli {
namespace {

struct Format {
  std::string_view name;
  std::string (*write)(const commands::DiffDocument&);
};

#define LAUNCH_DIFF_FORMAT_ROW(name) Format{#name, diff_##name},
constexpr Format kFormats[] = {LAUNCH_DIFF_FORMATS(LAUNCH_DIFF_FORMAT_ROW)};
#undef LAUNCH_DIFF_FORMAT_ROW

}  // namespace

std::vector<std::string> diff_format_names() {
  std::vector<std::string> names;
  for (const auto& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::string diff_report(std::string_view format, const commands::DiffDocument& document) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& each) { return each.name == format; });
  return found->write(document);
}

}  // namespace launch::cli

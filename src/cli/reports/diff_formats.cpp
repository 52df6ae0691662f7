#include "cli/reports/diff_formats.hpp"

#include "cli/reports/formats.hpp"

namespace launch::cli {
namespace {

#define LAUNCH_DIFF_FORMAT_ROW(name) {#name, diff_##name},
constexpr Format<commands::DiffDocument> kFormats[] = {LAUNCH_DIFF_FORMATS(LAUNCH_DIFF_FORMAT_ROW)};
#undef LAUNCH_DIFF_FORMAT_ROW

}  // namespace

std::vector<std::string> diff_format_names() {
  return names_of(kFormats);
}

std::string diff_report(std::string_view format, const commands::DiffDocument& document) {
  return format_named(kFormats, format).write(document);
}

}  // namespace launch::cli

#include "cli/reports/bump_formats.hpp"

#include <fmt/format.h>

#include "cli/reports/formats.hpp"

namespace launch::cli {
namespace {

#define LAUNCH_BUMP_FORMAT_ROW(name) {#name, bump_##name},
constexpr Format<commands::BumpDocument> kFormats[] = {LAUNCH_BUMP_FORMATS(LAUNCH_BUMP_FORMAT_ROW)};
#undef LAUNCH_BUMP_FORMAT_ROW

}  // namespace

std::vector<std::string> bump_format_names() {
  return names_of(kFormats);
}

std::string bump_report(std::string_view format, const commands::BumpDocument& document) {
  return format_named(kFormats, format).write(document);
}

std::string bump_headline(const commands::BumpDocument& document) {
  using Answer = commands::BumpDocument::Answer;
  const auto checked = document.verified ? "built and verified" : "not built";
  switch (document.answer) {
    case Answer::moved:
      return fmt::format("{} moved to {}: {}", document.recipe, document.tries.back().text(), checked);
    case Answer::current:
      return fmt::format("{} is up to date ({})", document.recipe,
                         document.verified ? "verified" : "not verified");
    case Answer::stays:
      break;
  }
  return fmt::format("{} was not moved: {}", document.recipe,
                     document.more ? "none of the nightlies tried works" : "nothing newer works");
}

}  // namespace launch::cli

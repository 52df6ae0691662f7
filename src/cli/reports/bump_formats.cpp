#include "cli/reports/bump_formats.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace launch::cli {
namespace {

struct Format {
  std::string_view name;
  std::string (*write)(const commands::BumpDocument&);
};

#define LAUNCH_BUMP_FORMAT_ROW(name) Format{#name, bump_##name},
constexpr Format kFormats[] = {LAUNCH_BUMP_FORMATS(LAUNCH_BUMP_FORMAT_ROW)};
#undef LAUNCH_BUMP_FORMAT_ROW

}  // namespace

std::vector<std::string> bump_format_names() {
  std::vector<std::string> names;
  for (const auto& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::string bump_report(std::string_view format, const commands::BumpDocument& document) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& each) { return each.name == format; });
  return found->write(document);
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

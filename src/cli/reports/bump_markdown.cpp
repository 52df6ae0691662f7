#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/bump_formats.hpp"
#include "cli/reports/diff_formats.hpp"
#include "cli/reports/fallbacks.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {
namespace {

/// A value of a table's cell, as it is, whatever it contains.
std::string code(const std::string& text) {
  return fmt::format("`{}`", replace_all(replace_all(printable(text), "`", "'"), "|", "\\|"));
}

void add_names(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  if (!document.names_unknown.empty()) {
    lines.insert(lines.end(), {"", fmt::format("Changes of the names that the code needs: unknown ({}).",
                                               code(document.names_unknown))});
  }
  if (document.names.empty()) return;
  lines.insert(lines.end(), {"", "### Names that the code needs", "", "| name | before | now | used in |",
                             "|---|---|---|---|"});
  for (const auto& name : document.names) {
    lines.push_back(fmt::format("| {} | {} | {} | {} |", code(pysource::dotted_name(name.name)),
                                pysource::verdict_name(name.before.verdict),
                                pysource::verdict_name(name.after.verdict), code(join(name.uses, ", "))));
  }
}

void add_failures(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  std::vector<std::string> rows;
  for (const auto& tried : document.tries) {
    if (!tried.failed) continue;
    std::vector<std::string> reasons;
    for (const auto& reason : tried.reasons) reasons.push_back(code(reason));
    rows.push_back(
        fmt::format("| {} | {} | {} |", code(tried.text()), step_name(*tried.failed), join(reasons, "<br>")));
  }
  if (rows.empty()) return;
  lines.insert(lines.end(),
               {"", "### What does not work", "", "| build | fails at | why |", "|---|---|---|"});
  lines.insert(lines.end(), rows.begin(), rows.end());
  if (!document.broken) return;
  const auto& torch = document.broken->torch;
  const auto commits = !torch                   ? std::string("the same")
                       : torch->unknown.empty() ? fmt::format("<{}>", torch->url)
                                                : fmt::format("unknown ({})", code(torch->unknown));
  lines.insert(lines.end(),
               {"", fmt::format("Broken since {}; {} works. Commits of torch in between: {}",
                                code(document.broken->after), code(document.broken->before), commits)});
}

/// A fence that is longer than any in the text.
std::string fence_for(const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fence;
}

void add_fallbacks(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  const auto& unknown = document.fallbacks_unknown;
  if (!document.fallbacks && unknown.empty()) return;
  lines.insert(lines.end(), {"", "### Fallbacks", ""});
  if (!document.fallbacks) {
    lines.push_back(fmt::format("Unknown ({}).", code(unknown)));
    return;
  }
  for (const auto& line : without_fallback(*document.fallbacks)) lines.push_back("- " + code(line));
  const auto& patch = document.fallbacks->patch;
  if (patch.empty()) return;
  if (!lines.back().empty()) lines.emplace_back();
  const auto fence = fence_for(patch);
  lines.insert(lines.end(),
               {"With this patch (`git apply`), the imports work with both:", "", fence + "diff"});
  for (const auto line : launch::lines(patch)) lines.push_back(printable(line));
  lines.push_back(fence);
}

}  // namespace

/// For a pull request or an issue.
std::string bump_markdown(const commands::BumpDocument& document) {
  std::vector<std::string> lines = {"## " + printable(bump_headline(document))};
  if (document.diff) lines.insert(lines.end(), {"", diff_markdown(*document.diff)});
  add_names(document, lines);
  add_failures(document, lines);
  add_fallbacks(document, lines);
  return join(lines, "\n");
}

}  // namespace launch::cli

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/bump_formats.hpp"
#include "cli/reports/diff_formats.hpp"
#include "cli/reports/fallbacks.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {
namespace {

constexpr std::size_t kMostReasons = 5;

void add_failures(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  for (const auto& tried : document.tries) {
    if (!tried.failed) continue;
    lines.push_back(fmt::format("{} fails at {}{}:", tried.text(), step_name(*tried.failed),
                                tried.remembered ? " (in an earlier bump)" : ""));
    for (std::size_t i = 0; i < std::min(tried.reasons.size(), kMostReasons); ++i)
      lines.push_back("  " + tried.reasons[i]);
    if (tried.reasons.size() > kMostReasons)
      lines.push_back(fmt::format("  and {} more", tried.reasons.size() - kMostReasons));
  }
  if (!document.broken) return;
  lines.push_back(fmt::format("broken since {}; {} works", document.broken->after, document.broken->before));
  if (const auto& torch = document.broken->torch) {
    lines.push_back(torch->unknown.empty() ? fmt::format("commits in between: {}", torch->url)
                                           : fmt::format("commits in between: unknown ({})", torch->unknown));
  }
}

void add_fallbacks(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  if (!document.fallbacks_unknown.empty())
    lines.push_back(fmt::format("fallbacks: unknown ({})", document.fallbacks_unknown));
  if (!document.fallbacks) return;
  for (auto& line : without_fallback(*document.fallbacks)) lines.push_back(std::move(line));
  if (document.fallbacks->patch.empty()) return;
  lines.emplace_back("with this patch (git apply) the imports work with both:");
  for (const auto line : launch::lines(document.fallbacks->patch)) lines.emplace_back(line);
}

void add_names(const commands::BumpDocument& document, std::vector<std::string>& lines) {
  for (const auto& name : document.names) {
    lines.push_back(fmt::format("{}: {} before, {} now ({})", pysource::dotted_name(name.name),
                                pysource::verdict_name(name.before.verdict),
                                pysource::verdict_name(name.after.verdict), name.uses.front()));
  }
  if (!document.names_unknown.empty())
    lines.push_back(
        fmt::format("changes of the names that the code needs: unknown ({})", document.names_unknown));
}

}  // namespace

std::string bump_text(const commands::BumpDocument& document) {
  std::vector<std::string> lines;
  add_failures(document, lines);
  add_fallbacks(document, lines);
  add_names(document, lines);
  for (auto& line : lines) line = printable(line);
  if (document.diff) lines.push_back(diff_text(*document.diff));
  lines.push_back(printable(bump_headline(document)));
  return join(lines, "\n");
}

}  // namespace launch::cli

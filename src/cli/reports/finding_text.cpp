#include "cli/reports/finding_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {

std::string finding_text(const probe::CheckReport& report, const probe::Finding& finding) {
  const auto& requirement = report.platforms.front().names[finding.name].requirement;
  auto text = fmt::format("{}{}: {} ({})", pysource::dotted_name(requirement), on_platforms(report, finding),
                          standing_words(report, finding.standing), finding.reason);
  if (const auto advice = advice_text(report, finding); !advice.empty()) text += "; " + advice;
  if (const auto history = history_text(report, finding); !history.empty()) text += "; " + history;
  return text;
}

std::string standing_words(const probe::CheckReport& report, probe::Standing standing) {
  const auto earlier =
      report.earlier ? fmt::format("{} {}", report.earlier->wheel.package, report.earlier->wheel.version)
                     : std::string();
  switch (standing) {
    case probe::Standing::unknown:
      return "unknown";
    case probe::Standing::known:
      return "no, but in the baseline";
    case probe::Standing::before:
      return fmt::format("no, and {} lacks it too", earlier);
    case probe::Standing::unknown_before:
      return fmt::format("unknown, and not known to be in {}", earlier);
    case probe::Standing::spared:
      return "no, but not needed";
    case probe::Standing::not_run:
      return "no, but not run with this version";
    case probe::Standing::fails:
    case probe::Standing::warned:
    case probe::Standing::fine:
      break;
  }
  return report.earlier ? fmt::format("no, but {} has it", earlier) : "no";
}

std::string on_platforms(const probe::CheckReport& report, const probe::Finding& finding) {
  if (finding.platforms.size() == report.platforms.size()) return {};
  std::vector<std::string> platforms;
  for (const auto each : finding.platforms) platforms.push_back(report.platforms[each].platform.text());
  return " on " + join_words(platforms);
}

std::string advice_text(const probe::CheckReport& report, const probe::Finding& finding) {
  const auto& requirement = report.platforms.front().names[finding.name].requirement;
  const auto advice = report.advice.find(requirement);
  if (advice == report.advice.end() || is_aside(report, finding)) return {};
  const auto& [moved, near] = advice->second;
  const bool is_module = pysource::is_module(requirement);
  if (!moved.empty())
    return fmt::format("{} {}", is_module ? "perhaps moved to" : "also in",
                       join_words(moved, is_module ? "or" : "and"));
  return near.empty() ? std::string() : fmt::format("did you mean {}?", join_words(near, "or"));
}

std::string history_text(const probe::CheckReport& report, const probe::Finding& finding) {
  const auto found = report.history.find(report.platforms.front().names[finding.name].requirement);
  if (found == report.history.end() || is_aside(report, finding)) return {};
  const auto& history = found->second;
  const auto unknown =
      history.unknown == 0 ? "" : fmt::format(" ({} unknown)", count_of(history.unknown, "version"));
  if (history.has.empty()) {
    return fmt::format("no {} from {} to {} has it{}", history.package, history.oldest, history.newest,
                       unknown);
  }
  std::vector<std::string> spans;
  for (const auto& [first, last] : history.has) {
    if (last == history.newest) {
      spans.push_back("since " + first);
    } else if (first == history.oldest) {
      spans.push_back("up to " + last);
    } else {
      spans.push_back(first == last ? fmt::format("in {} alone", first)
                                    : fmt::format("from {} to {}", first, last));
    }
  }
  return fmt::format("{} has it {}{}", history.package, join_words(spans), unknown);
}

std::vector<std::uint32_t> passed_gates(const probe::CheckReport& report, const probe::Finding& finding,
                                        std::size_t use) {
  const auto& judged = report.platforms[finding.platforms.front()].names[finding.name].uses[use];
  // Tests of other packages say nothing about one that is missing altogether.
  const auto& requirement = report.platforms.front().names[finding.name].requirement;
  if (!judged.fails() || report.unprovided.contains(requirement)) return {};
  auto lines = judged.passed_lines;
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

bool is_open_keyword(const probe::CheckReport& report, const probe::Finding& finding) {
  const auto& requirement = report.platforms.front().names[finding.name].requirement;
  return finding.standing == probe::Standing::unknown && requirement.tier == pysource::Tier::keyword;
}

bool is_aside(const probe::CheckReport& report, const probe::Finding& finding) {
  switch (finding.standing) {
    case probe::Standing::known:
    case probe::Standing::before:
    case probe::Standing::unknown_before:
    case probe::Standing::spared:
    case probe::Standing::not_run:
      return true;
    case probe::Standing::unknown:
      return is_open_keyword(report, finding) && !probe::fails_check(report, finding.standing);
    case probe::Standing::fails:
    case probe::Standing::warned:
    case probe::Standing::fine:
      break;
  }
  return false;
}

}  // namespace launch::cli

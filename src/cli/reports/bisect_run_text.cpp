#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/bisect_run.hpp"
#include "cli/reports/matrix.hpp"
#include "pytorch/commits.hpp"

namespace launch::cli {
namespace {

using commands::RunBisection;

std::string change_text(const RunBisection& bisection) {
  const auto& change = *bisection.change;
  const auto& before = bisection.versions[change.before];
  const auto& after = bisection.versions[change.after];
  const auto [now, then] = bisection.works_after ? std::pair("work", "fails") : std::pair("fail", "works");
  auto text =
      fmt::format("the command began to {} in torch {}; it {} in torch {}\n", now, after, then, before);
  if (!change.between.empty()) {
    text +=
        fmt::format("skipped in between; the change may be in one of them: {}\n", join_words(change.between));
  }
  if (change.commit_before && change.commit_after) {
    text += "commits in between: " + pytorch::compare_url(*change.commit_before, *change.commit_after) + "\n";
  } else {
    text += fmt::format("commits in between: unknown ({})\n", printable(bisection.commits_unknown));
  }
  if (bisection.changes > 1) {
    text += fmt::format("the answer changes {} times among the versions tried; this is the newest change\n",
                        bisection.changes);
  }
  return text;
}

/// What was said of all versions that were tried, if nothing changes.
std::string no_change_text(const RunBisection& bisection) {
  const auto says = [](const commands::TriedVersion& each) {
    return each.known.trial() != probe::Trial::skipped;
  };
  const auto& tried = bisection.tried;
  const auto oldest = std::find_if(tried.begin(), tried.end(), says);
  if (oldest == tried.end()) return "no version could be tried\n";
  const auto newest = std::find_if(tried.rbegin(), tried.rend(), says);
  const auto* verb = oldest->known.trial() == probe::Trial::works ? "works" : "fails";
  if (oldest->version == newest->version)
    return fmt::format("the command {} with torch {}, the only one that could be tried\n", verb,
                       bisection.versions[oldest->version]);
  return fmt::format("the command {} with both torch {} and torch {}: no change to look for\n", verb,
                     bisection.versions[oldest->version], bisection.versions[newest->version]);
}

}  // namespace

std::string bisect_run_text(const RunBisection& bisection) {
  std::string text;
  for (const auto& each : bisection.tried) {
    text += fmt::format("torch {} {}\n", bisection.versions[each.version],
                        printable_message(commands::outcome_text(each.known)));
    const auto& change = bisection.change;
    const bool telling = change && (each.version == change->before || each.version == change->after);
    if (!telling || each.known.trial() != probe::Trial::fails) continue;
    for (const auto& line : each.known.output) text += "  " + printable(line) + "\n";
  }
  text += bisection.change ? change_text(bisection) : no_change_text(bisection);
  text +=
      fmt::format("tried {} of {}", bisection.tried.size(), count_of(bisection.versions.size(), "version"));
  for (const auto& line : skipped_versions(bisection.skipped)) text += "\n" + line;
  return text;
}

}  // namespace launch::cli

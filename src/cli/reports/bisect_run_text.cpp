#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/bisect_run.hpp"
#include "cli/reports/matrix.hpp"
#include "pytorch/channel.hpp"
#include "pytorch/commits.hpp"
#include "specs/version.hpp"

namespace launch::cli {
namespace {

using commands::RunBisection;

/// The day of a nightly; empty for other versions.
std::string day_of(const std::string& text) {
  const auto version = specs::Version::parse(text);
  const auto day = version ? pytorch::nightly_day(*version) : std::nullopt;
  return day ? day->text() : "";
}

std::string change_text(const RunBisection& bisection) {
  const auto& change = *bisection.change;
  const auto& before = bisection.versions[change.before];
  const auto& after = bisection.versions[change.after];
  const auto [now, then] = bisection.works_after ? std::pair("works", "fails") : std::pair("fails", "works");
  auto text = fmt::format("the command {} since torch {}; with torch {} it {}\n", now, after, before, then);
  if (!change.between.empty()) {
    text += fmt::format("skipped between them, so that the change may be there: {}\n",
                        join_words(change.between));
  }
  const auto first = day_of(before);
  const auto last = day_of(after);
  if (!first.empty() && !last.empty())
    text += fmt::format("nightlies in between: after {}, up to {}\n", first, last);
  if (change.commit_before && change.commit_after) {
    text += "commits in between: " + pytorch::compare_url(*change.commit_before, *change.commit_after) + "\n";
  } else {
    text += "commits in between: unknown, as the wheels do not name them\n";
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
  const auto untried = bisection.versions.size() - bisection.tried.size();
  text +=
      fmt::format("{} tried of {}", bisection.tried.size(), count_of(bisection.versions.size(), "version"));
  if (untried > 0) text += ", as the others could not change the answer";
  for (const auto& line : skipped_versions(bisection.skipped)) text += "\n" + line;
  return text;
}

}  // namespace launch::cli

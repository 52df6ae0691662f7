#include "probe/findings.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace launch::probe {
namespace {

const Use& use_of(const CheckReport& report, std::size_t name, std::size_t use) {
  return report.platforms.front().names[name].uses[use].use;
}

KnownFailure failure_of(const CheckReport& report, std::size_t name, std::size_t use) {
  return {report.platforms.front().names[name].requirement.text(), use_of(report, name, use).file};
}

/// True if the older release had the name for that use.
bool was_there(const CheckReport& report, std::size_t name, std::size_t use) {
  const auto& earlier = report.earlier->names[name];
  return earlier.uses[use].outcome == pysource::Verdict::yes && !earlier.implied;
}

/// The standing of a needed use that is missing or unknown.
Standing of_needed(const CheckReport& report, const PlatformAnswers& platform, const JudgedName& name,
                   const JudgedUse& use) {
  if (use.is_open()) return Standing::unknown;
  const bool on_path = use.need() == pysource::Need::path;
  const bool lacks_package =
      report.unprovided.contains(name.requirement) || platform.unusable.contains(name.requirement);
  return on_path && (report.fail_on == FailOn::must || lacks_package) ? Standing::warned : Standing::fails;
}

std::string reasons_of(const CheckReport& report, const Finding& finding) {
  std::vector<std::string> reasons;
  for (const auto platform : finding.platforms) {
    const auto& reason = report.platforms[platform].names[finding.name].answer.reason;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
  }
  return join(reasons, "; ");
}

/// The findings of one name.
std::vector<Finding> findings_of_name(const CheckReport& report, std::size_t name) {
  std::map<std::pair<Standing, std::vector<std::size_t>>, Finding> found;
  const auto uses = report.platforms.front().names[name].uses.size();
  for (std::size_t use = 0; use < uses; ++use) {
    std::map<Standing, std::vector<std::size_t>> platforms;
    for (std::size_t i = 0; i < report.platforms.size(); ++i)
      platforms[standing_of(report, i, name, use)].push_back(i);
    platforms.erase(Standing::fine);
    for (const auto& [standing, on] : platforms) found[{standing, on}].uses.push_back(use);
  }
  std::vector<Finding> findings;
  for (auto& [key, finding] : found) {
    finding.name = name;
    std::tie(finding.standing, finding.platforms) = key;
    finding.reason = reasons_of(report, finding);
    std::stable_sort(finding.uses.begin(), finding.uses.end(), [&](std::size_t a, std::size_t b) {
      const auto& one = use_of(report, name, a);
      const auto& other = use_of(report, name, b);
      return std::tie(one.file, one.line) < std::tie(other.file, other.line);
    });
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::fails:
      return "fails";
    case Standing::warned:
      return "warned";
    case Standing::unknown:
      return "unknown";
    case Standing::known:
      return "known";
    case Standing::before:
      return "before";
    case Standing::unknown_before:
      return "unknown before";
    case Standing::spared:
      return "not needed";
    case Standing::not_run:
      return "not run";
    case Standing::fine:
      return "fine";
  }
  return "fine";
}

bool is_unknown(Standing standing) {
  return standing == Standing::unknown || standing == Standing::unknown_before;
}

Standing standing_of(const CheckReport& report, std::size_t platform, std::size_t name, std::size_t use) {
  const auto& judged = report.platforms[platform].names[name];
  const auto& of_use = judged.uses[use];
  if (!of_use.fails() && !of_use.is_open()) {
    if (judged.implied || judged.answer.verdict != pysource::Verdict::no) return Standing::fine;
    return of_use.runs == Runs::no ? Standing::not_run : Standing::spared;
  }
  const auto standing = of_needed(report, report.platforms[platform], judged, of_use);
  if (report.earlier && !was_there(report, name, use))
    return standing == Standing::unknown ? Standing::unknown_before : Standing::before;
  if (fails_check(report, standing) && report.baseline &&
      report.baseline->contains(failure_of(report, name, use))) {
    return Standing::known;
  }
  return standing;
}

bool fails_check(const CheckReport& report, Standing standing) {
  return standing == Standing::fails || (standing == Standing::unknown && report.fail_on == FailOn::unknown);
}

std::vector<Finding> findings_of(const CheckReport& report) {
  std::vector<Finding> findings;
  for (std::size_t name = 0; name < report.platforms.front().names.size(); ++name) {
    auto more = findings_of_name(report, name);
    findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.standing < b.standing; });
  return findings;
}

bool CheckReport::fails() const {
  const auto findings = findings_of(*this);
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& each) { return fails_check(*this, each.standing); });
}

Baseline failures_of(const CheckReport& report) {
  Baseline failures;
  for (const auto& finding : findings_of(report)) {
    if (!fails_check(report, finding.standing) && finding.standing != Standing::known) continue;
    for (const auto use : finding.uses) failures.insert(failure_of(report, finding.name, use));
  }
  return failures;
}

Baseline stale_failures(const CheckReport& report) {
  auto stale = report.baseline.value_or(Baseline{});
  for (const auto& each : failures_of(report)) stale.erase(each);
  return stale;
}

std::string Fingerprints::of(const CheckReport& report, std::size_t name, std::size_t use) {
  const auto& found = use_of(report, name, use);
  const auto line = report.lines.find({found.file, found.line});
  const auto text =
      fmt::format("{}\n{}\n{}", report.platforms.front().names[name].requirement.text(), found.file,
                  line == report.lines.end() ? std::string_view() : trim(line->second));
  const auto before = seen_[text]++;
  return sha256_hex(fmt::format("{}\n{}", text, before)).substr(0, 32);
}

}  // namespace launch::probe

#include "cli/reports/check_summary.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {
namespace {

std::string on_platform(const probe::PlatformAnswers& platform) {
  return " on " + platform.platform.text();
}

std::string asked(const probe::PlatformAnswers& platform) {
  if (platform.wheels.empty()) return "no wheel";
  std::vector<std::string> wheels;
  wheels.reserve(platform.wheels.size());
  for (const auto& wheel : platform.wheels) wheels.push_back(wheel.package + " " + wheel.version);
  return join_words(wheels);
}

/// "3 yes, 2 no (1 of them not needed), 0 unknown", of names that `fits` selects.
template <class Fits>
std::string counts(const probe::PlatformAnswers& platform, Fits&& fits) {
  std::size_t counts[3] = {};
  std::size_t failing = 0;
  for (const auto& name : platform.names) {
    if (!fits(name)) continue;
    ++counts[static_cast<std::size_t>(name.answer.verdict)];
    if (name.fails()) ++failing;
  }
  const auto no = counts[static_cast<std::size_t>(pysource::Verdict::no)];
  const auto spared = no - std::min(no, failing);
  return fmt::format("{} yes, {} no{}, {} unknown", counts[static_cast<std::size_t>(pysource::Verdict::yes)],
                     no, spared == 0 ? "" : fmt::format(" ({} of them not needed)", spared),
                     counts[static_cast<std::size_t>(pysource::Verdict::unknown)]);
}

/// True if the platforms have the same versions and agree on every name.
bool agree(const probe::CheckReport& report) {
  const auto& first = report.platforms.front();
  return std::all_of(report.platforms.begin(), report.platforms.end(),
                     [&](const probe::PlatformAnswers& each) {
                       return asked(each) == asked(first) &&
                              std::equal(each.names.begin(), each.names.end(), first.names.begin(),
                                         first.names.end(), probe::same_outcome);
                     });
}

/// "12 names of torchvision and 3 names of numpy not checked: no wheel given"
std::string not_checked(const probe::CheckReport& report) {
  constexpr std::size_t kNamed = 4;
  const auto& all = report.not_checked;
  std::vector<std::string> parts;
  const auto named = all.size() == kNamed + 1 ? all.size() : std::min(kNamed, all.size());
  for (std::size_t i = 0; i < named; ++i)
    parts.push_back(fmt::format("{} of {}", count_of(all[i].names, "name"), printable(all[i].module)));
  if (named < all.size()) {
    std::size_t names = 0;
    for (auto i = named; i < all.size(); ++i) names += all[i].names;
    parts.push_back(fmt::format("{} of {} other modules", count_of(names, "name"), all.size() - named));
  }
  return fmt::format("{} not checked: {}", join_words(parts), report.not_checked_reason);
}

void add_counts(std::vector<std::string>& lines, const probe::CheckReport& report,
                const probe::PlatformAnswers& platform, const std::string& on) {
  const auto earlier = report.earlier ? fmt::format(" compared with {}", report.earlier->wheel.version) : "";
  lines.push_back(fmt::format("{}{}{}: {} in {}: {}", asked(platform), earlier, on,
                              count_of(platform.names.size(), "name"), count_of(report.files, "file"),
                              counts(platform, [](const auto&) { return true; })));
  std::map<pysource::Tier, std::size_t> tiers;
  for (const auto& name : platform.names) ++tiers[name.requirement.tier];
  if (tiers.empty() || tiers.rbegin()->first == pysource::Tier::import) return;
  for (const auto& [tier, size] : tiers) {
    lines.push_back(fmt::format(
        "  {}s: {}: {}", pysource::tier_name(tier), count_of(size, "name"),
        counts(platform, [tier = tier](const auto& name) { return name.requirement.tier == tier; })));
  }
}

}  // namespace

std::vector<std::string> check_summary(const probe::CheckReport& report) {
  std::vector<std::string> lines;
  if (!report.not_checked.empty()) lines.push_back(not_checked(report));
  if (!report.history_unknown.empty()) {
    lines.push_back("cannot tell which versions have the missing names: " +
                    printable_message(report.history_unknown));
  }
  if (agree(report)) {
    add_counts(lines, report, report.platforms.front(), "");
  } else {
    for (const auto& each : report.platforms) add_counts(lines, report, each, on_platform(each));
  }
  return lines;
}

}  // namespace launch::cli

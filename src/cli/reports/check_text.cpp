#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/names.hpp"

namespace launch::cli {
namespace {

std::string on_platform(const probe::PlatformAnswers& platform) {
  return " on " + platform.platform.text();
}

/// The platforms' reasons for their answers on a name, without duplicates.
std::string reasons_of(const probe::CheckReport& report, std::size_t name) {
  std::vector<std::string> reasons;
  for (const auto& each : report.platforms) {
    const auto& reason = each.names[name].answer.reason;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
  }
  return join(reasons, "; ");
}

/// The gates that let a failing use run, as the end of its line.
std::string passed_gates(const probe::JudgedUse& use) {
  if (!use.fails() || use.passed_lines.empty()) return "";
  std::vector<std::string> places;
  for (const auto line : use.passed_lines) {
    auto place = fmt::format("{}:{}", printable(use.use.file), line);
    if (places.empty() || places.back() != place) places.push_back(std::move(place));
  }
  return fmt::format("; the {} at {} {} it run", places.size() == 1 ? "test" : "tests", join_words(places),
                     places.size() == 1 ? "lets" : "let");
}

/// Lines for the uses that `fits` selects, by file and line; a single one if it selects all platforms.
template <class Fits>
void add_uses(std::vector<std::string>& lines, const probe::CheckReport& report, std::string_view word,
              Fits&& fits) {
  struct Row {
    const probe::Use* use;
    std::string text;
  };
  std::vector<Row> rows;
  const auto& names = report.platforms.front().names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t k = 0; k < names[i].uses.size(); ++k) {
      std::vector<const probe::PlatformAnswers*> picked;
      for (const auto& each : report.platforms) {
        if (fits(each.names[i], each.names[i].uses[k])) picked.push_back(&each);
      }
      const auto& judged = picked.empty() ? names[i].uses[k] : picked.front()->names[i].uses[k];
      const auto& use = names[i].uses[k].use;
      const auto add = [&](const std::string& on, const std::string& reason) {
        rows.push_back(
            {&use, fmt::format("{}: {}{}: {} ({}){}", shown_place(use), shown_name(names[i].requirement), on,
                               word, printable(reason), passed_gates(judged))});
      };
      if (picked.size() == report.platforms.size()) {
        add("", reasons_of(report, i));
        continue;
      }
      for (const auto* each : picked) add(on_platform(*each), each->names[i].answer.reason);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.use->file, a.use->line) < std::tie(b.use->file, b.use->line);
  });
  for (auto& row : rows) lines.push_back(std::move(row.text));
}

std::string asked(const probe::PlatformAnswers& platform) {
  if (platform.wheels.empty()) return "no wheel";
  std::vector<std::string> wheels;
  wheels.reserve(platform.wheels.size());
  for (const auto& wheel : platform.wheels) wheels.push_back(wheel.package + " " + wheel.version);
  return join_words(wheels);
}

std::string counts(const probe::PlatformAnswers& platform, std::size_t files) {
  std::size_t counts[3] = {};
  for (const auto& name : platform.names) ++counts[static_cast<std::size_t>(name.answer.verdict)];
  const auto failing = std::count_if(platform.names.begin(), platform.names.end(),
                                     [](const probe::JudgedName& name) { return name.fails(); });
  const auto no = counts[static_cast<std::size_t>(pysource::Verdict::no)];
  const auto spared = no - static_cast<std::size_t>(failing);
  return fmt::format("{} in {}: {} yes, {} no{}, {} unknown", count_of(platform.names.size(), "name"),
                     count_of(files, "file"), counts[static_cast<std::size_t>(pysource::Verdict::yes)], no,
                     spared == 0 ? "" : fmt::format(" ({} of them not needed)", spared),
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

}  // namespace

/// The text for people: a line FILE:LINE: NAME: no (REASON) for each use that will fail, then unknown names,
/// then missing optional names, then the counts. If platforms differ, the line is FILE:LINE: NAME on
/// PLATFORM: no (REASON), with counts per platform.
std::string check_text(const probe::CheckReport& report) {
  std::vector<std::string> lines;
  add_uses(lines, report, "no",
           [](const probe::JudgedName&, const probe::JudgedUse& use) { return use.fails(); });
  add_uses(lines, report, "unknown",
           [](const probe::JudgedName&, const probe::JudgedUse& use) { return use.is_open(); });
  add_uses(lines, report, "no, and not needed",
           [](const probe::JudgedName& name, const probe::JudgedUse& use) {
             return name.answer.verdict == pysource::Verdict::no && !use.fails() && use.runs != probe::Runs::no;
           });
  add_uses(lines, report, "no, and not run with this version",
           [](const probe::JudgedName& name, const probe::JudgedUse& use) {
             return name.answer.verdict == pysource::Verdict::no && !use.fails() && use.runs == probe::Runs::no;
           });
  if (agree(report)) {
    const auto& all = report.platforms.front();
    lines.push_back(fmt::format("{}: {}", asked(all), counts(all, report.files)));
  } else {
    for (const auto& each : report.platforms) {
      lines.push_back(fmt::format("{}{}: {}", asked(each), on_platform(each), counts(each, report.files)));
    }
  }
  return join(lines, "\n");
}

}  // namespace launch::cli

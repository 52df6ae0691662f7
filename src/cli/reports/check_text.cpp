#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/check_summary.hpp"
#include "cli/reports/finding_text.hpp"
#include "cli/reports/names.hpp"
#include "cli/reports/source_line.hpp"
#include "probe/findings.hpp"

namespace launch::cli {
namespace {

using probe::Standing;

constexpr std::size_t kUsesShown = 3;

class Writer {
 public:
  Writer(const probe::CheckReport& report, const CheckView& view) : report_(report), view_(view) {}

  std::string write() {
    const auto findings = probe::findings_of(report_);
    for (const auto& finding : findings) {
      if (view_.all || !is_aside(finding.standing)) add(finding);
    }
    if (!view_.all) add_hidden(findings);
    for (const auto& each : probe::stale_failures(report_))
      lines_.push_back(fmt::format("no failure any more, though in the baseline: {} in {}",
                                   printable(each.name), printable(each.file)));
    const auto summary = check_summary(report_);
    lines_.insert(lines_.end(), summary.begin(), summary.end());
    return join(lines_, "\n");
  }

 private:
  const probe::JudgedName& name_of(const probe::Finding& finding) const {
    return report_.platforms.front().names[finding.name];
  }

  void add(const probe::Finding& finding) {
    const auto& name = name_of(finding);
    lines_.push_back(fmt::format("{}{}: {} ({})", shown_name(name.requirement),
                                 on_platforms(report_, finding), standing_words(report_, finding.standing),
                                 printable(finding.reason)));
    add_uses(finding);
    if (const auto advice = advice_text(report_, finding); !advice.empty())
      lines_.push_back("  " + printable(advice));
  }

  void add_place(const probe::Use& use, std::string_view need) {
    lines_.push_back(fmt::format("  {}:{}{}", shown_place(use), use.column, need));
    if (auto carets = caret_lines(source_line(report_, use), "    "); !carets.empty())
      lines_.push_back(std::move(carets));
  }

  void add_uses(const probe::Finding& finding) {
    const auto shown = view_.all || finding.uses.size() == kUsesShown + 1
                           ? finding.uses.size()
                           : std::min(kUsesShown, finding.uses.size());
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& judged =
          report_.platforms[finding.platforms.front()].names[finding.name].uses[finding.uses[i]];
      add_place(judged.use, judged.need() == pysource::Need::path ? ", on a path" : "");
      for (const auto line : passed_gates(report_, finding, finding.uses[i])) {
        lines_.push_back(fmt::format("  {}:{}: this test lets it run", printable(judged.use.file), line));
        if (auto text = plain_line(report_, judged.use.file, line, "    "); !text.empty())
          lines_.push_back(std::move(text));
      }
    }
    if (shown < finding.uses.size())
      lines_.push_back(fmt::format("  and {} more (-v shows all)", finding.uses.size() - shown));
  }

  /// How many names are not shown.
  void add_hidden(const std::vector<probe::Finding>& findings) {
    const auto hidden = [&](Standing standing, std::string_view noun, std::string_view what) {
      std::set<std::size_t> names;
      for (const auto& each : findings) {
        if (each.standing == standing) names.insert(each.name);
      }
      if (names.empty()) return;
      const bool one = names.size() == 1;
      lines_.push_back(fmt::format("{} {} {} (-v shows {})", count_of(names.size(), noun), one ? "is" : "are",
                                   what, one ? "it" : "them"));
    };
    hidden(Standing::known, "missing name", "in the baseline");
    if (report_.earlier) {
      hidden(Standing::before, "name",
             fmt::format("missing in {} {} as well", report_.earlier->wheel.package,
                         report_.earlier->wheel.version));
    }
    hidden(Standing::spared, "optional name", "missing");
    hidden(Standing::not_run, "missing name", "not run with this version");
  }

  const probe::CheckReport& report_;
  const CheckView& view_;
  std::vector<std::string> lines_;
};

}  // namespace

/// The text for people: what fails, is unknown or is missing on some path, by name with its uses below, then
/// what was hidden or not asked, then the counts; per platform if platforms differ.
std::string check_text(const probe::CheckReport& report, const CheckView& view) {
  return Writer(report, view).write();
}

}  // namespace launch::cli

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/check_summary.hpp"
#include "cli/reports/finding_text.hpp"
#include "cli/reports/names.hpp"
#include "cli/reports/source_line.hpp"
#include "probe/findings.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {
namespace {

using probe::Standing;
using pysource::Tier;

constexpr std::size_t kUsesShown = 3;

/// "torch.npu" of "torch.npu.device" and "torch.npu.Stream".
std::string shared_part(std::string_view one, std::string_view other) {
  const auto ones = split(one, '.');
  const auto others = split(other, '.');
  const auto end = std::mismatch(ones.begin(), ones.end(), others.begin(), others.end()).first;
  return join(std::vector<std::string>(ones.begin(), end), ".");
}

class Writer {
 public:
  Writer(const probe::CheckReport& report, const CheckView& view) : report_(report), view_(view) {}

  std::string write() {
    const auto findings = probe::findings_of(report_);
    for (const auto& block : blocks_of(findings)) {
      if (view_.all || !is_hidden(*block.finding)) add(block);
    }
    if (!view_.all) add_hidden(findings);
    for (const auto& each : probe::stale_failures(report_))
      lines_.push_back(fmt::format("in the baseline, but no longer failing: {} in {}", printable(each.name),
                                   printable(each.file)));
    const auto summary = check_summary(report_);
    lines_.insert(lines_.end(), summary.begin(), summary.end());
    return join(lines_, "\n");
  }

 private:
  struct ShownUse {
    const probe::Finding* finding;
    std::size_t use;
  };
  /// A name with its uses; a package that nothing provides, with those of all its names; or attributes that
  /// are unknown for the same reason.
  struct Block {
    std::string name;
    const probe::Finding* finding;
    std::vector<ShownUse> uses;
  };

  const probe::JudgedName& name_of(const probe::Finding& finding) const {
    return report_.platforms.front().names[finding.name];
  }

  const probe::JudgedUse& judged(const ShownUse& use) const {
    return report_.platforms[use.finding->platforms.front()].names[use.finding->name].uses[use.use];
  }

  bool is_unprovided(const probe::Finding& finding) const {
    return report_.unprovided.contains(name_of(finding).requirement);
  }

  bool is_hidden(const probe::Finding& finding) const {
    return is_aside(report_, finding) || (finding.standing == Standing::warned && is_unprovided(finding));
  }

  std::vector<Block> blocks_of(const std::vector<probe::Finding>& findings) const {
    std::vector<Block> blocks;
    std::map<std::tuple<Standing, std::vector<std::size_t>, std::string>, std::size_t> together;
    for (const auto& finding : findings) {
      const auto& requirement = name_of(finding).requirement;
      auto place = blocks.size();
      const bool open = is_unknown(finding.standing) && requirement.tier == Tier::attribute;
      if (is_unprovided(finding) || open)
        place =
            together.try_emplace({finding.standing, finding.platforms, finding.reason}, place).first->second;
      if (place == blocks.size()) {
        blocks.push_back({shown_name(requirement), &finding, {}});
      } else if (open) {
        blocks[place].name = shared_part(blocks[place].name, shown_name(requirement));
      } else {
        blocks[place].name = printable(pysource::root_of(requirement));
      }
      for (const auto use : finding.uses) blocks[place].uses.push_back({&finding, use});
    }
    for (auto& block : blocks) {
      std::stable_sort(block.uses.begin(), block.uses.end(), [&](const ShownUse& a, const ShownUse& b) {
        const auto& one = judged(a).use;
        const auto& other = judged(b).use;
        return std::tie(one.file, one.line, one.column) < std::tie(other.file, other.line, other.column);
      });
    }
    return blocks;
  }

  void add(const Block& block) {
    const auto& finding = *block.finding;
    lines_.push_back(fmt::format("{}{}: {} ({})", block.name, on_platforms(report_, finding),
                                 standing_words(report_, finding.standing), printable(finding.reason)));
    add_uses(block.uses);
    if (const auto advice = advice_text(report_, finding); !advice.empty())
      lines_.push_back("  " + printable(advice));
    if (const auto history = history_text(report_, finding); !history.empty())
      lines_.push_back("  " + printable(history));
  }

  void add_place(const probe::Use& use, std::string_view need) {
    lines_.push_back(fmt::format("  {}:{}{}", shown_place(use), use.column, need));
    if (auto carets = caret_lines(source_line(report_, use), "    "); !carets.empty())
      lines_.push_back(std::move(carets));
  }

  void add_uses(const std::vector<ShownUse>& uses) {
    const auto shown =
        view_.all || uses.size() == kUsesShown + 1 ? uses.size() : std::min(kUsesShown, uses.size());
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& each = judged(uses[i]);
      add_place(each.use, each.need() == pysource::Need::path ? ", on a path" : "");
      for (const auto line : passed_gates(report_, *uses[i].finding, uses[i].use)) {
        lines_.push_back(fmt::format("  {}:{}: this condition lets it run", printable(each.use.file), line));
        if (auto text = plain_line(report_, each.use.file, line, "    "); !text.empty())
          lines_.push_back(std::move(text));
      }
    }
    if (shown < uses.size())
      lines_.push_back(fmt::format("  and {} more (-v shows all)", uses.size() - shown));
  }

  /// How many names are not shown.
  void add_hidden(const std::vector<probe::Finding>& findings) {
    const auto hidden_if = [&](auto&& fits, std::string_view noun, std::string_view what) {
      std::set<std::size_t> names;
      for (const auto& each : findings) {
        if (fits(each)) names.insert(each.name);
      }
      if (names.empty()) return;
      const bool one = names.size() == 1;
      lines_.push_back(fmt::format("{} {} {} (-v shows {})", count_of(names.size(), noun), one ? "is" : "are",
                                   what, one ? "it" : "them"));
    };
    const auto hidden = [&](Standing standing, std::string_view noun, std::string_view what) {
      hidden_if([standing](const probe::Finding& each) { return each.standing == standing; }, noun, what);
    };
    add_unprovided(findings);
    const auto open = [&](const probe::Finding& each) {
      return is_open_keyword(report_, each) && is_aside(report_, each);
    };
    hidden_if(open, "keyword", "unknown");
    hidden(Standing::known, "missing name", "in the baseline");
    if (report_.earlier) {
      hidden(Standing::before, "name",
             fmt::format("missing in {} {} as well", report_.earlier->wheel.package,
                         report_.earlier->wheel.version));
      hidden(Standing::unknown_before, "name",
             fmt::format("unknown, and not known to be in {} {}", report_.earlier->wheel.package,
                         report_.earlier->wheel.version));
    }
    hidden(Standing::spared, "optional name", "missing");
    hidden(Standing::not_run, "missing name", "not run with this version");
  }

  /// "no locked wheel provides apex and wandb, which are needed on some path (-v shows where)"
  void add_unprovided(const std::vector<probe::Finding>& findings) {
    std::set<std::string> packages;
    for (const auto& each : findings) {
      if (each.standing == Standing::warned && is_unprovided(each))
        packages.insert(printable(pysource::root_of(name_of(each).requirement)));
    }
    if (packages.empty()) return;
    const std::vector<std::string> names(packages.begin(), packages.end());
    lines_.push_back(fmt::format("no locked wheel provides {}, which {} needed on some path (-v shows where)",
                                 join_words(names, "or"), names.size() == 1 ? "is" : "are"));
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

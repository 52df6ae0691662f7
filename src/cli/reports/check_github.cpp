#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/check_summary.hpp"
#include "cli/reports/finding_text.hpp"
#include "cli/reports/names.hpp"
#include "cli/reports/source_line.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {
namespace {

/// The text of a workflow command (GitHub's "Workflow commands", as its toolkit escapes it).
std::string command_text(std::string_view text) {
  auto escaped = replace_all(std::string(text), "%", "%25");
  escaped = replace_all(std::move(escaped), "\r", "%0D");
  return printable(replace_all(std::move(escaped), "\n", "%0A"));
}

/// The value of one of its properties.
std::string command_property(std::string_view text) {
  return replace_all(replace_all(command_text(text), ":", "%3A"), ",", "%2C");
}

/// "; the condition in line 3 lets it run"
std::string gates_text(const probe::CheckReport& report, const probe::Finding& finding, std::size_t use) {
  std::string text;
  for (const auto line : passed_gates(report, finding, use))
    text += fmt::format("; the condition in line {} lets it run", line);
  return text;
}

std::string_view level_of(const probe::CheckReport& report, probe::Standing standing) {
  if (probe::fails_check(report, standing)) return "error";
  return standing == probe::Standing::warned ? "warning" : "notice";
}

}  // namespace

/// Workflow commands of GitHub Actions, each use an annotation in the source: errors for what makes the check
/// fail. The last ones hold the counts.
std::string check_github(const probe::CheckReport& report, const CheckView& view) {
  std::vector<std::string> lines;
  for (const auto& finding : probe::findings_of(report)) {
    if (is_aside(finding.standing) && !view.all) continue;
    const auto& name = report.platforms.front().names[finding.name];
    for (const auto each : finding.uses) {
      const auto& use = name.uses[each].use;
      const auto line = source_line(report, use);
      const auto first = line.characters_before(line.first);
      const auto end = line.characters_before(line.first + line.size);
      lines.push_back(
          fmt::format("::{} file={},line={},{}title={}::{}", level_of(report, finding.standing),
                      command_property(use.file), use.line,
                      line.text.empty() ? "" : fmt::format("col={},endColumn={},", first + 1, end),
                      command_property(pysource::dotted_name(name.requirement)),
                      command_text(finding_text(report, finding) + gates_text(report, finding, each))));
    }
  }
  for (const auto& summary : check_summary(report))
    lines.push_back(fmt::format("::notice title=launch check::{}", command_text(summary)));
  return join(lines, "\n");
}

}  // namespace launch::cli

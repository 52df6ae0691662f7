#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/changes.hpp"
#include "cli/reports/diff_formats.hpp"

namespace launch::cli {
namespace {

void add_verification(const commands::DiffDocument& document, std::vector<std::string>& lines) {
  if (!document.before_verified && !document.after_verified) {
    lines.emplace_back("neither is verified");
    return;
  }
  const auto add = [&](const std::string& lock, const std::optional<project::Verification>& verified) {
    lines.push_back(printable(fmt::format("{} is {}", lock, verified ? verified->text() : "not verified")));
  };
  add(document.before, document.before_verified);
  add(document.after, document.after_verified);
}

}  // namespace

/// One line per change.
std::string diff_text(const commands::DiffDocument& document) {
  const auto& diff = document.diff;
  std::vector<std::string> lines;
  if (diff.same()) {
    lines.push_back(
        printable(fmt::format("no difference between {} and {}", document.before, document.after)));
    add_verification(document, lines);
    return join(lines, "\n");
  }
  for (const auto& one : diff.properties) lines.push_back(printable(project::property_text(one)));
  for (const auto& one : diff.packages) lines.push_back(printable(project::change_text(one)));
  lines.push_back(to_fetch_text(diff));
  if (const auto& torch = document.torch) {
    lines.push_back(torch->unknown.empty()
                        ? fmt::format("commits of torch: {}", torch->url)
                        : printable(fmt::format("commits of torch: unknown ({})", torch->unknown)));
  }
  add_verification(document, lines);
  return join(lines, "\n");
}

}  // namespace launch::cli

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/changes.hpp"
#include "cli/reports/diff_formats.hpp"

namespace launch::cli {

/// One line per change.
std::string diff_text(const commands::DiffDocument& document) {
  const auto& diff = document.diff;
  if (diff.same())
    return printable(fmt::format("no difference between {} and {}", document.before, document.after));
  std::vector<std::string> lines;
  for (const auto& one : diff.properties) lines.push_back(printable(project::property_text(one)));
  for (const auto& one : diff.packages) lines.push_back(printable(project::change_text(one)));
  lines.push_back(to_fetch_text(diff));
  if (const auto& torch = document.torch) {
    lines.push_back(torch->unknown.empty()
                        ? fmt::format("commits of torch: {}", torch->url)
                        : printable(fmt::format("commits of torch: unknown ({})", torch->unknown)));
  }
  return join(lines, "\n");
}

}  // namespace launch::cli

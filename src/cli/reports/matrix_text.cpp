#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/reports/names.hpp"
#include "cli/table.hpp"
#include "pytorch/commits.hpp"

namespace launch::cli {
namespace {

/// ", using wheels for Python 3.7 to 3.15"
std::string pythons_text(const probe::Matrix& matrix) {
  std::optional<specs::Interpreter> oldest;
  std::optional<specs::Interpreter> newest;
  for (const auto& each : matrix.versions) {
    if (!each.python) continue;
    if (!oldest || *each.python < *oldest) oldest = each.python;
    if (!newest || *newest < *each.python) newest = each.python;
  }
  if (!oldest) return {};
  if (*oldest == *newest) return fmt::format(", using wheels for Python {}", oldest->text());
  return fmt::format(", using wheels for Python {} to {}", oldest->text(), newest->text());
}

}  // namespace

std::string span_of(const probe::Matrix& matrix, std::size_t first, std::size_t last) {
  const auto& versions = matrix.versions;
  if (first == last) return versions[first].version;
  return fmt::format("{} to {}", versions[first].version, versions[last].version);
}

std::string story_of(const probe::MatrixRow& row, const probe::Matrix& matrix, std::size_t most) {
  const auto stretches = row.stretches();
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const auto verdict = stretches[i].verdict;
    if (i == 0) {
      // What was not there at first needs no word if something follows.
      if (verdict == pysource::Verdict::no && stretches.size() > 1) continue;
      parts.emplace_back(pysource::verdict_name(verdict));
      continue;
    }
    const auto& version = matrix.versions[stretches[i].first].version;
    parts.push_back(fmt::format("{} {} {}", pysource::verdict_name(verdict),
                                verdict == pysource::Verdict::yes ? "since" : "from", version));
  }
  if (stretches.size() > most && parts.size() > 3) {
    const auto between = count_of(parts.size() - 3, "further change");
    parts.erase(parts.begin() + 2, parts.end() - 1);
    parts.insert(parts.end() - 1, between);
  }
  return join(parts, ", ");
}

std::vector<std::string> skipped_versions(const std::vector<probe::SkippedVersion>& skipped) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_reason;
  for (const auto& each : skipped) {
    const auto same = std::find_if(by_reason.begin(), by_reason.end(),
                                   [&](const auto& known) { return known.first == each.reason; });
    if (same == by_reason.end()) {
      by_reason.push_back({each.reason, {each.version}});
    } else {
      same->second.push_back(each.version);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [reason, versions] : by_reason)
    lines.push_back(fmt::format("skipped {}: {}", join(versions, ", "), printable(reason)));
  return lines;
}

std::vector<std::string> asked_versions(const probe::Matrix& matrix) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {}: {}{}", matrix.package, span_of(matrix, 0, matrix.versions.size() - 1),
                              count_of(matrix.versions.size(), "version"), pythons_text(matrix)));
  for (auto& line : skipped_versions(matrix.skipped)) lines.push_back(std::move(line));
  if (!matrix.prereleases.empty()) {
    lines.push_back(fmt::format("left out {} (to check pre-releases, name one with --from or --to)",
                                count_of(matrix.prereleases.size(), "pre-release")));
  }
  return lines;
}

std::string matrix_text(const probe::Matrix& matrix, MatrixRows rows) {
  std::vector<std::vector<std::string>> table;
  std::size_t always = 0;
  for (const auto& row : matrix.rows) {
    if (row.is_always(pysource::Verdict::yes)) {
      ++always;
      if (rows == MatrixRows::telling) continue;
    }
    table.push_back({shown_name(row.name.requirement), story_of(row, matrix)});
  }
  std::string text = table.empty() ? "" : table_of(table) + "\n";
  if (matrix.files != 0 || rows == MatrixRows::telling) {
    const auto of = matrix.files == 0 ? "" : fmt::format(" in {}", count_of(matrix.files, "file"));
    const auto* const more = rows == MatrixRows::all || always == 0 ? ""
                             : always == 1                          ? " (--all lists it)"
                                                                    : " (--all lists them)";
    text += fmt::format("{} of {}{} {} in every version{}\n", always, count_of(matrix.rows.size(), "name"),
                        of, always == 1 ? "is" : "are", more);
  }
  return text + join(asked_versions(matrix), "\n");
}

std::string bisect_text(const probe::Bisection& bisection) {
  const auto& matrix = bisection.matrix;
  std::string text;
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
    const auto& row = matrix.rows[i];
    text += shown_name(row.name.requirement) + "\n";
    std::vector<std::vector<std::string>> table;
    for (const auto& stretch : row.stretches()) {
      table.push_back({"  " + std::string(pysource::verdict_name(stretch.verdict)),
                       span_of(matrix, stretch.first, stretch.last),
                       count_of(stretch.last - stretch.first + 1, "version"),
                       row.cells[stretch.last].reason});
    }
    text += table_of(table) + "\n";
    for (const auto& change : bisection.changes[i]) {
      text += fmt::format("  changed between {} and {}", matrix.versions[change.before].version,
                          matrix.versions[change.after].version);
      if (!change.between.empty()) {
        text += fmt::format(" ({} {} skipped)", join_words(change.between),
                            change.between.size() == 1 ? "was" : "were");
      }
      if (change.commit_before && change.commit_after) {
        text += ": " + pytorch::compare_url(*change.commit_before, *change.commit_after);
      }
      text += "\n";
    }
  }
  return text + join(asked_versions(matrix), "\n");
}

}  // namespace launch::cli

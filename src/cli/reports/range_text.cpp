#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/reports/names.hpp"
#include "cli/reports/range.hpp"

namespace launch::cli {
namespace {

/// "2.0.0 to 2.3.1 and 2.5.0", from places among the versions, in order.
std::string versions_text(const probe::Matrix& matrix, const std::vector<std::size_t>& places) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < places.size();) {
    auto end = i;
    while (end + 1 < places.size() && places[end + 1] == places[end] + 1) ++end;
    parts.push_back(span_of(matrix, places[i], places[end]));
    i = end + 1;
  }
  return join_words(parts);
}

/// "  src/a.py:3: torch.x:y (torch 2.3.1 has no module torch/x)", for each lack, by place.
void add_lacks(std::string& text, std::vector<probe::Lack> lacks) {
  constexpr std::size_t kMost = 10;
  std::stable_sort(lacks.begin(), lacks.end(), [](const auto& a, const auto& b) {
    return std::tie(a.use.file, a.use.line) < std::tie(b.use.file, b.use.line);
  });
  for (std::size_t i = 0; i < std::min(kMost, lacks.size()); ++i) {
    text += fmt::format("  {}: {} ({})\n", shown_place(lacks[i].use), shown_name(lacks[i].requirement),
                        printable(lacks[i].reason));
  }
  if (lacks.size() > kMost) text += fmt::format("  and {} more\n", count_of(lacks.size() - kMost, "name"));
}

void add_bound(std::string& text, const probe::VersionRange& range, const char* word, std::size_t bound,
               std::optional<std::size_t> beyond) {
  const auto& matrix = range.matrix;
  const auto& version = matrix.versions[bound].version;
  if (!beyond) {
    text += fmt::format("{} {}: no bound found, as it is the {} version checked\n", word, version, word);
    return;
  }
  text +=
      fmt::format("{} {}: {} lacks what the code needs\n", word, version, matrix.versions[*beyond].version);
  add_lacks(text, range.lacks[*beyond]);
}

/// "1.2.0 to 1.5.1, where the answer for 3 names is unknown"
std::string other_text(const probe::VersionRange& range, const probe::Allowed& allowed) {
  const auto at = [&](std::size_t place) {
    return range.unknown.begin() + static_cast<std::ptrdiff_t>(place);
  };
  const auto most = *std::max_element(at(allowed.first), at(allowed.last + 1));
  auto text = span_of(range.matrix, allowed.first, allowed.last);
  if (most > 0) text += fmt::format(", where the answer for {} is unknown", count_of(most, "name"));
  return text;
}

/// "; torch>=2.4.0 leaves these out": what to declare instead; empty if no version is allowed.
std::string instead(const probe::VersionRange& range, const std::vector<std::size_t>& lacking) {
  const auto* answer = range.answer();
  if (answer == nullptr) return "";
  const auto& matrix = range.matrix;
  const bool older = lacking.front() < answer->first;
  const bool newer = lacking.back() > answer->last;
  const auto& first = matrix.versions[answer->first].version;
  const auto& last = matrix.versions[answer->last].version;
  std::vector<std::string> bounds;
  if (older && newer && first == last) {
    bounds.push_back("==" + first);
  } else {
    if (older) bounds.push_back(">=" + first);
    if (newer) bounds.push_back("<=" + last);
  }
  return fmt::format("; {}{} leaves {} out", matrix.package, join(bounds, ","),
                     lacking.size() == 1 ? "it" : "these");
}

}  // namespace

std::string range_text(const probe::VersionRange& range) {
  const auto& matrix = range.matrix;
  if (matrix.rows.empty())
    return fmt::format("the code uses no names of {} ({})", matrix.package, count_of(matrix.files, "file"));
  std::string text;
  const auto of =
      fmt::format("{} in {}", count_of(matrix.rows.size(), "name"), count_of(matrix.files, "file"));
  if (const auto* answer = range.answer()) {
    const auto newest = matrix.versions.size() - 1;
    text += fmt::format("{} {} ({})\n", matrix.package, span_of(matrix, answer->first, answer->last), of);
    add_bound(text, range, "oldest", answer->first,
              answer->first == 0 ? std::nullopt : std::optional(answer->first - 1));
    add_bound(text, range, "newest", answer->last,
              answer->last == newest ? std::nullopt : std::optional(answer->last + 1));
    for (std::size_t i = 0; i + 1 < range.allowed.size(); ++i)
      text += fmt::format("also allowed: {}\n", other_text(range, range.allowed[i]));
  } else {
    const auto best = std::min_element(range.lacks.begin(), range.lacks.end(),
                                       [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const auto& version = matrix.versions[static_cast<std::size_t>(best - range.lacks.begin())].version;
    text += fmt::format("no version of {} has all that the code needs ({}); {} lacks the fewest\n",
                        matrix.package, of, version);
    add_lacks(text, *best);
  }
  for (const auto& each : range.declared) {
    text += fmt::format("{} declares {}", printable(each.place), printable(each.text));
    if (!each.lacking.empty()) {
      text += fmt::format(", which allows {}, where names are missing{}", versions_text(matrix, each.lacking),
                          instead(range, each.lacking));
    } else if (!each.refused.empty()) {
      text += fmt::format(", but {} {} every name too", versions_text(matrix, each.refused),
                          each.refused.size() == 1 ? "has" : "have");
    }
    text += "\n";
  }
  return text + join(asked_versions(matrix), "\n");
}

}  // namespace launch::cli

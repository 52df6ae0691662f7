#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/changes.hpp"
#include "cli/reports/diff_formats.hpp"

namespace launch::cli {
namespace {

/// A value of a table's cell, as it is, whatever it contains.
std::string code(const std::string& text) {
  return fmt::format("`{}`", replace_all(replace_all(printable(text), "`", "'"), "|", "\\|"));
}

std::string cell(const std::optional<std::string>& text) {
  return text && !text->empty() ? code(*text) : "";
}

/// What the versions do not say.
std::string remark(project::PackageChange::Kind kind) {
  using Kind = project::PackageChange::Kind;
  switch (kind) {
    case Kind::bytes:
      return " (other bytes under the same name)";
    case Kind::wheels:
      return " (other wheels)";
    case Kind::place:
      return " (from another place)";
    default:
      return "";
  }
}

std::string verified_cell(const std::optional<project::Verification>& verified) {
  return verified ? code(verified->text()) : "not verified";
}

}  // namespace

/// A table, for pull requests.
std::string diff_markdown(const commands::DiffDocument& document) {
  const auto& diff = document.diff;
  const auto between = fmt::format("{} and {}", code(document.before), code(document.after));
  if (diff.same()) return fmt::format("No difference between {}.", between);
  std::vector<std::string> lines = {fmt::format("| | {} | {} |", code(document.before), code(document.after)),
                                    "|---|---|---|"};
  for (const auto& one : diff.properties)
    lines.push_back(fmt::format("| {} | {} | {} |", one.label, cell(one.before), cell(one.after)));
  for (const auto& one : diff.packages) {
    lines.push_back(
        fmt::format("| {} | {} | {}{} |", one.name, cell(one.before), cell(one.after), remark(one.kind)));
  }
  lines.push_back(fmt::format("| verified | {} | {} |", verified_cell(document.before_verified),
                              verified_cell(document.after_verified)));
  lines.emplace_back();
  lines.push_back(fmt::format("{} in {}.", to_fetch_text(diff), code(document.after)));
  lines.back().front() = static_cast<char>(std::toupper(static_cast<unsigned char>(lines.back().front())));
  if (const auto& torch = document.torch) {
    lines.emplace_back();
    lines.push_back(torch->unknown.empty()
                        ? fmt::format("Commits of torch: <{}>", torch->url)
                        : fmt::format("Commits of torch: unknown ({}).", code(torch->unknown)));
  }
  return join(lines, "\n");
}

}  // namespace launch::cli

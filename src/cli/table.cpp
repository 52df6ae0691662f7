#include "cli/table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {

std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths.at(i) = std::max(widths.at(i), row[i].size());
  }
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    lines.push_back(printable(line + row.back()));
  }
  return join(lines, "\n");
}

}  // namespace launch::cli

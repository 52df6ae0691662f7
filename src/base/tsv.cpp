#include "base/tsv.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch {

Result<std::vector<std::vector<std::string>>> read_table(std::string_view text, std::string_view name,
                                                         std::initializer_list<std::string_view> columns) {
  std::vector<std::vector<std::string>> rows;
  bool headed = false;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto cells = split(line, '\t');
    if (!headed) {
      headed = std::equal(cells.begin(), cells.end(), columns.begin(), columns.end());
      if (headed) continue;
      return fail(input_error(fmt::format("{}:{}: expected the columns {}, found {}", name, number,
                                          fmt::join(columns, ", "), fmt::join(cells, ", "))));
    }
    const bool full = cells.size() == columns.size() &&
                      std::none_of(cells.begin(), cells.end(), [](auto c) { return c.empty(); });
    if (!full) {
      return fail(input_error(fmt::format("{}:{}: expected {} that are not empty, found {}", name, number,
                                          count_of(columns.size(), "value"), fmt::join(cells, ", "))));
    }
    rows.emplace_back(cells.begin(), cells.end());
  }
  return rows;
}

}  // namespace launch

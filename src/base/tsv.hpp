#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch {

/// The rows of a table of data/ without its heading: tab-separated values; lines starting with "#" are
/// comments. `name` is the table's name in errors. Errors (input): columns other than `columns`, a row with
/// more or fewer values or an empty one; the line is named.
Result<std::vector<std::vector<std::string>>> read_table(std::string_view text, std::string_view name,
                                                         std::initializer_list<std::string_view> columns);

}  // namespace launch

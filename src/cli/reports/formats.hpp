#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace launch::cli {

/// An output format of a command: a row of the command's table.
template <class... Document>
struct Format {
  std::string_view name;
  std::string (*write)(const Document&...);
};

template <class Row, std::size_t Size>
std::vector<std::string> names_of(const Row (&formats)[Size]) {
  std::vector<std::string> names;
  for (const auto& format : formats) names.emplace_back(format.name);
  return names;
}

/// The row of that name, which the table has.
template <class Row, std::size_t Size>
const Row& format_named(const Row (&formats)[Size], std::string_view name) {
  return *std::find_if(std::begin(formats), std::end(formats),
                       [&](const Row& each) { return each.name == name; });
}

}  // namespace launch::cli

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace launch::train {

/// The first texts of a list that may be long: "a", "b", "3 more".
inline std::vector<std::string> first_few(std::vector<std::string> texts, std::size_t most) {
  if (texts.size() <= most) return texts;
  const auto more = texts.size() - most;
  texts.resize(most);
  texts.push_back(fmt::format("{} more", more));
  return texts;
}

}  // namespace launch::train

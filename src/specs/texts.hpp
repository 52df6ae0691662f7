#pragma once

#include <string>
#include <vector>

namespace launch::specs {

/// The texts of the values, in the same order.
template <class Values>
std::vector<std::string> texts_of(const Values& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.text());
  return texts;
}

}  // namespace launch::specs

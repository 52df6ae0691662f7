#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace launch::train {

// Templates over the document's type, as in base/json.hpp.

/// The number; nullopt for anything else.
template <class Json>
std::optional<double> json_number(const Json& value) {
  return value.is_number() ? std::optional(value.template get<double>()) : std::nullopt;
}

/// False for anything but true.
template <class Json>
bool json_true(const Json& value) {
  return value.is_boolean() && value.template get<bool>();
}

/// The strings of a list; its other members are left out. Empty for anything but a list.
template <class Json>
std::vector<std::string> json_strings(const Json& value) {
  std::vector<std::string> out;
  if (!value.is_array()) return out;
  for (const auto& each : value) {
    if (each.is_string()) out.push_back(each.template get<std::string>());
  }
  return out;
}

}  // namespace launch::train

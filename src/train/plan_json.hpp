#pragma once

#include <vector>

#include "train/plan.hpp"

namespace launch::train {

// What a record and `train --dry-run` say of a plan alike. Templates over the document's type, as in
// base/json.hpp.

/// Name, value (null if it is hidden) and reason of each.
template <class Json>
Json variables_json(const std::vector<Variable>& variables) {
  auto list = Json::array();
  for (const auto& variable : variables) {
    list.push_back({{"name", variable.name},
                    {"value", variable.hidden ? Json(nullptr) : Json(variable.value)},
                    {"reason", variable.reason}});
  }
  return list;
}

/// The variables that were left alone, and why.
template <class Json>
Json left_alone_json(const Plan& plan) {
  auto list = Json::array();
  for (const auto& each : plan.left_alone) list.push_back({{"name", each.name}, {"reason", each.reason}});
  return list;
}

}  // namespace launch::train

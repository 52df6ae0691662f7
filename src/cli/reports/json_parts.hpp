#pragma once

#include <vector>

#include "probe/source_tree.hpp"

namespace launch::cli {

// Parts common to the documents of scan and check. Templates over the document's type, so that this header
// need not include nlohmann/json.

template <class Json>
Json use_json(const probe::Use& use) {
  Json json = {{"file", use.file},
               {"line", use.line},
               {"column", use.column},
               {"need", pysource::need_name(use.need)}};
  for (const auto& choice : use.choices) {
    json["choices"].push_back({{"group", choice.group}, {"alternative", choice.alternative}});
  }
  for (const auto& gate : use.gates) {
    if (gate.line != 0) json["gates"].push_back({{"line", gate.line}, {"runs_if", gate.runs_if}});
  }
  return json;
}

template <class Json>
Json problems_json(const std::vector<probe::FileProblem>& problems) {
  auto json = Json::array();
  for (const auto& each : problems) {
    json.push_back({{"file", each.file}, {"line", each.problem.line}, {"message", each.problem.message}});
  }
  return json;
}

}  // namespace launch::cli

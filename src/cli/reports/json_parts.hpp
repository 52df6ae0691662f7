#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/bisection.hpp"
#include "probe/source_tree.hpp"
#include "probe/versions.hpp"
#include "pytorch/commits.hpp"

namespace launch::cli {

// Parts that several documents have. Templates over the document's type, so that this header need not include
// nlohmann/json.

/// Null for an empty text, which stands for none.
template <class Json>
Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

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

/// The commits of a change, and what lies between its ends.
template <class Json>
void add_commits(Json& json, const probe::Change& change) {
  const auto commit = [](const std::optional<std::string>& each) { return each ? Json(*each) : Json(); };
  const bool both = change.commit_before && change.commit_after;
  json["commits"] = {{"before", commit(change.commit_before)}, {"after", commit(change.commit_after)}};
  json["url"] = both ? Json(pytorch::compare_url(*change.commit_before, *change.commit_after)) : Json();
  json["skipped"] = change.between;
}

template <class Json>
Json skipped_json(const std::vector<probe::SkippedVersion>& skipped) {
  auto json = Json::array();
  for (const auto& each : skipped) json.push_back({{"version", each.version}, {"reason", each.reason}});
  return json;
}

}  // namespace launch::cli

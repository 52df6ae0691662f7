#pragma once

#include <string>

#include "project/diff.hpp"

namespace launch::cli {

// What lock and diff say of the difference between two locks.

/// "2 files to fetch (1.2 GB)"; "nothing to fetch"
std::string to_fetch_text(const project::LockDiff& diff);

/// The part of a document (docs/json.md, "changes"). A template over the document's type, so that this header
/// need not include nlohmann/json.
template <class Json>
Json changes_json(const project::LockDiff& diff) {
  const auto text_or_null = [](const auto& text) { return text ? Json(*text) : Json(); };
  auto properties = Json::array();
  for (const auto& one : diff.properties) {
    properties.push_back(
        {{"key", one.key}, {"before", text_or_null(one.before)}, {"after", text_or_null(one.after)}});
  }
  auto packages = Json::array();
  for (const auto& one : diff.packages) {
    packages.push_back({{"name", one.name},
                        {"change", project::kind_name(one.kind)},
                        {"before", one.before.empty() ? Json() : Json(one.before)},
                        {"after", one.after.empty() ? Json() : Json(one.after)}});
  }
  return {{"properties", std::move(properties)},
          {"packages", std::move(packages)},
          {"fetch",
           {{"files", diff.to_fetch.size()}, {"bytes", diff.bytes}, {"unknown_sizes", diff.unknown_sizes}}}};
}

}  // namespace launch::cli

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/json_parts.hpp"
#include "cli/reports/range.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

Json lacks_json(const std::vector<probe::Lack>& lacks) {
  auto json = Json::array();
  for (const auto& each : lacks) {
    json.push_back({{"name", each.requirement.text()},
                    {"reason", each.reason},
                    {"file", each.use.file},
                    {"line", each.use.line},
                    {"need", pysource::need_name(each.use.need)}});
  }
  return json;
}

Json texts_json(const probe::Matrix& matrix, const std::vector<std::size_t>& places) {
  auto json = Json::array();
  for (const auto place : places) json.push_back(matrix.versions[place].version);
  return json;
}

/// The neighbour that sets a bound; null if there is none.
Json bound_json(const probe::VersionRange& range, std::optional<std::size_t> beyond) {
  if (!beyond) return {};
  return {{"version", range.matrix.versions[*beyond].version}, {"lacks", lacks_json(range.lacks[*beyond])}};
}

}  // namespace

std::string range_json(const probe::VersionRange& range) {
  const auto& matrix = range.matrix;
  auto versions = Json::array();
  for (std::size_t i = 0; i < matrix.versions.size(); ++i) {
    versions.push_back({{"version", matrix.versions[i].version},
                        {"lacks", range.lacks[i].size()},
                        {"unknown", range.unknown[i]}});
  }
  Json document = {
      {"schema", 1},     {"package", matrix.package}, {"oldest", Json()},        {"newest", Json()},
      {"below", Json()}, {"above", Json()},           {"allowed", Json::array()}};
  if (const auto* answer = range.answer()) {
    document["oldest"] = matrix.versions[answer->first].version;
    document["newest"] = matrix.versions[answer->last].version;
    const bool first = answer->first == 0;
    const bool last = answer->last + 1 == matrix.versions.size();
    document["below"] = bound_json(range, first ? std::nullopt : std::optional(answer->first - 1));
    document["above"] = bound_json(range, last ? std::nullopt : std::optional(answer->last + 1));
  }
  for (const auto& each : range.allowed) {
    document["allowed"].push_back(
        {{"first", matrix.versions[each.first].version}, {"last", matrix.versions[each.last].version}});
  }
  auto declared = Json::array();
  for (const auto& each : range.declared) {
    declared.push_back({{"requirement", each.text},
                        {"place", each.place},
                        {"lacking", texts_json(matrix, each.lacking)},
                        {"refused", texts_json(matrix, each.refused)}});
  }
  document["declared"] = std::move(declared);
  document["versions"] = std::move(versions);
  document["skipped"] = skipped_json<Json>(matrix.skipped);
  document["files"] = matrix.files;
  document["problems"] = problems_json<Json>(matrix.problems);
  return json_text(document);
}

}  // namespace launch::cli

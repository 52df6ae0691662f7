#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/json_parts.hpp"
#include "cli/reports/matrix.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What matrix and bisect have in common.
Json head_json(const probe::Matrix& matrix) {
  auto versions = Json::array();
  for (const auto& each : matrix.versions) {
    versions.push_back({{"version", each.version},
                        {"file", each.file_name},
                        {"python", each.python ? Json(each.python->text()) : Json()}});
  }
  return {{"schema", 1},
          {"package", matrix.package},
          {"versions", std::move(versions)},
          {"skipped", skipped_json<Json>(matrix.skipped)},
          {"prereleases", matrix.prereleases}};
}

Json row_json(const probe::MatrixRow& row, const probe::Matrix& matrix) {
  auto uses = Json::array();
  for (const auto& use : row.name.uses) uses.push_back(use_json<Json>(use));
  auto intervals = Json::array();
  for (const auto& stretch : row.stretches()) {
    intervals.push_back({{"verdict", pysource::verdict_name(stretch.verdict)},
                         {"first", matrix.versions[stretch.first].version},
                         {"last", matrix.versions[stretch.last].version},
                         {"versions", stretch.last - stretch.first + 1},
                         {"reason", row.cells[stretch.last].reason}});
  }
  return {{"name", row.name.requirement.text()},
          {"tier", pysource::tier_name(row.name.requirement.tier)},
          {"need", pysource::need_name(row.name.need)},
          {"intervals", std::move(intervals)},
          {"uses", std::move(uses)}};
}

}  // namespace

std::string matrix_json(const probe::Matrix& matrix) {
  auto document = head_json(matrix);
  document["files"] = matrix.files;
  auto names = Json::array();
  for (const auto& row : matrix.rows) names.push_back(row_json(row, matrix));
  document["names"] = std::move(names);
  document["problems"] = problems_json<Json>(matrix.problems);
  return json_text(document);
}

std::string bisect_json(const probe::Bisection& bisection) {
  const auto& matrix = bisection.matrix;
  auto document = head_json(matrix);
  auto names = Json::array();
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
    auto name = row_json(matrix.rows[i], matrix);
    auto changes = Json::array();
    for (const auto& change : bisection.changes[i]) {
      const auto& cells = matrix.rows[i].cells;
      Json json = {{"before", matrix.versions[change.before].version},
                   {"after", matrix.versions[change.after].version},
                   {"from", pysource::verdict_name(cells[change.before].verdict)},
                   {"to", pysource::verdict_name(cells[change.after].verdict)}};
      add_commits(json, change);
      changes.push_back(std::move(json));
    }
    name["changes"] = std::move(changes);
    names.push_back(std::move(name));
  }
  document["names"] = std::move(names);
  return json_text(document);
}

}  // namespace launch::cli

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/json_parts.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A name's verdicts by platform; null if they agree, except for where the name was found.
Json verdicts_by_platform(const probe::CheckReport& report, std::size_t name) {
  auto json = Json::array();
  bool differ = false;
  const auto& first = report.platforms.front().names[name];
  for (const auto& each : report.platforms) {
    const auto& judged = each.names[name];
    differ = differ || !probe::same_outcome(judged, first) ||
             (judged.answer.verdict != pysource::Verdict::yes && judged.answer.reason != first.answer.reason);
    json.push_back({{"platform", each.platform.text()},
                    {"verdict", pysource::verdict_name(judged.answer.verdict)},
                    {"reason", judged.answer.reason},
                    {"fails", judged.fails()}});
  }
  return differ ? json : Json();
}

/// A use and the platforms where it fails, if that is neither all nor none.
Json judged_use_json(const probe::CheckReport& report, std::size_t name, std::size_t use) {
  auto failing = Json::array();
  for (const auto& each : report.platforms) {
    if (each.names[name].uses[use].fails()) failing.push_back(each.platform.text());
  }
  const auto& first = report.platforms.front().names[name].uses[use];
  auto json = use_json<Json>(first.use);
  if (!first.use.gates.empty()) {
    json["runs"] = probe::runs_name(first.runs);
    json["passed_gates"] = first.passed_lines;
  }
  json["fails"] = !failing.empty();
  if (!failing.empty() && failing.size() < report.platforms.size()) json["fails_on"] = std::move(failing);
  return json;
}

/// The worst platform's verdict on a name, with its reason.
Json name_json(const probe::CheckReport& report, std::size_t name) {
  const auto* worst = &report.platforms.front().names[name];
  bool fails = false;
  for (const auto& each : report.platforms) {
    const auto& judged = each.names[name];
    fails = fails || judged.fails();
    if (judged.answer.verdict != worst->answer.verdict && judged.answer.verdict <= worst->answer.verdict) {
      worst = &judged;
    }
  }
  auto uses = Json::array();
  for (std::size_t i = 0; i < worst->uses.size(); ++i) uses.push_back(judged_use_json(report, name, i));
  Json json = {{"name", worst->requirement.text()},
               {"verdict", pysource::verdict_name(worst->answer.verdict)},
               {"reason", worst->answer.reason},
               {"need", pysource::need_name(worst->need)},
               {"fails", fails},
               {"uses", std::move(uses)}};
  auto platforms = verdicts_by_platform(report, name);
  if (!platforms.is_null()) json["platforms"] = std::move(platforms);
  return json;
}

}  // namespace

/// The document of `launch check --json` (docs/json.md).
std::string check_json(const probe::CheckReport& report) {
  const bool several = report.platforms.size() > 1;
  auto platforms = Json::array();
  auto wheels = Json::array();
  auto missing = Json::array();
  for (const auto& each : report.platforms) {
    platforms.push_back(each.platform.text());
    for (const auto& wheel : each.wheels) {
      wheels.push_back({{"name", wheel.package}, {"version", wheel.version}, {"file", wheel.file_name}});
      if (several) wheels.back()["platform"] = each.platform.text();
    }
    for (const auto& package : each.missing) {
      missing.push_back({{"name", package}, {"platform", each.platform.text()}});
    }
  }
  auto verdicts = Json::array();
  for (std::size_t i = 0; i < report.platforms.front().names.size(); ++i) {
    verdicts.push_back(name_json(report, i));
  }
  const Json version = wheels.empty() ? Json("") : wheels.front()["version"];
  Json document = {{"schema", 1},
                   {"version", version},
                   {"wheels", std::move(wheels)},
                   {"files", report.files},
                   {"verdicts", std::move(verdicts)},
                   {"problems", problems_json<Json>(report.problems)}};
  if (several) document["platforms"] = std::move(platforms);
  if (!missing.empty()) document["missing"] = std::move(missing);
  return json_text(document);
}

}  // namespace launch::cli

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/json_parts.hpp"
#include "probe/findings.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Of a name on a platform: some use makes the check fail.
bool fails_on(const probe::CheckReport& report, std::size_t platform, std::size_t name) {
  for (std::size_t use = 0; use < report.platforms[platform].names[name].uses.size(); ++use) {
    if (probe::fails_check(report, probe::standing_of(report, platform, name, use))) return true;
  }
  return false;
}

/// A name's verdicts by platform; null if they agree, except for where the name was found.
Json verdicts_by_platform(const probe::CheckReport& report, std::size_t name) {
  auto json = Json::array();
  bool differ = false;
  const auto& first = report.platforms.front().names[name];
  for (std::size_t i = 0; i < report.platforms.size(); ++i) {
    const auto& judged = report.platforms[i].names[name];
    differ = differ || !probe::same_outcome(judged, first) ||
             (judged.answer.verdict != pysource::Verdict::yes && judged.answer.reason != first.answer.reason);
    json.push_back({{"platform", report.platforms[i].platform.text()},
                    {"verdict", pysource::verdict_name(judged.answer.verdict)},
                    {"reason", judged.answer.reason},
                    {"fails", fails_on(report, i, name)}});
  }
  return differ ? json : Json();
}

/// A use with its worst outcome, and the platforms where it fails, if that is neither all nor none.
Json judged_use_json(const probe::CheckReport& report, std::size_t name, std::size_t use) {
  auto failing = Json::array();
  auto worst = probe::Standing::fine;
  for (std::size_t i = 0; i < report.platforms.size(); ++i) {
    const auto standing = probe::standing_of(report, i, name, use);
    worst = std::min(worst, standing);
    if (probe::fails_check(report, standing)) failing.push_back(report.platforms[i].platform.text());
  }
  const auto& first = report.platforms.front().names[name].uses[use];
  auto json = use_json<Json>(first.use);
  if (!first.use.gates.empty()) {
    json["runs"] = probe::runs_name(first.runs);
    json["passed_gates"] = first.passed_lines;
  }
  json["fails"] = !failing.empty();
  if (!failing.empty() && failing.size() < report.platforms.size()) json["fails_on"] = std::move(failing);
  if (worst != probe::Standing::fine) json["standing"] = probe::standing_name(worst);
  return json;
}

Json history_json(const probe::History& history) {
  auto has = Json::array();
  for (const auto& [first, last] : history.has) has.push_back({{"first", first}, {"last", last}});
  return {{"package", history.package},
          {"oldest", history.oldest},
          {"newest", history.newest},
          {"has", std::move(has)},
          {"unknown", history.unknown}};
}

/// The worst platform's verdict on a name, with its reason.
Json name_json(const probe::CheckReport& report, std::size_t name) {
  const auto* worst = &report.platforms.front().names[name];
  bool fails = false;
  for (std::size_t i = 0; i < report.platforms.size(); ++i) {
    const auto& judged = report.platforms[i].names[name];
    fails = fails || fails_on(report, i, name);
    if (judged.answer.verdict != worst->answer.verdict && judged.answer.verdict <= worst->answer.verdict) {
      worst = &judged;
    }
  }
  auto uses = Json::array();
  for (std::size_t i = 0; i < worst->uses.size(); ++i) uses.push_back(judged_use_json(report, name, i));
  Json json = {{"name", worst->requirement.text()},
               {"tier", pysource::tier_name(worst->requirement.tier)},
               {"verdict", pysource::verdict_name(worst->answer.verdict)},
               {"reason", worst->answer.reason},
               {"need", pysource::need_name(worst->need)},
               {"fails", fails},
               {"uses", std::move(uses)}};
  auto platforms = verdicts_by_platform(report, name);
  if (!platforms.is_null()) json["platforms"] = std::move(platforms);
  if (report.earlier) {
    const auto& before = report.earlier->names[name].answer;
    json["before"] = {{"verdict", pysource::verdict_name(before.verdict)}, {"reason", before.reason}};
  }
  const auto advice = report.advice.find(worst->requirement);
  if (advice != report.advice.end()) {
    if (!advice->second.moved.empty()) json["also_in"] = advice->second.moved;
    if (!advice->second.near.empty()) json["did_you_mean"] = advice->second.near;
  }
  const auto history = report.history.find(worst->requirement);
  if (history != report.history.end()) json["history"] = history_json(history->second);
  return json;
}

Json wheel_json(const probe::AskedWheel& wheel) {
  return {{"name", wheel.package}, {"version", wheel.version}, {"file", wheel.file_name}};
}

std::string_view fail_on_name(probe::FailOn fail_on) {
  switch (fail_on) {
    case probe::FailOn::must:
      return "must";
    case probe::FailOn::path:
      return "path";
    case probe::FailOn::unknown:
      return "unknown";
  }
  return "path";
}

/// What was not read or not asked, and what a baseline says.
void add_rest(Json& document, const probe::CheckReport& report) {
  if (report.earlier) document["from"] = wheel_json(report.earlier->wheel);
  if (!report.not_checked.empty()) {
    for (const auto& each : report.not_checked)
      document["not_checked"].push_back({{"module", each.module}, {"names", each.names}});
    document["not_checked_reason"] = report.not_checked_reason;
  }
  if (!report.history_unknown.empty()) document["history_unknown"] = report.history_unknown;
  for (const auto& each : report.left_out.notebooks)
    document["notebooks"].push_back({{"folder", each.folder}, {"first", each.first}, {"count", each.count}});
  for (const auto& each : report.left_out.environments)
    document["environments"].push_back({{"folder", each.folder}, {"mark", each.mark}});
  if (!report.baseline) return;
  auto stale = Json::array();
  for (const auto& each : probe::stale_failures(report))
    stale.push_back({{"name", each.name}, {"file", each.file}});
  document["no_failure_any_more"] = std::move(stale);
}

}  // namespace

/// The document of `launch check --json` (docs/json.md).
std::string check_json(const probe::CheckReport& report, const CheckView& /*view*/) {
  const bool several = report.platforms.size() > 1;
  auto platforms = Json::array();
  auto wheels = Json::array();
  auto missing = Json::array();
  for (const auto& each : report.platforms) {
    platforms.push_back(each.platform.text());
    for (const auto& wheel : each.wheels) {
      wheels.push_back(wheel_json(wheel));
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
                   {"fail_on", fail_on_name(report.fail_on)},
                   {"verdicts", std::move(verdicts)},
                   {"problems", problems_json<Json>(report.problems)}};
  if (several) document["platforms"] = std::move(platforms);
  if (!missing.empty()) document["missing"] = std::move(missing);
  add_rest(document, report);
  return json_text(document);
}

}  // namespace launch::cli

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/default_index.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/reports/check_summary.hpp"
#include "cli/reports/finding_text.hpp"
#include "cli/reports/names.hpp"
#include "cli/reports/source_line.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Rule {
  std::string_view id;
  std::string_view name;
  std::string_view description;
};

constexpr Rule kRules[] = {
    {"missing-name", "MissingName", "The code imports a name that the wheel does not have."},
    {"missing-attribute", "MissingAttribute", "The code uses an attribute that the wheel does not have."},
    {"missing-argument", "MissingArgument",
     "The code passes an argument that the wheel's function does not take."},
    {"missing-package", "MissingPackage",
     "The code imports a package that no locked wheel provides, or a name that needs one."},
    {"unknown-name", "UnknownName", "It is unknown whether the wheel has a name that the code uses."},
};

std::string_view rule_of(const probe::CheckReport& report, const probe::Finding& finding) {
  const auto& requirement = report.platforms.front().names[finding.name].requirement;
  if (is_unknown(finding.standing)) return "unknown-name";
  const auto& platform = report.platforms[finding.platforms.front()];
  if (report.unprovided.contains(requirement) || platform.unusable.contains(requirement))
    return "missing-package";
  switch (requirement.tier) {
    case pysource::Tier::import:
      return "missing-name";
    case pysource::Tier::attribute:
      return "missing-attribute";
    case pysource::Tier::keyword:
      return "missing-argument";
  }
  return "missing-name";
}

/// By how firmly the name is needed; one step lower for what is unknown.
std::string_view level_of(probe::Standing standing, pysource::Need need) {
  const bool must = need == pysource::Need::must;
  if (need != pysource::Need::path && !must) return "note";
  if (is_unknown(standing)) return must ? "warning" : "note";
  return must ? "error" : "warning";
}

/// A relative reference, or a URL for an absolute path (RFC 3986).
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const auto c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

Json location_of(const probe::CheckReport& report, const probe::Use& use) {
  Json region = {{"startLine", use.line}};
  const auto line = source_line(report, use);
  if (!line.text.empty()) {
    region["startColumn"] = line.characters_before(line.first) + 1;
    region["endColumn"] = line.characters_before(line.first + line.size) + 1;
    region["snippet"] = {{"text", line.text}};
  }
  return {{"physicalLocation",
           {{"artifactLocation", {{"uri", uri_of(use.file)}}}, {"region", std::move(region)}}}};
}

Json results_of(const probe::CheckReport& report, const CheckView& view) {
  auto results = Json::array();
  probe::Fingerprints fingerprints;
  for (const auto& finding : probe::findings_of(report)) {
    const bool known = finding.standing == probe::Standing::known;
    if (is_aside(report, finding) && !known && !view.all) continue;
    const auto id = rule_of(report, finding);
    const auto* rule =
        std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& each) { return each.id == id; });
    for (const auto each : finding.uses) {
      const auto& judged = report.platforms[finding.platforms.front()].names[finding.name].uses[each];
      const auto& use = judged.use;
      Json result = {{"ruleId", id},
                     {"ruleIndex", rule - std::begin(kRules)},
                     {"level", level_of(finding.standing, judged.need())},
                     {"message", {{"text", finding_text(report, finding)}}},
                     {"locations", Json::array({location_of(report, use)})},
                     {"partialFingerprints", {{"launchUse/v1", fingerprints.of(report, finding.name, each)}}},
                     {"properties", {{"need", pysource::need_name(judged.need())}}}};
      for (const auto line : passed_gates(report, finding, each)) {
        result["relatedLocations"].push_back(
            {{"physicalLocation",
              {{"artifactLocation", {{"uri", uri_of(use.file)}}}, {"region", {{"startLine", line}}}}},
             {"message", {{"text", "this condition lets it run"}}}});
      }
      if (known)
        result["suppressions"] =
            Json::array({{{"kind", "external"}, {"justification", "listed in the baseline"}}});
      results.push_back(std::move(result));
    }
  }
  return results;
}

Json notifications_of(const probe::CheckReport& report) {
  auto notifications = Json::array();
  for (const auto& each : report.problems) {
    notifications.push_back(
        {{"level", "warning"},
         {"message", {{"text", each.problem.message + "; the rest of the file was not read"}}},
         {"locations", Json::array({{{"physicalLocation",
                                      {{"artifactLocation", {{"uri", uri_of(each.file)}}},
                                       {"region", {{"startLine", each.problem.line}}}}}}})}});
  }
  for (const auto& each : report.left_out.notebooks) {
    notifications.push_back(
        {{"level", "warning"},
         {"message",
          {{"text", fmt::format("{}: {} not read", each.folder, count_of(each.count, "notebook"))}}}});
  }
  for (const auto& summary : check_summary(report))
    notifications.push_back({{"level", "note"}, {"message", {{"text", summary}}}});
  return notifications;
}

}  // namespace

/// A log of the Static Analysis Results Interchange Format (SARIF) 2.1.0, OASIS, with a result for each use.
std::string check_sarif(const probe::CheckReport& report, const CheckView& view) {
  auto rules = Json::array();
  for (const auto& rule : kRules) {
    rules.push_back(
        {{"id", rule.id}, {"name", rule.name}, {"shortDescription", {{"text", rule.description}}}});
  }
  const Json run = {
      {"tool", {{"driver", {{"name", "launch"}, {"version", kVersion}, {"rules", std::move(rules)}}}}},
      {"columnKind", "unicodeCodePoints"},
      {"invocations", Json::array({{{"executionSuccessful", true},
                                    {"toolExecutionNotifications", notifications_of(report)}}})},
      {"results", results_of(report, view)}};
  return json_text(Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", Json::array({run})}});
}

}  // namespace launch::cli

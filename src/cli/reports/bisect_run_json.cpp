#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/bisect_run.hpp"
#include "pytorch/commits.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(probe::Trial trial) {
  switch (trial) {
    case probe::Trial::works:
      return "works";
    case probe::Trial::fails:
      return "fails";
    case probe::Trial::skipped:
    case probe::Trial::untried:
      break;
  }
  return "skipped";
}

Json change_json(const commands::RunBisection& bisection) {
  if (!bisection.change) return nullptr;
  const auto& change = *bisection.change;
  const auto commit = [](const std::optional<std::string>& each) { return each ? Json(*each) : Json(); };
  const bool both = change.commit_before && change.commit_after;
  return {{"before", bisection.versions[change.before]},
          {"after", bisection.versions[change.after]},
          {"from", bisection.works_after ? "fails" : "works"},
          {"to", bisection.works_after ? "works" : "fails"},
          {"commits", {{"before", commit(change.commit_before)}, {"after", commit(change.commit_after)}}},
          {"url", both ? Json(pytorch::compare_url(*change.commit_before, *change.commit_after)) : Json()},
          {"skipped", change.between}};
}

}  // namespace

std::string bisect_run_json(const commands::RunBisection& bisection) {
  auto skipped = Json::array();
  for (const auto& each : bisection.skipped)
    skipped.push_back({{"version", each.version}, {"reason", each.reason}});
  auto tried = Json::array();
  for (const auto& each : bisection.tried) {
    const auto& known = each.known;
    tried.push_back({{"version", bisection.versions[each.version]},
                     {"verdict", name_of(known.trial())},
                     {"codes", known.codes},
                     {"reason", known.skipped.empty() ? Json() : Json(known.skipped)},
                     {"output", known.output}});
  }
  return json_text(Json{{"schema", 1},
                        {"recipe", bisection.recipe},
                        {"command", bisection.command},
                        {"versions", bisection.versions},
                        {"skipped", std::move(skipped)},
                        {"remembered", bisection.remembered},
                        {"tried", std::move(tried)},
                        {"changes", bisection.changes},
                        {"change", change_json(bisection)}});
}

}  // namespace launch::cli

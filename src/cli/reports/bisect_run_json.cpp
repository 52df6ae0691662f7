#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/bisect_run.hpp"
#include "cli/reports/json_parts.hpp"

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
  Json json = {{"before", bisection.versions[change.before]},
               {"after", bisection.versions[change.after]},
               {"from", bisection.works_after ? "fails" : "works"},
               {"to", bisection.works_after ? "works" : "fails"}};
  add_commits(json, change);
  return json;
}

}  // namespace

std::string bisect_run_json(const commands::RunBisection& bisection) {
  auto tried = Json::array();
  for (const auto& each : bisection.tried) {
    const auto& known = each.known;
    tried.push_back({{"version", bisection.versions[each.version]},
                     {"verdict", name_of(known.trial())},
                     {"codes", known.codes},
                     {"reason", text_or_null<Json>(known.skipped)},
                     {"output", known.output}});
  }
  return json_text(Json{{"schema", 1},
                        {"recipe", bisection.recipe},
                        {"command", bisection.command},
                        {"versions", bisection.versions},
                        {"skipped", skipped_json<Json>(bisection.skipped)},
                        {"remembered", bisection.remembered},
                        {"tried", std::move(tried)},
                        {"changes", bisection.changes},
                        {"change", change_json(bisection)}});
}

}  // namespace launch::cli

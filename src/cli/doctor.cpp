#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/find_engine.hpp"
#include "train/machine.hpp"

namespace launch::cli {
namespace {

/// One thing that launch needs or uses.
struct Finding {
  std::string what;
  std::string value;
  std::string origin;  ///< where a setting came from
  bool missing = false;
  std::vector<std::string> hints = {};  ///< what mends it
};

Finding setting(std::string what, const project::Setting& setting) {
  return {std::move(what), specs::redacted_url(setting.value), setting.origin};
}

Finding setting(std::string what, const project::UrlSetting& setting) {
  return {std::move(what), setting.value.text(), setting.origin};
}

std::string about(const containers::EngineInfo& info) {
  auto text = fmt::format("{} {}", info.name(), info.version);
  if (info.rootless) text += ", rootless";
  if (info.kind == containers::EngineKind::docker && !info.buildx) text += ", without buildx";
  if (info.kind == containers::EngineKind::podman && !info.build_timestamp)
    text += ", without build --timestamp";
  return text;
}

Finding engine_of(const World& world, const project::Site& site) {
  const auto engine = find_engine(world, site, {}, containers::Probing::anew);
  const auto origin = site.engine ? site.engine->origin : std::string("found by using it");
  if (engine) return {"engine", about(engine->info()), origin};
  return {"engine", engine.error().message(), origin, true, engine.error().hints()};
}

std::vector<Finding> examine(const World& world, const project::Site& site) {
  const auto machine = train::this_machine();
  std::vector<Finding> findings{
      engine_of(world, site),
      {"gpus",
       machine.gpus == 0 ? std::string("none: training runs on the CPU with gloo")
                         : count_of(static_cast<std::size_t>(machine.gpus), "NVIDIA GPU"),
       "/dev/nvidia*"},
      {"cpus", std::to_string(machine.cpus), "scheduler affinity"},
      {"memory", human_bytes(machine.memory), "physical"},
      setting("index", site.index_url),
      setting("channel", site.channel_url),
      setting("store", site.store),
      setting("state", site.state),
      setting("cache", site.cache),
  };
  for (const auto& place : site.find_links) findings.push_back(setting("find-links", place));
  if (site.certificates) findings.push_back(setting("certificates", *site.certificates));
  for (const auto& registry : site.registries) {
    findings.push_back({"registry", fmt::format("{} at {}", registry.prefix, registry.location), "site"});
  }
  return findings;
}

std::string json_of(const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  auto list = Json::array();
  for (const auto& finding : findings) {
    list.push_back({{"what", finding.what},
                    {"value", finding.value},
                    {"origin", finding.origin},
                    {"missing", finding.missing},
                    {"hints", finding.hints}});
  }
  return Json{{"schema", 1}, {"findings", std::move(list)}}.dump(2, ' ', false,
                                                                 Json::error_handler_t::replace);
}

Result<int> doctor(World& world) {
  TRY_ASSIGN(const auto site, find_site(world));
  const auto findings = examine(world, site);
  bool missing = false;
  for (const auto& finding : findings) missing = missing || finding.missing;
  if (world.json) {
    world.output.line(json_of(findings));
    return missing ? 1 : 0;
  }
  for (const auto& finding : findings) {
    world.output.line(fmt::format("{:<13} {}  [{}]", finding.what, finding.value, finding.origin));
    for (const auto& hint : finding.hints) world.output.line(fmt::format("{:<13} mend it: {}", "", hint));
  }
  return missing ? 1 : 0;
}

}  // namespace

void register_doctor(App& app) {
  auto command = app.add("doctor", "Tells what is here, where each setting came from, and what is missing");
  command.footer("The exit code is 1 when something that launch cannot do without is missing.");
  command.runs([](World& world) { return doctor(world); });
}

}  // namespace launch::cli

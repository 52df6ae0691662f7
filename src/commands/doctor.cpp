#include "commands/doctor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/engine.hpp"
#include "train/machine.hpp"

namespace launch::commands {
namespace {

Finding setting(std::string what, const project::Setting& setting) {
  return {std::move(what), specs::redacted_url(setting.value), setting.origin};
}

Finding setting(std::string what, const project::UrlSetting& setting) {
  return {std::move(what), setting.value.text(), setting.origin};
}

std::string about(const containers::EngineInfo& info) {
  auto text = fmt::format("{} {}", info.name(), info.version);
  if (info.rootless) text += ", rootless";
  for (const auto& feature : info.lacking()) text += ", without " + feature;
  return text;
}

Finding engine_of(const Context& context, const project::Site& site) {
  const auto engine = find_engine(context, site, {}, containers::Probing::again);
  const auto origin = site.engine ? site.engine->origin : std::string("detected");
  if (engine) return {"engine", about(engine->info()), origin};
  return {"engine", engine.error().message(), origin, true, engine.error().hints()};
}

}  // namespace

bool DoctorDocument::complete() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& each) { return each.missing; });
}

Result<DoctorDocument> doctor(const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  const auto machine = train::this_machine();
  std::vector<Finding> findings{
      engine_of(context, site),
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
  if (site.proxy) findings.push_back({"proxy", specs::redacted_url(site.proxy->value), site.proxy->origin});
  for (const auto& what : site.ignored) findings.push_back({"not used", what, "pip and uv"});
  for (const auto& registry : site.registries) {
    findings.push_back({"registry", fmt::format("{} at {}", registry.prefix, registry.location), "site"});
  }
  return DoctorDocument{std::move(findings)};
}

}  // namespace launch::commands

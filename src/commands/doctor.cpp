#include "commands/doctor.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "base/text.hpp"
#include "commands/engine.hpp"
#include "commands/machine_checks.hpp"
#include "train/machine.hpp"
#include "train/run.hpp"
#include "train/run_list.hpp"

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

Finding gpus_of(const train::MachineGpus& gpus) {
  if (gpus.existing() > 0) {
    return {"gpus", count_of(gpus.existing(), fmt::format("{} GPU", gpus.vendor->name)),
            std::string(gpus.vendor->origin)};
  }
  std::vector<std::string> origins;
  for (const auto& vendor : train::gpu_vendors()) origins.emplace_back(vendor.origin);
  return {"gpus", "none: training runs on the CPU with gloo", join(origins, ", ")};
}

Finding engine_of(const Result<containers::Engine>& engine, const project::Site& site) {
  const auto origin = site.engine ? site.engine->origin : std::string("detected");
  if (engine) return {"engine", about(engine->info()), origin};
  return {"engine", engine.error().message(), origin, true, engine.error().hints()};
}

/// The locks of the project, if there is one; those that cannot be read are the business of other commands.
std::vector<CheckedMachine::Lock> locks_of(const Context& context) {
  std::vector<CheckedMachine::Lock> locks;
  const auto project = context.folder_is_root ? Result<project::Project>(project::Project::at(context.folder))
                                              : project::Project::find(context.folder);
  if (!project) return locks;
  SilentReporter silent;
  std::error_code error;
  const auto folder = project->lock_place("any").parent_path();
  for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    const auto name = project::name_of_lock(each->path());
    if (!name) continue;
    auto lock = project::load_lock(*project, each->path(), silent, project::Accept::any_source);
    if (lock) locks.push_back({*name, std::move(lock->lock)});
  }
  std::sort(locks.begin(), locks.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return locks;
}

/// The limit that a process without privileges can raise its own to.
std::optional<std::uint64_t> locked_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_max;
}

/// Runs that nobody looks after and nobody has closed.
std::vector<Finding> leftovers_of(Leftovers leftovers, const project::Site& site, const Context& context) {
  std::vector<Finding> findings;
  const auto list = train::list_runs(site.state.value);
  if (!list) return {{"runs", list.error().message(), site.state.value, true}};
  for (const auto& run : list->runs) {
    if (run.state != train::RunState::lost || !run.summary.result.empty()) continue;
    Finding finding{
        "left over",
        fmt::format("{}: its launch was killed, and nothing has cleaned up yet", run.folder.run()),
        run.folder.path().string()};
    finding.missing = true;
    finding.hints = {fmt::format("launch stop {}", run.folder.run()), "launch doctor --clean"};
    if (leftovers == Leftovers::remove) {
      const auto closed = train::close_lost_run(run.folder, context.runner, context.work());
      finding.missing = !closed.has_value();
      finding.hints.clear();
      finding.value += closed ? "; what it left was removed" : "; " + closed.error().message();
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

bool DoctorDocument::complete() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& each) { return each.missing; });
}

Result<DoctorDocument> doctor(Leftovers leftovers, const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  const auto machine = train::this_machine();
  const auto engine = find_engine(context, site, {}, containers::Probing::again);
  std::vector<Finding> findings{
      engine_of(engine, site),
      gpus_of(machine.gpus),
      {"cpus", std::to_string(machine.cpus), "scheduler affinity"},
      {"memory", human_bytes(machine.memory), "physical"},
  };
  const auto count = static_cast<int>(machine.gpus.existing());
  const bool has_files = !machine.gpus.vendor->device.empty();
  CheckedMachine checked{.gpus = has_files ? 0 : count,
                         .device = std::string(count == 0 ? "" : machine.gpus.vendor->device),
                         .locked_memory = locked_memory(),
                         .locks = locks_of(context)};
  if (engine) checked.engine = engine->info();
  for (auto& each : check_machine(checked, context.runner, context.stop)) findings.push_back(std::move(each));
  const std::vector<Finding> settings{
      setting("index", site.index_url), setting("channel", site.channel_url), setting("store", site.store),
      setting("state", site.state),     setting("cache", site.cache),
  };
  findings.insert(findings.end(), settings.begin(), settings.end());
  for (const auto& place : site.find_links) findings.push_back(setting("find-links", place));
  if (site.certificates) findings.push_back(setting("certificates", *site.certificates));
  if (site.proxy) findings.push_back({"proxy", specs::redacted_url(site.proxy->value), site.proxy->origin});
  for (const auto& what : site.ignored) findings.push_back({"not used", what, "pip and uv"});
  for (const auto& registry : site.registries) {
    findings.push_back({"registry", fmt::format("{} at {}", registry.prefix, registry.location), "site"});
  }
  for (auto& each : leftovers_of(leftovers, site, context)) findings.push_back(std::move(each));
  return DoctorDocument{std::move(findings)};
}

}  // namespace launch::commands

#include "commands/doctor.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
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

/// A run that left something; `remove` is called to remove it. `removed`: what to say then.
Finding leftover(Finding finding, Leftovers leftovers, std::string_view removed,
                 const std::function<Result<void>()>& remove) {
  finding.hints.emplace_back("launch doctor --clean");
  if (leftovers == Leftovers::name) return finding;
  const auto done = remove();
  finding.missing = !done.has_value();
  finding.hints.clear();
  finding.value += fmt::format("; {}", done ? std::string(removed) : done.error().message());
  return finding;
}

/// A run of which nobody has recorded the end, and whose process is gone.
Finding open_run(const train::ListedRun& run, Leftovers leftovers, const Context& context) {
  const auto name = run.folder.run();
  const bool cleared = run.folder.is_cleared();
  Finding finding{.what = "left over",
                  .value = name + (cleared ? ": its end was not recorded, and nothing of it is left"
                                           : ": its launch was killed, and nothing has cleaned up yet"),
                  .origin = run.folder.path().string(),
                  .missing = !cleared,
                  .hints = {"launch stop " + name}};
  return leftover(std::move(finding), leftovers,
                  cleared ? "its record was closed" : "what it left was removed",
                  [&] { return train::close_lost_run(run.folder, context.runner, context.work()); });
}

/// Runs that nobody looks after and nobody has closed.
std::vector<Finding> leftovers_of(Leftovers leftovers, const Result<train::RunList>& list,
                                  const project::Site& site, const Context& context) {
  std::vector<Finding> findings;
  if (!list) return {{"runs", list.error().message(), site.state.value, true}};
  for (const auto& run : list->runs) {
    if (run.state == train::RunState::lost && run.summary.result.empty())
      findings.push_back(open_run(run, leftovers, context));
  }
  return findings;
}

/// What an engine has of runs that ended, or whose records are gone. Those whose records are open have
/// findings of their own.
std::vector<Finding> unrecorded_of(Leftovers leftovers, const containers::Engine& engine,
                                   const Result<train::RunList>& list, const project::Site& site,
                                   const Context& context) {
  std::vector<Finding> findings;
  const auto is_open = [&](const std::string& name) {
    if (train::RunFolder(site.state.value, name).is_held()) return true;
    return list && std::any_of(list->runs.begin(), list->runs.end(), [&](const auto& run) {
             return run.folder.run() == name && run.summary.result.empty();
           });
  };
  for (const auto& kind : train::place_kinds()) {
    const auto place = kind.make({context.clock, {}, [&] { return engine; }});
    const auto runs = place->open() ? place->left_runs() : std::vector<std::string>();
    for (const auto& run : runs ? *runs : std::vector<std::string>()) {
      if (is_open(run)) continue;
      Finding finding{.what = "left over",
                      .value = run + ": containers or a network of a run that nobody looks after",
                      .origin = engine.info().name(),
                      .missing = true};
      findings.push_back(
          leftover(std::move(finding), leftovers, "removed", [&] { return place->remove(run); }));
    }
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
  if (site.debian_archive) findings.push_back(setting("apt archive", *site.debian_archive));
  for (const auto& registry : site.registries) {
    findings.push_back({"registry", fmt::format("{} at {}", registry.prefix, registry.location), "site"});
  }
  const auto runs = train::list_runs(site.state.value);
  // Before the open runs are closed, which are not among these.
  std::vector<Finding> unrecorded;
  if (engine) unrecorded = unrecorded_of(leftovers, *engine, runs, site, context);
  for (auto& each : leftovers_of(leftovers, runs, site, context)) findings.push_back(std::move(each));
  for (auto& each : unrecorded) findings.push_back(std::move(each));
  return DoctorDocument{std::move(findings)};
}

}  // namespace launch::commands

#include "commands/context.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "pytorch/both_hosts.hpp"

namespace launch::commands {
namespace {

Result<project::Project> find_project(const Context& context) {
  auto project = context.folder_is_root ? Result<project::Project>(project::Project::at(context.folder))
                                        : project::Project::find(context.folder);
  if (!project || context.lock_folder.empty()) return project;
  return project->with_locks_in(context.lock_folder);
}

/// Reports files that were ignored.
project::Site with_warnings(project::Site site, Reporter& reporter) {
  for (const auto& warning : site.warnings) reporter.warn(warning);
  return site;
}

}  // namespace

Result<Workspace> open_workspace(const Context& context) {
  TRY_ASSIGN(auto project, find_project(context));
  TRY_ASSIGN(auto site, project::load_site(project.root(), context.environment, context.default_index));
  return Workspace{std::move(project), with_warnings(std::move(site), context.reporter)};
}

Result<std::filesystem::path> open_state_folder(const Workspace& workspace, const std::string& kind,
                                                const std::string& recipe, const std::string& inputs,
                                                Disk& disk) {
  constexpr std::size_t kShown = 12;
  const auto key = Digest::of(workspace.project.root().string() + "\n" + inputs).hex().substr(0, kShown);
  auto folder = std::filesystem::path(workspace.site.state.value) / kind / fmt::format("{}-{}", recipe, key);
  TRY(make_folder(disk, folder));
  return folder;
}

Result<Workspace> open_workspace_of(std::span<const std::string> locks, const Context& context) {
  auto workspace = open_workspace(context);
  const bool paths = std::all_of(locks.begin(), locks.end(), project::is_path);
  if (workspace || !paths || find_project(context)) return workspace;
  TRY_ASSIGN(auto site, load_site(context));
  return Workspace{project::Project::at(context.folder), std::move(site)};
}

Result<project::Site> load_site(const Context& context) {
  const auto project = find_project(context);
  TRY_ASSIGN(auto site, project::load_site(project ? std::optional(project->root()) : std::nullopt,
                                           context.environment, context.default_index));
  return with_warnings(std::move(site), context.reporter);
}

std::unique_ptr<net::HttpClient> open_http(const Context& context, const project::Site& site, HttpUse use) {
  net::HttpOptions options;
  options.cache = site.cache.value;
  options.offline = use.offline;
  options.refresh = use.refresh;
  options.known = {site.index_url.value, site.channel_url.value};
  options.stop = context.stop;
  if (site.certificates) options.certificates = site.certificates->value;
  if (site.proxy) options.proxy = site.proxy->value;
  return std::make_unique<pytorch::BothHosts>(context.make_http(std::move(options)));
}

Result<store::Store> open_store(const Context& context, const project::Site& site) {
  return store::Store::open(site.store.value, context.work());
}

void note_root(const store::Store& store, const std::filesystem::path& lock, Reporter& reporter) {
  const auto path = std::filesystem::absolute(lock).lexically_normal();
  if (const auto noted = store.add_root(path); !noted) {
    reporter.warn(fmt::format("{}; `launch store gc` may remove wheels that {} needs",
                              noted.error().message(), lock.string()));
  }
}

Result<void> require_no_stop(const Context& context) {
  if (context.stop.stop_requested()) return fail(environment_error("interrupted"));
  return {};
}

}  // namespace launch::commands

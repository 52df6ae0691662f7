#include "cli/world.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/default_index.hpp"
#include "pytorch/both_hosts.hpp"

namespace launch::cli {

namespace {

Result<project::Project> find_project(const World& world) {
  if (world.folder_given) return project::Project::at(world.folder);
  return project::Project::find(world.folder);
}

}  // namespace

Result<Place> find_place(const World& world) {
  TRY_ASSIGN(auto project, find_project(world));
  TRY_ASSIGN(auto site, project::load_site(project.root(), world.environment, kDefaultIndex));
  return Place{std::move(project), std::move(site)};
}

Result<project::Site> find_site(const World& world) {
  const auto project = find_project(world);
  return project::load_site(project ? std::optional(project->root()) : std::nullopt, world.environment,
                            kDefaultIndex);
}

std::unique_ptr<net::HttpClient> make_http(const World& world, const project::Site& site, bool offline,
                                           bool refresh) {
  net::HttpOptions options;
  options.cache = site.cache.value;
  options.offline = offline;
  options.refresh = refresh;
  options.known = {site.index_url.value, site.channel_url.value};
  options.stop = world.stop;
  if (site.certificates) options.certificates = site.certificates->value;
  return std::make_unique<pytorch::BothHosts>(world.make_http(std::move(options)));
}

int interrupted(const World& world, std::string_view meaning) {
  world.terminal.clear();
  world.terminal.line(fmt::format("interrupted; {}", meaning));
  return 128 + world.signal();
}

}  // namespace launch::cli

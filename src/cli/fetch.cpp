#include <chrono>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "locking/locate.hpp"
#include "store/wheel_store.hpp"

namespace launch::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescription =
    "Fetches the wheels of a lock into the wheel store, side by side, resumed and checked by their sha256.";

constexpr const char* kFooter =
    "LOCK is a name (demo stands for lockfiles/pylock.demo.toml) or a path to any PEP 751 lock. The store is "
    "shared by\n"
    "all projects (`launch doctor` says where it is); what is there is hashed again and not fetched. Where "
    "the lock\n"
    "names wheels by path, they are put there as well (hard links to the store), so that pip and uv can "
    "install it.\n"
    "An interrupted fetch goes on where it was.\n"
    "\n"
    "Examples:\n"
    "  launch fetch demo                    then: pip install -r lockfiles/pylock.demo.toml\n"
    "  launch fetch demo --to wheelhouse    all wheels in one folder, for a machine without a network:\n"
    "                                       pip install --no-index --find-links wheelhouse torch\n";

struct FetchOptions {
  std::string lock;
  std::string to;
};

struct Fetch {
  project::LoadedLock lock;
  std::vector<project::LockedWheel> wheels;
  store::WheelStore::Fetched fetched;
  std::set<fs::path> folders;  ///< where wheels were placed
};

/// A lock may lie outside any project.
Result<Place> place_of(const World& world, const std::string& argument) {
  auto place = find_place(world);
  const bool is_path = argument.find('/') != std::string::npos || argument.ends_with(".toml");
  if (place || !is_path || project::Project::find(world.folder)) return place;
  TRY_ASSIGN(auto site, find_site(world));
  return Place{project::Project::at(world.folder), std::move(site)};
}

/// Keeps a folder of wheels out of the project's repository.
Result<void> make_ignored_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder, ignored)) return {};
  return write_file(folder / ".gitignore", "*\n");
}

Result<void> place_wheels(World& world, Fetch& fetch, const std::string& to) {
  const auto lock_folder = fetch.lock.file.parent_path();
  world.terminal.status("placing wheels");
  for (std::size_t i = 0; i < fetch.wheels.size(); ++i) {
    const auto& wheel = fetch.wheels[i];
    if (wheel.path) {
      TRY_ASSIGN(const auto place, locking::place_beside_lock(wheel, lock_folder));
      if (place.parent_path() != lock_folder) TRY(make_ignored_folder(place.parent_path()));
      TRY(store::place_file(fetch.fetched.paths[i], place));
      fetch.folders.insert(place.parent_path());
    }
    if (!to.empty()) {
      const auto folder = world.folder / to;
      TRY(store::place_file(fetch.fetched.paths[i], folder / wheel.file_name));
      fetch.folders.insert(folder);
    }
  }
  world.terminal.clear();
  return {};
}

void tell(const Fetch& fetch, const project::Project& project, double seconds) {
  std::uint64_t bytes = 0;
  for (const auto& wheel : fetch.wheels) bytes += wheel.size;
  const auto& fetched = fetch.fetched;
  if (fetched.downloaded == 0) {
    log_info("{} ({}) of {} are in the store, checked in {}", count_of(fetch.wheels.size(), "wheel"),
             human_bytes(bytes), project.shown(fetch.lock.file), human_seconds(seconds));
  } else {
    const bool all = fetched.downloaded == fetch.wheels.size();
    log_info("fetched {} ({}) in {}{}", count_of(fetched.downloaded, "wheel"), human_bytes(fetched.bytes),
             human_seconds(seconds),
             all ? "" : fmt::format("; the other {} were there", fetch.wheels.size() - fetched.downloaded));
  }
  for (const auto& folder : fetch.folders) log_info("wheels are in {}", project.shown(folder));
}

std::string document(const Fetch& fetch, const project::Project& project) {
  using Json = nlohmann::ordered_json;
  auto wheels = Json::array();
  for (std::size_t i = 0; i < fetch.wheels.size(); ++i) {
    wheels.push_back({{"name", fetch.wheels[i].file_name},
                      {"sha256", fetch.wheels[i].sha256},
                      {"size", fetch.wheels[i].size},
                      {"path", fetch.fetched.paths[i].string()}});
  }
  const Json json = {{"schema", 1},
                     {"lock", project.shown(fetch.lock.file)},
                     {"downloaded", fetch.fetched.downloaded},
                     {"bytes", fetch.fetched.bytes},
                     {"wheels", std::move(wheels)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<int> run_fetch(World& world, const FetchOptions& options) {
  const auto begin = world.clock.steady();
  TRY_ASSIGN(const auto place, place_of(world, options.lock));
  Fetch fetch;
  TRY_ASSIGN(const auto file, place.project.lock_file(options.lock));
  TRY_ASSIGN(fetch.lock, load_lock(place.project, file));
  fetch.wheels = locking::wheels_of(fetch.lock.lock);

  const auto http = make_http(world, place.site);
  world.terminal.status("checking the wheel store");
  const auto what = fmt::format("fetching wheels of {}", place.project.shown(fetch.lock.file));
  auto fetched = locking::fetch_locked(
      fetch.wheels, fetch.lock.lock.provenance, fetch.lock.file.parent_path(), place.site,
      store::WheelStore(place.site.store.value), *http,
      [&](std::uint64_t done, std::uint64_t total) { world.terminal.progress(what, done, total); },
      world.stop);
  world.terminal.clear();
  if (world.stop.stop_requested()) {
    return interrupted(world, "what was fetched is kept, and the next `launch fetch` goes on from there");
  }
  TRY_ASSIGN(fetch.fetched, std::move(fetched));
  TRY(place_wheels(world, fetch, options.to));

  tell(fetch, place.project, std::chrono::duration<double>(world.clock.steady() - begin).count());
  if (world.json) world.output.line(document(fetch, place.project));
  return 0;
}

}  // namespace

void register_fetch(App& app) {
  const auto options = std::make_shared<FetchOptions>();
  auto command = app.add("fetch", kDescription);
  command.footer(kFooter);
  command.option("LOCK", &options->lock, "A recipe's name, or a lock's path").required().value_name("");
  command.option("--to", &options->to, "Put all wheels into this folder as well").value_name("DIR");
  command.runs([options](World& world) { return run_fetch(world, *options); });
}

}  // namespace launch::cli

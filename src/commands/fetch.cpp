#include "commands/fetch.hpp"

#include <chrono>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "locking/locate.hpp"
#include "store/store.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

/// A lock may be outside any project.
Result<Workspace> workspace_of(const Context& context, const std::string& lock) {
  auto workspace = open_workspace(context);
  const bool is_path = lock.find('/') != std::string::npos || lock.ends_with(".toml");
  if (workspace || !is_path || project::Project::find(context.folder)) return workspace;
  TRY_ASSIGN(auto site, load_site(context));
  return Workspace{project::Project::at(context.folder), std::move(site)};
}

/// Keeps a folder of wheels out of the project's repository.
Result<void> make_ignored_folder(Disk& disk, const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder, ignored)) return {};
  return write_file(disk, folder / ".gitignore", "*\n");
}

/// Returns the folders.
Result<std::set<fs::path>> place_wheels(Disk& disk, const FetchDocument& fetched, const fs::path& lock_folder,
                                        const std::optional<fs::path>& to) {
  std::set<fs::path> folders;
  for (std::size_t i = 0; i < fetched.wheels.size(); ++i) {
    const auto& wheel = fetched.wheels[i];
    if (wheel.path) {
      TRY_ASSIGN(const auto place, locking::place_beside_lock(wheel, lock_folder));
      if (place.parent_path() != lock_folder) TRY(make_ignored_folder(disk, place.parent_path()));
      TRY(store::place_file(disk, fetched.paths[i], place));
      folders.insert(place.parent_path());
    }
    if (to) {
      TRY(store::place_file(disk, fetched.paths[i], *to / wheel.file_name));
      folders.insert(*to);
    }
  }
  return folders;
}

}  // namespace

Result<FetchDocument> fetch(const FetchRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto workspace, workspace_of(context, request.lock));
  const auto& [project, site] = workspace;
  TRY_ASSIGN(const auto file, project.lock_file(request.lock));
  TRY_ASSIGN(const auto loaded, project::load_lock(project, file, context.reporter));
  FetchDocument document;
  document.lock = project.shown(file);
  document.wheels = locking::wheels_of(loaded.lock);

  const auto http = open_http(context, site);
  TRY_ASSIGN(const auto store, open_store(context, site));
  note_root(store, file, context.reporter);
  context.reporter.status("checking the wheel store");
  TRY_ASSIGN(auto fetched, locking::fetch_locked(document.wheels, loaded.lock.provenance, file.parent_path(),
                                                 site, store, *http, context.work()));
  TRY(require_no_stop(context));
  document.paths = std::move(fetched.paths);
  document.downloaded = fetched.downloaded;
  document.bytes = fetched.bytes;
  context.reporter.status("placing wheels");
  const auto to = request.to ? std::optional(context.folder / *request.to) : std::nullopt;
  TRY_ASSIGN(const auto folders, place_wheels(context.disk, document, file.parent_path(), to));
  for (const auto& folder : folders) document.folders.push_back(project.shown(folder));
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

}  // namespace launch::commands

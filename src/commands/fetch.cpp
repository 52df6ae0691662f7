#include "commands/fetch.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "commands/source_builder.hpp"
#include "locking/locate.hpp"
#include "store/store.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

/// Keeps a folder of wheels out of the project's repository.
Result<void> make_ignored_folder(Disk& disk, const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder, ignored)) return {};
  return write_file(disk, folder / ".gitignore", "*\n");
}

/// Returns the folders.
Result<std::set<fs::path>> place_files(Disk& disk, const FetchDocument& fetched, const fs::path& lock_folder,
                                       const std::optional<fs::path>& to) {
  std::set<fs::path> folders;
  for (std::size_t i = 0; i < fetched.files.size(); ++i) {
    const auto& file = fetched.files[i];
    // An archive of another tool's lock may be named by a path anywhere, from which it was just read.
    std::error_code ignored;
    const bool is_wheel = i < fetched.wheels;
    if (file.path && (is_wheel || !fs::exists(lock_folder / *file.path, ignored))) {
      TRY_ASSIGN(const auto place, locking::place_beside_lock(file, lock_folder));
      if (place.parent_path() != lock_folder) TRY(make_ignored_folder(disk, place.parent_path()));
      TRY(store::place_file(disk, fetched.paths[i], place));
      folders.insert(place.parent_path());
    }
    if (to) {
      TRY(store::place_file(disk, fetched.paths[i], *to / file.file_name));
      folders.insert(*to);
    }
  }
  return folders;
}

/// Adds to the store what it lacks and a folder has; returns how many files these were.
Result<std::size_t> take_from(const fs::path& folder, const std::vector<project::LockedFile>& files,
                              const store::Store& store, const Context& context) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    return fail(input_error(fmt::format("folder not found: {}", folder.string())));
  std::size_t taken = 0;
  for (const auto& file : files) {
    TRY(require_no_stop(context));
    const auto place = folder / file.file_name;
    if (store.has(*file.sha256, file.file_name) || !fs::is_regular_file(place, ignored)) continue;
    context.reporter.status(fmt::format("taking {}", file.file_name));
    TRY(store.add(place, *file.sha256, file.file_name));
    ++taken;
  }
  return taken;
}

/// The sizes that the lock does not state.
void fill_sizes(FetchDocument& fetched) {
  for (std::size_t i = 0; i < fetched.files.size(); ++i) {
    auto& size = fetched.files[i].size;
    std::error_code code;
    const auto found = fs::file_size(fetched.paths[i], code);
    if (size == 0 && !code) size = found;
  }
}

std::vector<NotFetched> not_fetched_of(const project::Lockfile& lock) {
  std::vector<NotFetched> out;
  for (const auto& package : lock.packages) {
    const auto& source = package.source;
    if (source && !source->file) out.push_back({package.name, source->kind, source->where});
  }
  return out;
}

}  // namespace

Result<FetchDocument> fetch(const FetchRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto workspace, open_workspace_of({&request.lock, 1}, context));
  const auto& [project, site] = workspace;
  TRY_ASSIGN(const auto file, project.lock_file(request.lock));
  TRY_ASSIGN(const auto loaded,
             project::load_lock(project, file, context.reporter, project::Accept::any_source));
  FetchDocument document;
  document.lock = project.shown(file);
  document.files = locking::wheels_of(loaded.lock);
  document.wheels = document.files.size();
  auto archives = locking::archives_of(loaded.lock);
  std::move(archives.begin(), archives.end(), std::back_inserter(document.files));
  document.not_fetched = not_fetched_of(loaded.lock);
  const auto of_packages = document.files;
  const auto interpreters = locking::interpreters_of(loaded.lock, specs::Platform::all());
  document.interpreters = interpreters.size();
  document.files.insert(document.files.end(), interpreters.begin(), interpreters.end());

  const auto http = open_http(context, site);
  TRY_ASSIGN(const auto store, open_store(context, site));
  note_root(store, file, context.reporter);
  if (request.from) {
    TRY_ASSIGN(document.taken, take_from(context.folder / *request.from, document.files, store, context));
  }
  context.reporter.status("checking the store");
  const auto origins = locking::origins_of(loaded.lock.provenance, site,
                                           project::indexes_of_lock(project, file, context.reporter));
  TRY(restore_wheels(loaded.lock, file.parent_path(), origins, {context, site, *http, store}));
  TRY_ASSIGN(const auto of_python, locking::fetch_interpreters(interpreters, store, *http, context.work()));
  TRY_ASSIGN(auto fetched,
             locking::fetch_locked(of_packages, origins, file.parent_path(), store, *http, context.work()));
  TRY(require_no_stop(context));
  document.paths = std::move(fetched.paths);
  document.paths.insert(document.paths.end(), of_python.paths.begin(), of_python.paths.end());
  fill_sizes(document);
  document.downloaded = fetched.downloaded + of_python.downloaded;
  document.bytes = fetched.bytes + of_python.bytes;
  context.reporter.status("placing files");
  const auto to = request.to ? std::optional(context.folder / *request.to) : std::nullopt;
  TRY_ASSIGN(const auto folders, place_files(context.disk, document, file.parent_path(), to));
  for (const auto& folder : folders) document.folders.push_back(project.shown(folder));
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

}  // namespace launch::commands

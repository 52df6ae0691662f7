#include "commands/diff.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/git_lock.hpp"
#include "locking/locate.hpp"
#include "probe/wheel_source.hpp"
#include "pytorch/commits.hpp"
#include "store/store.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

/// One side of a comparison.
struct Side {
  std::string shown;
  fs::path folder;  ///< of the lock
  project::Lockfile lock;
  std::optional<project::Verification> verified;
};

/// The verification of a lock at a revision, from the record there.
std::optional<project::Verification> verification_at(const GitLock& lock, const Digest& digest,
                                                     const project::Project& project,
                                                     const Context& context) {
  const auto place = project::verification_place(lock.file);
  const auto text = place ? read_git_file(lock.revision, *place, project, context) : std::nullopt;
  if (!text) return std::nullopt;
  return project::if_of_lock(
      project::parse_verification(*text, fmt::format("git:{}:{}", lock.revision, project.shown(*place))),
      digest, context.reporter);
}

Result<Side> read_side(const std::string& argument, const std::string& other, const project::Project& project,
                       const Context& context) {
  if (is_git_lock(argument)) {
    TRY_ASSIGN(auto read, read_git_lock(argument, other, project, context));
    TRY_ASSIGN(auto lock, project::parse_lockfile(read.text, read.shown, project::Accept::any_source));
    for (const auto& warning : lock.warnings) context.reporter.warn(warning);
    auto verified = verification_at(read, project::lock_digest(read.text, lock), project, context);
    return Side{std::move(read.shown), read.file.parent_path(), std::move(lock), std::move(verified)};
  }
  TRY_ASSIGN(const auto file, project.lock_file(argument));
  TRY_ASSIGN(auto loaded, project::load_lock(project, file, context.reporter, project::Accept::any_source));
  auto verified = project::verification_of(project, file, loaded.digest, context.reporter);
  return Side{project.shown(file), file.parent_path(), std::move(loaded.lock), std::move(verified)};
}

const project::LockedPackage* torch_of(const project::Lockfile& lock) {
  const auto at = std::find_if(lock.packages.begin(), lock.packages.end(),
                               [](const auto& package) { return package.name == "torch"; });
  return at == lock.packages.end() || at->wheels.empty() ? nullptr : &*at;
}

/// Where wheels are read from.
struct Sources {
  const project::Site& site;
  const store::Store& store;
  net::HttpClient& http;
};

/// On this machine if it is there; nullptr if not.
Result<std::unique_ptr<probe::WheelSource>> open_local(const project::LockedWheel& wheel,
                                                       const fs::path& folder, const store::Store& store) {
  TRY_ASSIGN(const auto stored, store.find(*wheel.sha256, wheel.file_name));
  if (stored) return probe::open_wheel(*stored);
  auto beside = locking::artifact_of(wheel, folder).beside;
  if (wheel.url && wheel.url->is_file()) beside = wheel.url->local_path();
  std::error_code ignored;
  if (!beside || !fs::is_regular_file(*beside, ignored)) return nullptr;
  TRY_ASSIGN(const auto digest, sha256_file(*beside));
  if (digest != *wheel.sha256) return nullptr;
  return probe::open_wheel(*beside);
}

Result<std::unique_ptr<probe::WheelSource>> open_torch(const Side& side, const Sources& sources) {
  const auto& wheels = torch_of(side.lock)->wheels;
  for (const auto& wheel : wheels) {
    TRY_ASSIGN(auto local, open_local(wheel, side.folder, sources.store));
    if (local) return local;
  }
  TRY_ASSIGN(const auto located,
             locking::locate_wheels({wheels.front()}, locking::origins_of(side.lock.provenance, sources.site),
                                    sources.http));
  return probe::open_wheel(sources.http, *located.front().url, located.front().size);
}

/// Errors: the commit cannot be read, whatever the reason.
Result<std::string> torch_commit(const Side& side, const Sources& sources) {
  TRY_ASSIGN(const auto wheel, open_torch(side, sources));
  const std::vector<std::string> names = {std::string(pytorch::kVersionFile)};
  TRY_ASSIGN(const auto content, wheel->read(names));
  if (auto commit = pytorch::commit_of(content.front())) return *std::move(commit);
  const auto* torch = torch_of(side.lock);
  return fail(environment_error(
      fmt::format("{} of {} {} names no commit", pytorch::kVersionFile, torch->name, torch->version.text())));
}

bool is_other_torch(const project::LockDiff& diff) {
  return std::any_of(diff.packages.begin(), diff.packages.end(), [](const project::PackageChange& change) {
    using Kind = project::PackageChange::Kind;
    return change.name == "torch" && (change.kind == Kind::version || change.kind == Kind::bytes);
  });
}

TorchCommits compare_torch(const Side& before, const Side& after, const Sources& sources) {
  TorchCommits commits;
  for (auto [side, commit] : {std::pair(&before, &commits.before), {&after, &commits.after}}) {
    auto read = torch_commit(*side, sources);
    if (!read) return {.before = {}, .after = {}, .url = {}, .unknown = read.error().message()};
    *commit = *std::move(read);
  }
  commits.url = pytorch::compare_url(commits.before, commits.after);
  return commits;
}

}  // namespace

Result<DiffDocument> diff(const DiffRequest& request, const Context& context) {
  const std::vector<std::string> locks = {request.before, request.after};
  TRY_ASSIGN(const auto workspace, open_workspace_of(locks, context));
  const auto& [project, site] = workspace;
  TRY_ASSIGN(const auto before, read_side(request.before, request.after, project, context));
  TRY_ASSIGN(const auto after, read_side(request.after, request.before, project, context));
  DiffDocument document{before.shown,    after.shown,    project::diff_locks(before.lock, after.lock),
                        before.verified, after.verified, {}};
  if (is_other_torch(document.diff) && torch_of(before.lock) != nullptr && torch_of(after.lock) != nullptr) {
    TRY_ASSIGN(const auto store, open_store(context, site));
    const auto http = open_http(context, site, {.offline = request.offline});
    context.reporter.status("reading the commits of torch");
    document.torch = compare_torch(before, after, {site, store, *http});
  }
  TRY(require_no_stop(context));
  return document;
}

}  // namespace launch::commands

#include "locking/restore.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "archive/source_archive.hpp"
#include "base/log.hpp"
#include "specs/platform.hpp"
#include "specs/tag.hpp"
#include "specs/wheel.hpp"
#include "store/fetch.hpp"

namespace launch::locking {
namespace {

namespace fs = std::filesystem;

/// True if the wheel is in the store now, or can be taken from the lock's folder or an index.
bool is_within_reach(const project::LockedWheel& wheel, const fs::path& lock_folder,
                     const RestoreOutside& outside) {
  if (outside.store.has(*wheel.sha256, wheel.file_name)) return true;
  std::error_code ignored;
  if (!lock_folder.empty() && wheel.path && fs::exists(lock_folder / *wheel.path, ignored)) return true;
  const auto fetched =
      fetch_locked({wheel}, outside.origins, lock_folder, outside.store, outside.http, outside.work);
  if (!fetched) log_debug("{}: {}", wheel.file_name, fetched.error().message());
  return fetched.has_value();
}

bool is_for_this_machine(const project::LockedWheel& wheel) {
  const auto own = specs::Platform::of_this_machine();
  const auto name = specs::WheelName::parse(wheel.file_name);
  if (!own || !name) return false;
  const auto tags = specs::CompressedTags::parse(name->tags);
  return tags && tags->fits(*own);
}

Result<SourceBuild> order(const project::LockedPackage& package, const fs::path& lock_folder,
                          const RestoreOutside& outside) {
  const auto& record = *package.build;
  auto files = record.needs;
  if (package.sdist) files.push_back(*package.sdist);
  TRY_ASSIGN(
      auto fetched,
      during(fetch_locked(files, outside.origins, lock_folder, outside.store, outside.http, outside.work),
             fmt::format("fetching what {} {} needs to be built", package.name, package.version.text())));
  SourceBuild wanted{.package = package.name,
                     .version = package.version.text(),
                     .archive = fetched.paths.back(),
                     .sha256 = *files.back().sha256,
                     .record = record,
                     .needs = {fetched.paths.begin(),
                               fetched.paths.begin() + static_cast<std::ptrdiff_t>(record.needs.size())},
                     .how = {.env = record.env, .apt = record.apt}};
  if (record.git) {
    TRY_ASSIGN(auto archive, outside.builder->fetch(package.name, *record.git));
    wanted.archive = std::move(archive.path);
    wanted.sha256 = archive.sha256;
  }
  TRY_ASSIGN(const auto archive, archive::read_source_archive(wanted.archive));
  wanted.root = archive.root;
  wanted.newest = archive.newest;
  return wanted;
}

}  // namespace

Result<void> restore_built(const project::LockedPackage& package, const fs::path& lock_folder,
                           const RestoreOutside& outside) {
  const auto& wheel = package.wheels.front();
  if (!package.build || (!package.sdist && !package.build->git)) return {};
  if (is_within_reach(wheel, lock_folder, outside)) return {};
  if (!is_for_this_machine(wheel)) {
    return fail(
        environment_error(
            fmt::format("{} was built from source on another machine, and no index has it", wheel.file_name))
            .hint(fmt::format("take it from there, and put it at {} beside the lock",
                              wheel.path.value_or(wheel.file_name))));
  }
  if (outside.builder == nullptr)
    return fail(environment_error(fmt::format("{} must be built from source", wheel.file_name)));
  TRY_ASSIGN(const auto wanted, order(package, lock_folder, outside));
  TRY_ASSIGN(const auto built, outside.builder->build(wanted));
  if (built.file_name == wheel.file_name && built.sha256 == *wheel.sha256) return {};
  return fail(
      environment_error(
          fmt::format(
              "{} {} builds to other bytes here than in the lock: expected {} with sha256 {}, found {} "
              "with sha256 {}",
              package.name, package.version.text(), wheel.file_name, wheel.sha256->hex(), built.file_name,
              built.sha256.hex()))
          .hint(fmt::format("take the wheel from the machine that made the lock, and put it at {} beside the "
                            "lock or into a find-links folder",
                            wheel.path.value_or(wheel.file_name)))
          .hint("or run `launch lock --upgrade` with the recipe to lock the wheel of this machine"));
}

}  // namespace launch::locking

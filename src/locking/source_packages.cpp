#include "locking/source_packages.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "locking/build_system.hpp"
#include "locking/local_wheel.hpp"
#include "locking/lock_assembly.hpp"
#include "specs/wheel.hpp"
#include "store/fetch.hpp"

namespace launch::locking {
namespace {

namespace fs = std::filesystem;

Error unusable(std::string message) {
  return {ErrorKind::unusable, std::move(message)};
}

std::string text_of(const PackageSource::Wheel& archive) {
  return fmt::format("{} {}", archive.listing->name, archive.build->version.text());
}

std::optional<LockTarget> own_target(const project::Recipe& recipe, int glibc_minor,
                                     std::optional<int> python_patch) {
  const auto platform = specs::Platform::of_this_machine();
  if (!platform) return std::nullopt;
  return LockTarget(recipe.python, *platform, glibc_minor, python_patch);
}

}  // namespace

SourcePackages::SourcePackages(const project::Recipe& recipe, const project::Lockfile* previous,
                               int glibc_minor, std::optional<int> python_patch, Outside outside)
    : recipe_(recipe),
      previous_(previous),
      outside_(std::move(outside)),
      own_(own_target(recipe, glibc_minor, python_patch)) {}

void SourcePackages::use(const std::optional<Night>& night) {
  night_ = night;
  wanted_.clear();
  // What was built without isolation saw another nightly.
  for (auto* states : {&states_, &git_})
    std::erase_if(*states, [](const auto& state) { return !state.second.saw.empty(); });
}

const project::Recipe::Build& SourcePackages::how(const std::string& package) const {
  return recipe_.lock.build.at(package);
}

const std::vector<pytorch::Build>& SourcePackages::archives(const Listing& listing) {
  const auto known = archives_.find(&listing);
  if (known != archives_.end()) return known->second;
  std::vector<pytorch::Build> found;
  if (recipe_.lock.build.contains(listing.name)) {
    for (std::size_t i = 0; i < listing.files.size(); ++i) {
      const auto& name = listing.files[i].file_name;
      auto version = index::archive_version(name);
      if (version && archive::is_readable_source(name)) found.push_back({i, *std::move(version), {}, {}});
    }
  }
  return archives_.emplace(&listing, std::move(found)).first->second;
}

SourcePackages::State& SourcePackages::state_of(const PackageSource::Wheel& archive) {
  return states_[archive.file().file_name];
}

/// Brings the archive into the store; the result has its digest and size.
Result<project::LockedFile> SourcePackages::fetch(const PackageSource::Wheel& archive) {
  auto file = locked_file(archive.file(), recipe_.lock.by_path);
  const auto& url = archive.file().url;
  if (url.is_file()) {
    TRY_ASSIGN(const auto digest, sha256_file(url.local_path()));
    if (!file.sha256) file.sha256 = digest;
  }
  if (file.sha256) {
    const store::Artifact wanted{
        .name = file.file_name, .sha256 = *file.sha256, .size = file.size, .url = url};
    TRY(store::fetch(outside_.store, {&wanted, 1}, outside_.http, outside_.work));
  } else {
    const store::Unhashed wanted{file.file_name, url, archive.file().size};
    TRY_ASSIGN(const auto hashed,
               store::fetch_unhashed(outside_.store, {&wanted, 1}, outside_.http, outside_.work));
    file.sha256 = hashed.front().sha256;
  }
  const auto path = outside_.store.path_of(*file.sha256, file.file_name);
  std::error_code code;
  file.size = fs::file_size(path, code);
  if (code) return fail(io_error("read", path, code.value()));
  return file;
}

Result<SourcePackages::Opened> SourcePackages::read(const PackageSource::Wheel& archive) {
  Opened opened;
  TRY_ASSIGN(opened.file, fetch(archive));
  opened.path = outside_.store.path_of(*opened.file.sha256, opened.file.file_name);
  auto found = archive::read_source_archive(opened.path);
  if (!found && found.error().kind() == ErrorKind::input)
    return fail(unusable(fmt::format("{}: {}", opened.file.file_name, found.error().message())));
  TRY_ASSIGN(opened.archive, std::move(found));
  if (!opened.archive.pkg_info) return opened;
  auto metadata = specs::parse_pkg_info(*opened.archive.pkg_info);
  if (!metadata)
    return fail(unusable(
        fmt::format("the PKG-INFO of {} is invalid: {}", opened.file.file_name, metadata.error().message())));
  const auto version = specs::Version::parse(metadata->core.version);
  if (metadata->core.name != archive.listing->name || !version || *version != archive.build->version) {
    return fail(
        unusable(fmt::format("{} belongs to another package: expected {}, found {} {}", opened.file.file_name,
                             text_of(archive), metadata->core.name, metadata->core.version)));
  }
  opened.metadata = *std::move(metadata);
  return opened;
}

Result<const SourcePackages::Opened*> SourcePackages::open(const PackageSource::Wheel& archive,
                                                           State& state) {
  if (!state.opened) {
    TRY_ASSIGN(state.opened, read(archive));
  }
  return &*state.opened;
}

/// The previous lock's package with a wheel that was built from this archive with the recipe's settings.
const project::LockedPackage* SourcePackages::kept(const PackageSource::Wheel& archive) const {
  if (previous_ == nullptr) return nullptr;
  const auto settings = project::build_settings(recipe_, how(archive.listing->name));
  for (const auto& package : previous_->packages) {
    const bool same = package.name == archive.listing->name && package.version == archive.build->version &&
                      package.sdist && package.sdist->file_name == archive.file().file_name &&
                      package.build && package.build->settings == settings && package.wheels.size() == 1;
    if (!same) continue;
    const auto& digest = archive.file().sha256;
    return !digest || *digest == *package.sdist->sha256 ? &package : nullptr;
  }
  return nullptr;
}

/// True if a build without isolation was made for other versions than it should see now; else notes them.
bool SourcePackages::saw_other_versions(const project::BuildRecord& record, State& state) const {
  std::map<std::string, specs::Version> saw;
  for (const auto& need : record.needs) {
    const auto wheel = specs::WheelName::parse(need.file_name);
    if (!wheel) return true;
    saw.insert_or_assign(wheel->name, wheel->version);
  }
  const bool other = std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& one) {
    const auto seen = saw.find(one.first);
    return seen != saw.end() && seen->second != one.second;
  });
  if (!other) state.saw = std::move(saw);
  return other;
}

/// Takes the previous lock's wheel; false if it has none that is right.
bool SourcePackages::take_kept(const PackageSource::Wheel& archive, State& state) {
  const auto* before = kept(archive);
  if (before == nullptr) return false;
  if (!how(archive.listing->name).isolation && saw_other_versions(*before->build, state)) return false;
  Built built{locked_file(archive.file(), recipe_.lock.by_path), before->wheels.front(), before->build};
  built.sdist->sha256 = before->sdist->sha256;
  built.sdist->size = before->sdist->size;
  state.built = std::move(built);
  return true;
}

Result<const specs::CoreMetadata*> SourcePackages::metadata(const PackageSource::Wheel& archive) {
  auto& state = state_of(archive);
  if (state.metadata) return &*state.metadata;
  if (!state.built && take_kept(archive, state)) {
    const auto& wheel = state.built->wheel;
    if (!outside_.store.has(*wheel.sha256, wheel.file_name)) TRY(outside_.restore(*kept(archive)));
    TRY_ASSIGN(state.metadata,
               metadata_of_file(outside_.store.path_of(*wheel.sha256, wheel.file_name), outside_.http));
    return &*state.metadata;
  }
  TRY_ASSIGN(const auto* opened, open(archive, state));
  if (opened->metadata && opened->metadata->is_static) {
    state.metadata = opened->metadata->core;
    return &*state.metadata;
  }
  TRY(make(archive, state));
  return &*state.metadata;
}

Result<const Built*> SourcePackages::built(const PackageSource::Wheel& archive, LockTarget& target) {
  auto& state = state_of(archive);
  if (!state.built && !take_kept(archive, state)) TRY(make(archive, state));
  const auto wheel = specs::WheelName::parse(state.built->wheel.file_name);
  if (wheel && target.rank(wheel->tags)) return &*state.built;
  return fail(input_error(fmt::format("{} builds to {}, which does not fit {}", text_of(archive),
                                      state.built->wheel.file_name, target.text()))
                  .hint(fmt::format("make a recipe for {} only, and lock it on such a machine",
                                    target.platform().text())));
}

Result<SourceBuild> SourcePackages::order(const std::string& package, const std::string& version,
                                          const Opened& opened) {
  const auto& how = this->how(package);
  TRY_ASSIGN(auto requirements, build_requirements(opened.archive.pyproject, opened.file.file_name));
  requirements.insert(requirements.end(), how.needs.begin(), how.needs.end());
  const auto environment = environment_of(package, version, std::move(requirements), opened);
  TRY_ASSIGN(auto needs, during(resolve_needs(environment, how.isolation),
                                fmt::format("resolving what {} {} needs to be built", package, version)));
  SourceBuild wanted{.package = package,
                     .version = version,
                     .archive = opened.path,
                     .sha256 = *opened.file.sha256,
                     .root = opened.archive.root,
                     .newest = opened.archive.newest,
                     .record = {.settings = project::build_settings(recipe_, how),
                                .env = how.env,
                                .apt = how.apt,
                                .base = {},
                                .git = {},
                                .needs = std::move(needs.files)},
                     .needs = std::move(needs.paths),
                     .how = how};
  if (recipe_.torch.cuda) {
    wanted.accelerator = *recipe_.torch.cuda;
  } else {
    project::Lockfile lock;
    lock.packages = needs.packages;
    wanted.accelerator = project::accelerator(lock);
  }
  return wanted;
}

/// Builds what was ordered; state.built and state.saw say how.
Result<BuiltWheel> SourcePackages::build(SourceBuild wanted, const Opened& opened, State& state) {
  TRY_ASSIGN(auto wheel, outside_.builder->build(wanted));
  auto& record = wanted.record;
  record.base = wheel.base;
  record.base.platforms.clear();
  if (!wanted.how.isolation) static_cast<void>(saw_other_versions(record, state));
  Built built{record.git ? std::nullopt : std::optional(opened.file), {}, {}};
  built.wheel.file_name = wheel.file_name;
  built.wheel.path = "wheels/" + wheel.file_name;
  built.wheel.size = wheel.size;
  built.wheel.sha256 = wheel.sha256;
  built.record = std::make_shared<const project::BuildRecord>(std::move(record));
  state.built = std::move(built);
  return wheel;
}

/// Builds the wheel, and takes its metadata.
Result<void> SourcePackages::make(const PackageSource::Wheel& archive, State& state) {
  const auto& name = archive.listing->name;
  if (!own_ || outside_.builder == nullptr)
    return fail(environment_error(fmt::format("{} cannot be built on this machine", text_of(archive))));
  if (std::find(building_.begin(), building_.end(), name) != building_.end()) {
    return fail(
        input_error(fmt::format("{} needs itself to be built: {} → {}", name, join(building_, " → "), name)));
  }
  TRY_ASSIGN(const auto* opened, open(archive, state));
  building_.push_back(name);
  auto wanted = order(name, archive.build->version.text(), *opened);
  building_.pop_back();
  TRY(wanted);
  TRY_ASSIGN(const auto wheel, build(*std::move(wanted), *opened, state));
  return check_wheel(archive, state, wheel);
}

/// Checks that a wheel is what its archive says.
Result<void> SourcePackages::check_wheel(const PackageSource::Wheel& archive, State& state,
                                         const BuiltWheel& wheel) {
  const auto parts = specs::WheelName::parse(wheel.file_name);
  const bool same = parts && parts->name == archive.listing->name && parts->version == archive.build->version;
  if (!same) {
    return fail(input_error(fmt::format("{} builds to {}, expected a wheel of {}", archive.file().file_name,
                                        in_quotes(wheel.file_name), text_of(archive))));
  }
  auto metadata = metadata_of_file(wheel.file, outside_.http);
  if (!metadata) {
    return fail(input_error(fmt::format("the wheel that {} builds to cannot be used: {}",
                                        archive.file().file_name, metadata.error().message())));
  }
  const auto& said = state.opened->metadata;
  if (said && said->is_static && said->core.requirement_texts() != metadata->requirement_texts()) {
    return fail(input_error(
        fmt::format("{} builds to a wheel with other requirements than its PKG-INFO says: "
                    "expected {}, found {}",
                    archive.file().file_name, in_quotes(join(said->core.requirement_texts(), ", ")),
                    in_quotes(join(metadata->requirement_texts(), ", ")))));
  }
  state.metadata = *std::move(metadata);
  return {};
}

std::vector<std::string> SourcePackages::differences(const std::map<std::string, specs::Version>& solution) {
  std::vector<std::string> found;
  for (auto* states : {&states_, &git_}) {
    for (auto& [key, state] : *states) {
      const auto before = found.size();
      for (const auto& [name, version] : state.saw) {
        const auto locked = solution.find(name);
        if (locked == solution.end() || locked->second == version) continue;
        found.push_back(fmt::format("{} {}, locked is {}", name, version.text(), locked->second.text()));
      }
      if (found.size() != before) state = {};
    }
  }
  if (!found.empty()) wanted_ = solution;
  return found;
}

}  // namespace launch::locking

// Packages of a recipe that come from a commit in git.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "locking/source_packages.hpp"
#include "pytorch/builds.hpp"
#include "specs/git_source.hpp"
#include "specs/wheel.hpp"

namespace launch::locking {
namespace {

constexpr std::size_t kShort = 12;  // digits of a commit

specs::GitSource without_credentials(const specs::GitSource& source) {
  return {source.url.without_credentials(), source.commit};
}

}  // namespace

const Built* SourcePackages::of_git(const std::string& package) const {
  const auto at = git_.find(package);
  return at == git_.end() || !at->second.built ? nullptr : &*at->second.built;
}

/// Takes the previous lock's wheel; false if it has none that is right.
Result<bool> SourcePackages::take_kept_git(const std::string& package, const specs::GitSource& source,
                                           State& state) {
  if (previous_ == nullptr) return false;
  const auto settings = project::build_settings(recipe_, how(package));
  const auto before =
      std::find_if(previous_->packages.begin(), previous_->packages.end(), [&](const auto& one) {
        return one.name == package && one.build && one.build->git == without_credentials(source) &&
               one.build->settings == settings && one.wheels.size() == 1;
      });
  if (before == previous_->packages.end()) return false;
  if (!how(package).isolation && saw_other_versions(*before->build, state)) return false;
  const auto& wheel = before->wheels.front();
  if (!outside_.store.has(*wheel.sha256, wheel.file_name)) TRY(outside_.restore(*before));
  state.built = Built{std::nullopt, wheel, before->build};
  return true;
}

Result<void> SourcePackages::make_git(const std::string& package, const specs::GitSource& source,
                                      State& state) {
  if (!own_ || outside_.builder == nullptr)
    return fail(environment_error(fmt::format("{} cannot be built on this machine", package)));
  TRY_ASSIGN(const auto fetched, outside_.builder->fetch(package, source));
  Opened opened;
  opened.path = fetched.path;
  opened.file.file_name = fetched.path.filename().string();
  opened.file.sha256 = fetched.sha256;
  TRY_ASSIGN(opened.archive, archive::read_source_archive(fetched.path));
  building_.push_back(package);
  auto wanted = order(package, source.commit.substr(0, kShort), opened);
  building_.pop_back();
  TRY(wanted);
  wanted->record.git = without_credentials(source);
  TRY_ASSIGN(const auto wheel, build(*std::move(wanted), opened, state));
  const auto parts = specs::WheelName::parse(wheel.file_name);
  if (parts && parts->name == package) return {};
  return fail(input_error(fmt::format("{} at {} builds to {}, expected a wheel of {}", source.url,
                                      source.commit.substr(0, kShort), wheel.file_name, package)));
}

Result<void> SourcePackages::offer_git() {
  for (const auto& requirement : recipe_.packages) {
    const auto& name = requirement.name;
    if (!requirement.url || !recipe_.lock.build.contains(name)) continue;
    auto& state = git_[name];
    if (state.offered) continue;
    TRY_ASSIGN(const auto source, specs::GitSource::parse(*requirement.url));
    TRY_ASSIGN(const bool kept, take_kept_git(name, source, state));
    if (!kept) TRY(during(make_git(name, source, state), fmt::format("building {} from git", name)));
    const auto& wheel = state.built->wheel;
    auto& listing = listings_.emplace_back();
    listing.name = name;
    listing.index = source.url.without_credentials();
    listing.known = true;
    const auto path = outside_.store.path_of(*wheel.sha256, wheel.file_name);
    listing.files.push_back({.file_name = wheel.file_name,
                             .url = specs::Url::of_file(path),
                             .sha256 = wheel.sha256,
                             .size = wheel.size});
    listing.builds = pytorch::builds_of(listing.files);
    outside_.source.offer(name, listing);
    state.offered = true;
  }
  return {};
}

}  // namespace launch::locking

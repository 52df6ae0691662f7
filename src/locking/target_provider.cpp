#include "locking/target_provider.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "locking/absence.hpp"
#include "locking/source_only.hpp"
#include "pytorch/channel.hpp"

namespace launch::locking {

TargetProvider::TargetProvider(const project::Recipe& recipe, PackageSource& source, LockTarget& target,
                               Preferences preferred, std::optional<Night> night)
    : recipe_(recipe),
      source_(source),
      target_(target),
      bounds_(recipe, target),
      preferred_(std::move(preferred)),
      night_(std::move(night)) {
  for (const auto& requirement : bounds_.requirements()) note_pins(requirement.name, requirement.specifier);
  for (const auto& bound : bounds_.for_solver()) note_pins(bound.package, bound.specifier);
}

void TargetProvider::note_pins(const std::string& package, const specs::SpecifierSet& specifier) {
  for (const auto& clause : specifier.clauses()) {
    const bool exact = clause.op == specs::Operator::equal || clause.op == specs::Operator::arbitrary;
    if (exact && !clause.wildcard) pinned_[package].insert(clause.text());
  }
}

bool TargetProvider::fits(const Listing& listing, const pytorch::Build& build) const {
  const auto& file = listing.files[build.file];
  if (file.requires_python && !target_.runs(*file.requires_python)) return false;
  if (!listing.from_channel) return true;
  if (!pytorch::is_built_for(build.version, *recipe_.torch.cuda)) return false;
  if (!night_) return true;
  const auto days = night_->days.find(listing.name);
  if (days == night_->days.end()) return true;
  // A release that the channel serves beside its nightly builds is not of the night.
  const auto day = pytorch::nightly_day(build.version);
  return day && days->second.count(*day) != 0;
}

Result<const TargetProvider::Package*> TargetProvider::package(const std::string& name) {
  const auto known = packages_.find(name);
  if (known != packages_.end()) return &known->second;
  Package package;
  TRY_ASSIGN(package.listing, source_.find(name));
  for (const auto& each : package.listing->builds) {
    const auto rank = target_.rank(each.tags);
    if (!rank || !fits(*package.listing, each)) continue;
    const Fit fit{&each, *rank, package.listing->files[each.file].yanked.has_value()};
    package.released = package.released || !each.version.is_prerelease();
    const auto at = package.fits.try_emplace(each.version, fit).first;
    // Wheels that are not yanked first, then better tags, then later builds (PEP 427).
    const auto number = [](const Fit& f) { return std::make_pair(f.build->number.size(), f.build->number); };
    const auto better = std::tuple(fit.yanked, fit.rank, number(at->second)) <
                        std::tuple(at->second.yanked, at->second.rank, number(fit));
    if (better) at->second = fit;
  }
  add_archives(package);
  return &packages_.emplace(name, std::move(package)).first->second;
}

void TargetProvider::upgrade(std::set<std::string> packages, Others others) {
  upgraded_ = std::move(packages);
  others_ = others;
}

std::optional<specs::Version> TargetProvider::floor_of(const std::string& name) const {
  const auto preferred = preferred_.find(name);
  const bool of_night = night_ && night_->days.count(name) != 0;
  if (others_ == Others::anywhere || comes_first(name) || of_night || preferred == preferred_.end())
    return std::nullopt;
  const auto& versions = preferred->second;
  return *std::min_element(versions.begin(), versions.end());
}

void TargetProvider::build_from(SourcePackages& packages, Sources sources) {
  built_ = &packages;
  sources_ = sources;
}

void TargetProvider::add_archives(Package& package) const {
  if (built_ == nullptr) return;
  for (const auto& archive : built_->archives(*package.listing)) {
    if (!fits(*package.listing, archive)) continue;
    const bool yanked = package.listing->files[archive.file].yanked.has_value();
    if (package.fits.try_emplace(archive.version, Fit{&archive, 0, yanked}).second)
      package.released = package.released || !archive.version.is_prerelease();
  }
}

Result<std::vector<specs::Version>> TargetProvider::candidates(const std::string& name) {
  TRY_ASSIGN(const auto* package, this->package(name));
  std::vector<specs::Version> out;
  std::set<specs::Version> taken;
  const auto preferred = preferred_.find(name);
  if (preferred != preferred_.end()) {
    for (const auto& version : preferred->second) {
      const auto at = package->fits.find(version);
      if (at == package->fits.end() || !taken.insert(version).second) continue;
      out.push_back(version);
    }
  }
  const auto floor = floor_of(name);
  std::vector<specs::Version> yanked;
  const auto pins = pinned_.find(name);
  for (auto at = package->fits.rbegin(); at != package->fits.rend(); ++at) {
    const auto& version = at->first;
    if (taken.count(version) != 0) continue;
    if (at->second.yanked) {
      const auto is_pin = [&](const std::string& pin) {
        return specs::Specifier::parse(pin)->matches(version);
      };
      if (pins != pinned_.end() && std::any_of(pins->second.begin(), pins->second.end(), is_pin)) {
        yanked.push_back(version);
      }
    } else if (!floor || *floor <= version) {
      out.push_back(version);
    }
  }
  out.insert(out.end(), yanked.begin(), yanked.end());
  return out;
}

Result<std::vector<specs::Version>> TargetProvider::versions(const std::string& name) {
  TRY_ASSIGN(const auto* package, this->package(name));
  std::vector<specs::Version> out;
  for (const auto& [version, fit] : package->fits) {
    if (!fit.yanked) out.push_back(version);
  }
  return out;
}

bool TargetProvider::prefers(const std::string& name, const specs::Version& version) const {
  const auto at = preferred_.find(name);
  return at != preferred_.end() &&
         std::find(at->second.begin(), at->second.end(), version) != at->second.end();
}

Result<const specs::CoreMetadata*> TargetProvider::metadata(const std::string& name,
                                                            const specs::Version& version) {
  const auto file = wheel(name, version);
  return is_archive(*file.build) ? built_->metadata(file) : source_.metadata(file);
}

bool TargetProvider::takes_prereleases(const std::string& name) {
  const auto at = packages_.find(name);
  const bool of_channel = at != packages_.end() && at->second.listing->from_channel;
  if (!of_channel || recipe_.torch.channel == pytorch::Channel::stable) return false;
  // The nightly channel keeps nightly builds of projects that have none any more.
  const bool of_night = night_ && night_->days.count(name) != 0;
  return of_night || recipe_.torch.channel != pytorch::Channel::nightly || !at->second.released;
}

resolve::Reason TargetProvider::absence(const std::string& name, const specs::SpecifierSet& wanted) {
  const auto at = packages_.find(name);
  if (at == packages_.end()) return {fmt::format("{} was not found", name)};
  std::optional<specs::Version> newest;
  for (const auto& [version, fit] : at->second.fits) {
    if (!fit.yanked) newest = version;
  }
  return explain_absence(*at->second.listing, wanted, newest, recipe_, target_,
                         night_ ? std::optional(night_->day) : std::nullopt);
}

resolve::Dependencies TargetProvider::evaluate(const specs::CoreMetadata& metadata,
                                               const std::set<std::string>& extras) const {
  resolve::Dependencies out;
  if (!target_.runs(metadata.requires_python)) {
    out.unusable = {fmt::format("needs Python {}", metadata.requires_python_text), kOtherPython};
    return out;
  }
  for (const auto& requirement : metadata.requires_dist) {
    if (requirement.marker && !target_.holds(*requirement.marker, extras)) continue;
    if (sources_ == Sources::left_out && recipe_.lock.build.contains(requirement.name)) continue;
    if (requirement.url && bounds_.apply(requirement).url) {
      const auto& by_url = requirement.name;
      out.unusable = {
          fmt::format("requires {} by direct URL, which a lock cannot include", by_url),
          fmt::format("take {0} from the index instead: overrides = [\"{0}\"] under [lock]", by_url)};
      return out;
    }
    out.requirements.push_back(bounds_.apply(requirement));
  }
  return out;
}

Result<resolve::Dependencies> TargetProvider::dependencies(const std::string& name,
                                                           const specs::Version& version,
                                                           const std::set<std::string>& extras) {
  const auto ruled_out = source_.ruled_out().find({name, version});
  if (ruled_out != source_.ruled_out().end()) {
    resolve::Dependencies out;
    out.unusable = {fmt::format("cannot be used: {}", ruled_out->second)};
    return out;
  }
  const auto metadata = this->metadata(name, version);
  if (!metadata && metadata.error().kind() == ErrorKind::unusable) {
    const auto& why = metadata.error().message();
    source_.rule_out(name, version, why);
    resolve::Dependencies out;
    out.unusable = {fmt::format("cannot be used: {}", why)};
    return out;
  }
  TRY(metadata);
  auto out = evaluate(**metadata, extras);
  for (const auto& requirement : out.requirements) note_pins(requirement.name, requirement.specifier);
  return out;
}

void TargetProvider::prefetch_candidates(std::span<const std::string> packages) {
  source_.prefetch(packages);
}

void TargetProvider::prefetch_dependencies(std::span<const resolve::PackageVersion> versions) {
  std::vector<PackageSource::Wheel> wheels;
  for (const auto& [name, version] : versions) {
    const auto file = wheel(name, version);
    // Nothing is built before the solver decides on it.
    if (!is_archive(*file.build)) wheels.push_back(file);
  }
  source_.prefetch_metadata(wheels);
  std::vector<std::string> names;
  for (const auto& file : wheels) {
    const auto metadata = source_.metadata(file);
    if (!metadata) continue;
    for (const auto& requirement : evaluate(**metadata, {}).requirements) {
      names.push_back(requirement.name);
    }
  }
  source_.prefetch(names);
}

bool TargetProvider::only_archives(const std::string& name, const specs::SpecifierSet& wanted) const {
  const auto at = packages_.find(name);
  return at != packages_.end() && only_archive(*at->second.listing, wanted).has_value();
}

PackageSource::Wheel TargetProvider::wheel(const std::string& name, const specs::Version& version) const {
  const auto& package = packages_.at(name);
  return {package.listing, package.fits.at(version).build};
}

}  // namespace launch::locking

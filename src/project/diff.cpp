#include "project/diff.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/texts.hpp"

namespace launch::project {

namespace {

using Kind = PackageChange::Kind;

struct Entry {
  std::set<specs::Version> versions;
  std::set<std::string> places;                    // its index and other source
  std::map<std::string, const LockedFile*> files;  // that `launch fetch` fetches, by name
};

std::map<std::string, Entry> entries_of(const Lockfile& lock) {
  std::map<std::string, Entry> entries;
  for (const auto& package : lock.packages) {
    auto& entry = entries[package.name];
    entry.versions.insert(package.version);
    for (const auto& wheel : package.wheels) entry.files.emplace(wheel.file_name, &wheel);
    if (package.wheels.empty() && package.sdist)
      entry.files.emplace(package.sdist->file_name, &*package.sdist);
    if (package.index) entry.places.insert(*package.index);
    if (!package.source) continue;
    entry.places.insert(package.source->where);
    if (const auto& file = package.source->file) entry.files.emplace(file->file_name, &*file);
  }
  return entries;
}

std::string versions_text(const Entry& entry) {
  std::vector<std::string> texts;
  for (const auto& version : entry.versions) texts.push_back(version.text());
  // A source without a version is identified by its place.
  if (texts == std::vector<std::string>{""}) texts.assign(entry.places.begin(), entry.places.end());
  return join_words(texts);
}

/// How the files of one version changed; nullopt if they did not.
std::optional<Kind> change_of_files(const Entry& before, const Entry& after) {
  bool other_files = before.files.size() != after.files.size();
  bool other_places = before.places != after.places;
  for (const auto& [name, file] : after.files) {
    const auto at = before.files.find(name);
    if (at == before.files.end()) {
      other_files = true;
      continue;
    }
    const auto& old = *at->second;
    if (old.sha256 != file->sha256) return Kind::bytes;
    other_places = other_places || std::tie(old.url, old.path) != std::tie(file->url, file->path);
  }
  if (other_files) return Kind::wheels;
  return other_places ? std::optional(Kind::place) : std::nullopt;
}

std::vector<PackageChange> diff_packages(const Lockfile& before, const Lockfile& after) {
  const auto old_entries = entries_of(before);
  const auto new_entries = entries_of(after);
  std::vector<PackageChange> changes;
  for (const auto& [name, entry] : old_entries) {
    if (!new_entries.contains(name)) changes.push_back({name, Kind::removed, versions_text(entry), ""});
  }
  for (const auto& [name, entry] : new_entries) {
    const auto at = old_entries.find(name);
    if (at == old_entries.end()) {
      changes.push_back({name, Kind::added, "", versions_text(entry)});
      continue;
    }
    auto old_text = versions_text(at->second);
    auto new_text = versions_text(entry);
    const auto kind = old_text == new_text ? change_of_files(at->second, entry) : Kind::version;
    if (kind) changes.push_back({name, *kind, std::move(old_text), std::move(new_text)});
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return changes;
}

using Property = std::optional<std::string>;

Property non_empty(std::string text) {
  return text.empty() ? Property() : Property(std::move(text));
}

Property channel_of(const Lockfile& lock) {
  const auto& channel = lock.provenance.channel;
  return channel ? Property(pytorch::channel_name(*channel)) : std::nullopt;
}

/// Of a lock of another tool, that of its torch.
Property night_of(const Lockfile& lock) {
  if (lock.provenance.date) return lock.provenance.date->text();
  for (const auto& package : lock.packages) {
    if (package.name != "torch") continue;
    if (const auto day = pytorch::nightly_day(package.version)) return day->text();
  }
  return std::nullopt;
}

Property build_of(const Lockfile& lock) {
  return lock.provenance.cuda ? Property(lock.provenance.cuda->text()) : std::nullopt;
}

Property toolkit_of(const Lockfile& lock) {
  return lock.provenance.cuda_version ? lock.provenance.cuda_version : cuda_version_of(lock.packages);
}

/// Of a lock without a base image, that of its CUDA toolkit.
Property driver_floor_of(const Lockfile& lock) {
  const auto& base = lock.provenance.base;
  if (base && !base->driver_floor.empty()) return base->driver_floor;
  const auto toolkit = pytorch::cuda_toolkit(accelerator(lock));
  return toolkit ? non_empty(toolkit->driver_floor) : std::nullopt;
}

Property python_of(const Lockfile& lock) {
  return non_empty(lock.requires_python);
}

Property platforms_of(const Lockfile& lock) {
  auto texts = specs::texts_of(lock.provenance.platforms);
  std::sort(texts.begin(), texts.end());
  return non_empty(join_words(texts));
}

Property image_of(const Lockfile& lock) {
  const auto& base = lock.provenance.base;
  return base ? Property(fmt::format("{}:{}", base->name, base->tag)) : std::nullopt;
}

/// Of the base image; only comparable for the same image.
Property digest_of(const Lockfile& lock) {
  const auto& base = lock.provenance.base;
  return base && base->digest ? Property(base->digest->text()) : std::nullopt;
}

Property archive_of(const Lockfile& lock) {
  const auto& base = lock.provenance.base;
  return base && base->archive ? Property(*base->archive) : std::nullopt;
}

Property markers_of(const Lockfile& lock) {
  auto texts = lock.environments;
  std::sort(texts.begin(), texts.end());
  return non_empty(join(texts, " | "));
}

std::vector<LockProperty> diff_properties(const Lockfile& before, const Lockfile& after) {
  std::vector<LockProperty> changed;
  const auto compare = [&](const char* key, const char* label, Property (*property)(const Lockfile&)) {
    auto old_value = property(before);
    auto new_value = property(after);
    if (old_value == new_value) return false;
    changed.push_back({key, label, std::move(old_value), std::move(new_value)});
    return true;
  };
  compare("channel", "channel", channel_of);
  compare("cuda", "build", build_of);
  compare("date", "date of the nightly", night_of);
  compare("cuda_version", "CUDA", toolkit_of);
  compare("driver_floor", "driver floor", driver_floor_of);
  const bool other_python = compare("python", "Python", python_of);
  const bool other_platforms = compare("platforms", "platforms", platforms_of);
  // A lock of launch states them in its environments as well.
  if (!other_python && !other_platforms) compare("environments", "environments", markers_of);
  if (!compare("base_image", "base image", image_of))
    compare("base_digest", "base image's digest", digest_of);
  compare("archive", "archive of apt's packages", archive_of);
  return changed;
}

void add_to_fetch(const Lockfile& before, const Lockfile& after, LockDiff& diff) {
  std::set<Digest> known;
  for (const auto& [name, entry] : entries_of(before)) {
    for (const auto& [file_name, file] : entry.files) known.insert(*file->sha256);
  }
  for (const auto& [name, entry] : entries_of(after)) {
    for (const auto& [file_name, file] : entry.files) {
      if (!known.insert(*file->sha256).second) continue;
      diff.to_fetch.push_back(*file);
      diff.bytes += file->size;
      if (file->size == 0) ++diff.unknown_sizes;
    }
  }
}

}  // namespace

std::string_view kind_name(PackageChange::Kind kind) {
  switch (kind) {
    case Kind::added:
      return "added";
    case Kind::removed:
      return "removed";
    case Kind::version:
      return "version";
    case Kind::bytes:
      return "bytes";
    case Kind::wheels:
      return "wheels";
    case Kind::place:
      break;
  }
  return "place";
}

std::string change_text(const PackageChange& change) {
  switch (change.kind) {
    case Kind::added:
      return fmt::format("{} {} added", change.name, change.after);
    case Kind::removed:
      return fmt::format("{} {} removed", change.name, change.before);
    case Kind::version:
      return fmt::format("{} {} → {}", change.name, change.before, change.after);
    case Kind::bytes:
      return fmt::format("{} {}: other bytes under the same name", change.name, change.after);
    case Kind::wheels:
      return fmt::format("{} {}: other wheels", change.name, change.after);
    case Kind::place:
      break;
  }
  return fmt::format("{} {}: the same wheels from another place", change.name, change.after);
}

std::string property_text(const LockProperty& property) {
  return fmt::format("{} {} → {}", property.label, property.before.value_or("none"),
                     property.after.value_or("none"));
}

LockDiff diff_locks(const Lockfile& before, const Lockfile& after) {
  LockDiff diff;
  diff.properties = diff_properties(before, after);
  diff.packages = diff_packages(before, after);
  add_to_fetch(before, after, diff);
  return diff;
}

}  // namespace launch::project

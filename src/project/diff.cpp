#include "project/diff.hpp"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::project {

namespace {

struct Entry {
  std::set<specs::Version> versions;
  std::map<std::string, const LockedWheel*> wheels;  // by file name
};

std::map<std::string, Entry> entries_of(const Lockfile& lock) {
  std::map<std::string, Entry> entries;
  for (const auto& package : lock.packages) {
    auto& entry = entries[package.name];
    entry.versions.insert(package.version);
    for (const auto& wheel : package.wheels) entry.wheels.emplace(wheel.file_name, &wheel);
  }
  return entries;
}

std::string versions_text(const Entry& entry) {
  std::vector<std::string> texts;
  texts.reserve(entry.versions.size());
  for (const auto& version : entry.versions) texts.push_back(version.text());
  return join_words(texts);
}

bool is_replaced(const Entry& before, const Entry& after) {
  for (const auto& [name, wheel] : after.wheels) {
    const auto old = before.wheels.find(name);
    if (old != before.wheels.end() && old->second->sha256 != wheel->sha256) return true;
  }
  return false;
}

bool same_wheels(const Entry& before, const Entry& after) {
  const auto key = [](const LockedWheel& wheel) { return std::tie(wheel.sha256, wheel.url, wheel.path); };
  if (before.wheels.size() != after.wheels.size()) return false;
  for (const auto& [name, wheel] : after.wheels) {
    const auto old = before.wheels.find(name);
    if (old == before.wheels.end() || key(*old->second) != key(*wheel)) return false;
  }
  return true;
}

}  // namespace

std::vector<PackageChange> diff_packages(const Lockfile& before, const Lockfile& after) {
  const auto old_entries = entries_of(before);
  const auto new_entries = entries_of(after);
  std::map<std::string, PackageChange> changes;
  for (const auto& [name, entry] : old_entries) {
    if (!new_entries.contains(name)) changes[name].before = versions_text(entry);
  }
  for (const auto& [name, entry] : new_entries) {
    const auto old = old_entries.find(name);
    if (old == old_entries.end()) {
      changes[name].after = versions_text(entry);
      continue;
    }
    const bool replaced = is_replaced(old->second, entry);
    const bool wheels = !same_wheels(old->second, entry);
    if (old->second.versions == entry.versions && !wheels) continue;
    changes[name] = {.name = name,
                     .before = versions_text(old->second),
                     .after = versions_text(entry),
                     .wheels = wheels,
                     .replaced = replaced};
  }
  std::vector<PackageChange> out;
  for (auto& [name, change] : changes) {
    change.name = name;
    out.push_back(std::move(change));
  }
  return out;
}

std::string change_text(const PackageChange& change) {
  if (change.before.empty()) return fmt::format("{} {} added", change.name, change.after);
  if (change.after.empty()) return fmt::format("{} {} removed", change.name, change.before);
  if (change.before != change.after)
    return fmt::format("{} {} → {}", change.name, change.before, change.after);
  if (change.replaced)
    return fmt::format("{} {}: other bytes under the same name", change.name, change.after);
  return fmt::format("{} {}: other wheels", change.name, change.after);
}

}  // namespace launch::project

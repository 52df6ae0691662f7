#include "probe/import_ends.hpp"

#include <algorithm>

namespace launch::probe {

ImportEnds::ImportEnds(const NeededImports& needed, std::vector<Reached> own)
    : needed_(needed), importers_(needed.size()), ends_(own) {
  all_end_ = std::all_of(own.begin(), own.end(), [](Reached each) { return each == Reached::yes; });
  if (all_end_) return;
  for (std::uint32_t file = 0; file < needed.size(); ++file) {
    for (const auto& each : needed[file]) importers_[each.file].push_back(file);
  }
  for (std::uint32_t file = 0; file < own.size(); ++file) {
    if (own[file] != Reached::yes) pass_on(file, own[file]);
  }
}

/// To all that need the file, except those that it needs as well: they may have ended before it.
void ImportEnds::pass_on(std::uint32_t file, Reached own) {
  std::vector<bool> seen(needed_.size());
  std::vector<std::uint32_t> open{file};
  seen[file] = true;
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    for (const auto importer : importers_[next]) {
      if (seen[importer]) continue;
      seen[importer] = true;
      open.push_back(importer);
      if (!needs(file, importer)) ends_[importer] = std::max(ends_[importer], own);
    }
  }
}

std::vector<bool> ImportEnds::needed_by(std::uint32_t file) const {
  std::vector<bool> seen(needed_.size());
  std::vector<std::uint32_t> open{file};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    for (const auto& each : needed_[next]) {
      if (seen[each.file]) continue;
      seen[each.file] = true;
      open.push_back(each.file);
    }
  }
  return seen;
}

bool ImportEnds::needs(std::uint32_t file, std::uint32_t other) {
  const auto [known, added] = reach_.try_emplace(file);
  if (added) known->second = needed_by(file);
  return known->second[other];
}

Reached ImportEnds::of_import(std::uint32_t imported, std::uint32_t by) {
  const auto end = ends_[imported];
  return end != Reached::yes && needs(imported, by) ? Reached::yes : end;
}

Reached ImportEnds::before(std::uint32_t file, std::uint32_t order) {
  auto result = Reached::yes;
  if (all_end_) return result;
  for (const auto& each : needed_[file]) {
    if (each.order >= order) break;
    result = std::max(result, of_import(each.file, file));
  }
  return result;
}

}  // namespace launch::probe

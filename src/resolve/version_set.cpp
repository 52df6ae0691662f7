#include "resolve/version_set.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::resolve {

VersionSet VersionSet::none(std::size_t versions) {
  return VersionSet(versions);
}

VersionSet VersionSet::any_version(std::size_t versions) {
  VersionSet absence(versions);
  absence.set(0);
  return ~absence;
}

VersionSet VersionSet::one(std::size_t versions, std::size_t place) {
  VersionSet set(versions);
  set.add(place);
  return set;
}

/// Clears the bits after the last version.
void VersionSet::trim() {
  const std::size_t used = (versions_ + 1) % 64;
  if (used != 0) words_.back() &= (std::uint64_t{1} << used) - 1;
}

bool VersionSet::empty() const {
  return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
}

bool VersionSet::everything() const {
  return (~*this).empty();
}

std::size_t VersionSet::count_versions() const {
  std::size_t count = 0;
  for (const auto word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count - (holds_absence() ? 1 : 0);
}

bool VersionSet::subset_of(const VersionSet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & ~other.words_[i]) != 0) return false;
  }
  return true;
}

bool VersionSet::disjoint_from(const VersionSet& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & other.words_[i]) != 0) return false;
  }
  return true;
}

VersionSet VersionSet::operator~() const {
  VersionSet out(versions_);
  for (std::size_t i = 0; i < words_.size(); ++i) out.words_[i] = ~words_[i];
  out.trim();
  return out;
}

VersionSet operator&(const VersionSet& a, const VersionSet& b) {
  VersionSet out = a;
  for (std::size_t i = 0; i < out.words_.size(); ++i) out.words_[i] &= b.words_[i];
  return out;
}

VersionSet operator|(const VersionSet& a, const VersionSet& b) {
  VersionSet out = a;
  for (std::size_t i = 0; i < out.words_.size(); ++i) out.words_[i] |= b.words_[i];
  return out;
}

VersionSet matching(const specs::SpecifierSet& specifier, const std::vector<specs::Version>& ascending) {
  auto set = VersionSet::none(ascending.size());
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    if (specifier.matches(ascending[i])) set.add(i);
  }
  return set;
}

namespace {

/// The versions from place `first` to `last`, inclusive, as part of a list of `count`.
std::string run_text(std::size_t first, std::size_t last, const std::vector<specs::Version>& ascending) {
  if (first == last) return ascending[first].text();
  const bool to_newest = last + 1 == ascending.size();
  if (first == 0) return to_newest ? "" : "<" + ascending[last + 1].text();
  const auto from = ">=" + ascending[first].text();
  return to_newest ? from : fmt::format("{}, <{}", from, ascending[last + 1].text());
}

}  // namespace

std::string versions_text(const VersionSet& set, const std::vector<specs::Version>& ascending) {
  constexpr std::size_t kMostRuns = 6;
  std::vector<std::string> runs;
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    if (!set.holds(i)) continue;
    const std::size_t first = i;
    while (i + 1 < ascending.size() && set.holds(i + 1)) ++i;
    runs.push_back(run_text(first, i, ascending));
  }
  if (runs.size() > kMostRuns) {
    return fmt::format("{} … {} ({} versions)", runs.front(), runs.back(), set.count_versions());
  }
  return join_words(runs, "or");
}

}  // namespace launch::resolve

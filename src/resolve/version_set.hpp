#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "specs/specifier.hpp"
#include "specs/version.hpp"

namespace launch::resolve {

/// Possible states of a package: not chosen at all ("absent"), or chosen in one of its known versions.
/// Versions are represented by their positions in the package's ascending list, so that every PEP 440
/// specifier, complement, union and intersection is exact.
class VersionSet {
 public:
  VersionSet() = default;
  static VersionSet none(std::size_t versions);
  /// Every version, but not absence.
  static VersionSet any_version(std::size_t versions);
  static VersionSet one(std::size_t versions, std::size_t place);

  std::size_t versions() const { return versions_; }
  bool holds(std::size_t place) const { return bit(place + 1); }
  bool holds_absence() const { return bit(0); }
  void add(std::size_t place) { set(place + 1); }

  /// True if it contains neither absence nor any version.
  bool empty() const;
  /// True if it contains absence and every version, and so says nothing.
  bool everything() const;
  std::size_t count_versions() const;
  bool subset_of(const VersionSet& other) const;
  bool disjoint_from(const VersionSet& other) const;

  VersionSet operator~() const;
  friend VersionSet operator&(const VersionSet& a, const VersionSet& b);
  friend VersionSet operator|(const VersionSet& a, const VersionSet& b);
  friend bool operator==(const VersionSet&, const VersionSet&) = default;
  friend auto operator<=>(const VersionSet& a, const VersionSet& b) { return a.words_ <=> b.words_; }

 private:
  explicit VersionSet(std::size_t versions) : versions_(versions), words_((versions + 64) / 64) {}
  bool bit(std::size_t at) const { return ((words_[at / 64] >> (at % 64)) & 1U) != 0; }
  void set(std::size_t at) { words_[at / 64] |= std::uint64_t{1} << (at % 64); }
  void trim();

  std::size_t versions_ = 0;
  std::vector<std::uint64_t> words_;  // bit 0 is absence, bit i + 1 the version at place i
};

/// The versions that all clauses allow; pre-releases get no special treatment.
VersionSet matching(const specs::SpecifierSet& specifier, const std::vector<specs::Version>& ascending);

/// The versions in a set as text: "2.0", ">=2.0", ">=1.0, <2.0", "1.0, 1.2 or >=3.0"; "" for all of them.
std::string versions_text(const VersionSet& set, const std::vector<specs::Version>& ascending);

}  // namespace launch::resolve

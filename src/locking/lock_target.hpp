#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"
#include "specs/marker.hpp"
#include "specs/specifier.hpp"
#include "specs/tag.hpp"

namespace launch::locking {

/// One platform that a lock is made for.
class LockTarget {
 public:
  /// Errors (usage): an interpreter or platform that is not known.
  static Result<LockTarget> make(const project::Recipe& recipe, const std::string& platform, int glibc_minor);

  const std::string& python() const { return target_.python; }
  const std::string& platform() const { return target_.platform; }
  const specs::MarkerEnvironment& environment() const { return environment_; }
  /// "Python 3.12 on linux-x86_64"
  std::string text() const;

  /// How well a compressed tag set fits, 0 best; none: not at all.
  std::optional<std::size_t> rank(const std::string& tags);
  /// What cannot be read excludes nobody, as installers take it.
  bool runs(const std::string& requires_python) const;
  bool runs(const specs::SpecifierSet& requires_python) const;

 private:
  specs::Target target_;
  specs::MarkerEnvironment environment_;
  specs::Version version_;  // "3.12.0"
  std::vector<specs::Tag> tags_;
  std::unordered_map<std::string, std::optional<std::size_t>> ranks_;
};

}  // namespace launch::locking

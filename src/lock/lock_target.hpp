#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "lock/package_source.hpp"
#include "lock/recipe.hpp"
#include "python/marker.hpp"
#include "python/specifier.hpp"
#include "python/tag.hpp"

namespace launch::lock {

/// One platform that a lock is made for.
class LockTarget {
 public:
  /// Errors (usage): an interpreter or platform that is not known.
  static Result<LockTarget> make(const Recipe& recipe, const std::string& platform, int glibc_minor);

  const std::string& python() const { return target_.python; }
  const std::string& platform() const { return target_.platform; }
  const python::MarkerEnvironment& environment() const { return environment_; }
  /// "Python 3.12 on linux-x86_64"
  std::string text() const;

  /// How well a compressed tag set fits, 0 best; none: not at all.
  std::optional<std::size_t> rank(const std::string& tags);
  /// What cannot be read excludes nobody, as installers take it.
  bool runs(const std::string& requires_python) const;
  bool runs(const python::SpecifierSet& requires_python) const;

 private:
  python::Target target_;
  python::MarkerEnvironment environment_;
  python::Version version_;  // "3.12.0"
  std::vector<python::Tag> tags_;
  std::unordered_map<std::string, std::optional<std::size_t>> ranks_;
};

}  // namespace launch::lock

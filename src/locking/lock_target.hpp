#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "specs/marker.hpp"
#include "specs/patch_set.hpp"
#include "specs/specifier.hpp"
#include "specs/tag.hpp"
#include "specs/version.hpp"

namespace launch::locking {

/// One platform of a lock.
class LockTarget {
 public:
  /// `patch`: the patch release of the interpreter; nullopt if it is not known.
  LockTarget(const specs::Interpreter& python, const specs::Platform& platform, int glibc_minor,
             std::optional<int> patch = std::nullopt);

  const specs::Interpreter& python() const { return target_.python; }
  const specs::Platform& platform() const { return target_.platform; }
  const specs::MarkerEnvironment& environment() const { return environment_; }
  /// True if the patch release of the interpreter is known.
  bool is_exact() const { return exact_; }
  /// N of glibc 2.N of the base image.
  int glibc_minor() const { return target_.glibc_minor; }
  /// "Python 3.12 on linux-x86_64"
  std::string text() const;

  /// How well a compressed tag set fits, 0 being best; nullopt if it does not fit.
  std::optional<std::size_t> rank(const std::string& tags);
  /// True if a marker holds, or may hold if the patch release is not known.
  bool holds(const specs::Marker& marker, const std::set<std::string>& extras = {}) const;
  /// The patch releases for which the answer of holds() is right; all of them for most markers.
  specs::PatchSet patches_like(const specs::Marker& marker, const std::set<std::string>& extras = {}) const;

  /// If the patch release is not known, the newest one counts. An invalid requires_python excludes nothing,
  /// as in installers.
  bool runs(const std::string& requires_python) const;
  bool runs(const specs::SpecifierSet& requires_python) const;

 private:
  specs::Target target_;
  specs::MarkerEnvironment environment_;
  bool exact_ = false;      // the patch release is known
  specs::Version version_;  // "3.12.3", or the newest
  std::vector<specs::Tag> tags_;
  std::unordered_map<std::string, std::optional<std::size_t>> ranks_;
};

}  // namespace launch::locking

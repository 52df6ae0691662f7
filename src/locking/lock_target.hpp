#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "specs/marker.hpp"
#include "specs/specifier.hpp"
#include "specs/tag.hpp"
#include "specs/version.hpp"

namespace launch::locking {

/// One platform of a lock.
class LockTarget {
 public:
  LockTarget(const specs::Interpreter& python, const specs::Platform& platform, int glibc_minor);

  const specs::Interpreter& python() const { return target_.python; }
  const specs::Platform& platform() const { return target_.platform; }
  const specs::MarkerEnvironment& environment() const { return environment_; }
  /// "Python 3.12 on linux-x86_64"
  std::string text() const;

  /// How well a compressed tag set fits, 0 being best; nullopt if it does not fit.
  std::optional<std::size_t> rank(const std::string& tags);
  /// An invalid requires_python excludes nothing, as in installers.
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

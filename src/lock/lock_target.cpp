#include "lock/lock_target.hpp"

#include <fmt/format.h>

#include "python/wheel.hpp"

namespace launch::lock {

Result<LockTarget> LockTarget::make(const Recipe& recipe, const std::string& platform, int glibc_minor) {
  LockTarget out;
  out.target_ = {recipe.python, platform, glibc_minor};
  TRY_ASSIGN(out.environment_, python::marker_environment(recipe.python, platform));
  TRY_ASSIGN(out.version_, python::Version::parse(out.environment_.python_full_version));
  TRY_ASSIGN(out.tags_, python::supported_tags(out.target_));
  return out;
}

std::string LockTarget::text() const {
  return fmt::format("Python {} on {}", target_.python, target_.platform);
}

std::optional<std::size_t> LockTarget::rank(const std::string& tags) {
  const auto known = ranks_.find(tags);
  if (known != ranks_.end()) return known->second;
  return ranks_.emplace(tags, python::best_tag(tags, tags_)).first->second;
}

bool LockTarget::runs(const std::string& requires_python) const {
  const auto parsed = python::SpecifierSet::parse(requires_python);
  return !parsed || runs(*parsed);
}

bool LockTarget::runs(const python::SpecifierSet& requires_python) const {
  return requires_python.matches(version_);
}

}  // namespace launch::lock

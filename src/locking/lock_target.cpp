#include "locking/lock_target.hpp"

#include <fmt/format.h>

#include "specs/wheel.hpp"

namespace launch::locking {

Result<LockTarget> LockTarget::make(const project::Recipe& recipe, const std::string& platform,
                                    int glibc_minor) {
  LockTarget out;
  out.target_ = {recipe.python, platform, glibc_minor};
  TRY_ASSIGN(out.environment_, specs::marker_environment(recipe.python, platform));
  TRY_ASSIGN(out.version_, specs::Version::parse(out.environment_.python_full_version));
  TRY_ASSIGN(out.tags_, specs::supported_tags(out.target_));
  return out;
}

std::string LockTarget::text() const {
  return fmt::format("Python {} on {}", target_.python, target_.platform);
}

std::optional<std::size_t> LockTarget::rank(const std::string& tags) {
  const auto known = ranks_.find(tags);
  if (known != ranks_.end()) return known->second;
  return ranks_.emplace(tags, specs::best_tag(tags, tags_)).first->second;
}

bool LockTarget::runs(const std::string& requires_python) const {
  const auto parsed = specs::SpecifierSet::parse(requires_python);
  return !parsed || runs(*parsed);
}

bool LockTarget::runs(const specs::SpecifierSet& requires_python) const {
  return requires_python.matches(version_);
}

}  // namespace launch::locking

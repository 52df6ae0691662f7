#include "locking/lock_target.hpp"

#include <fmt/format.h>

#include "specs/wheel.hpp"

namespace launch::locking {

LockTarget::LockTarget(const specs::Interpreter& python, const specs::Platform& platform, int glibc_minor)
    : target_{python, platform, glibc_minor},
      environment_(specs::marker_environment(python, platform)),
      version_(specs::Version::parse(environment_.python_full_version).value()),
      tags_(specs::supported_tags(target_)) {}

std::string LockTarget::text() const {
  return fmt::format("Python {} on {}", target_.python.text(), target_.platform.text());
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

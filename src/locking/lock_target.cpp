#include "locking/lock_target.hpp"

#include <fmt/format.h>

#include "specs/wheel.hpp"

namespace launch::locking {
namespace {

constexpr int kNewestPatch = static_cast<int>(specs::PatchSet().size()) - 1;

}  // namespace

LockTarget::LockTarget(const specs::Interpreter& python, const specs::Platform& platform, int glibc_minor,
                       std::optional<int> patch)
    : target_{python, platform, glibc_minor},
      environment_(specs::marker_environment(python, platform, patch.value_or(0))),
      exact_(patch.has_value()),
      version_(specs::Version::parse(fmt::format("{}.{}", python.version(), patch.value_or(kNewestPatch)))
                   .value()),
      tags_(specs::supported_tags(target_)) {}

bool LockTarget::holds(const specs::Marker& marker, const std::set<std::string>& extras) const {
  if (exact_ || !marker.names_patch()) return marker.evaluate(environment_, extras);
  return specs::patches_where(marker, environment_, extras).any();
}

specs::PatchSet LockTarget::patches_like(const specs::Marker& marker,
                                         const std::set<std::string>& extras) const {
  const auto where = specs::patches_where(marker, environment_, extras);
  return holds(marker, extras) ? where : ~where;
}

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

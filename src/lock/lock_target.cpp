#include "lock/lock_target.hpp"

#include <string_view>

#include <fmt/format.h>

#include "python/scanner.hpp"
#include "python/wheel.hpp"

namespace launch::lock {

Result<LockTarget> LockTarget::make(const Recipe& recipe, const std::string& platform, int glibc_minor) {
  LockTarget out;
  out.target_ = {recipe.python, platform, glibc_minor};
  out.environment_ = TRY(python::marker_environment(recipe.python, platform));
  out.version_ = TRY(python::Version::parse(out.environment_.python_full_version));
  out.tags_ = TRY(python::supported_tags(out.target_));
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

bool fits_accelerator(const python::Version& version, const std::string& cuda) {
  const auto local = version.local();
  const auto numbered = [&](std::string_view prefix) {
    return local.starts_with(prefix) && local.size() > prefix.size() &&
           python::is_digit(local[prefix.size()]);
  };
  const bool plain =
      local == "cpu" || local == "xpu" || local.starts_with("cpu.") || local.starts_with("xpu.");
  const bool accelerator = plain || numbered("cu") || numbered("rocm");
  return !accelerator || local == cuda;
}

std::optional<std::string> nightly_date(const python::Version& version) {
  constexpr std::uint64_t kFirst = 2010'01'01;
  constexpr std::uint64_t kLast = 2099'12'31;
  const auto dev = version.dev().value_or(0);
  if (dev < kFirst || dev > kLast) return std::nullopt;
  const auto text = std::to_string(dev);
  return fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
}

}  // namespace launch::lock

#include "specs/patch_set.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {
namespace {

std::string full_version(const std::string& minor, std::size_t patch) {
  return fmt::format("{}.{}", minor, patch);
}

/// A bound on the patch release: an operator and a version.
struct Clause {
  const char* op = "";
  std::string version;
};

/// The least and the greatest of the set, and what is missing between them.
std::vector<Clause> clauses_of(const PatchSet& patches, const Interpreter& python) {
  std::vector<Clause> clauses;
  if (patches.none() || patches.all()) return clauses;
  const auto minor = python.version();
  std::size_t first = 0;
  while (!patches[first]) ++first;
  std::size_t last = patches.size() - 1;
  while (!patches[last]) --last;
  if (first != 0) clauses.push_back({">=", full_version(minor, first)});
  if (last + 1 != patches.size()) clauses.push_back({"<", full_version(minor, last + 1)});
  for (auto patch = first; patch < last; ++patch) {
    if (!patches[patch]) clauses.push_back({"!=", full_version(minor, patch)});
  }
  return clauses;
}

}  // namespace

PatchSet patches_allowed(const SpecifierSet& requires_python, const Interpreter& python) {
  const auto names_minor = [&](const Specifier& clause) {
    return clause.version_text.starts_with(python.version());
  };
  const auto& clauses = requires_python.clauses();
  const bool alike = std::none_of(clauses.begin(), clauses.end(), names_minor);
  PatchSet out;
  for (std::size_t patch = 0; patch < out.size(); ++patch) {
    out[patch] = requires_python.matches(*Version::parse(full_version(python.version(), patch)));
    if (alike) return out[patch] ? ~PatchSet() : PatchSet();
  }
  return out;
}

PatchSet patches_where(const Marker& marker, const MarkerEnvironment& environment,
                       const std::set<std::string>& extras) {
  PatchSet out;
  if (!marker.names_patch()) return marker.evaluate(environment, extras) ? ~out : out;
  auto changed = environment;
  for (std::size_t patch = 0; patch < out.size(); ++patch) {
    changed.python_full_version = full_version(environment.python_version, patch);
    changed.implementation_version = changed.python_full_version;
    out[patch] = marker.evaluate(changed, extras);
  }
  return out;
}

std::string patches_marker(const PatchSet& patches, const Interpreter& python) {
  std::vector<std::string> parts;
  for (const auto& clause : clauses_of(patches, python))
    parts.push_back(fmt::format("python_full_version {} \"{}\"", clause.op, clause.version));
  return join(parts, " and ");
}

std::string patches_specifier(const PatchSet& patches, const Interpreter& python) {
  std::vector<std::string> parts;
  for (const auto& clause : clauses_of(patches, python)) parts.push_back(clause.op + clause.version);
  return join(parts, ",");
}

}  // namespace launch::specs

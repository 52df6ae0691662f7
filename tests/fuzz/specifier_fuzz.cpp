#include <algorithm>

#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "resolve/version_set.hpp"
#include "specs/interpreter.hpp"
#include "specs/patch_set.hpp"
#include "specs/specifier.hpp"

namespace launch::fuzz {

using specs::SpecifierSet;
using specs::Version;

/// A line with specifiers, then lines with versions.
void fuzz_specifier(std::string_view bytes) {
  constexpr std::size_t kMost = 8;
  const auto all = lines(bytes);
  if (all.empty()) return;
  const auto set = SpecifierSet::parse(all.front());
  if (!parsed(set)) return;
  check_reads_back(set->text(), SpecifierSet::parse, [](const SpecifierSet& s) { return s.text(); });
  const auto again = SpecifierSet::parse(set->text());
  require(again->wants_prereleases() == set->wants_prereleases(), "the text wants the same", set->text());

  std::vector<Version> versions;
  for (std::size_t i = 1; i < all.size() && versions.size() < kMost; ++i) {
    for (const auto& clause : set->clauses()) (void)clause.matches_text(all[i]);
    auto version = Version::parse(all[i]);
    if (!version) continue;
    require(set->matches(*version) == again->matches(*version), "the text matches the same", set->text(),
            version->text());
    versions.push_back(*std::move(version));
  }
  std::sort(versions.begin(), versions.end());
  const auto matching = resolve::matching(*set, versions);
  for (std::size_t i = 0; i < versions.size(); ++i)
    require(matching.holds(i) == set->matches(versions[i]), "the set of versions is that of the clauses",
            set->text(), versions[i].text());
  (void)resolve::versions_text(matching, versions);
  const specs::Interpreter python{12};
  const auto patches = specs::patches_allowed(*set, python);
  const auto clauses = SpecifierSet::parse(specs::patches_specifier(patches, python));
  require(patches.none() || clauses.has_value(), "the clauses of patch releases are specifiers", set->text());
}

}  // namespace launch::fuzz

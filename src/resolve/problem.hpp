#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "resolve/conflict.hpp"
#include "resolve/version_set.hpp"
#include "specs/requirement.hpp"
#include "specs/version.hpp"

namespace launch::resolve {

using PackageId = std::size_t;
using FactId = std::size_t;

/// "a is one of these, or absent": one part of an incompatibility.
struct SetTerm {
  PackageId package = 0;
  VersionSet set;
};

/// Terms that cannot all be true, and the source of that knowledge. At most one term per package, sorted by
/// package.
struct Incompatibility {
  enum class Kind { needs, unfit, clause, link, derived };
  Kind kind = Kind::derived;
  std::vector<SetTerm> terms;
  std::string text;  ///< needs: the requirement, "b<1"; unfit: what is said of the version; clause: all of it
  Advice advice = {};
  FactId left = 0;  ///< derived: its causes
  FactId right = 0;
};

/// A package, or a package with one extra ("a[x]"), which is treated as a separate package with the same
/// versions.
struct Package {
  std::string name;
  std::string extra;
  PackageId base = 0;                       ///< itself, or the package without the extra
  std::vector<specs::Version> versions;     ///< ascending
  std::vector<std::size_t> order;           ///< places, best first
  std::map<VersionSet, std::string> spelt;  ///< sets that a requirement named, as it did: "<1,>=0.5"

  std::string label() const { return extra.empty() ? name : name + "[" + extra + "]"; }
};

/// A requirement without its marker: "b[x]<1".
std::string requirement_text(const specs::Requirement& requirement);

/// Everything known so far: packages with their versions, and facts about them. The root is package 0.
class Problem {
 public:
  explicit Problem(std::string root);

  const Package& package(PackageId id) const { return packages_[id]; }
  Package& package(PackageId id) { return packages_[id]; }
  std::size_t size() const { return packages_.size(); }
  std::optional<PackageId> find(const std::string& name, const std::string& extra) const;
  PackageId add(Package package);

  const Incompatibility& fact(FactId id) const { return facts_[id]; }
  /// The active facts that name a package, oldest first.
  const std::vector<FactId>& facts_of(PackageId package) const { return facts_of_[package]; }

  /// Activates a fact. Terms of the same package are merged; a term that can never be true makes the fact
  /// void.
  std::optional<FactId> add(Incompatibility fact);
  /// A fact that is only a step of a proof.
  FactId add_step(Incompatibility fact);
  /// Activates a step.
  void enforce(FactId id);
  /// "This version of `package` needs `other` in `set`": merged with the same need of other versions.
  std::optional<FactId> add_need(PackageId package, std::size_t place, PackageId other, const VersionSet& set,
                                 const std::string& text);

  /// "This version of `package` cannot be used", with what is said of it: "requires b<1, but the newest b is
  /// 2", "needs Python >=3.13"; merged with the same fact about other versions.
  std::optional<FactId> add_unfit(PackageId package, std::size_t place, const std::string& text,
                                  Advice advice);

  /// What both facts imply without `package` (the rule of resolution).
  Incompatibility resolvent(FactId left, FactId right, PackageId package) const;

  /// The proof that ends with a fact, for the explanation.
  Conflict proof(FactId last) const;

 private:
  using Need = std::tuple<PackageId, PackageId, std::string>;  // who needs whom, and the requirement's text
  void retire(FactId id);
  std::optional<FactId> add_merged(const Need& need, Incompatibility fact, std::size_t place);
  std::string term_text(PackageId package, const VersionSet& versions, bool positive) const;
  Term shown(const SetTerm& term) const;
  Fact shown(const Incompatibility& fact) const;

  std::vector<Package> packages_;
  std::map<std::pair<std::string, std::string>, PackageId> ids_;
  std::vector<Incompatibility> facts_;
  std::vector<std::vector<FactId>> facts_of_;
  std::map<Need, FactId> needs_;
};

}  // namespace launch::resolve

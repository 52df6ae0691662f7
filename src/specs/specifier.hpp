#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/version.hpp"

namespace launch::specs {

enum class Operator { compatible, equal, not_equal, less_equal, greater_equal, less, greater, arbitrary };

/// One PEP 440 clause: ">=2.5", "==2.*", "===weird".
struct Specifier {
  Operator op = Operator::equal;
  std::string version_text;        ///< as written, without ".*"
  std::optional<Version> version;  ///< nullopt for "===" with text that is not a version
  bool wildcard = false;           ///< "==2.*", "!=2.*"

  /// Errors (input): not a PEP 440 clause.
  static Result<Specifier> parse(std::string_view text);

  /// Tests this clause alone; pre-releases match (PEP 440, "Version specifiers").
  bool matches(const Version& candidate) const;
  /// The same for any text: one that is not a version matches only "===" (compared without regard to case).
  bool matches_text(std::string_view candidate) const;
  /// Normalized spelling: ">=2.5".
  std::string text() const;
};

/// A comma-separated set of clauses, all of which must match; the empty set matches every version.
class SpecifierSet {
 public:
  SpecifierSet() = default;
  /// Errors (input): not a PEP 440 specifier set.
  static Result<SpecifierSet> parse(std::string_view text);

  /// True if all clauses match; pre-releases get no special treatment.
  bool matches(const Version& candidate) const;
  /// True if a clause names a pre-release, so that pre-releases of this project are wanted.
  bool wants_prereleases() const;

  bool empty() const { return clauses_.empty(); }
  const std::vector<Specifier>& clauses() const { return clauses_; }
  /// Normalized and sorted: ">=2.5,<3".
  std::string text() const;

 private:
  std::vector<Specifier> clauses_;
};

}  // namespace launch::specs

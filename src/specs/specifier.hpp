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
  std::optional<Version> version;  ///< none for "===" with something that is no version
  bool wildcard = false;           ///< "==2.*", "!=2.*"

  /// Errors (input): not one PEP 440 clause.
  static Result<Specifier> parse(std::string_view text);

  /// The clause alone, pre-releases included (PEP 440, "Version specifiers").
  bool matches(const Version& candidate) const;
  /// The same for any text: what is no version fits nothing but "===" (compared without regard to case).
  bool matches_text(std::string_view candidate) const;
  /// Normalized spelling: ">=2.5".
  std::string text() const;
};

/// A comma-separated set of clauses, all of which must hold; the empty set takes every version.
class SpecifierSet {
 public:
  SpecifierSet() = default;
  /// Errors (input): not a PEP 440 specifier set.
  static Result<SpecifierSet> parse(std::string_view text);

  /// All clauses hold; pre-releases are judged by the clauses alone.
  bool matches(const Version& candidate) const;
  /// A clause names a pre-release, so pre-releases of this project are wanted.
  bool wants_prereleases() const;

  bool empty() const { return clauses_.empty(); }
  const std::vector<Specifier>& clauses() const { return clauses_; }
  /// Normalized and sorted: ">=2.5,<3".
  std::string text() const;

 private:
  std::vector<Specifier> clauses_;
};

}  // namespace launch::specs

#include "specs/specifier.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 8> kOperators = {{
    {"===", Operator::arbitrary},
    {"==", Operator::equal},
    {"~=", Operator::compatible},
    {"!=", Operator::not_equal},
    {"<=", Operator::less_equal},
    {">=", Operator::greater_equal},
    {"<", Operator::less},
    {">", Operator::greater},
}};

std::string_view symbol(Operator op) {
  const auto* at =
      std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& pair) { return pair.second == op; });
  return at->first;
}

/// True if the first `count` numbers of both releases are equal; missing numbers are 0.
bool same_prefix(const Version& a, const Version& b, std::size_t count) {
  if (a.epoch() != b.epoch()) return false;
  const auto number = [](const Version& v, std::size_t i) {
    return i < v.release().size() ? v.release()[i] : 0;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (number(a, i) != number(b, i)) return false;
  }
  return true;
}

bool matches_equal(const Specifier& clause, const Version& candidate) {
  const Version& wanted = *clause.version;
  if (clause.wildcard) return same_prefix(candidate, wanted, wanted.release().size());
  return wanted.local().empty() ? candidate.without_local() == wanted : candidate == wanted;
}

/// ">V" matches neither V+local nor, unless V is a post-release, V.postN (PEP 440, "Exclusive ordered
/// comparison").
bool matches_greater(const Version& wanted, const Version& candidate) {
  if (wanted.dev() || wanted.post()) return candidate.without_local() > wanted;
  return candidate > wanted && !candidate.same_family(wanted);
}

/// "<V" does not match pre-releases of V unless V is a pre-release.
bool matches_less(const Version& wanted, const Version& candidate) {
  return candidate < (wanted.is_prerelease() ? wanted : wanted.first_dev());
}

Error not_a_specifier(std::string_view text, std::string_view reason) {
  return input_error(fmt::format("{} is not a version specifier: {}", in_quotes(text), reason));
}

Result<Specifier> parse_clause(std::string_view text) {
  Scanner scan(text, "version specifier");
  const auto* at = std::find_if(kOperators.begin(), kOperators.end(),
                                [&](const auto& pair) { return scan.take(pair.first); });
  if (at == kOperators.end()) {
    return fail(not_a_specifier(text, "expected one of ===, ==, ~=, !=, <=, >=, <, > and then a version"));
  }
  Specifier clause;
  clause.op = at->second;
  std::string_view version = trim(scan.rest());
  if (clause.op == Operator::arbitrary) {
    if (version.find_first_of(" \t\r\n\f\v;)") != std::string_view::npos) {
      return fail(not_a_specifier(text, "expected one word after ==="));
    }
    clause.version_text = version;
    if (auto parsed = Version::parse(version)) clause.version = *std::move(parsed);
    return clause;
  }
  if (version.empty()) return fail(not_a_specifier(text, "expected a version after it"));
  const bool equality = clause.op == Operator::equal || clause.op == Operator::not_equal;
  if (version.ends_with(".*")) {
    version.remove_suffix(2);
    clause.wildcard = true;
    if (!equality) return fail(not_a_specifier(text, "\".*\" is allowed only with == and !="));
  }
  auto parsed =
      during(Version::parse(version), fmt::format("reading the version specifier {}", in_quotes(text)));
  TRY_ASSIGN(clause.version, std::move(parsed));
  clause.version_text = version;
  if (clause.wildcard && (clause.version->is_prerelease() || clause.version->post() ||
                          !clause.version->local().empty() || trim(version) != version)) {
    return fail(not_a_specifier(text, "\".*\" is allowed only after plain release numbers"));
  }
  if (!equality && !clause.version->local().empty()) {
    return fail(not_a_specifier(text, "a local version (\"+…\") is allowed only with == and !="));
  }
  if (clause.op == Operator::compatible && clause.version->release().size() < 2) {
    return fail(not_a_specifier(text, "~= requires at least two release numbers"));
  }
  return clause;
}

bool names_prerelease(const Specifier& clause) {
  return clause.op != Operator::not_equal && !clause.wildcard && clause.version &&
         clause.version->is_prerelease();
}

}  // namespace

bool Specifier::matches(const Version& candidate) const {
  switch (op) {
    case Operator::equal:
      return matches_equal(*this, candidate);
    case Operator::not_equal:
      return !matches_equal(*this, candidate);
    case Operator::compatible:
      return candidate >= *version && same_prefix(candidate, *version, version->release().size() - 1);
    case Operator::less_equal:
      return candidate.without_local() <= *version;
    case Operator::greater_equal:
      return candidate >= *version;
    case Operator::less:
      return matches_less(*version, candidate);
    case Operator::greater:
      return matches_greater(*version, candidate);
    case Operator::arbitrary:
      return matches_text(candidate.text());
  }
  return false;
}

bool Specifier::matches_text(std::string_view candidate) const {
  if (op == Operator::arbitrary) return to_lower(candidate) == to_lower(version_text);
  const auto parsed = Version::parse(candidate);
  return parsed && matches(*parsed);
}

std::string Specifier::text() const {
  const bool as_written = op == Operator::arbitrary || !version;
  return fmt::format("{}{}{}", symbol(op), as_written ? version_text : version->text(), wildcard ? ".*" : "");
}

Result<Specifier> Specifier::parse(std::string_view text) {
  return parse_clause(trim(text));
}

Result<SpecifierSet> SpecifierSet::parse(std::string_view text) {
  SpecifierSet set;
  for (const auto part : split(text, ',')) {
    if (trim(part).empty()) continue;
    TRY_ASSIGN(auto clause, parse_clause(trim(part)));
    set.clauses_.push_back(std::move(clause));
  }
  return set;
}

bool SpecifierSet::matches(const Version& candidate) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Specifier& c) { return c.matches(candidate); });
}

bool SpecifierSet::wants_prereleases() const {
  return std::any_of(clauses_.begin(), clauses_.end(), names_prerelease);
}

std::string SpecifierSet::text() const {
  std::vector<std::string> parts;
  parts.reserve(clauses_.size());
  for (const auto& clause : clauses_) parts.push_back(clause.text());
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return join(parts, ",");
}

}  // namespace launch::specs

#include "specs/requirement.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/marker_parser.hpp"
#include "specs/name.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class RequirementParser {
 public:
  explicit RequirementParser(std::string_view text) : scan_(text, "requirement") {}

  Result<Requirement> parse() {
    Requirement requirement;
    scan_.skip_blanks();
    TRY_ASSIGN(const auto name, identifier("a package name"));
    requirement.name = normalize_name(name);
    scan_.skip_blanks();
    if (scan_.take("[")) {
      TRY_ASSIGN(requirement.extras, extras());
    }
    scan_.skip_blanks();
    std::string_view before_marker;
    if (scan_.take("@")) {
      TRY_ASSIGN(requirement.url, url());
      before_marker = "a space and then \";\", or the end";
    } else {
      TRY_ASSIGN(requirement.specifier, specifiers());
      before_marker =
          requirement.specifier.empty() ? "a version specifier, \";\" or the end" : "\",\", \";\" or the end";
    }
    if (scan_.done()) return requirement;
    if (!scan_.take(";")) return fail(scan_.expected(before_marker));
    TRY_ASSIGN(requirement.marker, parse_marker(scan_));
    return requirement;
  }

 private:
  /// A name of PEP 508: letters and digits, with ".", "_" and "-" only between them.
  Result<std::string_view> identifier(std::string_view expectation) {
    if (!is_alphanumeric(scan_.peek())) return fail(scan_.expected(expectation));
    const Scanner before = scan_;
    auto found = scan_.take_while([](char c) { return is_word(c) || c == '.' || c == '-'; });
    while (!is_alphanumeric(found.back())) found.remove_suffix(1);
    scan_ = before;
    if (!is_valid_name(found)) return fail(scan_.expected("a name of at most 255 characters"));
    scan_.take(found);
    return found;
  }

  Result<std::set<std::string>> extras() {
    std::set<std::string> names;
    scan_.skip_blanks();
    if (scan_.take("]")) return names;
    for (;;) {
      TRY_ASSIGN(const auto name, identifier("the name of an extra"));
      names.insert(normalize_name(name));
      scan_.skip_blanks();
      if (scan_.take("]")) return names;
      if (!scan_.take(",")) return fail(scan_.expected("\",\" or \"]\" after the name of an extra"));
      scan_.skip_blanks();
    }
  }

  Result<std::string> url() {
    scan_.skip_blanks();
    const auto address = scan_.take_while([](char c) { return c != ' ' && c != '\t'; });
    if (address.empty()) return fail(scan_.expected("a URL"));
    if (std::any_of(address.begin(), address.end(), [](char c) { return is_space(c) || c == '\0'; })) {
      return fail(scan_.expected("a URL without control characters", scan_.position() - address.size()));
    }
    scan_.skip_blanks();
    return std::string(address);
  }

  Result<SpecifierSet> specifiers() {
    const auto opening = scan_.position();
    const bool parenthesised = scan_.take("(");
    scan_.skip_blanks();
    const auto start = scan_.position();
    while (take_clause()) {
      scan_.skip_blanks();
      if (!scan_.take(",")) break;
      scan_.skip_blanks();
    }
    const auto text = scan_.since(start);
    if (parenthesised && !scan_.take(")")) {
      return fail(scan_.expected(fmt::format("\")\" to close the \"(\" at column {},", opening + 1)));
    }
    scan_.skip_blanks();
    auto set = SpecifierSet::parse(text);
    return during(std::move(set), fmt::format("reading the requirement {}", in_quotes(scan_.text())));
  }

  bool take_clause() {
    constexpr std::array<std::string_view, 7> kOperators = {"==", "~=", "!=", "<=", ">=", "<", ">"};
    if (scan_.take("===")) {
      scan_.take_while(is_space);
      scan_.take_while([](char c) { return !is_space(c) && c != ';' && c != ')'; });
      return true;
    }
    if (std::none_of(kOperators.begin(), kOperators.end(), [&](auto op) { return scan_.take(op); }))
      return false;
    scan_.take_while(is_space);
    scan_.take_while(
        [](char c) { return is_word(c) || std::string_view(".-+!*").find(c) != std::string_view::npos; });
    return true;
  }

  Scanner scan_;
};

}  // namespace

Result<Requirement> Requirement::parse(std::string_view text) {
  return RequirementParser(text).parse();
}

std::string Requirement::text() const {
  std::string out = name;
  if (!extras.empty()) out += fmt::format("[{}]", fmt::join(extras, ","));
  out += specifier.text();
  if (url) out += fmt::format(" @ {}{}", *url, marker ? " " : "");
  if (marker) out += fmt::format("; {}", marker->text());
  return out;
}

}  // namespace launch::specs

#include "pysource/expression_reader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "pysource/known_tests.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

constexpr int kMostNested = 40;
constexpr std::size_t kMostParts = 64;

bool is_comparator(std::string_view word) {
  constexpr std::array<std::string_view, 9> kWords = {"<", ">", "==", ">=", "<=", "!=", "in", "is", "not"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 14> kWords = {"lambda", "await", "yield", "for",   "async",
                                                       "if",     "else",  "and",   "or",    "not",
                                                       "in",     "is",    "as",    "import"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

Condition ExpressionReader::opaque_range(TokenRange range) const {
  return opaque(asks_for_feature(tree_, range, roots_));
}

std::uint32_t ExpressionReader::find(TokenRange range, std::string_view word) const {
  const auto parts = split_range(tree_, range, word);
  return parts.size() < 2 ? range.last : parts.front().last;
}

Condition ExpressionReader::read(TokenRange range) {
  range = without_brackets(tree_, range);
  if (range.empty()) return opaque(false);
  if (depth_ >= kMostNested) return opaque_range(range);
  ++depth_;
  auto result = understood(range);
  --depth_;
  return result != nullptr ? result : opaque_range(range);
}

Condition ExpressionReader::test(TokenRange range) {
  range = without_brackets(tree_, range);
  auto condition = read(range);
  return is_plain_test(tree_, range) ? said(condition, range) : condition;
}

/// Null if it is not understood.
Condition ExpressionReader::understood(TokenRange range) {
  if (tree_.is(range.first, "lambda") || tree_.is(range.first, "await") || tree_.is(range.first, "yield"))
    return nullptr;
  if (range.first + 1 < range.last && tree_.is_name(range.first) && tree_.is(range.first + 1, ":="))
    return read({range.first + 2, range.last});
  if (split_range(tree_, range, ",").size() > 1) return bracketed(range, "(");
  if (const auto at = find(range, "for"); at < range.last) return comprehension(range, at);
  if (const auto at = find(range, "if"); at < range.last) return conditional(range, at);
  if (const auto parts = split_range(tree_, range, "or"); parts.size() > 1) return joined(Kind::any, parts);
  if (const auto parts = split_range(tree_, range, "and"); parts.size() > 1) return joined(Kind::all, parts);
  if (tree_.is(range.first, "not")) return make(Kind::negation, {test({range.first + 1, range.last})});
  return comparison(range);
}

Condition ExpressionReader::conditional(TokenRange range, std::uint32_t condition) {
  const auto other = find({condition + 1, range.last}, "else");
  if (other >= range.last) return nullptr;
  return make(Kind::conditional,
              {read({condition + 1, other}), read({range.first, condition}), read({other + 1, range.last})});
}

Condition ExpressionReader::joined(Kind kind, const std::vector<TokenRange>& parts) {
  if (parts.size() > kMostParts) return nullptr;
  std::vector<Condition> all;
  all.reserve(parts.size());
  for (const auto part : parts) all.push_back(test(part));
  return make(kind, std::move(all));
}

Condition ExpressionReader::comparison(TokenRange range) {
  auto at = range.first;
  auto left = sum(at, range.last);
  if (left == nullptr || at == range.last) return left;
  std::vector<Condition> all;
  while (at < range.last) {
    std::string op(tree_.text(at));
    if (!is_comparator(op) || tree_.token(at).kind == TokenKind::string) return nullptr;
    ++at;
    if (op == "not" || op == "is") {
      const std::string_view second = op == "not" ? "in" : "not";
      if (at < range.last && tree_.is(at, second)) {
        op += " " + std::string(second);
        ++at;
      }
    }
    auto right = sum(at, range.last);
    if (right == nullptr || all.size() == kMostParts) return nullptr;
    all.push_back(make(Kind::comparison, {left, right}, op));
    left = right;
  }
  return conjunction(std::move(all));
}

Condition ExpressionReader::sum(std::uint32_t& at, std::uint32_t last) {
  auto value = product(at, last);
  while (value != nullptr && at < last && (tree_.is(at, "+") || tree_.is(at, "-"))) {
    const std::string op(tree_.text(at++));
    auto right = product(at, last);
    value = right == nullptr ? nullptr : make(Kind::binary, {value, right}, op);
  }
  return value;
}

Condition ExpressionReader::product(std::uint32_t& at, std::uint32_t last) {
  auto value = unary(at, last);
  while (value != nullptr && at < last &&
         (tree_.is(at, "*") || tree_.is(at, "/") || tree_.is(at, "//") || tree_.is(at, "%"))) {
    const std::string op(tree_.text(at++));
    auto right = unary(at, last);
    value = right == nullptr ? nullptr : make(Kind::binary, {value, right}, op);
  }
  return value;
}

Condition ExpressionReader::unary(std::uint32_t& at, std::uint32_t last) {
  bool negative = false;
  for (; at < last && tree_.is(at, "-"); ++at) negative = !negative;
  auto value = member(at, last);
  if (value == nullptr) value = atom(at, last);
  if (value == nullptr) return nullptr;
  value = trailers(std::move(value), at, last);
  return negative && value != nullptr ? make(Kind::negative, {value}) : value;
}

/// `Class.flag` or `self.flag`, if it is known; else null.
Condition ExpressionReader::member(std::uint32_t& at, std::uint32_t last) const {
  if (at + 2 >= last || !tree_.is_name(at) || !tree_.is(at + 1, ".") || !tree_.is_name(at + 2))
    return nullptr;
  auto name = names_.member(tree_.text(at), tree_.text(at + 2));
  if (name.empty()) return nullptr;
  at += 3;
  return make(Kind::name, {}, std::move(name));
}

Condition ExpressionReader::number(std::uint32_t token) const {
  const auto text = replace_all(std::string(tree_.text(token)), "_", "");
  Expression expression{.kind = Kind::number};
  if (const auto value = parse_u64(text); value && *value < (std::uint64_t{1} << 62)) {
    expression.number = static_cast<std::int64_t>(*value);
    return make(std::move(expression));
  }
  if (text.find_first_not_of("0123456789.") != std::string::npos || text.size() > 30) return opaque(false);
  return make(Kind::real, {}, text);
}

/// The text of an f-string of names: f"{version.major}.{version.minor}"; null if it has anything else.
Condition ExpressionReader::formatted(std::string_view string) const {
  constexpr std::size_t kLongest = 80;
  const auto quote = string.find_first_of("\"'");
  if (string.substr(0, quote).find_first_of("fF") == std::string_view::npos || string.size() > kLongest)
    return nullptr;
  auto rest = string.substr(quote + 1, string.size() - quote - 2);
  if (rest.find_first_of("\"'\\") != std::string_view::npos) return nullptr;
  auto text = text_of({});
  while (!rest.empty()) {
    const auto open = std::min(rest.find('{'), rest.size());
    const auto close = rest.find('}');
    if (open < rest.size() ? close == std::string_view::npos || close < open
                           : close != std::string_view::npos)
      return nullptr;
    text = make(Kind::binary, {text, text_of(std::string(rest.substr(0, open)))}, "+");
    if (open == rest.size()) break;
    Condition value;
    for (const auto part : split(rest.substr(open + 1, close - open - 1), '.')) {
      if (words_of(part).empty() || part.find_first_of("!:[]() {+-*/=,%") != std::string_view::npos)
        return nullptr;
      if (value != nullptr) {
        value = make(Kind::attribute, {value}, std::string(part));
      } else {
        value = names_.value(part) == nullptr ? opaque(false) : names_.resolve(part);
      }
    }
    text = make(Kind::binary, {text, make(Kind::call, {make(Kind::name, {}, "str"), value})}, "+");
    rest.remove_prefix(close + 1);
  }
  return text;
}

Condition ExpressionReader::atom(std::uint32_t& at, std::uint32_t last) {
  if (at >= last) return nullptr;
  const auto& token = tree_.token(at);
  const auto word = tree_.text(at);
  if (token.kind == TokenKind::number) return number(at++);
  if (token.kind == TokenKind::string) {
    std::string text;
    bool known = true;
    const auto first = at;
    for (; at < last && tree_.token(at).kind == TokenKind::string; ++at) {
      const auto part = plain_string(tree_.text(at));
      known = known && part && text.size() + part->size() < 4096;
      if (known) text += *part;
    }
    if (known) return text_of(std::move(text));
    auto value = at == first + 1 ? formatted(tree_.text(first)) : nullptr;
    return value != nullptr ? value : opaque(false);
  }
  if (token.kind == TokenKind::name) {
    if (is_keyword(word)) return nullptr;
    ++at;
    if (word == "None") return make(Kind::none, {});
    if (word == "True" || word == "False") return constant(word == "True");
    if (word == "TYPE_CHECKING") return constant(false);
    if (std::find(bound_.begin(), bound_.end(), word) != bound_.end())
      return make(Kind::parameter, {}, std::string(word));
    return names_.resolve(word);
  }
  if (word == "(" || word == "[" || word == "{") {
    const auto end = behind_bracket(tree_, at, last);
    const TokenRange inside{at + 1, end - 1};
    if (end == at + 1) return nullptr;
    at = end;
    auto value = bracketed(inside, word);
    return value != nullptr ? value : opaque_range(inside);
  }
  return nullptr;
}

Condition ExpressionReader::trailers(Condition value, std::uint32_t& at, std::uint32_t last) {
  for (int count = 0; at < last && value != nullptr; ++count) {
    if (count == kMostNested) return nullptr;
    if (tree_.is(at, ".") && at + 1 < last && tree_.is_name(at + 1)) {
      value = make(Kind::attribute, {value}, std::string(tree_.text(at + 1)));
      at += 2;
    } else if (tree_.is(at, "(")) {
      const auto end = behind_bracket(tree_, at, last);
      value = call(value, at, end);
      at = end;
    } else if (tree_.is(at, "[")) {
      const auto end = behind_bracket(tree_, at, last);
      auto index = subscript({at + 1, end - 1});
      value = make(Kind::subscript, {value, index});
      at = end;
    } else {
      break;
    }
  }
  return value;
}

Condition ExpressionReader::call(const Condition& callee, std::uint32_t open, std::uint32_t close) {
  Expression expression{.kind = Kind::call};
  expression.parts.push_back(callee);
  const TokenRange inside{open + 1, std::max(open + 1, close - 1)};
  if (!inside.empty()) {
    const auto arguments = split_range(tree_, inside, ",");
    if (arguments.size() > kMostParts) return nullptr;
    for (const auto argument : arguments) {
      if (argument.empty()) continue;
      if (tree_.is(argument.first, "*") || tree_.is(argument.first, "**")) return nullptr;
      if (tree_.is_name(argument.first) && argument.first + 1 < argument.last &&
          tree_.is(argument.first + 1, "=")) {
        expression.names.emplace_back(tree_.text(argument.first));
        expression.parts.push_back(read({argument.first + 2, argument.last}));
      } else if (const auto word = find(argument, "for"); word < argument.last) {
        auto value = comprehension(argument, word);
        expression.parts.push_back(value != nullptr ? value : opaque_range(argument));
      } else {
        expression.parts.push_back(read(argument));
      }
    }
  }
  return make(std::move(expression));
}

Condition ExpressionReader::subscript(TokenRange inside) {
  const auto parts = split_range(tree_, inside, ":");
  if (parts.size() == 1) return read(inside);
  if (parts.size() > 2) return opaque_range(inside);
  const auto bound = [&](TokenRange part) { return part.empty() ? make(Kind::none, {}) : read(part); };
  return make(Kind::slice, {bound(parts[0]), bound(parts[1])});
}

Condition ExpressionReader::comprehension(TokenRange inside, std::uint32_t word) {
  const auto in = find({word + 1, inside.last}, "in");
  if (in >= inside.last || in != word + 2 || !tree_.is_name(word + 1)) return nullptr;
  if (find({in + 1, inside.last}, "for") < inside.last) return nullptr;
  const auto filter = find({in + 1, inside.last}, "if");
  std::vector<Condition> parts(2);
  parts[1] = read({in + 1, filter});
  bound_.emplace_back(tree_.text(word + 1));
  parts[0] = read({inside.first, word});
  if (filter < inside.last) parts.push_back(read({filter + 1, inside.last}));
  auto name = std::move(bound_.back());
  bound_.pop_back();
  return make(Kind::comprehension, std::move(parts), std::move(name));
}

/// What stands in brackets: one expression in "(", else the elements.
Condition ExpressionReader::bracketed(TokenRange inside, std::string_view open) {
  if (const auto word = find(inside, "for"); word < inside.last) return comprehension(inside, word);
  const auto items = split_range(tree_, inside, ",");
  if (open == "(" && items.size() == 1 && !inside.empty()) return read(inside);
  if (items.size() > kMostParts) return nullptr;
  std::vector<Condition> parts;
  bool is_mapping = open == "{" && inside.empty();
  for (const auto item : items) {
    if (item.empty()) continue;
    if (tree_.is(item.first, "*") || tree_.is(item.first, "**")) return nullptr;
    const auto pair = open == "{" ? split_range(tree_, item, ":") : std::vector<TokenRange>{item};
    if (pair.size() > 2) return nullptr;
    is_mapping = is_mapping || pair.size() == 2;
    for (const auto part : pair) parts.push_back(read(part));
  }
  if (is_mapping && parts.size() % 2 != 0) return nullptr;
  return make(is_mapping ? Kind::mapping : Kind::sequence, std::move(parts));
}

}  // namespace launch::pysource

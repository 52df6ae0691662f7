#include "pysource/definitions.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "pysource/conditions.hpp"
#include "pysource/function_reader.hpp"
#include "pysource/standard_library.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

constexpr std::uint32_t kLongestTest = 400;

bool is_needed_library(std::string_view root) {
  constexpr std::array<std::string_view, 8> kRoots = {"importlib",          "operator",  "inspect",
                                                      "distutils",          "packaging", "pkg_resources",
                                                      "importlib_metadata", "builtins"};
  return std::find(kRoots.begin(), kRoots.end(), root) != kRoots.end();
}

/// Classes and modules of others are seldom what a test of a version asks.
bool can_be_flag(std::string_view name) {
  if (name.empty()) return false;
  const bool camel = name.front() >= 'A' && name.front() <= 'Z' &&
                     std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!camel) return true;
  const auto words = words_of(name);
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "version" || word == "requirement" || word == "specifier";
  });
}

/// Names that a star import may bring to a test: IS_NEW, _HAS_X, is_new, has_x.
bool is_flag(std::string_view name) {
  const bool lower = std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return name.size() > 2 && (!lower || name.starts_with("is_") || name.starts_with("has_"));
}

Condition object(std::string module, std::string name) {
  Expression expression{.kind = Kind::object};
  expression.text = std::move(module);
  expression.other = std::move(name);
  return make(std::move(expression));
}

}  // namespace

Definitions::Interest Definitions::interest_of(std::string_view word) {
  const auto [at, added] = interests_.try_emplace(word, Interest::none);
  if (!added) return at->second;
  if (word == "hasattr" || word == "getattr" || word == "dir" || word == "signature" || word == "None" ||
      word == "getfullargspec" || word == "callable") {
    return at->second = Interest::word;
  }
  const auto lower = to_lower(word);
  if (lower.find("version") != std::string::npos && word != "version_info")
    return at->second = Interest::strong;
  if (word == "find_spec" || word == "get_distribution" || word == "importorskip")
    return at->second = Interest::strong;
  if (names_feature(word, roots_)) return at->second = Interest::strong;
  if (const auto package = named_package(word);
      package && (roots_.empty() ? *package == "torch" : roots_.contains(*package)))
    return at->second = Interest::strong;
  if (const auto named = named_comparison(word); named && !named->distribution.empty() && !named->op.empty())
    return at->second = Interest::strong;
  return at->second;
}

/// The modules that are asked about matter only where their attributes or versions are asked for.
bool Definitions::matters(TokenRange range) {
  if (range.last - range.first > kLongestTest) range.last = range.first + kLongestTest;
  bool weak = false;
  bool word = range.last - range.first <= 2;
  for (auto i = range.first; i < range.last; ++i) {
    if (tree_.token(i).kind == TokenKind::string) {
      // require_version("torch>=2.6")
      const auto text = tree_.text(i);
      if (text.size() < 80 && text.find_first_of("<>=") != std::string_view::npos) weak = word = true;
      continue;
    }
    if (!tree_.is_name(i)) continue;
    const auto text = tree_.text(i);
    const bool is_attribute = i > 0 && tree_.is(i - 1, ".");
    switch (interest_of(text)) {
      case Interest::strong:
        return true;
      case Interest::word:
        word = true;
        break;
      default:
        break;
    }
    if (is_attribute) continue;
    const auto known = names_.value(text);
    if (known == nullptr && !stars_.empty() && is_flag(text) && !names_.binds(text)) return true;
    if (known == nullptr) continue;
    const bool of_root = known->kind == Kind::object && known->other.find("version") == std::string::npos &&
                         (roots_.empty() || roots_.contains(known->text.substr(0, known->text.find('.'))));
    if (!of_root) return true;
    weak = true;
  }
  return weak && word;
}

Condition Definitions::test(TokenRange range) {
  return matters(range) ? read(range) : nullptr;
}

void Definitions::import(const ImportedName& name) {
  const auto root = name.module.substr(0, name.module.find('.'));
  if (name.name == "*") {
    if (name.level == 0 && is_standard_library(root)) return;
    Expression star{.kind = Kind::external};
    star.number = name.level;
    star.text = name.module;
    stars_.push_back(make(std::move(star)));
    return;
  }
  const bool asked = name.level == 0 && (roots_.empty() || roots_.contains(root));
  if (!name.from) {
    const auto bound = name.alias.empty() ? root : name.alias;
    if (asked || is_needed_library(root)) {
      names_.bind(bound, object(name.alias.empty() ? root : name.module, ""));
    } else if (is_standard_library(root)) {
      names_.forget(bound);
    } else {
      Expression module{.kind = Kind::external};
      module.text = name.alias.empty() ? root : name.module;
      names_.bind(bound, make(std::move(module)));
    }
    return;
  }
  const auto& bound = name.alias.empty() ? name.name : name.alias;
  if (asked || (name.level == 0 && is_needed_library(root)))
    return names_.bind(bound, object(name.module, name.name));
  if ((name.level == 0 && is_standard_library(root)) || !can_be_flag(name.name)) return names_.forget(bound);
  Expression external{.kind = Kind::external};
  external.number = name.level;
  external.text = name.module;
  external.other = name.name;
  names_.bind(bound, make(std::move(external)));
}

bool Definitions::is_literal(TokenRange range) const {
  range = without_brackets(tree_, range);
  if (range.empty() || range.last - range.first > 12) return false;
  for (auto i = range.first; i < range.last; ++i) {
    const auto kind = tree_.token(i).kind;
    const bool constant = kind == TokenKind::number || kind == TokenKind::string || tree_.is(i, "True") ||
                          tree_.is(i, "False") || tree_.is(i, "None");
    if (!constant && !(range.last - range.first > 1 && tree_.is(i, ","))) return false;
  }
  return true;
}

void Definitions::assign(TokenRange statement) {
  const auto parts = assignment(tree_, statement);
  if (parts.annotated_only) return;
  const bool known = !parts.augmented && (is_literal(parts.value) || matters(parts.value));
  const auto value = known ? read(parts.value) : nullptr;
  for (const auto target : parts.targets) {
    const auto names = target_names(tree_, target);
    const auto items = split_range(tree_, without_brackets(tree_, target), ",");
    const bool unpacks = items.size() > 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto name = tree_.text(names[i]);
      if (value == nullptr || (unpacks && names.size() != items.size())) {
        names_.forget(name);
      } else if (unpacks) {
        Expression index{.kind = Kind::number};
        index.number = static_cast<std::int64_t>(i);
        names_.bind(name, make(Kind::subscript, {value, make(std::move(index))}));
      } else {
        names_.bind(name, value);
      }
    }
  }
}

void Definitions::define(const Statement& statement) {
  const auto range = statement.tokens;
  if (range.empty() || !tree_.is_name(range.first)) return;
  const auto word = tree_.text(range.first);
  if (word == "import" || word == "from") {
    for (const auto& name : imported_names(tree_, range)) import(name);
    return;
  }
  if (word == "global") {
    for (auto i = range.first + 1; i < range.last; ++i) {
      if (tree_.is_name(i)) names_.make_volatile(tree_.text(i));
    }
    return;
  }
  if (word == "del") {
    for (auto i = range.first + 1; i < range.last; ++i) {
      if (tree_.is_name(i)) names_.forget(tree_.text(i));
    }
    return;
  }
  assign(range);
}

void Definitions::define_function(const Statement& statement) {
  const auto head = statement.clauses.front().head;
  if (head.empty() || !tree_.is_name(head.first)) return;
  const auto name = tree_.text(head.first);
  auto function = names_.in_module() ? FunctionReader(*this).read(statement) : nullptr;
  if (function != nullptr) {
    names_.bind(name, std::move(function));
  } else {
    names_.forget(name);
  }
}

std::optional<std::vector<Parameter>> parameters_of(const SourceTree& tree, TokenRange head) {
  std::vector<Parameter> parameters;
  auto open = head.first;
  while (open < head.last && !tree.is(open, "(")) ++open;
  if (open >= head.last) return parameters;
  const auto close = behind_bracket(tree, open, head.last) - 1;
  bool varies = false;
  if (open + 1 >= close) return parameters;
  for (auto part : split_range(tree, {open + 1, close}, ",")) {
    if (part.empty() || tree.is(part.first, "/")) continue;
    if (tree.is(part.first, "*") || tree.is(part.first, "**")) {
      varies = varies || part.last - part.first > 1;
      continue;
    }
    if (!tree.is_name(part.first)) continue;
    const auto values = split_range(tree, part, "=");
    parameters.push_back({part.first, values.size() > 1 ? values.back() : TokenRange{}});
  }
  if (varies) return std::nullopt;
  return parameters;
}

void Definitions::hide_parameters(const Statement& statement) {
  const auto head = statement.clauses.front().head;
  auto open = head.first;
  while (open < head.last && !tree_.is(open, "(")) ++open;
  for (auto i = open; i + 1 < head.last; ++i) {
    const bool begins = tree_.is(i, "(") || tree_.is(i, ",") || tree_.is(i, "*") || tree_.is(i, "**");
    if (begins && tree_.is_name(i + 1)) names_.forget(tree_.text(i + 1));
  }
}

/// The value of an assignment, or the statement.
TokenRange Definitions::value_of(TokenRange statement) const {
  const auto parts = assignment(tree_, statement);
  return parts.targets.empty() ? statement : parts.value;
}

Condition Definitions::success(const std::vector<Statement>& block) {
  std::vector<Condition> parts;
  bool others = false;
  for (const auto& statement : block) {
    if (statement.kind != StatementKind::simple || statement.tokens.empty()) continue;
    const auto names = imported_names(tree_, statement.tokens);
    for (const auto& name : names) {
      const auto root = std::string_view(name.module).substr(0, name.module.find('.'));
      if (name.level == 0 && (roots_.empty() || roots_.contains(root))) {
        Expression imports{.kind = Kind::imports};
        imports.requirement = {name.module, name.name};
        parts.push_back(make(std::move(imports)));
      } else if (name.level != 0 || !is_standard_library(root)) {
        others = true;
      }
    }
    if (!names.empty() || tree_.is(statement.tokens.first, "return")) continue;
    const auto value = value_of(statement.tokens);
    const auto* of_root =
        value.empty() || !tree_.is_name(value.first) ? nullptr : names_.value(tree_.text(value.first));
    std::uint32_t end = 0;
    dotted_name(tree_, value, &end);
    const bool chain = of_root != nullptr && of_root->kind == Kind::object && end == value.last;
    if (chain || (!is_literal(value) && matters(value)))
      parts.push_back(make(Kind::completes, {read(value)}));
  }
  if (others) parts.push_back(opaque(false));
  return parts.empty() ? nullptr : conjunction(std::move(parts));
}

}  // namespace launch::pysource

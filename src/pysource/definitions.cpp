#include "pysource/definitions.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "pysource/conditions.hpp"
#include "pysource/function_reader.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/standard_library.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

constexpr std::uint32_t kLongestTest = 400;
/// Tokens of a test that asks what a relative import, or another one, brings.
constexpr std::uint32_t kLongestOfTree = 24;
constexpr std::uint32_t kLongestOfOthers = 6;

bool is_needed_library(std::string_view root) {
  constexpr std::array<std::string_view, 8> kRoots = {"importlib",          "operator",  "inspect",
                                                      "distutils",          "packaging", "pkg_resources",
                                                      "importlib_metadata", "builtins"};
  return std::find(kRoots.begin(), kRoots.end(), root) != kRoots.end();
}

/// Tests of a version rarely use other packages' classes and modules, except by name alone: `if HasNew:`.
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

/// Names of flags and helpers: IS_NEW, _HAS_X, is_new, has_x, new_torch.
bool is_flag(std::string_view name) {
  const bool lower = std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!lower) return true;
  constexpr std::array<std::string_view, 8> kStarts = {"is_",  "_is_",      "has_",   "_has_",
                                                       "use_", "supports_", "check_", "can_"};
  if (std::any_of(kStarts.begin(), kStarts.end(), [&](auto start) { return name.starts_with(start); }))
    return true;
  constexpr std::array<std::string_view, 6> kParts = {"torch",   "available", "compat",
                                                      "require", "at_least",  "greater"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](auto part) { return name.find(part) != std::string_view::npos; });
}

/// Names of helpers that raise: check_torch, require_version, _ensure_new.
bool names_check(std::string_view name) {
  const auto words = words_of(name.substr(name.rfind('.') + 1));
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "require" || word == "requires" || word == "check" || word == "ensure" ||
           word == "assert" || word == "verify" || word == "validate";
  });
}

Condition object(std::string module, std::string name) {
  Expression expression{.kind = Kind::object};
  expression.text = std::move(module);
  expression.other = std::move(name);
  return make(std::move(expression));
}

}  // namespace

void Definitions::bind(std::string_view name, Condition value) {
  if (auto* word = words_.find(name)) word->bound = true;
  names_.bind(name, std::move(value));
}

void Definitions::forget(std::string_view name) {
  const auto* word = words_.find(name);
  if (word == nullptr || word->bound) names_.forget(name);
}

/// True for an attribute of something unknown: self.version, args.version.
bool Definitions::is_of_unknown(std::uint32_t token, TokenRange range) {
  while (token > range.first + 1 && tree_.is(token - 1, ".") && tree_.is_name(token - 2)) token -= 2;
  if (token > range.first && tree_.is(token - 1, ".")) return false;
  if (token + 1 >= range.last || !tree_.is(token + 1, ".")) return false;
  const auto* base = words_.at(token);
  const bool is_root = roots_.empty() || roots_.contains(base->text);
  return !is_root && base->interest == Interest::none && names_.value(base->text) == nullptr;
}

/// True for the object of a flag or method of a class that is known: the `self` of self.is_new.
bool Definitions::is_member(std::uint32_t token, TokenRange range) const {
  if (token + 2 >= range.last || !tree_.is(token + 1, ".") || !tree_.is_name(token + 2)) return false;
  return !names_.member(tree_.text(token), tree_.text(token + 2)).empty();
}

/// The checked modules matter only where their attributes or versions are used.
bool Definitions::matters(TokenRange range) {
  if (range.last - range.first > kLongestTest) range.last = range.first + kLongestTest;
  bool weak = false;
  bool asks = range.last - range.first <= 2;
  for (auto i = range.first; i < range.last; ++i) {
    if (tree_.token(i).kind == TokenKind::string) {
      // require_version("torch>=2.6")
      const auto text = tree_.text(i);
      if (text.size() < 80 && text.find_first_of("<>=") != std::string_view::npos) weak = asks = true;
      continue;
    }
    const auto* word = words_.at(i);
    if (word == nullptr) continue;
    if (is_member(i, range)) return true;
    if (word->interest == Interest::strong && !is_of_unknown(i, range)) return true;
    asks = asks || word->interest == Interest::asks;
    if (!word->bound) {
      if (!stars_.empty() && word->text.size() > 2 && is_flag(word->text)) return true;
      continue;
    }
    if (i > 0 && tree_.is(i - 1, ".")) continue;
    const auto* known = names_.value(word->text);
    if (known == nullptr) continue;
    if (known->kind == Kind::external) {
      // What other files define matters only if it can be a flag or a helper.
      const bool member = i + 2 < range.last && tree_.is(i + 1, ".") && is_flag(tree_.text(i + 2));
      if (member || is_flag(word->text)) return true;
      continue;
    }
    const bool of_root = known->kind == Kind::object && known->other.find("version") == std::string::npos &&
                         (roots_.empty() || roots_.contains(root_of(known->text)));
    if (!of_root) return true;
    weak = true;
  }
  return weak && asks;
}

bool Definitions::concerns(TokenRange range) {
  for (auto i = range.first; i < range.last; ++i) {
    const auto* word = words_.at(i);
    if (word != nullptr && (word->bound || word->interest == Interest::strong)) return true;
  }
  return false;
}

/// True if a short test uses what a relative import brings, or a very short one what another import does: a
/// flag or helper of any name.
bool Definitions::asks_tree(TokenRange range) const {
  if (range.last - range.first > kLongestOfTree) return false;
  for (auto i = range.first; i < range.last; ++i) {
    if (!tree_.is_name(i) || (i > range.first && tree_.is(i - 1, "."))) continue;
    const auto* known = names_.value(tree_.text(i));
    if (known == nullptr || known->kind != Kind::external) continue;
    const bool others = !known->other.empty() && range.last - range.first <= kLongestOfOthers;
    if (known->number > 0 || others) return true;
  }
  return false;
}

/// True if one of the tests that are combined is nothing but a name that an import brings, like that of a
/// class.
bool Definitions::asks_class(TokenRange range) {
  if (classes_.empty() || range.last - range.first > kLongestOfTree) return false;
  const auto atoms = atoms_of(tree_, range);
  return std::any_of(atoms.begin(), atoms.end(), [&](TokenRange atom) {
    if (atom.last - atom.first != 1 || !tree_.is_name(atom.first)) return false;
    const auto name = tree_.text(atom.first);
    return classes_.find(name) != classes_.end() && !names_.binds(name) && targets().of_module(name) == 1;
  });
}

std::unordered_map<std::string, Condition> Definitions::take_module() {
  auto names = names_.take_module();
  for (auto& [name, value] : classes_) {
    if (targets().of_module(name) == 1) names.try_emplace(name, std::move(value));
  }
  return names;
}

Condition Definitions::test(TokenRange range) {
  return matters(range) || asks_tree(range) || asks_class(range)
             ? ExpressionReader(tree_, names_, roots_).test(range)
             : nullptr;
}

Condition Definitions::check(TokenRange statement) {
  const auto parts = assignment(tree_, statement);
  const auto value = parts.targets.empty() ? statement : parts.value;
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, value, &end);
  if (name.empty() || end >= value.last || !tree_.is(end, "(")) return nullptr;
  const auto* known = names_.value(name);
  const bool checks = names_check(name);
  const bool helper = checks || (known != nullptr && known->kind == Kind::function);
  const bool refuses = parts.targets.empty() && ((helper && matters(value)) || (checks && asks_tree(value)));
  const bool concerned = name.ends_with("importorskip") || refuses;
  return concerned ? make(Kind::completes, {read(value)}) : nullptr;
}

void Definitions::import(const ImportedName& name) {
  const std::string root(root_of(name.module));
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
    if (asked || is_needed_library(root) || root == "dataclasses") {
      bind(bound, object(name.alias.empty() ? root : name.module, ""));
    } else if (is_standard_library(root)) {
      forget(bound);
    } else {
      Expression module{.kind = Kind::external};
      module.text = name.alias.empty() ? root : name.module;
      bind(bound, make(std::move(module)));
    }
    return;
  }
  const auto& bound = name.alias.empty() ? name.name : name.alias;
  const bool of_fields = name.module == "dataclasses" && name.name == "fields";
  if (asked || (name.level == 0 && (is_needed_library(root) || of_fields)))
    return bind(bound, object(name.module, name.name));
  if (name.level == 0 && is_standard_library(root)) return forget(bound);
  Expression external{.kind = Kind::external};
  external.number = name.level;
  external.text = name.module;
  external.other = name.name;
  if (name.level != 0 || can_be_flag(name.name)) return bind(bound, make(std::move(external)));
  if (names_.in_module()) classes_.insert_or_assign(bound, make(std::move(external)));
  forget(bound);
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
        forget(name);
      } else if (unpacks) {
        Expression index{.kind = Kind::number};
        index.number = static_cast<std::int64_t>(i);
        bind(name, make(Kind::subscript, {value, make(std::move(index))}));
      } else {
        bind(name, value);
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
      if (tree_.is_name(i)) forget(tree_.text(i));
    }
    return;
  }
  // A flag may be a constant; other statements only matter with what is known.
  const auto last = range.last - 1;
  const bool flag = range.last - range.first >= 3 && (tree_.is(last - 1, "=") || names_.in_module()) &&
                    range.last - range.first < 24 &&
                    (tree_.token(last).kind != TokenKind::name || words_.at(last)->keyword);
  if (flag || concerns(range)) assign(range);
}

void Definitions::define_function(const Statement& statement) {
  const auto head = statement.clauses.front().head;
  if (head.empty() || !tree_.is_name(head.first)) return;
  const auto name = tree_.text(head.first);
  auto function = names_.in_module() ? FunctionReader(*this).read(statement) : nullptr;
  if (function != nullptr) {
    bind(name, std::move(function));
  } else {
    forget(name);
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
  for (const auto name : parameter_names(tree_, statement.clauses.front().head)) forget(tree_.text(name));
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
      const auto root = root_of(name.module);
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

#include "pysource/aliases.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/format_fields.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/standard_library.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

/// The target of an import, and the token of the name that it binds.
struct Imported {
  std::string_view bound;
  AliasTarget target;
};

Imported imported(const SourceTree& tree, const ImportedName& name) {
  Imported result{bound_text(tree, name), {}};
  if (name.from) {
    result.target = {std::string(name.level, '.') + name.module, name.name};
  } else {
    result.target.module = name.alias.empty() ? std::string(root_of(name.module)) : name.module;
  }
  return result;
}

bool is_none_like(const SourceTree& tree, TokenRange value) {
  if (value.last - value.first != 1) return false;
  const auto text = tree.text(value.first);
  return text == "None" || text == "False" || text == "object" || text == "Any";
}

/// True for the `super` of `super().__init__(…)` with arguments.
bool calls_constructor(const SourceTree& tree, std::uint32_t super) {
  constexpr std::uint32_t kLongest = 12;
  const auto last = std::min(super + kLongest, static_cast<std::uint32_t>(tree.list().tokens.size()));
  if (super + 1 >= last || !tree.is(super + 1, "(")) return false;
  const auto end = behind_bracket(tree, super + 1, last);
  return end + 3 < last && tree.is(end, ".") && tree.is(end + 1, "__init__") && tree.is(end + 2, "(") &&
         !tree.is(end + 3, ")");
}

/// True if the import may be of another file of the scanned tree.
bool may_be_of_tree(const ImportedName& name) {
  return name.level != 0 || !is_standard_library(root_of(name.module));
}

/// True if a call whose bracket opens there has a keyword.
bool has_keyword(const SourceTree& tree, std::uint32_t open) {
  const auto last = static_cast<std::uint32_t>(tree.list().tokens.size());
  if (open >= last || !tree.is(open, "(")) return false;
  int depth = 0;
  for (auto i = open; i < last; ++i) {
    const auto& token = tree.token(i);
    if (token.kind != TokenKind::op || token.length > 2) continue;
    const auto first = tree.text(i).front();
    if (first == '(' || first == '[' || first == '{') ++depth;
    if ((first == ')' || first == ']' || first == '}') && --depth == 0) return false;
    const bool names = token.length == 1 ? first == '=' : first == '*';
    if (depth == 1 && names) return true;
  }
  return false;
}

void add_target(AliasBindings& bindings, AliasTarget target) {
  auto& targets = bindings.targets;
  if (std::find(targets.begin(), targets.end(), target) == targets.end())
    targets.push_back(std::move(target));
}

/// A target elsewhere counts if the name is bound to nothing else.
void settle(AliasBindings& bindings) {
  auto& targets = bindings.targets;
  const auto is_elsewhere = [](const AliasTarget& target) { return target.elsewhere; };
  if (std::none_of(targets.begin(), targets.end(), is_elsewhere)) return;
  if (targets.size() == 1 && bindings.base.empty() && !bindings.fallback && !bindings.other) return;
  std::erase_if(targets, is_elsewhere);
  (bindings.replaced ? bindings.other : bindings.fallback) = true;
}

}  // namespace

Aliases::Aliases(const SourceTree& tree, const std::set<std::string, std::less<>>& roots)
    : tree_(tree), roots_(roots) {
  collect(tree.body(), Level::module);
  find_called();
  find_tokens();
}

Aliases::Aliases(const SourceTree& expression, const Aliases& around)
    : tree_(expression), roots_(around.roots_), names_(around.names_) {
  find_tokens();
}

bool Aliases::is_of_packages(std::string_view module) const {
  return roots_.contains(root_of(module));
}

/// True if one of the words of a text is a name.
bool Aliases::names_any(std::string_view text) const {
  const auto in_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  const auto* const last = text.data() + text.size();
  for (const auto* at = text.data(); at != last;) {
    at = std::find_if(at, last, in_word);
    const auto* const end = std::find_if_not(at, last, in_word);
    if (at != end && names_.contains(std::string_view(at, static_cast<std::size_t>(end - at)))) return true;
    at = end;
  }
  return false;
}

void Aliases::remember_imports(TokenRange statement) {
  for (const auto& name : imported_names(tree_, statement)) {
    if (name.name == "*") continue;
    const auto bound = bound_text(tree_, name);
    if (name.level == 0 && roots_.contains(root_of(name.module))) {
      elsewhere_.erase(bound);
      names_.insert(bound);
    } else if (may_be_of_tree(name) && !names_.contains(bound)) {
      elsewhere_.insert(bound);
    }
  }
}

/// Notes imported classes that are called with keywords, and modules through which such are called.
void Aliases::find_called() {
  if (elsewhere_.empty()) return;
  const auto& [source, tokens, lines, comments, problem] = tree_.list();
  for (std::uint32_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::name || source[tokens[i].offset] > '_') continue;
    const auto& next = tokens[i + 1];
    if (next.kind != TokenKind::op || (source[next.offset] != '(' && source[next.offset] != ',')) continue;
    if (!is_like_class(tree_.text(i))) continue;
    auto first = i;
    while (first > 1 && tree_.is(first - 1, ".") && tree_.is_name(first - 2)) first -= 2;
    if (!elsewhere_.contains(tree_.text(first)) || names_.contains(tree_.text(first))) continue;
    const bool kept = first > 1 && tree_.is(first - 1, "(") && tree_.is(first - 2, "partial");
    if (kept || has_keyword(tree_, i + 1)) names_.insert(tree_.text(first));
  }
}

void Aliases::find_tokens() {
  if (names_.empty()) return;
  std::array<bool, 256> firsts{};
  for (const auto name : names_) firsts[static_cast<unsigned char>(name.front())] = true;
  firsts['s'] = true;  // super
  const auto& [source, tokens, lines, comments, problem] = tree_.list();
  for (std::uint32_t i = 0; i < tokens.size(); ++i) {
    const auto kind = tokens[i].kind;
    if (kind == TokenKind::string && has_fields(tree_.text(i)) && names_any(tree_.text(i)))
      tokens_.push_back(i);
    if (kind != TokenKind::name || !firsts[static_cast<unsigned char>(source[tokens[i].offset])]) continue;
    const auto text = tree_.text(i);
    if (text == "super" && calls_constructor(tree_, i)) tokens_.push_back(i);
    if (!names_.contains(text)) continue;
    if (i == 0 || !tree_.is(i - 1, ".")) tokens_.push_back(i);
  }
}

/// In the order of the source, so that `aten = torch.ops.aten` is known once torch is.
void Aliases::collect(const std::vector<Statement>& block, Level level) {
  bool decorated = false;
  for (const auto& statement : block) {
    const bool plain = !std::exchange(decorated, is_decorator(tree_, statement));
    if (plain && level == Level::module && statement.kind == StatementKind::klass &&
        is_derived(statement.clauses.front())) {
      derived_.insert(&statement.clauses.front());
      names_.insert(tree_.text(statement.clauses.front().head.first));
    }
    const bool own = statement.kind == StatementKind::function || statement.kind == StatementKind::klass;
    for (const auto& clause : statement.clauses) collect(clause.body, own ? Level::inner : level);
    const auto range = statement.tokens;
    if (statement.kind != StatementKind::simple || range.last - range.first < 2) continue;
    const auto first = tree_.text(range.first);
    if (first == "import" || first == "from") {
      remember_imports(range);
    } else if (level == Level::module && !names_.empty() && tree_.is_name(range.first) &&
               tree_.is(range.first + 1, "=") && is_chain({range.first + 2, range.last})) {
      names_.insert(first);
    }
  }
}

/// True for a class without a constructor of its own, whose only base with one is named by an alias or is
/// such a class. A base elsewhere becomes an alias if the class has its constructor or calls that with a
/// keyword.
bool Aliases::is_derived(const Clause& klass) {
  const auto base = only_base(tree_, klass.head);
  if (base.empty()) return false;
  const auto first = tree_.text(base.first);
  const bool known = names_.contains(first);
  if (!known && !(elsewhere_.contains(first) && is_like_class(tree_.text(base.last - 1)))) return false;
  const auto name = tree_.text(klass.head.first);
  const auto all = tokens_of(klass);
  bool derived = true;
  bool calls = false;
  for (const auto token : constructors()) {
    const bool inside = token >= all.first && token < all.last;
    const bool attribute = token > 1 && tree_.is(token - 1, ".");
    if (attribute ? tree_.is(token - 2, name) : inside) derived = false;
    calls = calls || (inside && attribute && has_keyword(tree_, token + 1));
  }
  if (derived || calls) names_.insert(first);
  return derived;
}

/// The names of constructors in the source.
const std::vector<std::uint32_t>& Aliases::constructors() {
  if (constructors_) return *constructors_;
  constructors_.emplace();
  const auto& tokens = tree_.list().tokens;
  for (std::uint32_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::name || tree_.text(i).front() != '_') continue;
    if (tree_.is(i, "__init__") || tree_.is(i, "__new__")) constructors_->push_back(i);
  }
  return *constructors_;
}

bool Aliases::is_chain(TokenRange value) const {
  if (value.last - value.first < 3 || !tree_.is_name(value.first)) return false;
  const auto first = tree_.text(value.first);
  if (!names_.contains(first) || elsewhere_.contains(first)) return false;
  for (auto i = value.first + 1; i < value.last; i += 2) {
    if (!tree_.is(i, ".") || i + 1 >= value.last || !tree_.is_name(i + 1)) return false;
  }
  return true;
}

std::span<const std::uint32_t> Aliases::tokens_in(TokenRange range) const {
  const auto first = std::lower_bound(tokens_.begin(), tokens_.end(), range.first);
  const auto last = std::lower_bound(first, tokens_.end(), range.last);
  return {first, last};
}

bool Aliases::any_in(TokenRange range) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), range.first);
  return found != tokens_.end() && *found < range.last;
}

AliasScope Aliases::scope_of(const std::vector<Statement>& block, const Clause* function) const {
  AliasScope scope;
  if (names_.empty()) return scope;
  if (function != nullptr && any_in(function->head))
    bind_other(scope, parameter_names(tree_, function->head));
  bind_block(scope, block, Path::main);
  for (auto& [name, bindings] : scope) settle(bindings);
  return scope;
}

void Aliases::bind_block(AliasScope& scope, const std::vector<Statement>& block, Path path) const {
  for (const auto& statement : block) bind_statement(scope, statement, path);
}

void Aliases::bind_statement(AliasScope& scope, const Statement& statement, Path path) const {
  if (statement.kind == StatementKind::simple) {
    if (any_in(statement.tokens)) bind_simple(scope, statement.tokens, path);
    return;
  }
  const bool own = statement.kind == StatementKind::function || statement.kind == StatementKind::klass;
  for (const auto& clause : statement.clauses) {
    if (any_in(clause.head)) bind_head(scope, statement, clause);
    const bool instead = clause.keyword == "except" || clause.keyword == "else";
    if (!own) bind_block(scope, clause.body, instead ? Path::fallback : path);
  }
}

void Aliases::bind_head(AliasScope& scope, const Statement& statement, const Clause& clause) const {
  const auto head = clause.head;
  switch (statement.kind) {
    case StatementKind::klass:
      if (derived_.contains(&clause)) {
        auto& bindings = scope[tree_.text(head.first)];
        bindings.other = bindings.other || !bindings.base.empty();
        bindings.base = dotted_name(tree_, only_base(tree_, head));
        return;
      }
      [[fallthrough]];
    case StatementKind::function:
      // A placeholder for what could not be imported.
      if (names_.contains(tree_.text(head.first))) scope[tree_.text(head.first)].fallback = true;
      return;
    case StatementKind::loop:
      if (clause.keyword == "for")
        bind_other(scope, target_names(tree_, split_range(tree_, head, "in").front()));
      return;
    case StatementKind::with:
      return bind_other(scope, with_targets(tree_, head));
    case StatementKind::attempt:
      if (head.last - head.first > 2 && tree_.is(head.last - 2, "as")) bind_other(scope, {head.last - 1});
      return;
    case StatementKind::match:
      for (auto i = head.first; i < head.last; ++i) {
        const bool value = i + 1 < head.last && (tree_.is(i + 1, ".") || tree_.is(i + 1, "("));
        if (tree_.is_name(i) && !value && (i == head.first || !tree_.is(i - 1, "."))) bind_other(scope, {i});
      }
      return;
    default:
      return;
  }
}

void Aliases::bind_other(AliasScope& scope, const std::vector<std::uint32_t>& names) const {
  for (const auto token : names) {
    if (names_.contains(tree_.text(token))) scope[tree_.text(token)].other = true;
  }
}

void Aliases::bind_imports(AliasScope& scope, TokenRange range, Path path) const {
  for (const auto& name : imported_names(tree_, range)) {
    if (name.name == "*") continue;
    auto [bound, target] = imported(tree_, name);
    if (!names_.contains(bound)) continue;
    auto& bindings = scope[bound];
    if (name.level == 0 && roots_.contains(root_of(name.module))) {
      add_target(bindings, std::move(target));
    } else if (may_be_of_tree(name)) {
      target.elsewhere = true;
      bindings.replaced = bindings.replaced || path == Path::main;
      add_target(bindings, std::move(target));
    } else {
      (path == Path::fallback ? bindings.fallback : bindings.other) = true;
    }
  }
}

void Aliases::bind_simple(AliasScope& scope, TokenRange range, Path path) const {
  const auto first = tree_.text(range.first);
  if (first == "global" || first == "nonlocal") {
    for (auto i = range.first + 1; i < range.last; ++i) {
      if (names_.contains(tree_.text(i))) scope[tree_.text(i)].outer = true;
    }
    return;
  }
  if (first == "import" || first == "from") return bind_imports(scope, range, path);
  for (auto i = range.first; i + 1 < range.last; ++i) {
    if (tree_.is_name(i) && tree_.is(i + 1, ":=")) bind_other(scope, {i});
  }
  const auto parts = assignment(tree_, range);
  for (const auto& target : parts.targets) {
    const auto names = target_names(tree_, target);
    const bool single = names.size() == 1 && target.last - target.first == 1;
    for (const auto token : names) {
      const auto text = tree_.text(token);
      if (!names_.contains(text)) continue;
      auto& bindings = scope[text];
      if (single && is_none_like(tree_, parts.value)) {
        bindings.fallback = true;
      } else if (single && is_chain(parts.value)) {
        // Its first name is looked up when the alias is used.
        add_target(bindings, {{}, dotted_name(tree_, parts.value)});
      } else {
        (path == Path::fallback ? bindings.fallback : bindings.other) = true;
      }
    }
  }
}

}  // namespace launch::pysource

#include "pysource/attribute_uses.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "pysource/aliases.hpp"
#include "pysource/attribute_chains.hpp"
#include "pysource/conditions.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

bool has_future_annotations(const SourceTree& tree) {
  for (const auto& statement : tree.body()) {
    if (statement.kind != StatementKind::simple) continue;
    for (const auto& name : imported_names(tree, statement.tokens)) {
      if (name.module == "__future__" && name.name == "annotations") return true;
    }
  }
  return false;
}

class Walk {
 public:
  Walk(const SourceTree& tree, const std::set<std::string, std::less<>>& roots)
      : tree_(tree), roots_(roots), aliases_(tree, roots), chains_(tree, aliases_), place_(chains_.place) {}

  AttributeUses run() {
    literals();
    if (!aliases_.tokens().empty()) {
      lazy_annotations_ = has_future_annotations(tree_);
      place_.scopes.push_back({ScopeKind::module, aliases_.scope_of(tree_.body(), nullptr)});
      block(tree_.body());
      chains_.result.classes = chains_.classes();
      for (auto& use : chains_.result.uses) {
        use.optional = use.optional || chains_.is_stored(use.requirement);
      }
    }
    auto& uses = chains_.result.uses;
    std::stable_sort(uses.begin(), uses.end(),
                     [](const AttributeUse& a, const AttributeUse& b) { return a.token < b.token; });
    return std::move(chains_.result);
  }

 private:
  /// Calls whose first argument is a literal that names something, in any file.
  void literals() {
    const auto& tokens = tree_.list().tokens;
    for (std::uint32_t i = 2; i < tokens.size(); ++i) {
      if (tokens[i].kind != TokenKind::string || !tree_.is(i - 1, "(")) continue;
      patch(i);
      registration(i);
    }
  }

  /// The target of mock.patch("torch.x.y"), monkeypatch.setattr("torch.x.y", …).
  void patch(std::uint32_t literal) {
    const bool sets = tree_.is(literal - 2, "setattr") || tree_.is(literal - 2, "delattr");
    if (!tree_.is(literal - 2, "patch") && !(sets && literal > 3 && tree_.is(literal - 3, "."))) return;
    const auto text = plain_string(tree_.text(literal));
    if (!text) return;
    const auto dot = text->find('.');
    if (dot == std::string::npos || !roots_.contains(std::string_view(*text).substr(0, dot))) return;
    const auto last = static_cast<std::uint32_t>(tree_.list().tokens.size());
    chains_.add({text->substr(0, dot), text->substr(dot + 1), {}, Tier::attribute}, literal,
                makes_missing_names(tree_, literal - 1, last));
  }

  /// The namespace in `Library("ns", "DEF")`, `custom_op("ns::name", …)`, `define("ns::name", …)`.
  void registration(std::uint32_t literal) {
    const bool library = tree_.is(literal - 2, "Library");
    if (!library && !tree_.is(literal - 2, "custom_op") && !tree_.is(literal - 2, "triton_op") &&
        !tree_.is(literal - 2, "define")) {
      return;
    }
    const auto text = plain_string(tree_.text(literal)).value_or("");
    const auto end = text.find("::");
    if (library || end != std::string::npos) chains_.result.registered.insert(text.substr(0, end));
  }

  void block(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) this->statement(statement);
  }

  void statement(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::simple:
        return simple(statement.tokens);
      case StatementKind::function:
        return function(statement.clauses.front());
      case StatementKind::klass:
        return klass(statement.clauses.front());
      case StatementKind::attempt:
        return attempt(statement);
      case StatementKind::with: {
        const auto& clause = statement.clauses.front();
        chains_.expression(clause.head);
        const int suppressed = suppresses(clause.head) ? 1 : 0;
        place_.suppressed += suppressed;
        block(clause.body);
        place_.suppressed -= suppressed;
        return;
      }
      case StatementKind::match:
        chains_.expression(statement.tokens);
        [[fallthrough]];
      default:
        for (const auto& clause : statement.clauses) {
          chains_.expression(clause.head);
          const auto before = place_.tested_literals.size();
          remember_literals(clause.head);
          block(clause.body);
          place_.tested_literals.resize(before);
        }
    }
  }

  /// `if "x" in signature(f).parameters:` asks for the keyword x.
  void remember_literals(TokenRange head) {
    for (auto i = head.first; i < head.last; ++i) {
      if (tree_.token(i).kind != TokenKind::string) continue;
      if (auto text = plain_string(tree_.text(i))) place_.tested_literals.push_back(std::move(*text));
    }
  }

  bool suppresses(TokenRange head) const {
    std::uint32_t end = 0;
    const auto name = dotted_name(tree_, head, &end);
    return (name == "suppress" || name.ends_with(".suppress")) && end < head.last &&
           names_any(tree_, {end, head.last}, {"AttributeError", "Exception", "BaseException"});
  }

  /// What the only base class may be, besides those that have no constructor.
  std::vector<AttributeUse> bases(TokenRange head) {
    const auto base = only_base(tree_, head);
    return aliases_.any_in(base) ? chains_.named(base) : std::vector<AttributeUse>{};
  }

  void klass(const Clause& clause) {
    if (!aliases_.any_in(tokens_of(clause))) return;
    chains_.expression(clause.head);
    auto bases = this->bases(clause.head);
    place_.scopes.push_back(
        {ScopeKind::klass, aliases_.scope_of(clause.body, nullptr), {}, std::move(bases)});
    block(clause.body);
    place_.scopes.pop_back();
  }

  void function(const Clause& clause) {
    if (!aliases_.any_in(tokens_of(clause))) return;
    if (aliases_.any_in(clause.head)) {
      chains_.expression(clause.head,
                         lazy_annotations_ ? annotations_of(clause.head) : std::vector<TokenRange>{});
    }
    const auto name = clause.head.empty() ? std::string_view() : tree_.text(clause.head.first);
    place_.scopes.push_back({ScopeKind::function, aliases_.scope_of(clause.body, &clause), name});
    ++place_.functions;
    const auto suppressed = std::exchange(place_.suppressed, 0);
    block(clause.body);
    place_.suppressed = suppressed;
    --place_.functions;
    place_.scopes.pop_back();
  }

  std::vector<TokenRange> annotations_of(TokenRange head) const {
    std::vector<TokenRange> found;
    const auto parameters = parenthesized(tree_, head);
    for (const auto part : split_range(tree_, parameters, ",")) {
      const auto sides = split_range(tree_, split_range(tree_, part, "=").front(), ":");
      if (sides.size() > 1) found.push_back(sides[1]);
    }
    found.push_back({parameters.last + 1, head.last});
    return found;
  }

  /// A body whose errors a handler takes and goes on is optional; what the handler does instead is the other
  /// alternative.
  void attempt(const Statement& statement) {
    const auto& clauses = statement.clauses;
    const auto goes_on = [&](std::initializer_list<std::string_view> errors) {
      return std::find_if(clauses.begin(), clauses.end(), [&](const Clause& clause) {
        return clause.keyword == "except" && names_any(tree_, clause.head, errors) &&
               !gives_up(tree_, clause.body);
      });
    };
    const auto handler = goes_on({"AttributeError", "Exception", "BaseException"});
    const bool keywords = goes_on({"TypeError", "Exception", "BaseException"}) != clauses.end();
    auto& uses = chains_.result.uses;
    Span tried{uses.size(), uses.size()};
    Span handled;
    for (auto clause = clauses.begin(); clause != clauses.end(); ++clause) {
      const auto first = uses.size();
      chains_.expression(clause->head);
      block(clause->body);
      if (clause->keyword == "try") tried.last = uses.size();
      if (clause == handler) handled = {first, uses.size()};
    }
    if (handler != clauses.end() && needs_any(handled) && needs_any(tried))
      return alternatives(tried, handled);
    for (auto i = tried.first; i < tried.last; ++i) {
      if (chains_.depths[i] != place_.functions) continue;
      const bool keyword = uses[i].requirement.tier == Tier::keyword;
      if (keyword ? keywords : handler != clauses.end()) uses[i].optional = true;
    }
  }

  struct Span {
    std::size_t first = 0;
    std::size_t last = 0;
  };

  /// True if something is needed for certain. Of a class elsewhere, it may turn out that nothing is.
  bool needs_any(Span span) const {
    const auto first = chains_.result.uses.begin();
    return std::any_of(first + static_cast<std::ptrdiff_t>(span.first),
                       first + static_cast<std::ptrdiff_t>(span.last),
                       [](const AttributeUse& use) { return !use.elsewhere; });
  }

  /// Uses outside functions, of which either the first or the second suffice.
  void alternatives(Span one, Span other) {
    const auto group = chains_.result.groups++;
    const auto mark = [&](Span span, std::uint32_t alternative) {
      for (auto i = span.first; i < span.last; ++i) {
        auto& choices = chains_.result.uses[i].choices;
        if (chains_.depths[i] == place_.functions) choices.insert(choices.begin(), {group, alternative});
      }
    };
    mark(one, 0);
    mark(other, 1);
  }

  void simple(TokenRange range) {
    if (!aliases_.any_in(range)) return;
    const auto first = tree_.text(range.first);
    if (first == "import" || first == "from" || first == "global" || first == "nonlocal" || first == "del")
      return;
    const auto parts = assignment(tree_, range);
    std::vector<TokenRange> lazy;
    const bool local = place_.scopes.back().kind == ScopeKind::function;
    if (!parts.annotation.empty() && (local || lazy_annotations_)) lazy.push_back(parts.annotation);
    chains_.expression(range, lazy, parts.augmented ? std::vector<TokenRange>{} : parts.targets);
  }

  const SourceTree& tree_;
  const std::set<std::string, std::less<>>& roots_;
  Aliases aliases_;
  AttributeChains chains_;
  ExpressionPlace& place_;
  bool lazy_annotations_ = false;
};

}  // namespace

AttributeUses attribute_uses(const SourceTree& tree, const std::set<std::string, std::less<>>& roots) {
  if (roots.empty()) return {};
  return Walk(tree, roots).run();
}

}  // namespace launch::pysource

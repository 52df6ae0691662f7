#include "pysource/getattr_rule.hpp"

#include <algorithm>
#include <map>

#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

enum class Truth : std::uint8_t { no, yes, unknown };
Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}
Truth negate(Truth value) {
  if (value == Truth::unknown) return value;
  return value == Truth::yes ? Truth::no : Truth::yes;
}

enum class Flow : std::uint8_t { falls, yields, raises, unknown };

/// Evaluates the function's statements for one name, as far as they are understood.
class Run {
 public:
  Run(const ModuleNames& module, std::string_view name)
      : module_(module), tree_(*module.tree), name_(name), values_(module.module) {}

  GetattrAnswer answer() {
    const auto& head = module_.getattr->head;
    if (head.last < head.first + 3 || !tree_.is_name(head.first + 2)) return GetattrAnswer::unknown;
    parameter_ = tree_.text(head.first + 2);
    switch (block(module_.getattr->body)) {
      case Flow::yields:
        return GetattrAnswer::yes;
      case Flow::raises:
        return GetattrAnswer::no;
      default:
        return GetattrAnswer::unknown;
    }
  }

 private:
  bool is_parameter(TokenRange range) const {
    return range.last - range.first == 1 && tree_.is(range.first, parameter_);
  }
  std::optional<std::string> literal(TokenRange range) const {
    if (range.last - range.first != 1 || tree_.token(range.first).kind != TokenKind::string) return {};
    return plain_string(tree_.text(range.first));
  }

  std::optional<bool> among(TokenRange collection) const {
    std::uint32_t end = 0;
    const auto name = dotted_name(tree_, collection, &end);
    if (!name.empty() && end == collection.last) {
      const auto found = module_.collections.find(name);
      if (found == module_.collections.end()) return {};
      return std::find(found->second.begin(), found->second.end(), name_) != found->second.end();
    }
    const auto all = values_.elements(tree_, collection);
    if (!all) return {};
    return std::find(all->begin(), all->end(), name_) != all->end();
  }

  Truth test(TokenRange range) const {
    range = without_brackets(tree_, range);
    if (range.empty()) return Truth::unknown;
    for (const auto* word : {"or", "and"}) {
      const auto parts = split_range(tree_, range, word);
      if (parts.size() < 2) continue;
      const auto decisive = truth(std::string_view(word) == "or");
      auto result = negate(decisive);
      for (const auto part : parts) {
        const auto value = test(part);
        if (value == decisive) return decisive;
        if (value == Truth::unknown) result = Truth::unknown;
      }
      return result;
    }
    bool negated = false;
    for (; !range.empty() && tree_.is(range.first, "not"); ++range.first) negated = !negated;
    const auto bare = without_brackets(tree_, range);
    const auto holds = bare.first == range.first ? comparison(range) : test(bare);
    return negated ? negate(holds) : holds;
  }

  Truth comparison(TokenRange range) const {
    if (range.empty()) return Truth::unknown;
    for (const auto* op : {"==", "!="}) {
      const auto sides = split_range(tree_, range, op);
      if (sides.size() != 2) continue;
      const auto text = literal(is_parameter(sides[0]) ? sides[1] : sides[0]);
      if (!text || !(is_parameter(sides[0]) || is_parameter(sides[1]))) return Truth::unknown;
      return truth((*text == name_) == (std::string_view(op) == "=="));
    }
    const auto membership = split_range(tree_, range, "in");
    if (membership.size() == 2) {
      auto left = membership[0];
      const bool negated = !left.empty() && tree_.is(left.last - 1, "not");
      if (negated) --left.last;
      if (!is_parameter(left)) return Truth::unknown;
      const auto found = among(membership[1]);
      if (!found) return Truth::unknown;
      return truth(*found != negated);
    }
    const auto identity = split_range(tree_, range, "is");
    if (identity.size() == 2) {
      const bool negated = !identity[1].empty() && tree_.is(identity[1].first, "not");
      const bool none = !identity[1].empty() && tree_.is(identity[1].last - 1, "None");
      const auto there = none ? variable(identity[0]) : Truth::unknown;
      return negated ? there : negate(there);
    }
    const auto there = variable(range);
    return there != Truth::unknown ? there : affix(range);
  }

  /// A variable that NAMES.get(name) was assigned to: whether it is set.
  Truth variable(TokenRange range) const {
    if (range.last - range.first != 1) return Truth::unknown;
    const auto found = looked_up_.find(tree_.text(range.first));
    return found == looked_up_.end() ? Truth::unknown : found->second;
  }

  /// `name.startswith("x")`, `name.endswith(("x", "y"))`
  Truth affix(TokenRange range) const {
    std::uint32_t end = 0;
    const auto called = dotted_name(tree_, range, &end);
    const bool starts = called == parameter_ + ".startswith";
    if (!starts && called != parameter_ + ".endswith") return Truth::unknown;
    if (end >= range.last || behind_bracket(tree_, end, range.last) != range.last) return Truth::unknown;
    const TokenRange argument{end + 1, range.last - 1};
    auto texts = values_.elements(tree_, argument);
    if (const auto one = literal(argument)) texts = {*one};
    if (!texts) return Truth::unknown;
    return truth(std::any_of(texts->begin(), texts->end(), [&](const std::string& text) {
      return starts ? name_.starts_with(text) : name_.ends_with(text);
    }));
  }

  Flow block(const std::vector<Statement>& statements) {
    for (const auto& each : statements) {
      const auto flow = statement(each);
      if (flow != Flow::falls) return flow;
    }
    return Flow::falls;
  }

  Flow statement(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::simple:
        return simple(statement.tokens);
      case StatementKind::branch:
        return branch(statement);
      case StatementKind::with:
        return block(statement.clauses.front().body);
      case StatementKind::attempt:
        return attempt(statement);
      case StatementKind::function:
      case StatementKind::klass:
        return Flow::falls;
      default:
        return leaves(statement) ? Flow::unknown : Flow::falls;
    }
  }

  Flow simple(TokenRange range) {
    if (range.empty()) return Flow::falls;
    if (tree_.is(range.first, "raise")) return Flow::raises;
    if (tree_.is(range.first, "return")) return returned({range.first + 1, range.last});
    const auto parts = assignment(tree_, range);
    if (parts.targets.size() == 1 && parts.targets.front().last - parts.targets.front().first == 1) {
      const std::string name(tree_.text(parts.targets.front().first));
      if (name == parameter_) return Flow::unknown;
      std::uint32_t end = 0;
      auto object = dotted_name(tree_, parts.value, &end);
      looked_up_[name] = Truth::unknown;
      if (object.ends_with(".get") && end + 1 < parts.value.last && tree_.is(end + 1, parameter_)) {
        object.resize(object.size() - 4);
        const auto found = module_.collections.find(object);
        if (found != module_.collections.end()) {
          looked_up_[name] =
              truth(std::find(found->second.begin(), found->second.end(), name_) != found->second.end());
        }
      }
    }
    return lookup(parts.value);
  }

  /// `NAMES[name]` anywhere in the expression: raises if the name is not a key.
  Flow lookup(TokenRange range) {
    for (auto i = range.first; i + 3 < range.last; ++i) {
      if (!tree_.is_name(i) || !tree_.is(i + 1, "[") || !tree_.is(i + 2, parameter_) || !tree_.is(i + 3, "]"))
        continue;
      const auto found = among({i, i + 1});
      if (!found) return Flow::unknown;
      if (!*found) return Flow::raises;
      named_ = true;
    }
    return Flow::falls;
  }

  Flow returned(TokenRange value) {
    const auto flow = lookup(value);
    if (flow != Flow::falls) return flow;
    return named_ ? Flow::yields : Flow::unknown;
  }

  Flow branch(const Statement& statement) {
    bool maybe = false;  // a branch that may run has left the function
    for (const auto& clause : statement.clauses) {
      const auto holds = clause.keyword == "else" ? Truth::yes : test(clause.head);
      if (holds == Truth::no) continue;
      const auto before = named_;
      if (holds == Truth::yes && clause.keyword != "else") named_ = true;
      const auto flow = block(clause.body);
      if (holds == Truth::yes) return maybe ? Flow::unknown : flow;
      named_ = before;
      maybe = maybe || flow != Flow::falls;
    }
    return maybe ? Flow::unknown : Flow::falls;
  }

  Flow attempt(const Statement& statement) {
    const auto& clauses = statement.clauses;
    auto flow = block(clauses.front().body);
    if (flow == Flow::falls) {
      for (const auto& clause : clauses) {
        if (clause.keyword == "else" && flow == Flow::falls) flow = block(clause.body);
      }
      return flow;
    }
    if (flow != Flow::raises) return flow;
    const auto handler = std::find_if(clauses.begin(), clauses.end(),
                                      [](const Clause& clause) { return clause.keyword == "except"; });
    return handler == clauses.end() ? flow : block(handler->body);
  }

  /// True if the statement contains a `return` or `raise`.
  bool leaves(const Statement& statement) const {
    if (!statement.tokens.empty() &&
        (tree_.is(statement.tokens.first, "return") || tree_.is(statement.tokens.first, "raise"))) {
      return true;
    }
    return std::any_of(statement.clauses.begin(), statement.clauses.end(), [&](const Clause& clause) {
      return std::any_of(clause.body.begin(), clause.body.end(),
                         [&](const Statement& inner) { return leaves(inner); });
    });
  }

  const ModuleNames& module_;
  const SourceTree& tree_;
  std::string name_;
  std::string parameter_;
  TextValues values_;
  std::map<std::string, Truth, std::less<>> looked_up_;
  bool named_ = false;  ///< a test that names this very name has held
};

}  // namespace

GetattrAnswer ask_getattr(const ModuleNames& module, std::string_view name) {
  if (module.getattr == nullptr) return GetattrAnswer::no;
  return Run(module, name).answer();
}

}  // namespace launch::pysource

#include "pysource/function_reader.hpp"

#include <algorithm>

#include "pysource/conditions.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

constexpr std::uint32_t kMostTokens = 700;

/// True if something decides what a function returns, or whether it raises.
bool answers(const SourceTree& tree, const std::vector<Statement>& body) {
  return std::any_of(body.begin(), body.end(), [&](const Statement& statement) {
    if (statement.kind == StatementKind::function || statement.kind == StatementKind::klass) return false;
    const auto range = statement.tokens;
    const bool returns = range.last - range.first > 1 && tree.is(range.first, "return");
    if (returns || leaves(tree, range) || (!range.empty() && tree.is(range.first, "assert"))) return true;
    return std::any_of(statement.clauses.begin(), statement.clauses.end(),
                       [&](const Clause& clause) { return answers(tree, clause.body); });
  });
}

}  // namespace

bool FunctionReader::is_root(std::string_view module) const {
  return definitions_.roots_.empty() || definitions_.roots_.contains(root_of(module));
}

bool FunctionReader::reaches(TokenRange tokens) const {
  const auto names = imported_names(tree_, tokens);
  if (!names.empty()) {
    return std::any_of(names.begin(), names.end(),
                       [&](const ImportedName& name) { return name.level == 0 && is_root(name.module); });
  }
  // What is called with a name may raise for any reason.
  for (auto i = tokens.first; i < tokens.last; ++i) {
    if (tree_.is(i, "(")) return false;
  }
  for (auto i = tokens.first; i < tokens.last; ++i) {
    if (!tree_.is_name(i) || (i > tokens.first && tree_.is(i - 1, "."))) continue;
    const auto* known = definitions_.names().value(tree_.text(i));
    if (known != nullptr && known->kind == Kind::object && is_root(known->text)) return true;
  }
  return false;
}

bool FunctionReader::tries(const std::vector<Statement>& block) const {
  return std::any_of(block.begin(), block.end(), [&](const Statement& statement) {
    if (statement.kind == StatementKind::function || statement.kind == StatementKind::klass) return false;
    const auto& clauses = statement.clauses;
    const bool handled = std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return clause.keyword == "except" &&
             (takes_import_error(tree_, clause.head) || names_any(tree_, clause.head, {"AttributeError"}));
    });
    if (handled) {
      const auto& body = clauses.front().body;
      const bool any = std::any_of(body.begin(), body.end(), [&](const Statement& each) {
        return each.kind == StatementKind::simple && reaches(each.tokens);
      });
      if (any) return true;
    }
    return std::any_of(clauses.begin(), clauses.end(),
                       [&](const Clause& clause) { return tries(clause.body); });
  });
}

/// True if it calls a helper that raises if something is not as it should be.
bool FunctionReader::calls_check(const std::vector<Statement>& body) const {
  return std::any_of(body.begin(), body.end(), [&](const Statement& statement) {
    if (statement.kind == StatementKind::function || statement.kind == StatementKind::klass) return false;
    const auto& clauses = statement.clauses;
    if (statement.kind == StatementKind::simple)
      return definitions_.concerns(statement.tokens) && definitions_.check(statement.tokens) != nullptr;
    return std::any_of(clauses.begin(), clauses.end(),
                       [&](const Clause& clause) { return calls_check(clause.body); });
  });
}

/// `return hasattr(object, name)` and the like, as all that a function does.
bool FunctionReader::forwards(const std::vector<Statement>& body) const {
  if (body.empty() || body.size() > 2) return false;
  const auto range = body.back().tokens;
  return range.last - range.first > 3 && tree_.is(range.first, "return") && tree_.is(range.first + 2, "(") &&
         (tree_.is(range.first + 1, "hasattr") || tree_.is(range.first + 1, "getattr"));
}

Condition FunctionReader::read(const Statement& function, std::string_view klass) {
  const auto all = tokens_of(function);
  const auto head = function.clauses.front().head;
  const auto& body = function.clauses.front().body;
  if (all.last - all.first > kMostTokens) return nullptr;
  const bool speaks =
      calls_check(body) || (answers(tree_, body) &&
                            (definitions_.matters({head.last, all.last}) || tries(body) || forwards(body)));
  auto parameters = speaks ? parameters_of(tree_, head) : std::nullopt;
  if (!parameters) return nullptr;
  std::string_view self;
  if (!klass.empty()) {
    if (parameters->empty()) return nullptr;
    self = tree_.text(parameters->front().token);
    parameters->erase(parameters->begin());
  }
  Expression expression{.kind = Kind::function};
  expression.text = tree_.text(head.first);
  for (const auto& [token, standard] : *parameters) {
    expression.names.emplace_back(tree_.text(token));
    if (!standard.empty()) expression.parts.push_back(definitions_.read(standard));
  }
  auto& names = definitions_.names();
  names.enter(CodeNames::Frame::function);
  if (!klass.empty()) names.enter_method(self, klass);
  for (const auto& name : expression.names) definitions_.bind(name, make(Kind::parameter, {}, name));
  expression.parts.push_back(run({{&body, 0}}));
  names.leave();
  return make(std::move(expression));
}

Condition FunctionReader::run(Rest rest) {
  while (!rest.empty() && rest.back().second == rest.back().first->size()) rest.pop_back();
  if (rest.empty()) return make(Kind::none, {});
  if (--budget_ < 0) return opaque(true);
  const auto& statement = (*rest.back().first)[rest.back().second++];
  switch (statement.kind) {
    case StatementKind::simple:
      return run_simple(statement, std::move(rest));
    case StatementKind::branch:
      return run_branch(statement, rest, 0);
    case StatementKind::attempt:
      return run_attempt(statement, rest);
    case StatementKind::with:
      if (suppresses_import_error(tree_, statement.clauses.front().head)) return unread(tokens_of(statement));
      rest.emplace_back(&statement.clauses.front().body, 0);
      return run(std::move(rest));
    case StatementKind::function:
      definitions_.forget(tree_.text(statement.clauses.front().head.first));
      return run(std::move(rest));
    case StatementKind::klass:
      return run(std::move(rest));
    case StatementKind::loop:
    case StatementKind::match:
    case StatementKind::other:
      break;
  }
  return unread(tokens_of(statement));
}

/// It is about what it names: the checked packages, or those that the caller or the module says.
Condition FunctionReader::unread(TokenRange tokens) const {
  const bool matters = definitions_.matters(tokens);
  if (!matters || asks_for_feature(tree_, tokens, definitions_.roots_)) return opaque(matters);
  Expression expression{.kind = Kind::opaque};
  for (auto i = tokens.first; i < tokens.last; ++i) {
    if (!tree_.is_name(i) || (i > tokens.first && tree_.is(i - 1, "."))) continue;
    const auto name = tree_.text(i);
    const auto* known = definitions_.names().value(name);
    if (known == nullptr) continue;
    if (known->kind == Kind::object && !is_root(known->text)) continue;  // importlib, packaging
    if (known->kind == Kind::object || known->kind == Kind::function || known->kind == Kind::external)
      return opaque(true);
    expression.parts.push_back(definitions_.names().resolve(name));
  }
  return make(std::move(expression));
}

Condition FunctionReader::run_simple(const Statement& statement, Rest rest) {
  const auto range = statement.tokens;
  const auto word = range.empty() ? std::string_view() : tree_.text(range.first);
  if (word == "return") {
    if (range.last - range.first == 1) return make(Kind::none, {});
    return definitions_.read({range.first + 1, range.last});
  }
  if (leaves(tree_, range)) return make(Kind::raises, {});
  if (word == "assert") {
    const auto test = definitions_.test(split_range(tree_, {range.first + 1, range.last}, ",").front());
    auto after = run(std::move(rest));
    return test == nullptr ? after : make(Kind::conditional, {test, after, make(Kind::raises, {})});
  }
  auto checked = definitions_.concerns(range) ? definitions_.check(range) : nullptr;
  definitions_.define(statement);
  auto after = run(std::move(rest));
  return checked == nullptr
             ? after
             : make(Kind::conditional, {std::move(checked), std::move(after), make(Kind::raises, {})});
}

Condition FunctionReader::run_aside(const std::vector<Statement>& block, const Rest& rest) {
  auto& names = definitions_.names();
  const auto mark = names.mark();
  auto more = rest;
  more.emplace_back(&block, 0);
  auto result = run(std::move(more));
  names.take_back(mark);
  return result;
}

Condition FunctionReader::run_branch(const Statement& statement, const Rest& rest, std::size_t index) {
  static const std::vector<Statement> kNothing;
  if (index == statement.clauses.size()) return run_aside(kNothing, rest);
  const auto& clause = statement.clauses[index];
  if (clause.keyword == "else") return run_aside(clause.body, rest);
  const auto test = definitions_.read(clause.head);
  auto one = run_aside(clause.body, rest);
  auto other = run_branch(statement, rest, index + 1);
  return make(Kind::conditional, {test, std::move(one), std::move(other)});
}

/// One handler stands for all.
Condition FunctionReader::run_attempt(const Statement& statement, const Rest& rest) {
  static const std::vector<Statement> kNothing;
  const std::vector<Statement>* handler = nullptr;
  const std::vector<Statement>* otherwise = &kNothing;
  for (const auto& clause : statement.clauses) {
    if (clause.keyword == "except" && handler == nullptr) handler = &clause.body;
    if (clause.keyword == "else") otherwise = &clause.body;
  }
  const auto& body = statement.clauses.front().body;
  auto with_else = rest;
  with_else.emplace_back(otherwise, 0);
  auto success = definitions_.success(body);
  auto one = run_aside(body, with_else);
  if (handler == nullptr) return one;
  auto other = run_aside(*handler, rest);
  if (success == nullptr) success = make(Kind::completes, {one});
  return make(Kind::conditional, {success, std::move(one), std::move(other)});
}

}  // namespace launch::pysource

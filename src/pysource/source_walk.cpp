#include "pysource/source_walk.hpp"

#include <algorithm>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

/// True if the comment is `launch: optional`.
bool marks_optional(std::string_view comment) {
  constexpr std::string_view kMark = "launch:";
  const auto at = comment.find(kMark);
  if (at == std::string_view::npos) return false;
  comment.remove_prefix(at + kMark.size());
  comment.remove_prefix(std::min(comment.find_first_not_of(" \t"), comment.size()));
  return comment.starts_with("optional");
}

}  // namespace

SourceWalk::SourceWalk(const SourceTree& tree, const Roots& roots)
    : tree_(tree),
      roots_(roots),
      definitions_(tree, roots),
      links_(tree, [this](auto name, auto range) { return definitions_.targets().binds(name, range); }),
      attributes_(attribute_uses(tree, roots)) {
  scan_.groups = attributes_.groups;
  scan_.registered = std::move(attributes_.registered);
  scan_.classes = std::move(attributes_.classes);
  for (const auto& comment : tree.list().comments) {
    if (!marks_optional(tree.list().source.substr(comment.offset, comment.length))) continue;
    marked_.insert(comment.line);
    if (comment.alone) marked_alone_.insert(comment.line);
  }
}

FileScan SourceWalk::run() {
  auto end = block(tree_.body(), {});
  scan_.calls.units.front().gates = std::move(end.gates);
  scan_.problem = tree_.list().problem;
  scan_.symbols = {definitions_.take_module(), definitions_.take_stars()};
  return std::move(scan_);
}

bool SourceWalk::wanted(std::string_view module) const {
  return roots_.empty() || roots_.contains(root_of(module));
}

std::uint32_t SourceWalk::line_of(TokenRange range) const {
  return range.empty() ? 0 : tree_.line(range.first);
}

SourceWalk::Flow SourceWalk::block(const std::vector<Statement>& statements, const Place& place) {
  Flow flow;
  auto here = place;
  for (const auto& each : statements) {
    auto after = each.kind == StatementKind::simple     ? simple(each, here)
                 : each.kind == StatementKind::function ? define(each, here)
                                                        : statement(each, here);
    if (flow.ends) continue;  // not reached
    flow.ends = after.ends;
    learn(here, after);
    flow.gates.insert(flow.gates.end(), after.gates.begin(), after.gates.end());
  }
  decorators_.clear();
  flow.constructor_gates = std::move(here.constructor_gates);
  return flow;
}

SourceWalk::Flow SourceWalk::statement(const Statement& statement, const Place& place) {
  refer(statement.tokens, place);
  if (statement.kind != StatementKind::function && statement.kind != StatementKind::klass) {
    for (const auto& clause : statement.clauses) refer(clause.head, place);
  }
  switch (statement.kind) {
    case StatementKind::simple:
    case StatementKind::function:
      break;
    case StatementKind::branch:
      return branch(statement, place);
    case StatementKind::attempt:
      return attempt(statement, place);
    case StatementKind::with:
      return with(statement, place);
    case StatementKind::klass:
      klass(statement, place);
      break;
    case StatementKind::loop:
    case StatementKind::match:
      return repeated(statement, place);
    case StatementKind::other:
      for (const auto& clause : statement.clauses) {
        attributes(clause.head, place);
        block(clause.body, place);
      }
      break;
  }
  return {};
}

SourceWalk::Flow SourceWalk::simple(const Statement& statement, Place& place) {
  const auto range = statement.tokens;
  if (is_decorator(tree_, statement)) {
    attributes(range, place);
    decorators_.push_back({range.first + 1, range.last});
    return {};
  }
  imports(statement, place);
  attributes(range, place);
  const auto imports_of_others = scan_.calls.modules.size();
  refer(range, place);
  pass_imports(imports_of_others, place);
  definitions_.define(statement);
  if (range.last - range.first > 2 && tree_.is(range.first, "pytestmark") && tree_.is(range.first + 1, "="))
    mark({range.first + 2, range.last}, place.function_gates);
  return leaving(statement);
}

/// What a simple statement means for those that follow.
SourceWalk::Flow SourceWalk::leaving(const Statement& statement) {
  const auto range = statement.tokens;
  if (range.empty() || !tree_.is_name(range.first)) return {};
  const auto word = tree_.text(range.first);
  if (word == "return" || word == "continue" || word == "break" || leaves(tree_, range)) return {true, {}};
  const auto gate = [&](Condition test) {
    return Flow{false, {{std::move(test), true, line_of(range), false}}};
  };
  if (word == "assert") {
    const auto asserted = split_range(tree_, {range.first + 1, range.last}, ",").front();
    auto test = definitions_.test(asserted);
    auto flow = test == nullptr ? Flow{} : gate(std::move(test));
    pysource::learn(flow.known, asserted, true);
    return flow;
  }
  auto checked = definitions_.concerns(range) ? definitions_.check(range) : nullptr;
  return checked == nullptr ? Flow{} : gate(std::move(checked));
}

SourceWalk::Flow SourceWalk::with(const Statement& statement, const Place& place) {
  const auto& clause = statement.clauses.front();
  attributes(clause.head, place);
  if (!suppresses_import_error(tree_, clause.head)) {
    for (const auto token : with_targets(tree_, clause.head)) definitions_.forget(tree_.text(token));
    auto inside = place;
    inside.handled = true;
    return block(clause.body, inside);
  }
  auto inside = place;
  inside.modules_only =
      (!place.guarded || place.modules_only) && takes_missing_modules_only(tree_, clause.head);
  inside.guarded = true;
  inside.site.reset();
  auto& names = definitions_.names();
  const auto start = names.mark();
  block(clause.body, inside);
  const auto success = definitions_.success(clause.body);
  const auto changes = names.take_back(start);
  names.merge(success == nullptr ? opaque(false) : success, changes, {});
  return {};
}

/// Loops and cases: it is not known how often they run.
SourceWalk::Flow SourceWalk::repeated(const Statement& statement, const Place& place) {
  auto inside = place;
  inside.on_path = inside.on_other_path = true;
  if (statement.kind == StatementKind::loop)
    inside.function.last = std::max(inside.function.last, tokens_of(statement).last);
  auto& names = definitions_.names();
  attributes(statement.tokens, place);
  for (const auto& clause : statement.clauses) {
    const auto start = names.mark();
    attributes(clause.head, clause.keyword == "case" ? inside : place);
    if (clause.keyword == "for") {
      for (const auto token : target_names(tree_, split_range(tree_, clause.head, "in").front()))
        definitions_.forget(tree_.text(token));
    }
    block(clause.body, inside);
    const auto changes = names.take_back(start);
    names.merge(opaque(false), changes, {});
  }
  return {};
}

}  // namespace launch::pysource

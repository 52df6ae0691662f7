#include <algorithm>
#include <array>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/source_walk.hpp"

namespace launch::pysource {
namespace {

/// The name under which a class's construction is known in its module: true if it comes to its end.
std::string construction_name(std::string_view klass) {
  return std::string(klass) + std::string(kConstruction);
}

/// Decorators that give a class a constructor of its own.
bool makes_constructor(const SourceTree& tree, TokenRange decorator) {
  constexpr std::array<std::string_view, 6> kNames = {"dataclass", "attrs",   "define",
                                                      "frozen",    "mutable", "s"};
  const auto name = dotted_name(tree, decorator);
  return std::find(kNames.begin(), kNames.end(), std::string_view(name).substr(name.rfind('.') + 1)) !=
         kNames.end();
}

}  // namespace

/// True if the body of a constructor calls that of the base class before it calls another method of the
/// object, whatever it is given.
bool SourceWalk::constructs_base(const std::vector<Statement>& body, std::string_view base) const {
  for (const auto& statement : body) {
    const auto range = tokens_of(statement);
    for (auto i = range.first; i + 3 < range.last; ++i) {
      const bool own = tree_.is(i, "self") && tree_.is(i + 1, ".") && tree_.is(i + 3, "(");
      if (own) return false;
    }
    if (statement.kind != StatementKind::simple || range.empty()) continue;
    auto end = range.first;
    if (tree_.is(end, "super") && end + 1 < range.last && tree_.is(end + 1, "(")) {
      end = behind_bracket(tree_, end + 1, range.last);
    } else if (tree_.is(end, base)) {
      ++end;
    } else {
      continue;
    }
    if (end + 2 < range.last && tree_.is(end, ".") && tree_.is(end + 2, "(") && tree_.is_name(end + 1) &&
        is_constructor(tree_.text(end + 1)))
      return true;
  }
  return false;
}

/// What is known of a base class, of this file or of one that it is imported from.
SourceWalk::Construction SourceWalk::construction_of(TokenRange base) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, base, &end);
  if (const auto found = constructions_.find(name); found != constructions_.end())
    return definitions_.targets().of_module(name) == 1 ? found->second : Construction{};
  const auto& modules = scan_.calls.modules;
  const auto import = std::find_if(modules.rbegin(), modules.rend(),
                                   [&](const ModuleSite& site) { return site.name == name; });
  if (import == modules.rend()) return {};
  Expression constructs{.kind = Expression::Kind::external};
  constructs.number = import->dots;
  constructs.text = import->module;
  constructs.other = construction_name(name);
  return {{}, {{make(std::move(constructs)), true, line_of(base), false}}};
}

/// What the constructor of the first base class refuses, if every construction of the class runs it.
SourceWalk::Construction SourceWalk::construction_of_base(const Clause& clause,
                                                          const std::vector<TokenRange>& decorators) {
  if (std::any_of(decorators.begin(), decorators.end(),
                  [&](TokenRange each) { return makes_constructor(tree_, each); }))
    return {};
  const auto bases = split_range(tree_, parenthesized(tree_, clause.head), ",");
  const auto base = std::find_if(bases.begin(), bases.end(), [&](TokenRange each) {
    return !each.empty() && !has_no_constructor(dotted_name(tree_, each));
  });
  if (base == bases.end() || !tree_.is_name(base->first)) return {};
  const bool keyword = base->first + 1 < base->last && tree_.is(base->first + 1, "=");
  if (keyword) return {};
  auto construction = construction_of(*base);
  if (construction.gates.empty() && construction.elsewhere.empty()) return construction;
  for (const auto& each : clause.body) {
    if (each.kind != StatementKind::function) continue;
    const auto& function = each.clauses.front();
    const bool own = !function.head.empty() && is_constructor(tree_.text(function.head.first));
    if (own && !constructs_base(function.body, tree_.text(base->first))) return {};
  }
  return construction;
}

void SourceWalk::remember(TokenRange head, Construction construction) {
  if (construction.gates.empty() && construction.elsewhere.empty()) return;
  std::vector<Condition> parts;
  for (const auto* gates : {&construction.gates, &construction.elsewhere}) {
    for (const auto& gate : *gates) parts.push_back(gate.runs_if ? gate.test : negated(gate.test));
  }
  const std::string name(tree_.text(head.first));
  definitions_.names().bind(construction_name(name), conjunction(std::move(parts)));
  constructions_[name] = std::move(construction);
}

void SourceWalk::klass(const Statement& statement, const Place& place) {
  const auto& clause = statement.clauses.front();
  attributes(clause.head, place);
  auto inside = place;
  Place marked;
  const auto decorators = decorators_;
  const auto decoration = decorate(marked);
  auto construction = construction_of_base(clause, decorators);
  inside.base_gates = construction.gates;
  inside.constructor_gates.clear();
  inside.function_gates.insert(inside.function_gates.end(), marked.gates.begin(), marked.gates.end());
  const auto head = clause.head;
  if (!head.empty()) definitions_.forget(tree_.text(head.first));
  definitions_.define_class(statement);
  auto as_class = place;
  if (!place.klass && scan_.calls.units[place.unit].kind == CodeUnit::Kind::module) {
    // The body runs with the module, bases and methods when the class is used.
    as_class.unit = enter_unit(CodeUnit::Kind::klass, head, place.unit, decoration.may_register);
    as_class.site.reset();
    inside.klass = as_class.unit;
    scan_.calls.units.back().gates = construction.elsewhere;
  }
  if (!head.empty()) refer({head.first + 1, head.last}, as_class);
  definitions_.names().enter(CodeNames::Frame::klass);
  const auto constructor_gates = block(clause.body, inside).constructor_gates;
  definitions_.names().leave();
  if (!definitions_.names().in_module() || head.empty()) return;
  auto& gates = construction.gates;
  gates.insert(gates.end(), constructor_gates.begin(), constructor_gates.end());
  remember(head, std::move(construction));
}

}  // namespace launch::pysource

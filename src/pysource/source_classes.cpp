#include <algorithm>
#include <array>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/requirement_names.hpp"
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
    const auto called = dotted_name(tree_, range, &end);
    std::string_view method;
    if (called == "super" && end < range.last && tree_.is(end, "(")) {
      end = behind_bracket(tree_, end, range.last) + 2;
      if (end < range.last && tree_.is(end - 2, ".")) method = tree_.text(end - 1);
    } else if (const auto dot = called.rfind('.'); called.compare(0, dot, base) == 0) {
      method = std::string_view(called).substr(dot + 1);
    }
    if (is_constructor(method) && end < range.last && tree_.is(end, "(")) return true;
  }
  return false;
}

/// `import a.b` binds `a`.
void SourceWalk::remember_import(ImportedName import) {
  if (!import.from && import.alias.empty()) import.module = root_of(import.module);
  auto bound = !import.alias.empty() ? import.alias : import.from ? import.name : import.module;
  imported_.insert_or_assign(std::move(bound), std::move(import));
}

/// The class of another file that a name, or the name of a module with that of its class, is bound to by an
/// import: its construction.
Condition SourceWalk::imported_construction(std::string_view base) {
  const auto dot = std::min(base.find('.'), base.size());
  const auto import = imported_.find(base.substr(0, dot));
  if (import == imported_.end() || definitions_.targets().of_module(import->first) > 1) return nullptr;
  auto path = import->second.module;
  const auto add = [&](std::string_view name) {
    if (!path.empty()) path += '.';
    path += name;
  };
  if (!import->second.name.empty()) add(import->second.name);
  if (dot < base.size()) add(base.substr(dot + 1));
  const auto last = path.rfind('.');
  const auto start = last == std::string::npos ? 0 : last + 1;
  Expression constructs{.kind = Expression::Kind::external};
  constructs.number = import->second.level;
  constructs.text = path.substr(0, last == std::string::npos ? 0 : last);
  constructs.other = construction_name(std::string_view(path).substr(start));
  return make(std::move(constructs));
}

/// What is known of a base class, of this file or of one that it is imported from.
SourceWalk::Construction SourceWalk::construction_of(TokenRange base) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, base, &end);
  if (end < base.last && !tree_.is(end, "[")) return {};
  if (const auto found = constructions_.find(name); found != constructions_.end())
    return definitions_.targets().of_module(name) == 1 ? found->second : Construction{};
  auto constructs = imported_construction(name);
  if (constructs == nullptr) return {};
  return {{}, {{std::move(constructs), true, line_of(base), false}}};
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
    if (own && !constructs_base(function.body, dotted_name(tree_, *base))) return {};
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

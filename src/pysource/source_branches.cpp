#include <algorithm>
#include <map>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/features.hpp"
#include "pysource/source_walk.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

/// The gates, as one condition.
Condition all_pass(const std::vector<Gate>& gates) {
  std::vector<Condition> parts;
  parts.reserve(gates.size());
  for (const auto& gate : gates) parts.push_back(gate.runs_if ? gate.test : negated(gate.test));
  return conjunction(std::move(parts));
}

}  // namespace

/// True if some machines decide otherwise than others, and nothing else does that is unknown.
bool SourceWalk::depends_on_machine(TokenRange test) {
  const auto atoms = atoms_of(tree_, test);
  return std::any_of(atoms.begin(), atoms.end(),
                     [&](TokenRange each) { return asks_machine(tree_, each); }) &&
         std::all_of(atoms.begin(), atoms.end(), [&](TokenRange each) {
           return asks_machine(tree_, each) || definitions_.matters(each);
         });
}

/// The clauses of an `if` import the same name from different places: it is one of them that counts, unless
/// each has machines that run it.
std::shared_ptr<const SourceWalk::Branch> SourceWalk::branches_of_one_name(const Statement& statement) {
  const auto& clauses = statement.clauses;
  if (clauses.size() < 2) return nullptr;
  std::map<std::string, std::size_t> counts;
  for (const auto& clause : clauses) {
    std::set<std::string> names;
    for (const auto& each : clause.body) {
      for (const auto& name : imported_names(tree_, each.tokens)) {
        if (name.level == 0 && wanted(name.module))
          names.insert(!name.alias.empty() ? name.alias : name.from ? name.name : name.module);
      }
    }
    for (const auto& name : names) ++counts[name];
  }
  auto shared = std::make_shared<Branch>();
  for (const auto& [name, count] : counts) {
    if (count > 1) shared->names.insert(name);
  }
  if (shared->names.empty()) return nullptr;
  const bool machines = std::all_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
    return clause.keyword == "else" || depends_on_machine(clause.head);
  });
  if (machines) return nullptr;
  shared->choice.group = scan_.branches++;
  return shared;
}

void SourceWalk::learn(Place& place, TokenRange test, bool holds) {
  const auto before = count_of(place.known);
  pysource::learn(place.known, test, holds);
  link(place, place.own_gates, place.gates.size(), before);
}

void SourceWalk::learn(Place& place, const Flow& flow) {
  const auto before = count_of(place.known);
  const auto last = place.gates.size();
  add_gates(place, flow.gates);
  for (const auto* each = flow.known.get(); each != nullptr; each = each->before.get())
    pysource::learn(place.known, each->test, each->holds);
  link(place, last, place.gates.size(), 0);
  link(place, place.own_gates, last, before);
}

/// Adds to the gates at [first, last) what they say once the known tests are applied. At least one of those
/// must be newer than the oldest ones.
void SourceWalk::link(Place& place, std::size_t first, std::size_t last, std::uint32_t oldest) {
  if (count_of(place.known) <= oldest) return;
  constexpr std::size_t kMost = 32;
  for (auto i = std::max(first, last - std::min(last, kMost)); i < last; ++i) {
    auto test = links_.assume(place.gates[i].test, {place.known, oldest, place.function});
    if (test == nullptr || test->kind == Kind::boolean) continue;
    auto gate = place.gates[i];
    gate.test = std::move(test);
    add_gates(place, {std::move(gate)});
  }
}

SourceWalk::Flow SourceWalk::branch(const Statement& statement, const Place& place) {
  auto rest = place;  // for the clauses that follow
  auto& names = definitions_.names();
  const auto shared = branches_of_one_name(statement);
  std::vector<Way> ways;
  for (const auto& clause : statement.clauses) {
    auto inside = rest;
    attributes(clause.head, rest);
    Way way{.line = line_of(clause.head), .head = clause.head, .is_else = clause.keyword == "else"};
    const auto run = way.is_else ? BranchRun::always : branch_run(tree_, clause.head);
    if (run == BranchRun::never) {
      inside.type = true;
      way.runs = false;
    } else if (run == BranchRun::always) {
      rest.type = true;
    } else {
      way.test = definitions_.test(clause.head);
      inside.on_path = rest.on_path = true;
      if (way.test != nullptr) {
        add_gates(inside, {{way.test, true, way.line, true}});
        add_gates(rest, {{way.test, false, way.line, true}});
      } else {
        inside.on_other_path = rest.on_other_path = true;
      }
      learn(inside, clause.head, true);
      learn(rest, clause.head, false);
      if (!place.constructor_gates.empty() && !definitions_.matters(clause.head)) {
        for (const auto& each : place.constructor_gates) {
          const auto gate = linked_gate(each, tree_, clause.head);
          if (gate.test != nullptr) add_gates(inside, {gate});
        }
      }
    }
    if (shared != nullptr) {
      auto mine = std::make_shared<Branch>(*shared);
      mine->choice.alternative = static_cast<std::uint32_t>(ways.size());
      inside.branch = std::move(mine);
    }
    const auto start = names.mark();
    way.flow = block(clause.body, inside);
    way.changes = names.take_back(start);
    const bool always = run == BranchRun::always;
    ways.push_back(std::move(way));
    if (always) {
      ways.back().is_else = true;
      rest.type = true;
    }
  }
  std::erase_if(ways, [](const Way& way) { return !way.runs; });
  const auto end = std::find_if(ways.begin(), ways.end(), [](const Way& way) { return way.is_else; });
  if (end != ways.end()) ways.erase(end + 1, ways.end());
  merge_names(ways);
  return after_branch(std::move(ways));
}

/// Binds what the ways define, from the last to the first.
void SourceWalk::merge_names(std::vector<Way>& ways) {
  auto& names = definitions_.names();
  const auto start = names.mark();
  std::vector<CodeNames::Change> other;
  bool other_ends = false;
  for (auto way = ways.rbegin(); way != ways.rend(); ++way) {
    if (way->is_else) {
      other = std::move(way->changes);
      other_ends = way->flow.ends;
      continue;
    }
    if (way->flow.ends) continue;
    if (other_ends) {
      other = std::move(way->changes);
      other_ends = false;
      continue;
    }
    names.merge(way->test != nullptr ? way->test : opaque(false), way->changes, other);
    other = names.take_back(start);
  }
  for (const auto& change : other) names.bind(change.name, change.after);
}

/// What follows is reached unless a way that was taken ended.
SourceWalk::Flow SourceWalk::after_branch(std::vector<Way> ways) {
  Flow flow;
  flow.ends = !ways.empty() && ways.back().is_else &&
              std::all_of(ways.begin(), ways.end(), [](const Way& way) { return way.flow.ends; });
  for (const auto& way : ways) {
    if (way.is_else && way.flow.ends && ways.size() == 2)
      pysource::learn(flow.known, ways.front().head, true);
    if (way.is_else || !way.flow.ends) break;
    pysource::learn(flow.known, way.head, false);
  }
  std::vector<Condition> taken;  // the way is, if no earlier one is
  bool known = false;            // some test can be about versions
  const bool matters = std::any_of(ways.begin(), ways.end(), [](const Way& way) {
    return way.test != nullptr || !way.flow.gates.empty();
  });
  if (!matters) return flow;
  const auto test_of = [&](const Way& way) {
    return way.test != nullptr ? way.test : other_test(tree_, way.head);
  };
  for (const auto& way : ways) {
    auto here = taken;
    if (!way.is_else) here.push_back(test_of(way));
    known = known || way.test != nullptr;
    if (way.flow.ends) {
      if (known) flow.gates.push_back({conjunction(std::move(here)), false, way.line, false});
    } else if (!way.flow.gates.empty()) {
      const auto line = way.flow.gates.front().line;
      here.push_back(negated(all_pass(way.flow.gates)));
      flow.gates.push_back({conjunction(std::move(here)), false, line, false});
    }
    if (!way.is_else) taken.push_back(negated(test_of(way)));
  }
  return flow;
}

/// The handler that takes an import error, else the first; and where the parts of the statement stand.
SourceWalk::Attempt SourceWalk::plan(const Statement& statement, const Place& place) {
  const auto& clauses = statement.clauses;
  const auto find = [&](auto&& fits) {
    const auto found = std::find_if(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return clause.keyword == "except" && fits(clause);
    });
    return found == clauses.end() ? nullptr : &*found;
  };
  Attempt plan{find([&](const Clause& clause) { return takes_import_error(tree_, clause.head); }), false,
               place, place, place};
  plan.handled.on_path = plan.handled.on_other_path = true;
  plan.other = plan.handled;
  plan.tried.handled = find([](const Clause&) { return true; }) != nullptr;
  if (plan.handler == nullptr) {
    plan.handler = find([](const Clause&) { return true; });
    return plan;
  }
  plan.raises = gives_up(tree_, plan.handler->body);
  plan.tried.caught = plan.tried.caught || !plan.raises;
  plan.tried.site.reset();
  const bool other_errors = std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
    return clause.keyword == "except" && takes_import_error(tree_, clause.head) &&
           !takes_missing_modules_only(tree_, clause.head);
  });
  const bool only = !other_errors && (!place.guarded || place.modules_only);
  const bool tries = brings(clauses.front().body, false);
  const bool offers = !plan.raises && brings(plan.handler->body, false);
  if (tries && offers) {
    const auto group = scan_.groups++;
    plan.tried.choices.push_back({group, 0});
    plan.tried.modules_only = only;
    plan.handled = place;
    plan.handled.handled = true;
    plan.handled.choices.push_back({group, 1});
  } else if (tries && !plan.raises) {
    plan.tried.modules_only = only;
    plan.tried.guarded = true;
  } else if (offers && brings(clauses.front().body, true)) {
    plan.handled.guarded = true;
  }
  return plan;
}

SourceWalk::Flow SourceWalk::attempt(const Statement& statement, const Place& place) {
  const auto plan = this->plan(statement, place);
  auto& names = definitions_.names();
  std::vector<Way> ways(plan.handler == nullptr ? 1 : 2);
  auto& body = ways.front();
  for (const auto& clause : statement.clauses) {
    const auto start = names.mark();
    if (clause.keyword == "try") {
      body.flow = block(clause.body, plan.tried);
      body.test = definitions_.success(clause.body);
      if (!body.flow.gates.empty()) {
        auto passes = all_pass(body.flow.gates);
        body.test = body.test == nullptr ? std::move(passes) : conjunction({body.test, std::move(passes)});
      }
      body.changes = names.take_back(start);
    } else if (clause.keyword == "else") {
      for (const auto& change : body.changes) names.bind(change.name, change.after);
      auto inside = plan.tried;
      if (body.test != nullptr) add_gates(inside, {{body.test, true, 0, false}});
      body.flow.ends = block(clause.body, inside).ends || body.flow.ends;
      body.changes = names.take_back(start);
    } else if (clause.keyword == "finally") {
      block(clause.body, place);
      names.take_back(start);
    } else {
      attributes(clause.head, plan.other);
      auto inside = &clause == plan.handler ? plan.handled : plan.other;
      if (&clause == plan.handler && body.test != nullptr) add_gates(inside, {{body.test, false, 0, false}});
      auto flow = block(clause.body, inside);
      auto changes = names.take_back(start);
      if (&clause == plan.handler) ways.back() = {nullptr, std::move(flow), std::move(changes)};
    }
  }
  ways.back().is_else = true;
  merge_names(ways);
  return after_attempt(ways, plan.raises);
}

/// What follows a `try` is reached by its block or by its handler.
SourceWalk::Flow SourceWalk::after_attempt(const std::vector<Way>& ways, bool raises) {
  const auto& tried = ways.front();
  if (ways.size() == 1) return tried.flow;
  const auto& handled = ways.back();
  Flow flow;
  flow.ends = tried.flow.ends && handled.flow.ends;
  if (flow.ends) return flow;
  if (tried.flow.ends && tried.test != nullptr) {
    flow.gates.push_back({tried.test, false, 0, false});
    flow.gates.insert(flow.gates.end(), handled.flow.gates.begin(), handled.flow.gates.end());
  } else if (handled.flow.ends && tried.test != nullptr && !raises) {
    flow.gates.push_back({tried.test, true, 0, false});
  } else if (handled.flow.ends) {
    flow.gates = tried.flow.gates;
  }
  return flow;
}

/// True if the block itself imports a requested name, or anything at all.
bool SourceWalk::brings(const std::vector<Statement>& block, bool anything) const {
  return std::any_of(block.begin(), block.end(), [&](const Statement& statement) {
    if (statement.kind == StatementKind::function) return false;
    const auto names = imported_names(tree_, statement.tokens);
    if (std::any_of(names.begin(), names.end(), [&](const ImportedName& name) {
          return anything || (name.level == 0 && wanted(name.module));
        })) {
      return true;
    }
    return std::any_of(statement.clauses.begin(), statement.clauses.end(),
                       [&](const Clause& clause) { return brings(clause.body, anything); });
  });
}

}  // namespace launch::pysource

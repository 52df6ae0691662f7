#include <algorithm>
#include <array>
#include <utility>

#include "pysource/format_fields.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/source_walk.hpp"
#include "pysource/standard_library.hpp"
#include "pysource/string_values.hpp"
#include "specs/scanner.hpp"

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

/// True if a function may end before its last statement without raising.
bool may_return(const SourceTree& tree, const std::vector<Statement>& body) {
  return std::any_of(body.begin(), body.end(), [&](const Statement& statement) {
    if (statement.kind == StatementKind::function || statement.kind == StatementKind::klass) return false;
    if (!statement.tokens.empty() && tree.is(statement.tokens.first, "return")) return true;
    return std::any_of(statement.clauses.begin(), statement.clauses.end(),
                       [&](const Clause& clause) { return may_return(tree, clause.body); });
  });
}

/// Names of decorators that decide whether a test runs.
bool names_mark(std::string_view name) {
  const auto words = words_of(name);
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "skip" || word == "skipif" || word == "require" || word == "requires" ||
           word == "required" || word == "run" || word == "needs" || word == "need" || word == "only" ||
           word == "min" || word == "unless" || word == "xfail";
  });
}

/// Decorators that only wrap a function: it still runs when it is called by its name, and not otherwise.
bool only_wraps(std::string_view name) {
  constexpr std::array<std::string_view, 22> kNames = {
      "property",       "staticmethod",   "classmethod",     "contextmanager", "lru_cache",
      "cache",          "wraps",          "no_grad",         "inference_mode", "override",
      "overload",       "abstractmethod", "cached_property", "setter",         "dataclass",
      "deprecated",     "total_ordering", "disable",         "cached",         "compile",
      "rank_zero_only", "torch_no_grad"};
  return std::find(kNames.begin(), kNames.end(), last_part(name)) != kNames.end();
}

}  // namespace

bool SourceWalk::is_constructor(std::string_view name) {
  return name == "__init__" || name == "__new__" || name == "__post_init__" || name == "setUp" ||
         name == "setUpClass";
}

void SourceWalk::add_gates(Place& place, const std::vector<Gate>& gates) {
  if (gates.empty()) return;
  place.gates.insert(place.gates.end(), gates.begin(), gates.end());
  place.site.reset();
}

/// Gates of marks, which decide whether a test function runs.
void SourceWalk::mark(TokenRange value, std::vector<Gate>& gates) {
  value = without_brackets(tree_, value);
  if (!value.empty() && tree_.is(value.first, "[") &&
      behind_bracket(tree_, value.first, value.last) == value.last)
    value = {value.first + 1, value.last - 1};
  for (const auto each : split_range(tree_, value, ",")) {
    if (auto gate = written_mark(each)) gates.push_back(*std::move(gate));
    if (each.empty() || !definitions_.matters(each)) continue;
    gates.push_back({definitions_.read(each), true, line_of(each), true});
  }
}

/// The gate of a mark whose condition is a string: `skipif("torch.__version__ < '2.6'")`.
std::optional<Gate> SourceWalk::written_mark(TokenRange mark) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, mark, &end);
  if (!name.ends_with("skipif") && !name.ends_with("xfail")) return std::nullopt;
  if (end + 2 >= mark.last || !tree_.is(end, "(")) return std::nullopt;
  auto literal = end + 1;
  if (tree_.is(literal, "condition") && tree_.is(literal + 1, "=")) literal += 2;
  const bool alone = literal + 1 < mark.last && (tree_.is(literal + 1, ",") || tree_.is(literal + 1, ")"));
  if (!alone || tree_.token(literal).kind != TokenKind::string) return std::nullopt;
  auto text = plain_string(tree_.text(literal));
  if (!text) return std::nullopt;
  const SourceTree condition(*std::move(text));
  if (condition.body().size() != 1) return std::nullopt;
  return Gate{definitions_.read(condition), false, line_of(mark), true};
}

/// The gate of `expectedFailure if OLD else lambda test: test`.
std::optional<Gate> SourceWalk::chosen_mark(TokenRange decorator) {
  decorator = without_brackets(tree_, decorator);
  const auto sides = split_range(tree_, decorator, "else");
  const auto parts = split_range(tree_, sides.front(), "if");
  if (sides.size() != 2 || parts.size() != 2 || !definitions_.matters(parts[1])) return std::nullopt;
  const auto skips = [&](TokenRange side) {
    const auto last = dotted_name(tree_, without_brackets(tree_, side));
    return last.ends_with("expectedFailure") || last.ends_with("skip") || last.ends_with("xfail");
  };
  if (skips(parts[0]) == skips(sides[1])) return std::nullopt;
  return Gate{definitions_.read(parts[1]), !skips(parts[0]), line_of(decorator), true};
}

SourceWalk::Decoration SourceWalk::decorate(Place& place) {
  Decoration found;
  for (const auto range : std::exchange(decorators_, {})) {
    const auto name = dotted_name(tree_, range);
    const auto* known = definitions_.names().value(name);
    const bool is_mark = names_mark(last_part(name)) || (known != nullptr && known->kind == Kind::call);
    found.may_register = found.may_register || !only_wraps(name);
    found.without_object = found.without_object || name == "staticmethod" || name == "classmethod";
    if (auto gate = written_mark(range)) add_gates(place, {*std::move(gate)});
    if (auto gate = chosen_mark(range)) add_gates(place, {*std::move(gate)});
    if (is_mark && definitions_.matters(range))
      add_gates(place, {{definitions_.read(range), true, line_of(range), true}});
  }
  return found;
}

std::uint32_t SourceWalk::enter_unit(CodeUnit::Kind kind, TokenRange head, std::uint32_t owner,
                                     bool is_called) {
  const auto name = head.empty() ? std::string_view() : tree_.text(head.first);
  scan_.calls.units.push_back({kind, std::string(name), owner, is_called});
  return static_cast<std::uint32_t>(scan_.calls.units.size() - 1);
}

SourceWalk::Flow SourceWalk::function(const Statement& statement, const Place& place) {
  attributes(statement.clauses.front().head, place);
  auto inside = place;
  inside.on_path = inside.on_other_path = true;
  inside.guarded = inside.caught = inside.handled = inside.modules_only = false;
  inside.choices.clear();
  inside.branch = nullptr;
  inside.site.reset();
  const auto decoration = decorate(inside);
  add_gates(inside, place.function_gates);
  inside.function_gates.clear();
  if (decoration.without_object) inside.constructor_gates.clear();
  const auto head = statement.clauses.front().head;
  const bool of_object =
      place.klass && !decoration.without_object && !head.empty() && !is_constructor(tree_.text(head.first));
  if (of_object) {
    auto& gates = inside.constructor_gates;
    gates.insert(gates.end(), place.base_gates.begin(), place.base_gates.end());
  }
  if (place.klass) add_gates(inside, inside.constructor_gates);
  inside.base_gates.clear();
  inside.known = nullptr;
  inside.own_gates = inside.gates.size();
  inside.function = {head.first, head.first};
  inside.klass.reset();
  if (place.klass) {
    inside.unit = enter_unit(CodeUnit::Kind::method, head, *place.klass, decoration.may_register);
    scan_.calls.units.back().of_object = of_object;
  } else if (scan_.calls.units[place.unit].kind == CodeUnit::Kind::module) {
    inside.unit = enter_unit(CodeUnit::Kind::function, head, place.unit, decoration.may_register);
  }
  refer({head.first + 1, head.last}, inside);
  definitions_.define_function(statement);
  const bool of_class = definitions_.names().in_class_of_module();
  definitions_.names().enter(CodeNames::Frame::function);
  definitions_.hide_parameters(statement);
  const auto parameters = parameter_names(tree_, head);
  const auto self = parameters.empty() ? std::string_view() : tree_.text(parameters.front());
  if (self == "self" || self == "cls") {
    const bool known = of_class && place.klass;
    definitions_.names().enter_method(self,
                                      known ? scan_.calls.units[*place.klass].name : std::string_view());
  }
  Flow flow;
  for (const auto& clause : statement.clauses) flow = block(clause.body, inside);
  definitions_.names().leave();
  return flow;
}

/// A function in a block. A constructor that raises keeps the class's methods from running; one that returns
/// does not.
SourceWalk::Flow SourceWalk::define(const Statement& statement, Place& place) {
  const auto flow = function(statement, place);
  const auto head = statement.clauses.front().head;
  const bool constructs = place.klass && !head.empty() && is_constructor(tree_.text(head.first));
  if (constructs && !may_return(tree_, statement.clauses.front().body))
    place.constructor_gates.insert(place.constructor_gates.end(), flow.gates.begin(), flow.gates.end());
  return {};
}

ImportsBefore SourceWalk::imports_before(const Place& place) const {
  return {static_cast<std::uint32_t>(scan_.calls.modules.size()), place.passed};
}

/// What follows in the block of a statement runs only if its imports, from that one on, have ended. Those
/// that the whole file needs are known by their order.
void SourceWalk::pass_imports(std::size_t first, Place& place) {
  auto& modules = scan_.calls.modules;
  for (auto i = first; i < modules.size(); ++i) {
    if (modules[i].always) continue;
    modules[i].passed = ++passed_;
    modules[i].passed_before = std::exchange(place.passed, passed_);
    place.site.reset();
  }
}

std::uint32_t SourceWalk::site_of(const Place& place) {
  if (!place.site) {
    place.site = static_cast<std::uint32_t>(scan_.calls.sites.size());
    scan_.calls.sites.push_back(
        {place.unit, place.guarded || place.caught, place.gates, imports_before(place)});
  }
  return *place.site;
}

/// A bare name, an attribute and an attribute of self are told apart: they call different things.
void SourceWalk::refer(TokenRange range, const Place& place) {
  if (range.empty() || place.type) return;
  if (tree_.is(range.first, "import") || tree_.is(range.first, "from"))
    return refer_imports(imported_names(tree_, range), place);
  if (tree_.is(range.first, "__all__")) return;
  auto& words = definitions_.words();
  for (auto i = range.first; i < range.last; ++i) {
    auto* word = words.at(i);
    if (tree_.token(i).kind == TokenKind::string && has_fields(tree_.text(i))) refer_fields(i, place);
    if (word == nullptr || word->keyword) continue;
    auto how = NameSite::How::bare;
    if (tree_.token(i).kind == TokenKind::string) {
      how = NameSite::How::text;
    } else if (i > range.first && tree_.is(i - 1, ".")) {
      const bool own = i > range.first + 1 && (tree_.is(i - 2, "self") || tree_.is(i - 2, "cls"));
      how = own ? NameSite::How::own : NameSite::How::attribute;
    } else if (i + 1 < range.last && tree_.is(i + 1, "=") && i > range.first) {
      continue;  // a keyword argument
    }
    const auto site = site_of(place);
    const auto mark = site * 4 + static_cast<std::uint32_t>(how);
    if (word->last_site == mark) continue;
    word->last_site = mark;
    scan_.calls.names.push_back({word->hash, site, how});
  }
}

/// The names in the fields of an f-string.
void SourceWalk::refer_fields(std::uint32_t string, const Place& place) {
  for (const auto field : fields_of(tree_.text(string))) {
    for (std::size_t i = 0; i < field.size();) {
      const auto start = i;
      while (i < field.size() && specs::is_word(field[i])) ++i;
      if (i == start) {
        ++i;
        continue;
      }
      auto how = NameSite::How::bare;
      if (start > 0 && field[start - 1] == '.') {
        const auto object = field.substr(0, start - 1);
        how = object.ends_with("self") || object.ends_with("cls") ? NameSite::How::own
                                                                  : NameSite::How::attribute;
      }
      scan_.calls.names.push_back({hash_of_name(field.substr(start, i - start)), site_of(place), how});
    }
  }
}

void SourceWalk::refer_imports(const std::vector<ImportedName>& names, const Place& place) {
  for (const auto& name : names) {
    if (name.from && !name.alias.empty() && name.alias != name.name)
      scan_.calls.aliases.push_back({hash_of_name(name.name), hash_of_name(name.alias)});
    const auto root = root_of(name.module);
    if (name.level == 0 && (wanted(name.module) || is_standard_library(root))) continue;
    const bool of_module = scan_.calls.units[place.unit].kind == CodeUnit::Kind::module;
    if (of_module) remember_import(name);
    auto& modules = scan_.calls.modules;
    const auto site = site_of(place);
    const bool same = name.from && !modules.empty() && modules.back().site == site &&
                      modules.back().module == name.module && modules.back().name == name.name;
    if (same) continue;
    const bool always = of_module && !place.on_path && !place.guarded && !place.caught && !place.handled;
    modules.push_back({name.level, name.module, name.name, site, always});
    if (always) place.site.reset();
  }
}

/// The place of an import of a name where only a missing module is caught: if the module is there, nothing
/// is.
SourceWalk::Place SourceWalk::place_of_import(const ImportedName& name, const Place& place) {
  auto here = place;
  if (!name.from || name.name == "*") return here;
  Expression imports{.kind = Kind::imports};
  imports.requirement = {name.module, ""};
  add_gates(here, {{make(std::move(imports)), true, 0, false}});
  if (here.guarded) {
    here.guarded = false;
  } else if (!here.choices.empty()) {
    here.choices.pop_back();
  }
  return here;
}

void SourceWalk::imports(const Statement& statement, const Place& place) {
  statement_line_ = line_of(statement.tokens);
  for (auto& name : imported_names(tree_, statement.tokens)) {
    if (name.level != 0 || !wanted(name.module)) continue;
    const auto bound = !name.alias.empty() ? name.alias : name.from ? name.name : name.module;
    const auto where = place.modules_only ? std::optional(place_of_import(name, place)) : std::nullopt;
    auto use = use_at(name.token, {std::move(name.module), std::move(name.name)}, where ? *where : place);
    if (place.branch != nullptr && place.branch->names.contains(bound)) use.branch = place.branch->choice;
    scan_.uses.push_back(std::move(use));
  }
}

ImportUse SourceWalk::use_at(std::uint32_t at, Requirement requirement, const Place& place) const {
  const auto line = tree_.line(at);
  const bool marked = marked_.contains(line) || marked_.contains(statement_line_) ||
                      marked_alone_.contains(statement_line_ - 1);
  const auto need = [&](bool on_path) {
    if (place.type) return Need::type;
    if (place.guarded || marked) return Need::optional;
    return on_path ? Need::path : Need::must;
  };
  ImportUse use{std::move(requirement), need(place.on_path), line, tree_.list().column(tree_.token(at)),
                marked ? std::vector<Choice>{} : place.choices};
  use.need_if_run = need(place.on_other_path);
  use.gates = place.gates;
  use.unit = place.unit;
  use.imports = imports_before(place);
  return use;
}

}  // namespace launch::pysource

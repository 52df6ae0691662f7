#include <algorithm>
#include <array>

#include "pysource/dataclasses.hpp"
#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/special_names.hpp"

namespace launch::pysource {
namespace {

/// Base classes from outside the wheels that add no fields to a dataclass or NamedTuple.
bool has_no_fields(std::string_view name) {
  static constexpr std::string_view kNames[] = {"abc.ABC",         "builtins.object",
                                                "typing.Generic",  "typing.NamedTuple",
                                                "typing.Protocol", "typing_extensions.NamedTuple"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// True if a decorator's arguments contain `NAME=False`.
bool switches_off(const SourceTree& tree, TokenRange decorator, std::string_view name) {
  for (auto i = decorator.first; i + 2 < decorator.last; ++i) {
    if (tree.is(i, name) && tree.is(i + 1, "=") && tree.is(i + 2, "False")) return true;
  }
  return false;
}

}  // namespace

bool NameResolver::takes(const Signature& signature, const std::string& keyword, bool compiled) const {
  if (signature.takes(keyword)) return true;
  if (!compiled) return false;
  const auto& others = library_.rules->other_keywords;
  return std::any_of(others.begin(), others.end(), [&](const auto& entry) {
    return entry.second == keyword && signature.takes(entry.first);
  });
}

Answer NameResolver::keyword(const Requirement& requirement) {
  BoundValues values;
  auto name = requirement.name;
  const bool of_fields = name.ends_with(kFieldsOfDataclass);
  if (of_fields) name.resize(name.size() - kFieldsOfDataclass.size());
  auto reached = attribute({requirement.module, std::move(name), {}, Tier::attribute}, &values);
  if (reached.verdict != Verdict::yes) return reached;
  if (of_fields) return field_of_values(values, requirement.keyword, 0);
  return keyword_of_values(values, requirement.keyword, 0);
}

/// Yes if one of the values takes it: they stand for overloads and for alternatives.
Answer NameResolver::keyword_of_values(const BoundValues& values, const std::string& keyword, int depth) {
  auto best = no("");
  for (const auto& value : values) improve(best, keyword_of(value, keyword, depth));
  return best;
}

Answer NameResolver::keyword_of(const BoundValue& value, const std::string& keyword, int depth) {
  if (gives_up(depth)) return too_deep();
  switch (value.kind) {
    case BoundValue::Kind::function:
      return keyword_of_function(value, keyword);
    case BoundValue::Kind::klass:
      return keyword_of_class(value, keyword, depth);
    case BoundValue::Kind::choice:
      return keyword_of_values(value.choices, keyword, depth + 1);
    case BoundValue::Kind::unknown:
      return unknown(value.reason);
    case BoundValue::Kind::compiled:
      return value.path.size() == 2 ? keyword_of_operator(value, keyword) : unknown(value.reason);
    case BoundValue::Kind::operators:
      return keyword_of_overloads(value.path, keyword);
    default:
      return unknown("the parameters of what is called are not known");
  }
}

Answer NameResolver::keyword_of_function(const BoundValue& value, const std::string& keyword) {
  const auto& names = *value.names;
  const auto& tree = *names.tree;
  const auto signature = signature_of(tree, value.definition->clause->head, names.is_stub);
  const auto where = at(value.file, value.definition->line);
  const auto dot = value.name.rfind('.');
  const bool method = dot != std::string::npos;
  const auto own = method ? private_name(value.name.substr(0, dot), keyword) : "";
  if (takes(signature, own.empty() ? keyword : own, names.is_stub))
    return yes(fmt::format("a parameter of {} ({})", value.name, where));
  if (signature.takes_any) return unknown(fmt::format("{} ({}) takes any keyword", value.name, where));
  if (method && is_for_python_alone(value.name.substr(dot + 1)))
    return unknown(fmt::format("Python calls {}, and other modules may replace it", value.name));
  for (const auto decorator : value.definition->decorators) {
    if (is_transparent(tree, decorator)) continue;
    return unknown(fmt::format("a decorator of {} ({}) may change its parameters", value.name, where));
  }
  const auto kind = library_.files.find(names.module).kind;
  if (names.is_stub && kind != ModuleKind::source && kind != ModuleKind::package) {
    // The operator's function takes these, and its method does not.
    const bool of_function = method && (keyword == "input" || keyword == "out");
    auto confirmed = operator_takes(value.name.substr(dot + 1), of_function ? "" : keyword);
    if (confirmed.verdict != Verdict::no) return confirmed;
  }
  std::vector<std::string> parameters;
  for (const auto& parameter : signature.parameters) parameters.push_back(parameter.name);
  return no(fmt::format("{} ({}) of {} has no parameter {}{}", value.name, where,
                        library_.label(names.module), keyword, but_there_is(keyword, parameters)));
}

/// What the list of operators says of a compiled function, whose stub may be incomplete: unknown if it does
/// not have the function.
Answer NameResolver::operator_takes(const std::string& name, const std::string& keyword) {
  const auto& rules = *library_.rules;
  const auto* list = list_of(rules.operators);
  if (list == nullptr) return unknown("not read yet");
  auto best = unknown(fmt::format("{} is compiled, and its stub may not have all parameters", name));
  for (auto entry = list->lower_bound(name); entry != list->end(); ++entry) {
    const auto& key = entry->first;
    if (key != name && !key.starts_with(name + ".")) break;
    Signature signature;
    for (const auto& parameter : entry->second) signature.parameters.push_back({parameter});
    if (takes(signature, keyword, true)) {
      return yes(fmt::format("a parameter of {} ({})", key, rules.operators.files.front()));
    }
    best = no("");
  }
  return best;
}

/// Of a compiled function that is generated from the operator of its name.
Answer NameResolver::keyword_of_operator(const BoundValue& value, const std::string& keyword) {
  auto answer = operator_takes(value.name, keyword);
  if (answer.verdict != Verdict::no) return answer;
  const auto& list = library_.rules->operators.files.front();
  return no(fmt::format("{} ({}) of {} has no parameter {}", value.name, list,
                        library_.label(value.path.front()), keyword));
}

/// Of torch.ops.aten.add and torch.ops.aten.add.out, which take the names of their schemas. The list has
/// those of Python's functions, which differ in a few.
Answer NameResolver::keyword_of_overloads(const std::vector<std::string>& path, const std::string& keyword) {
  const auto& rules = *library_.rules;
  auto result = unknown("the parameters of what is called are not known");
  constexpr std::array<std::string_view, 3> kOfPython = {"input", "out", "requires_grad"};
  if (path.size() < 2 || path.front() != rules.operators_namespace || contains(kOfPython, keyword))
    return result;
  const auto* list = list_of(rules.operators);
  if (list == nullptr) return unknown("not read yet");
  const auto& name = path[1];
  const auto full = path.size() == 2 || path[2] == "default" ? name : name + "." + path[2];
  for (auto entry = list->lower_bound(full); entry != list->end() && entry->first.starts_with(full);
       ++entry) {
    const auto& [key, parameters] = *entry;
    const bool is_overload = path.size() == 2 && key.starts_with(name + ".");
    if (key != full && !is_overload) continue;
    if (std::find(parameters.begin(), parameters.end(), keyword) != parameters.end())
      return yes(fmt::format("a parameter of {} ({})", key, rules.operators.files.front()));
  }
  return result;
}

/// Python calls the metaclass's `__call__`, which calls `__new__` and `__init__` with the same arguments.
Answer NameResolver::keyword_of_class(const BoundValue& value, const std::string& keyword, int depth) {
  const auto& tree = *value.names->tree;
  const auto& body = body_of(value);
  for (const auto decorator : value.definition->decorators) {
    const bool data = is_named(tree, decorator, "dataclass");
    if (data && !switches_off(tree, decorator, "init") && !body.members.contains("__init__")) {
      return field_of(value, keyword, FieldUse::parameter, depth);
    }
    if (!data && !is_transparent(tree, decorator)) {
      return unknown(fmt::format("a decorator of the class {} may change its parameters", value.name));
    }
  }
  if (!value.names->is_stub && !body.metaclass.empty()) {
    for (const auto& each : evaluate(*value.names, value.file, body.metaclass, depth + 1)) {
      const bool abstract = each.kind == BoundValue::Kind::foreign && each.name == "abc.ABCMeta";
      const bool plain = each.kind == BoundValue::Kind::klass && !body_of(each).members.contains("__call__");
      if (abstract || plain) continue;
      return unknown(fmt::format("the metaclass of {} may change its parameters", value.name));
    }
  }
  // What a stub says of the __init__ of a compiled base does not bind classes written in Python.
  std::vector<BoundValues> methods;
  for (const auto* method : {"__init__", "__new__"}) {
    auto functions = values_in_class(value, method, depth + 1);
    const bool known = std::all_of(functions.begin(), functions.end(), [&](const BoundValue& each) {
      return each.kind == BoundValue::Kind::function && each.names->is_stub == value.names->is_stub;
    });
    if (known) methods.push_back(std::move(functions));
  }
  bool explicitly = false;
  auto best = unknown(fmt::format("no __init__ of the class {} was found", value.name));
  for (const auto& functions : methods) {
    auto next = keyword_of_values(functions, keyword, depth + 1);
    if (next.verdict == Verdict::no && value.names->is_stub) next.verdict = Verdict::unknown;
    if (next.verdict == Verdict::no) return next;
    explicitly = explicitly || next.verdict == Verdict::yes;
    if (next.verdict == Verdict::yes || best.verdict != Verdict::yes) best = std::move(next);
  }
  if (explicitly) return best;
  for (const auto base : body.bases) {
    if (is_named(tree, base, "NamedTuple")) return field_of(value, keyword, FieldUse::parameter, depth);
  }
  return best;
}

bool NameResolver::is_dataclass(const BoundValue& value, int depth) {
  if (gives_up(depth) || value.kind != BoundValue::Kind::klass) return false;
  if (has_dataclass_decorator(value)) return true;
  for (const auto base : body_of(value).bases) {
    for (const auto& each : values_of_base(value, base, depth + 1)) {
      if (is_dataclass(each, depth + 1)) return true;
    }
  }
  return false;
}

Answer NameResolver::field_of_values(const BoundValues& values, const std::string& field, int depth) {
  auto best = no("");
  for (const auto& value : values) {
    improve(best, value.kind == BoundValue::Kind::choice ? field_of_values(value.choices, field, depth + 1)
                  : is_dataclass(value, depth)           ? field_of(value, field, FieldUse::listed, depth)
                                                         : unknown("it is not known as a dataclass"));
  }
  return best;
}

/// Whether something besides its annotations can give a class fields.
bool NameResolver::may_have_more_fields(const BoundValue& value) {
  const auto& body = body_of(value);
  if (value.names->is_stub || body.computed || !body.metaclass.empty()) return true;
  const auto& tree = *value.names->tree;
  const auto& decorators = value.definition->decorators;
  return std::any_of(decorators.begin(), decorators.end(), [&](TokenRange decorator) {
    return !is_named(tree, decorator, "dataclass") && !is_transparent(tree, decorator);
  });
}

/// Of a NamedTuple; or of a dataclass and of the classes that it is derived from. `field(init=False)` does
/// not take a parameter away often enough to look for it.
Answer NameResolver::field_of(const BoundValue& value, const std::string& field, FieldUse use, int depth) {
  if (gives_up(depth)) return too_deep();
  const bool listed = use == FieldUse::listed;
  const auto& body = body_of(value);
  const auto where = at(value.file, value.definition->line);
  const bool annotated = std::find(body.fields.begin(), body.fields.end(), field) != body.fields.end();
  if (annotated && (!listed || has_dataclass_decorator(value))) {
    if (body.class_variables.contains(field) || (listed && body.init_only.contains(field)))
      return unknown(fmt::format("{} is no ordinary field of {} ({})", field, value.name, where));
    return yes(fmt::format("a field of {} ({})", value.name, where));
  }
  auto best = listed && may_have_more_fields(value)
                  ? unknown(fmt::format("the class {} ({}) may have further fields", value.name, where))
                  : no(fmt::format("the class {} ({}) of {} has no field {}", value.name, where,
                                   library_.label(value.names->module), field));
  for (const auto base : body.bases) {
    const auto values = values_of_base(value, base, depth + 1);
    if (values.empty()) improve(best, unknown(fmt::format("a base class of {} was not found", value.name)));
    for (const auto& each : values) {
      if (each.kind == BoundValue::Kind::foreign) {
        if (has_no_fields(each.name)) continue;
        improve(best, unknown(fmt::format("the base class {} of {} was not found", each.name, value.name)));
      } else if (each.kind == BoundValue::Kind::klass) {
        improve(best, field_of(each, field, use, depth + 1));
      } else {
        improve(best, unknown(fmt::format("a base class of {} was not found", value.name)));
      }
    }
  }
  return best;
}

}  // namespace launch::pysource

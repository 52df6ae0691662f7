#include <algorithm>

#include "pysource/dataclasses.hpp"
#include "pysource/name_resolver.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/special_names.hpp"
#include "pysource/standard_classes.hpp"
#include "pysource/standard_library.hpp"

namespace launch::pysource {
namespace {

/// Why the attributes of something foreign are not known: "sympy.F of C is in none of the checked wheels".
std::string unread(std::string_view name, const std::string& of = "") {
  constexpr std::string_view kBuiltins = "builtins";
  const auto root = root_of(name);
  const bool built_in = root == kBuiltins;
  if (built_in && !standard_class_has(name, "mro"))  // a name of a function around it
    return fmt::format("{}{} was not found", name.substr(kBuiltins.size() + 1), of);
  return fmt::format("{}{} {}", name, of,
                     built_in || is_standard_library(root)
                         ? "belongs to Python, and its attributes are not known"
                         : "is in none of the checked wheels");
}

/// Whether a class, or an instance of it, has an attribute by a base class of the standard library.
std::optional<bool> base_has(const std::string& written, const ClassBody& body, bool is_class,
                             const std::string& name) {
  const auto base = standard_base(written);
  if (base == "typing.NamedTuple" && body.instance.contains(name)) return true;
  // A member of an enumeration has a name and a value, the enumeration has none.
  if (is_class && base.starts_with("enum.") && (name == "name" || name == "value")) return false;
  if (!is_class && base.starts_with("enum.") && name == "_sort_order_") return {};  // since Python 3.11
  const auto own = standard_class_has(base, name);
  // With a type variable, List[T] is a base, and Generic another one.
  const bool may_be_generic = base != written && standard_class_has("typing.Generic", name).value_or(false);
  if (may_be_generic && !own.value_or(false)) return {};
  if (!is_class || own.value_or(false)) return own;
  const auto of_metaclass = standard_class_has(standard_metaclass(base), name);
  return of_metaclass.value_or(false) ? of_metaclass : own;
}

}  // namespace

Answer NameResolver::attribute(const Requirement& requirement, BoundValues* result) {
  auto place = locate(requirement.module, 0);
  auto chain = requirement.name;
  // What `from M import name` imported may not be a module, and no stub may describe a compiled one.
  for (auto module = requirement.module;
       place.kind == Located::Kind::missing || is_in_extension(place, module);) {
    const auto dot = module.rfind('.');
    if (dot == std::string::npos) return no(place.reason);
    chain.insert(0, module.substr(dot + 1) + ".");
    module.resize(dot);
    place = locate(module, 0);
  }
  if (place.kind != Located::Kind::found) return unknown(place.reason);
  auto values = one(BoundValue::module(place.module));
  Answer answer = yes("");
  for (std::size_t start = 0; start <= chain.size();) {
    const auto end = std::min(chain.find('.', start), chain.size());
    const auto name = chain.substr(start, end - start);
    answer = attribute_of_any(values, name);
    if (answer.verdict == Verdict::no && start == 0 && chain == requirement.name) {
      append(values, hiding(place.module));
      answer = attribute_of_any(values, name);
    }
    const bool last = end == chain.size();
    if (answer.verdict != Verdict::yes || (last && result == nullptr)) return answer;
    BoundValues below;
    for (const auto& value : values) {
      auto more = values_of_attribute(value, name, 0);
      below.insert(below.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    values = std::move(below);
    start = end + 1;
  }
  if (result != nullptr) *result = std::move(values);
  return answer;
}

/// What a package binds to the name of one of its modules, other than the module.
BoundValues NameResolver::hiding(const std::string& module) {
  const auto dot = module.rfind('.');
  if (dot == std::string::npos) return {};
  const auto parent = locate(module.substr(0, dot), 0);
  const auto* names = parent.kind == Located::Kind::found ? names_of(parent) : nullptr;
  const auto name = module.substr(dot + 1);
  if (names == nullptr || !names->bindings.contains(name)) return {};
  auto values = values_in(*names, parent.file.file, name, 0);
  std::erase_if(values, [](const BoundValue& value) {
    return value.kind == BoundValue::Kind::unknown || value.kind == BoundValue::Kind::module;
  });
  return values;
}

/// An attribute that one of the values has is there; what Python gives an object by its kind, as __code__ to
/// functions, only if all of them have it.
Answer NameResolver::attribute_of_any(const BoundValues& values, const std::string& name) {
  auto best = no("");
  std::optional<Answer> open;
  for (const auto& value : values) {
    auto next = attribute_of(value, name, 0);
    if (next.verdict == Verdict::unknown) open = next;
    improve(best, std::move(next));
  }
  return best.verdict == Verdict::yes && open && is_special_name(name) ? *open : best;
}

bool NameResolver::is_in_extension(const Located& place, const std::string& module) {
  if (place.kind != Located::Kind::unknown) return false;
  const auto parent = locate(module.substr(0, module.rfind('.')), 0);
  return parent.kind == Located::Kind::found && parent.file.kind == ModuleKind::extension;
}

Answer NameResolver::attribute_of(const BoundValue& value, const std::string& name, int depth) {
  switch (value.kind) {
    case BoundValue::Kind::unknown:
    case BoundValue::Kind::partial:
      return is_of_every_object(name) ? yes("every object has it") : unknown(value.reason);
    case BoundValue::Kind::module: {
      auto own = special(value.name, name);
      if (own.verdict != Verdict::no) return own;
      const auto& stands = library_.rules->stands_for;
      const auto other = stands.find(value.name);
      auto result = member(other == stands.end() ? value.name : other->second, name, depth, Reach::attribute);
      if (other != stands.end()) improve(result, member(value.name, name, depth, Reach::attribute));
      return result;
    }
    case BoundValue::Kind::klass:
      return in_class(value, name, depth);
    case BoundValue::Kind::instance:
      if (value.names != nullptr) return in_class(value, name, depth);
      [[fallthrough]];
    case BoundValue::Kind::foreign: {
      if (is_of_every_definition(name)) return yes("every object has it");
      const auto standard = standard_base(value.name);
      const auto has = standard_class_has(standard, name);
      if (has && *has) return yes("an attribute of " + standard);
      if (!has || standard != value.name) return unknown(unread(value.name));
      auto reason = fmt::format("{} has no attribute {}", value.name, name);
      return value.exact ? no(std::move(reason)) : unknown(std::move(reason));
    }
    case BoundValue::Kind::operators:
      return operators(value.path, name);
    case BoundValue::Kind::compiled:
      if (is_of_every_object(name)) return yes("every object has it");
      if (value.path.size() == 2) return attribute_of_built_in(value, name);
      return is_special_name(name) ? unknown(value.reason) : mentioned(name, value.reason);
    case BoundValue::Kind::function:
    case BoundValue::Kind::choice:
      return attribute_of_function(value, name, depth);
  }
  return unknown("");
}

const ClassBody& NameResolver::body_of(const BoundValue& value) {
  const auto* clause = value.definition->clause;
  const auto found = library_.bodies.find(clause);
  if (found != library_.bodies.end()) return found->second;
  return library_.bodies.emplace(clause, read_class(*value.names->tree, *clause)).first->second;
}

bool NameResolver::is_transparent(const SourceTree& tree, TokenRange decorator) const {
  const auto dotted = dotted_name(tree, decorator);
  return library_.rules->transparent_decorators.contains(dotted.substr(dotted.rfind('.') + 1));
}

bool NameResolver::has_plain_decorators(const BoundValue& value) const {
  const auto& decorators = value.definition->decorators;
  return std::all_of(decorators.begin(), decorators.end(),
                     [&](TokenRange decorator) { return is_transparent(*value.names->tree, decorator); });
}

/// Whether a class, or an instance of it, has an attribute.
Answer NameResolver::in_class(const BoundValue& value, const std::string& name, int depth) {
  if (gives_up(depth)) return too_deep();
  const auto& body = body_of(value);
  const auto& names = *value.names;
  const auto where = at(value.file, value.definition->line);
  const bool instance = value.kind == BoundValue::Kind::instance || names.is_stub;
  const auto bound = [&](const std::string& each) {
    const auto member = body.members.find(each);
    const bool in_body =
        member != body.members.end() && (instance || !is_field_without_default(value, member->second.back()));
    return in_body || (instance && body.instance.contains(each));
  };
  const bool is_private = name.starts_with("__") && !is_special_name(name);
  if ((bound(name) && !is_private) || bound(private_name(value.name, name)) ||
      names.patched.contains(value.name + "." + name)) {
    return yes(fmt::format("a member of the class {} ({})", value.name, where));
  }
  auto best = in_bases(value, body, name, depth);
  if (best.verdict == Verdict::yes) return best;
  improve(best, in_metaclass(value, body, name, depth));
  if (best.verdict == Verdict::yes) return best;
  improve(best, given_to_class(value, name, depth));
  if (best.verdict == Verdict::yes) return best;
  if (is_special_name(name))
    return best.verdict == Verdict::unknown ? best : unknown("Python may give the class this name");
  const bool forwards = body.members.contains("__getattr__") || body.members.contains("__getattribute__");
  if (instance && !names.is_stub && forwards) {
    return unknown(fmt::format("__getattr__ of the class {} may provide it", value.name));
  }
  const bool computed =
      body.computed || (instance && body.computed_instance) || body.by_methods.contains(name);
  if (computed || names.patched.contains(value.name + ".*")) {
    return unknown(fmt::format("{} binds members that are computed at run time", where));
  }
  if (!names.passed_to.empty() && name.starts_with('_'))
    return unknown(fmt::format("{} of {} may replace the class", names.passed_to.front(), value.file));
  const bool by_base = best.verdict == Verdict::unknown;
  if (!value.exact && !by_base)
    return unknown(fmt::format("{} may belong to a subclass of {}", name, value.name));
  for (const auto decorator : value.definition->decorators) {
    if (is_transparent(*names.tree, decorator)) continue;
    return unknown(fmt::format("a decorator of the class {} ({}) may add it", value.name, where));
  }
  if (best.verdict == Verdict::unknown) return best;
  if (is_of_struct_sequence(name) && library_.rules->struct_sequences.contains(names.module))
    return yes("every struct sequence has it");
  if (names.is_stub) {
    auto what = fmt::format("the class {} of {} does not list {}", value.name, value.file, name);
    auto compiled = not_in_stub(value.name, name, what);
    // The string may be the name of something else.
    return compiled.verdict == Verdict::yes ? unknown(std::move(what)) : compiled;
  }
  return no(fmt::format("the class {} ({}) of {} has no attribute {}", value.name, where,
                        library_.label(names.module), name));
}

BoundValues NameResolver::values_of_base(const BoundValue& value, TokenRange base, int depth) {
  auto values = evaluate(*value.names, value.file, base, depth);
  std::erase_if(values, [&](const BoundValue& each) {
    return each.kind == BoundValue::Kind::klass && each.definition->clause == value.definition->clause;
  });
  return values;
}

Answer NameResolver::in_bases(const BoundValue& value, const ClassBody& body, const std::string& name,
                              int depth) {
  auto best = no("");
  for (const auto base : body.bases) {
    for (auto& each : values_of_base(value, base, depth + 1)) {
      if (each.kind == BoundValue::Kind::klass) {
        each.kind = value.kind;
        improve(best, in_class(each, name, depth + 1));
      } else if (each.kind == BoundValue::Kind::foreign) {
        const auto standard = standard_base(each.name);
        const auto has = base_has(each.name, body, value.kind == BoundValue::Kind::klass, name);
        if (has && *has) return yes("an attribute of " + standard);
        const bool is_known = standard_class_has(standard, "mro").has_value();
        if (!has && !(is_special_name(name) && is_known))
          improve(best, unknown("the base class " + unread(each.name, " of " + value.name)));
      } else {
        improve(best, unknown(fmt::format("a base class of {} was not found", value.name)));
      }
      if (best.verdict == Verdict::yes) return best;
    }
  }
  if (best.verdict == Verdict::no) best.reason.clear();
  return best;
}

Answer NameResolver::in_metaclass(const BoundValue& value, const ClassBody& body, const std::string& name,
                                  int depth) {
  if (body.metaclass.empty() || value.kind == BoundValue::Kind::instance) return no("");
  auto best = no("");
  for (const auto& each : evaluate(*value.names, value.file, body.metaclass, depth + 1)) {
    if (each.kind == BoundValue::Kind::klass) {
      auto own = in_class(each, name, depth + 1);
      if (own.verdict != Verdict::unknown || !each.names->is_stub) improve(best, std::move(own));
      if (body_of(each).members.contains("__getattr__")) {
        improve(best, unknown(fmt::format("__getattr__ of the metaclass {} may provide it", each.name)));
      }
      if (body_of(each).instance.contains(name))
        improve(best, unknown(fmt::format("the metaclass {} may set it", each.name)));
    } else if (standard_class_has(each.name, name).value_or(false)) {
      return yes("an attribute of " + each.name);
    } else if (each.name != "abc.ABCMeta" && each.name != "builtins.type" && each.name != "enum.EnumMeta") {
      improve(best, unknown(fmt::format("the metaclass of {} was not found", value.name)));
    }
  }
  if (best.verdict == Verdict::no) best.reason.clear();
  return best;
}

BoundValues NameResolver::values_of_attribute(const BoundValue& value, const std::string& name, int depth) {
  switch (value.kind) {
    case BoundValue::Kind::module:
      if (name == "__dict__") return one({BoundValue::Kind::instance, {}, "builtins.dict"});
      return values_of(value.name, name, depth + 1);
    case BoundValue::Kind::klass:
      return values_in_class(value, name, depth + 1);
    case BoundValue::Kind::instance:
      if (value.names != nullptr) return values_in_class(value, name, depth + 1);
      return not_known(fmt::format("{} of {} is not followed", name, value.name));
    case BoundValue::Kind::foreign:
      return one(BoundValue::foreign(value.name + "." + name));
    case BoundValue::Kind::operators: {
      BoundValues values{value};
      values.front().path.push_back(name);
      return values;
    }
    case BoundValue::Kind::compiled: {
      if (value.path.size() != 1) return not_known(value.reason);
      BoundValues values{value};
      values.front().path.push_back(value.name);
      values.front().name = name;
      return values;
    }
    default:
      return not_known(value.reason.empty() ? name + " is not followed" : value.reason);
  }
}

/// The members of enumerations are its instances, whatever they are bound to.
bool NameResolver::is_enumeration(const BoundValue& value, int depth) {
  if (gives_up(depth)) return false;
  for (const auto base : body_of(value).bases) {
    for (const auto& each : values_of_base(value, base, depth + 1)) {
      if (each.kind == BoundValue::Kind::foreign && each.name.starts_with("enum.")) return true;
      if (each.kind == BoundValue::Kind::klass && is_enumeration(each, depth + 1)) return true;
    }
  }
  return false;
}

BoundValues NameResolver::values_in_class(const BoundValue& value, const std::string& name, int depth) {
  if (gives_up(depth)) return not_known(too_deep().reason);
  const auto& body = body_of(value);
  const auto found = body.members.find(name);
  BoundValues values;
  if (found != body.members.end()) {
    for (const auto& definition : found->second) {
      const bool function = definition.kind == Definition::Kind::function;
      const bool property =
          function &&
          std::any_of(definition.decorators.begin(), definition.decorators.end(), [&](TokenRange decorator) {
            return dotted_name(*value.names->tree, decorator).ends_with("property");
          });
      if (property) return not_known(fmt::format("{} is a property", name));
      if (definition.kind == Definition::Kind::value && is_enumeration(value, depth + 1)) {
        values.push_back(value);
        values.back().kind = BoundValue::Kind::instance;
        continue;
      }
      auto more =
          value_of_definition(*value.names, value.file, value.name + "." + name, definition, depth + 1);
      values.insert(values.end(), more.begin(), more.end());
    }
    return values;
  }
  for (const auto base : body.bases) {
    for (const auto& each : values_of_base(value, base, depth + 1)) {
      if (each.kind != BoundValue::Kind::klass) continue;
      if (in_class(each, name, depth + 1).verdict != Verdict::yes) continue;
      return values_in_class(each, name, depth + 1);
    }
  }
  return not_known(fmt::format("the value of {} in the class {} is not known", name, value.name));
}

}  // namespace launch::pysource

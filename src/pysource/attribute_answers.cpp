#include <algorithm>

#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/standard_classes.hpp"

namespace launch::pysource {
namespace {

bool is_special_name(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

/// Special names of classes, functions and other objects alike.
bool is_of_every_object(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__class__",         "__delattr__",  "__dict__",         "__dir__",       "__doc__",  "__eq__",
      "__format__",        "__ge__",       "__getattribute__", "__gt__",        "__hash__", "__init__",
      "__init_subclass__", "__le__",       "__lt__",           "__module__",    "__name__", "__ne__",
      "__new__",           "__qualname__", "__reduce__",       "__reduce_ex__", "__repr__", "__setattr__",
      "__sizeof__",        "__str__",      "__subclasshook__", "__call__"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

Answer NameResolver::attribute(const Requirement& requirement, BoundValues* result) {
  auto place = locate(requirement.module, 0);
  auto chain = requirement.name;
  // What `from M import name` imported may not be a module.
  for (auto module = requirement.module; place.kind == Located::Kind::missing;) {
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
    answer = no("");
    for (const auto& value : values) improve(answer, attribute_of(value, name, 0));
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

Answer NameResolver::attribute_of(const BoundValue& value, const std::string& name, int depth) {
  switch (value.kind) {
    case BoundValue::Kind::unknown:
      return unknown(value.reason);
    case BoundValue::Kind::module: {
      auto own = special(value.name, name);
      if (own.verdict != Verdict::no) return own;
      const auto& stands = library_.rules->stands_for;
      const auto other = stands.find(value.name);
      return member(other == stands.end() ? value.name : other->second, name, depth, Reach::attribute);
    }
    case BoundValue::Kind::klass:
      return in_class(value, name, depth);
    case BoundValue::Kind::instance:
      if (value.names != nullptr) return in_class(value, name, depth);
      [[fallthrough]];
    case BoundValue::Kind::foreign: {
      if (is_of_every_object(name)) return yes("every object has it");
      const auto has = standard_class_has(value.name, name);
      if (!has) return unknown(value.name + " is in none of the checked wheels");
      if (*has) return yes("an attribute of " + value.name);
      return value.exact ? no(fmt::format("{} has no attribute {}", value.name, name))
                         : unknown(fmt::format("{} has no attribute {}", value.name, name));
    }
    case BoundValue::Kind::operators:
      return operators(value.path, name);
    case BoundValue::Kind::compiled:
      return mentioned(name, value.reason);
    case BoundValue::Kind::function:
    case BoundValue::Kind::choice:
      if (is_of_every_object(name)) return yes("every function has it");
      if (value.names != nullptr && value.names->patched.contains(value.name + "." + name)) {
        return yes(value.file + " sets it");
      }
      return unknown("attributes of functions are not followed");
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

/// Whether a class, or an instance of it, has an attribute.
Answer NameResolver::in_class(const BoundValue& value, const std::string& name, int depth) {
  if (depth > kMostDepth) return too_deep();
  const auto& body = body_of(value);
  const auto& names = *value.names;
  const auto where = at(value.file, value.definition->line);
  const bool instance = value.kind == BoundValue::Kind::instance || names.is_stub;
  if (body.members.contains(name) || (instance && body.instance.contains(name)) ||
      names.patched.contains(value.name + "." + name)) {
    return yes(fmt::format("a member of the class {} ({})", value.name, where));
  }
  auto best = in_bases(value, body, name, depth);
  if (best.verdict == Verdict::yes) return best;
  improve(best, in_metaclass(value, body, name, depth));
  if (best.verdict == Verdict::yes) return best;
  if (is_of_every_object(name)) return yes("every class has it");
  if (name == kFieldsOfDataclass.substr(1) && is_dataclass(value, depth))
    return yes("every dataclass has it");
  if (is_special_name(name)) return unknown("Python may give the class this name");
  const bool forwards = body.members.contains("__getattr__") || body.members.contains("__getattribute__");
  if (instance && !names.is_stub && forwards) {
    return unknown(fmt::format("__getattr__ of the class {} may provide it", value.name));
  }
  if (body.computed || (instance && body.computed_instance)) {
    return unknown(fmt::format("{} binds members that are computed at run time", where));
  }
  if (!value.exact) return unknown(fmt::format("{} may belong to a subclass of {}", name, value.name));
  for (const auto decorator : value.definition->decorators) {
    if (is_transparent(*names.tree, decorator)) continue;
    return unknown(fmt::format("a decorator of the class {} ({}) may add it", value.name, where));
  }
  if (best.verdict == Verdict::unknown) return best;
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
        const auto has = standard_class_has(each.name, name);
        if (has && *has) return yes("an attribute of " + each.name);
        if (!has && !is_special_name(name))
          improve(best, unknown(fmt::format("the base class {} of {} was not found", each.name, value.name)));
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
  if (depth > kMostDepth) return false;
  for (const auto base : body_of(value).bases) {
    for (const auto& each : values_of_base(value, base, depth + 1)) {
      if (each.kind == BoundValue::Kind::foreign && each.name.starts_with("enum.")) return true;
      if (each.kind == BoundValue::Kind::klass && is_enumeration(each, depth + 1)) return true;
    }
  }
  return false;
}

BoundValues NameResolver::values_in_class(const BoundValue& value, const std::string& name, int depth) {
  if (depth > kMostDepth) return not_known(too_deep().reason);
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

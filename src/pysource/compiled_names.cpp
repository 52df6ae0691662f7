#include <optional>

#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/standard_classes.hpp"

namespace launch::pysource {
namespace {

const std::string& key_of(const std::string& key) {
  return key;
}
const std::string& key_of(const NameList::value_type& entry) {
  return entry.first;
}

/// True if the names have the operator, with whatever overload.
template <class Names>
bool has_operator(const Names& names, const std::string& name) {
  if (names.contains(name)) return true;
  const auto overload = name + ".";
  const auto found = names.lower_bound(overload);
  return found != names.end() && key_of(*found).starts_with(overload);
}

/// The answer on an operator that `has` finds in a list of names; nullopt if it is in none.
template <class Has>
std::optional<Answer> listed(const ApiRules& rules, const NameList& list, const Has& has) {
  if (has(list)) return yes(rules.operators.files.front());
  if (has(rules.hand_made_operators)) return yes("an operator of every version");
  if (has(rules.varying_operators)) return unknown("an operator of some versions, which no file lists");
  return std::nullopt;
}

}  // namespace

/// How the shared library's strings contain a name, where the wheel is on this machine.
NameResolver::Mention NameResolver::mention(const std::string& name) {
  const auto& strings = library_.rules->strings;
  const bool near = strings && library_.is_local && library_.files.has(strings.files.front()) &&
                    library_.is_local(strings.files.front());
  if (!near) return Mention::no_library;
  const auto* list = list_of(strings);
  if (list == nullptr) return Mention::not_read;
  const std::string reversed(name.rbegin(), name.rend());
  const auto found = list->lower_bound(reversed);
  if (found == list->end() || !found->first.starts_with(reversed)) return Mention::none;
  return found->first == reversed ? Mention::whole : Mention::end;
}

/// Whether a compiled object has an attribute, by the strings of the shared library: yes or no; else unknown.
Answer NameResolver::mentioned(const std::string& name, const std::string& what) {
  // It may be an exception or a metaclass, whose names are Python's.
  for (const auto* base : {"builtins.BaseException", "builtins.type"}) {
    if (standard_class_has(base, name).value_or(false)) return unknown(what);
  }
  constexpr std::size_t kFewest = 4;  // shorter strings of a library may be anything
  const auto& strings = library_.rules->strings;
  switch (mention(name)) {
    case Mention::not_read:
      return unknown("not read yet");
    case Mention::none:
      return no(fmt::format("{}, and {} does not contain its name", what, strings.files.front()));
    case Mention::whole:
      if (name.size() >= kFewest) return yes(fmt::format("{} contains its name", strings.files.front()));
      [[fallthrough]];
    case Mention::end:
    case Mention::no_library:
      break;
  }
  return unknown(what);
}

/// What a stub does not list: no, if it lists all public names; else what the shared library's strings say.
Answer NameResolver::not_in_stub(const std::string& owner, const std::string& name, const std::string& what) {
  const auto& rules = *library_.rules;
  if (rules.unlisted.contains(owner + ":" + name)) return unknown(what);
  if (!name.starts_with("_") && rules.complete_stubs.contains(owner)) return no(what);
  return mentioned(name, what);
}

/// Names that C++ adds to a module written in Python.
Answer NameResolver::compiled(const std::string& module, const std::string& name) {
  const auto& rules = *library_.rules;
  if (rules.compiled_names.contains(module + ":" + name)) return yes("C++ adds it");
  if (!rules.compiled_modules.contains(module)) return no("");
  const auto* list = list_of(rules.compiled);
  if (list == nullptr) return unknown("not read yet");
  if (!list->contains(module + ":" + name)) return no("");
  return yes(fmt::format("generated from {}", rules.compiled.files.front()));
}

/// Modules that the package treats in ways of their own; no without a reason for all others.
Answer NameResolver::special(const std::string& module, const std::string& name) {
  const auto& rules = *library_.rules;
  const auto child = module + "." + name;
  if (child == rules.operators_module) return yes("operators are looked up when they are used");
  if (rules.opaque.contains(module)) return unknown(module + " looks names up when they are used");
  const auto plug_in = rules.plug_ins.find(child);
  if (plug_in == rules.plug_ins.end() || library_.files.find(child).kind != ModuleKind::missing)
    return no("");
  return unknown(fmt::format("{} comes with the package {}", child, plug_in->second));
}

/// Whether instances of a class have the attribute.
Answer NameResolver::in_instance_of(const std::string& module, const std::string& name,
                                    const std::string& attribute) {
  auto best = unknown("the class " + name + " was not found");
  for (auto& value : values_of(module, name, 0)) {
    if (value.kind != BoundValue::Kind::klass) continue;
    value.kind = BoundValue::Kind::instance;
    improve(best, in_class(value, attribute, 0));
  }
  return best;
}

/// `path` is what precedes the name: nothing, a namespace, an operator, or an overload.
Answer NameResolver::operators(const std::vector<std::string>& path, const std::string& name) {
  const auto& rules = *library_.rules;
  if (path.empty()) {
    if (in_instance_of(rules.operators_source, "_Ops", name).verdict == Verdict::yes) {
      return yes("a method of " + rules.operators_module);
    }
    return yes("any namespace can be asked for");
  }
  if (path.front() != rules.operators_namespace) {
    return unknown(fmt::format("the operators of {} are registered at run time", path.front()));
  }
  if (path.size() > 2) {
    auto own = in_instance_of(rules.operators_source, "OpOverload", name);
    return own.verdict == Verdict::yes ? own : unknown("an attribute of an operator");
  }
  const auto* list = list_of(rules.operators);
  if (list == nullptr) return unknown("not read yet");
  const auto label = library_.label(rules.operators_module);
  const auto& source = rules.operators.files.front();
  if (list->empty()) return unknown(fmt::format("{} has no {}", label, source));
  if (path.size() == 1) {
    const auto known = listed(rules, *list, [&](const auto& names) { return has_operator(names, name); });
    return known.value_or(no(fmt::format("{} of {} has no operator {}", source, label, name)));
  }
  const auto full = name == "default" ? path[1] : path[1] + "." + name;
  if (auto known = listed(rules, *list, [&](const auto& names) { return names.contains(full); })) {
    return *known;
  }
  if (auto own = in_instance_of(rules.operators_source, "OpOverloadPacket", name);
      own.verdict == Verdict::yes)
    return own;
  return no(fmt::format("{} of {} has no overload {} of {}", source, label, name, path[1]));
}

}  // namespace launch::pysource

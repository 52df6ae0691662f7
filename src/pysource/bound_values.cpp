#include <algorithm>

#include "pysource/name_resolver.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/standard_classes.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

bool all_unknown(const BoundValues& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const BoundValue& value) { return value.kind == BoundValue::Kind::unknown; });
}

/// The type of a literal: "builtins.str"; empty if the expression is none.
std::string literal_type(const SourceTree& tree, TokenRange range) {
  const auto first = tree.text(range.first);
  const bool single = range.last - range.first == 1;
  const bool whole = behind_bracket(tree, range.first, range.last) == range.last;
  switch (tree.token(range.first).kind) {
    case TokenKind::string: {
      for (auto i = range.first; i < range.last; ++i) {
        if (tree.token(i).kind != TokenKind::string) return {};
      }
      return plain_string(first) || first.front() == 'f' ? "builtins.str" : "builtins.bytes";
    }
    case TokenKind::number:
      if (!single) return {};
      return first.find_first_of(".eE") == std::string_view::npos || first.starts_with("0x")
                 ? "builtins.int"
                 : "builtins.float";
    case TokenKind::name:
      if (single && (first == "True" || first == "False")) return "builtins.bool";
      if (single && first == "None") return "builtins.object";
      return {};
    default:
      if (!whole) return {};
      if (first == "[") return "builtins.list";
      if (first == "{") {
        const TokenRange item = split_range(tree, {range.first + 1, range.last - 1}, ",").front();
        const bool pairs =
            item.empty() || tree.is(item.first, "**") || split_range(tree, item, ":").size() > 1;
        return pairs ? "builtins.dict" : "builtins.set";
      }
      if (first == "(" && (split_range(tree, {range.first + 1, range.last - 1}, ",").size() > 1)) {
        return "builtins.tuple";
      }
      return {};
  }
}

}  // namespace

BoundValues NameResolver::values_of(const std::string& module, const std::string& name, int depth) {
  if (gives_up(depth)) return not_known(too_deep().reason);
  const auto& stands = library_.rules->stands_for;
  if (const auto other = stands.find(module); other != stands.end())
    return values_of(other->second, name, depth + 1);
  const auto& like = library_.rules->compiled_like;
  if (const auto other = like.find(module + ":" + name); other != like.end()) {
    const auto dot = other->second.rfind('.');
    auto values = values_of(other->second.substr(0, dot), other->second.substr(dot + 1), depth + 1);
    for (auto& value : values) value.exact = false;
    return values;
  }
  if (module + "." + name == library_.rules->operators_module) {
    BoundValue value;
    value.kind = BoundValue::Kind::operators;
    return one(std::move(value));
  }
  const auto place = locate(module, depth);
  if (place.kind == Located::Kind::outside) return one(BoundValue::foreign(module + "." + name));
  if (place.kind != Located::Kind::found) return not_known(place.reason);
  const bool compiled = place.file.kind == ModuleKind::extension;
  const auto* names = compiled ? stub_of(place.module) : names_of(place);
  if (names != nullptr && !compiled) {
    const auto other = successor_of(place, *names, depth);
    if (!other.empty()) return values_of(other, name, depth + 1);
  }
  BoundValues values;
  if (names != nullptr) {
    const auto file = compiled ? library_.files.find_stub(place.module) : place.file.file;
    values = values_in(*names, file, name, depth);
    if (!all_unknown(values)) return values;
  }
  const auto child = locate_child(place, name, depth);
  if (child.kind == Located::Kind::found) return one(BoundValue::module(child.module));
  if (compiled) {
    BoundValue value;
    value.kind = BoundValue::Kind::compiled;
    value.name = name;
    value.reason = fmt::format("{} is compiled, and no stub describes {}", module, name);
    if (library_.rules->operator_functions.contains(module + "." + name)) value.path = {module};
    return one(std::move(value));
  }
  return values.empty() ? not_known("not read yet") : values;
}

BoundValues NameResolver::values_in(const ModuleNames& names, const std::string& file,
                                    const std::string& name, int depth) {
  if (gives_up(depth)) return not_known(too_deep().reason);
  const auto [busy, added] = busy_.try_emplace({&names, name}, 0);
  if (!added) return earlier_values(names, file, name, busy->second, depth);
  BoundValues values;
  const auto child = names.module + "." + name;
  if (const auto loop = loops_.find({&names, name}); loop != loops_.end() && !loop->second.first.empty()) {
    values = values_of(loop->second.first, loop->second.second, depth + 1);
  } else if (names.bindings.contains(name)) {
    values = values_of_bindings(names, file, name, busy->second, depth);
  } else if (const auto inner = names.inner.find(name); inner != names.inner.end()) {
    values = values_of_binding(names, file, name, inner->second, depth + 1);
  } else if (names.is_package && !names.is_stub && library_.files.find(child).kind != ModuleKind::missing) {
    values = one(BoundValue::module(child));
  } else {
    values = values_of_stars(names, file, name, depth);
  }
  busy_.erase(busy);
  if (values.empty()) return not_known(fmt::format("the value of {} in {} is not known", name, file));
  return values;
}

/// In `name = wrap(name)`, the name is what it was bound to before.
BoundValues NameResolver::earlier_values(const ModuleNames& names, const std::string& file,
                                         const std::string& name, std::size_t& current, int depth) {
  const auto found = names.bindings.find(name);
  if (found == names.bindings.end()) {
    // In torch.functional: istft = _add_docstr(torch.istft, …)
    auto listed = values_of_listings(names, file, name, depth);
    if (!listed.empty()) return listed;
  }
  if (found == names.bindings.end() || current == 0) return not_known("it is defined in terms of itself");
  --current;
  auto values = values_of_binding(names, file, name, found->second[current], depth + 1);
  ++current;
  return values;
}

BoundValues NameResolver::values_of_bindings(const ModuleNames& names, const std::string& file,
                                             const std::string& name, std::size_t& current, int depth) {
  BoundValues values;
  bool overloads = false;
  const auto& bindings = names.bindings.find(name)->second;
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    const auto& binding = bindings[i];
    current = i;
    const auto& decorators = binding.definition.decorators;
    const bool overload = std::any_of(decorators.begin(), decorators.end(), [&](TokenRange decorator) {
      return dotted_name(*names.tree, decorator).ends_with("overload");
    });
    // What is bound later replaces what was bound before, except the overloads of a stub.
    if (binding.branch.empty() && !(names.is_stub && overload && overloads)) values.clear();
    overloads = overload;
    append(values, values_of_binding(names, file, name, binding, depth + 1));
  }
  return values;
}

/// Names that `from M import *`, or else loops over what M has, bring.
BoundValues NameResolver::values_of_stars(const ModuleNames& names, const std::string& file,
                                          const std::string& name, int depth) {
  BoundValues values;
  for (const auto& import : names.stars) {
    if (name.starts_with('_') || member(import.module, name, depth + 1).verdict != Verdict::yes) continue;
    append(values, values_of(import.module, name, depth + 1));
  }
  return values.empty() ? values_of_listings(names, file, name, depth) : values;
}

BoundValues NameResolver::values_of_binding(const ModuleNames& names, const std::string& file,
                                            const std::string& name, const Binding& binding, int depth) {
  switch (binding.kind) {
    case Binding::Kind::here:
      return value_of_definition(names, file, name, binding.definition, depth);
    case Binding::Kind::uncertain:
      return not_known(at(file, binding.line) + " binds or deletes it on some paths only");
    case Binding::Kind::module: {
      if (library_.files.find(root_of(binding.module)).kind == ModuleKind::missing) {
        return one(BoundValue::foreign(binding.module));
      }
      return one(BoundValue::module(binding.module));
    }
    case Binding::Kind::member:
      break;
  }
  if (binding.module == names.module && binding.name == name) {
    const auto child = names.module + "." + name;
    if (library_.files.find(child).kind != ModuleKind::missing) return one(BoundValue::module(child));
  }
  return values_of(binding.module, binding.name, depth + 1);
}

BoundValues NameResolver::value_of_definition(const ModuleNames& names, const std::string& file,
                                              const std::string& name, const Definition& definition,
                                              int depth) {
  BoundValue value;
  value.name = name;
  value.file = file;
  value.names = &names;
  value.definition = &definition;
  switch (definition.kind) {
    case Definition::Kind::function:
      value.kind = BoundValue::Kind::function;
      return one(std::move(value));
    case Definition::Kind::klass:
      value.kind = BoundValue::Kind::klass;
      return one(std::move(value));
    case Definition::Kind::value:
      break;
  }
  auto values = definition.value.empty() ? not_known(at(file, definition.line) + " is not followed")
                                         : evaluate(names, file, definition.value, depth + 1);
  // An alias, Base[T], has names that the class has not; and an object those that setattr gives it.
  const auto whole = without_brackets(*names.tree, definition.value);
  const bool is_alias =
      whole.last - whole.first > 2 && names.tree->is_name(whole.first) && names.tree->is(whole.last - 1, "]");
  for (auto& each : values) each.exact = each.exact && !is_alias && !names.patched.contains(name + ".*");
  if (!all_unknown(values) || definition.annotation.empty()) return values;
  auto annotated = instances(evaluate(names, file, definition.annotation, depth + 1), names.is_stub, depth);
  return all_unknown(annotated) ? values : annotated;
}

BoundValues NameResolver::evaluate(const ModuleNames& names, const std::string& file, TokenRange expression,
                                   int depth) {
  const auto& tree = *names.tree;
  expression = without_brackets(tree, expression);
  if (expression.empty() || gives_up(depth)) return not_known("the expression is not followed");
  const auto computed = [&] { return not_known(at(file, tree.line(expression.first)) + " computes it"); };
  if (auto literal = literal_type(tree, expression); !literal.empty()) {
    return one({BoundValue::Kind::instance, {}, std::move(literal)});
  }
  if (const auto parts = split_range(tree, expression, "else"); parts.size() == 2) {
    const auto sides = split_range(tree, parts[0], "if");
    if (sides.size() != 2) return computed();
    auto values = evaluate(names, file, sides[0], depth + 1);
    append(values, evaluate(names, file, parts[1], depth + 1));
    return values;
  }
  std::uint32_t end = 0;
  const auto dotted = dotted_name(tree, expression, &end);
  if (dotted.empty() || dotted == "lambda" || dotted == "not" || dotted == "await") return computed();
  if (end == expression.last) return evaluate_name(names, file, dotted, depth + 1);
  if (behind_bracket(tree, end, expression.last) != expression.last) return computed();
  // A generic class: Base[T].
  if (tree.is(end, "[")) return evaluate_name(names, file, dotted, depth + 1);
  if (tree.is(end, "(")) return evaluate_call(names, file, dotted, {end + 1, expression.last - 1}, depth + 1);
  return computed();
}

BoundValues NameResolver::evaluate_name(const ModuleNames& names, const std::string& file,
                                        const std::string& dotted, int depth) {
  auto dot = std::min(dotted.find('.'), dotted.size());
  const auto first = dotted.substr(0, dot);
  const bool bound = names.bindings.contains(first) || names.inner.contains(first) || !names.stars.empty();
  const auto built_in = one(BoundValue::foreign("builtins." + first));
  auto values = bound ? values_in(names, file, first, depth + 1) : built_in;
  // Of what a star import may bring, nothing is named like a class of Python.
  if (!names.bindings.contains(first) && all_unknown(values) &&
      standard_class_has(built_in.front().name, "mro"))
    values = built_in;
  while (dot < dotted.size()) {
    const auto next = std::min(dotted.find('.', dot + 1), dotted.size());
    const auto name = dotted.substr(dot + 1, next - dot - 1);
    BoundValues below;
    for (const auto& value : values) append(below, values_of_attribute(value, name, depth + 1));
    values = std::move(below);
    dot = next;
  }
  return values;
}

}  // namespace launch::pysource

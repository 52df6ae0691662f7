#include "pysource/dataclasses.hpp"

#include <algorithm>

#include "pysource/resolver_parts.hpp"

namespace launch::pysource {

bool has_dataclass_decorator(const BoundValue& klass) {
  const auto& decorators = klass.definition->decorators;
  return std::any_of(decorators.begin(), decorators.end(), [&](TokenRange decorator) {
    return is_named(*klass.names->tree, decorator, "dataclass");
  });
}

bool has_slots_of_fields(const BoundValue& klass) {
  const auto& tree = *klass.names->tree;
  const auto& decorators = klass.definition->decorators;
  return std::any_of(decorators.begin(), decorators.end(), [&](TokenRange decorator) {
    for (auto i = decorator.first; i < decorator.last; ++i) {
      if (tree.is(i, "slots") || tree.is(i, "dataclass_slots")) return true;
    }
    return false;
  });
}

bool is_field_without_default(const BoundValue& klass, const Definition& member) {
  const auto& tree = *klass.names->tree;
  if (!has_dataclass_decorator(klass) || has_slots_of_fields(klass) || member.annotation.empty())
    return false;
  const auto value = without_brackets(tree, member.value);
  std::uint32_t end = 0;
  const auto callee = dotted_name(tree, value, &end);
  const auto bound = klass.names->bindings.find(callee);
  const bool imported = bound != klass.names->bindings.end() &&
                        bound->second.back().module == "dataclasses" && bound->second.back().name == "field";
  if ((!imported && callee != "field" && callee != "dataclasses.field") || end >= value.last) return false;
  if (!tree.is(end, "(") || behind_bracket(tree, end, value.last) != value.last) return false;
  const auto arguments = split_range(tree, {end + 1, value.last - 1}, ",");
  return std::none_of(arguments.begin(), arguments.end(), [&](TokenRange argument) {
    return !argument.empty() && (tree.is(argument.first, "default") || tree.is(argument.first, "**"));
  });
}

}  // namespace launch::pysource

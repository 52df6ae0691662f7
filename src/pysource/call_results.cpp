// What calls result in.
#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

/// functools.partial of each.
BoundValues partials_of(BoundValues functions) {
  for (auto& each : functions) {
    const bool function = each.kind == BoundValue::Kind::function;
    if (!function) each = {};
    each.kind = function ? BoundValue::Kind::partial : BoundValue::Kind::unknown;
    each.reason = "the result of a call is not followed";
  }
  return functions;
}

}  // namespace

/// What calls of the values result in.
BoundValues NameResolver::instances(BoundValues classes, bool exact, int depth, bool given) {
  BoundValues results;
  for (auto& value : classes) {
    if (value.kind == BoundValue::Kind::klass) {
      value.kind = BoundValue::Kind::instance;
      value.exact = exact;
    } else if (value.kind == BoundValue::Kind::function || value.kind == BoundValue::Kind::partial) {
      append(results, results_of(value, depth, given || value.kind == BoundValue::Kind::partial));
      continue;
    } else if (value.kind == BoundValue::Kind::foreign) {
      value.exact = false;
      value.kind = BoundValue::Kind::instance;
    } else {
      value =
          BoundValue::unknown(value.reason.empty() ? "the result of a call is not followed" : value.reason);
    }
    append(results, one(std::move(value)));
  }
  return results;
}

const FunctionResult& NameResolver::result_of(const BoundValue& function) {
  const auto* clause = function.definition->clause;
  const auto found = library_.results.find(clause);
  if (found != library_.results.end()) return found->second;
  return library_.results.emplace(clause, read_result(*function.names->tree, *clause)).first->second;
}

/// Functions and classes that a function defines and returns, and partial objects that it returns; what it
/// does to them is not followed. `given`: it is called with its first argument, which is no None.
BoundValues NameResolver::results_of(const BoundValue& function, int depth, bool given) {
  const auto& result = result_of(function);
  const bool by_default = !given && !result.defaults.empty();
  const bool followed = by_default || !(result.other || result.parameter || !result.applied.empty() ||
                                        result.inner.size() > (given ? 1 : 0));
  if (!has_plain_decorators(function) || function.names->is_stub || !followed || gives_up(depth))
    return not_known("the result of a call is not followed");
  const auto value_of = [&](const Definition& definition) {
    auto value = function;
    value.kind =
        definition.kind == Definition::Kind::klass ? BoundValue::Kind::klass : BoundValue::Kind::function;
    value.name = function.names->tree->text(definition.clause->head.first);
    value.definition = &definition;
    value.exact = false;
    return value;
  };
  BoundValues values;
  for (const auto& definition : by_default ? result.defaults : result.definitions)
    append(values, one(value_of(definition)));
  if (by_default) return values;
  for (const auto partial : result.partials)
    append(values, evaluate(*function.names, function.file, partial, depth + 1));
  for (const auto& definition : result.inner)
    append(values, instances(one(value_of(definition)), true, depth + 1, true));
  for (const auto call : result.calls) {
    // Of what else they may result in, the code around them may know more.
    for (auto& each : evaluate(*function.names, function.file, call, depth + 1)) {
      const bool known = each.kind == BoundValue::Kind::function;
      append(values, known ? one(std::move(each)) : not_known("the result of a call is not followed"));
    }
  }
  return values;
}

BoundValues NameResolver::evaluate_call(const ModuleNames& names, const std::string& file,
                                        const std::string& callee, TokenRange arguments, int depth) {
  const auto& tree = *names.tree;
  const auto& rules = *library_.rules;
  const auto last = callee.substr(callee.rfind('.') + 1);
  const auto parts = split_range(tree, arguments, ",");
  if (rules.transparent_calls.contains(last) && !parts.front().empty()) {
    return evaluate(names, file, parts.front(), depth + 1);
  }
  if (rules.choosing_calls.contains(last)) {
    BoundValue choice;
    choice.kind = BoundValue::Kind::choice;
    for (const auto part : parts) {
      if (part.last - part.first < 3 || !tree.is(part.first + 1, "=")) continue;
      if (!tree.is(part.first, "if_true") && !tree.is(part.first, "if_false")) continue;
      append(choice.choices, evaluate(names, file, {part.first + 2, part.last}, depth + 1));
    }
    return one(std::move(choice));
  }
  if (last == "import_module" && parts.size() == 1 && parts.front().last - parts.front().first == 1) {
    const auto text = plain_string(tree.text(parts.front().first));
    if (text && locate(*text, depth + 1).kind == Located::Kind::found) return one(BoundValue::module(*text));
  }
  auto called = evaluate_name(names, file, callee, depth + 1);
  if (called.size() == 1 && called.front().kind == BoundValue::Kind::foreign &&
      called.front().name == "functools.partial" && !parts.front().empty())
    return partials_of(evaluate(names, file, parts.front(), depth + 1));
  const auto& first = parts.front();
  const bool keyword = first.last - first.first > 1 && tree.is(first.first + 1, "=");
  return instances(std::move(called), true, depth, !first.empty() && !keyword);
}

}  // namespace launch::pysource

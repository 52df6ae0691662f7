#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/special_names.hpp"

namespace launch::pysource {
namespace {

constexpr unsigned kBuiltins = 10;  ///< the release of Python 3 that gave functions __builtins__

/// True for a function that a stub declares outside of classes: one of C++ that is no method.
bool is_built_in(const BoundValue& function) {
  if (!function.names->is_stub) return false;
  const auto found = function.names->bindings.find(function.name);
  return found != function.names->bindings.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const Binding& binding) { return &binding.definition == function.definition; });
}

/// By its first letter.
bool is_class_name(std::string_view name) {
  return std::isupper(static_cast<unsigned char>(name.front())) != 0;
}

/// A function in the body of another; nullopt for a class.
std::optional<BoundValue> inner_function(const BoundValue& function, const Definition& definition) {
  if (definition.kind != Definition::Kind::function) return std::nullopt;
  auto inner = function;
  inner.kind = BoundValue::Kind::function;
  inner.definition = &definition;
  return inner;
}

}  // namespace

/// What one of a function's decorators does.
NameResolver::Decorated NameResolver::decorated(const BoundValue& function, TokenRange decorator, int depth) {
  constexpr std::array<std::string_view, 6> kSame = {"abstractmethod", "classmethod", "final",
                                                     "no_type_check",  "overload",    "staticmethod"};
  constexpr std::string_view kAnother = "beartype";
  constexpr std::array<std::string_view, 4> kWrapped = {"asynccontextmanager", "contextmanager", "deprecated",
                                                        "wraps"};
  const auto dotted = dotted_name(*function.names->tree, decorator);
  const auto last = dotted.substr(dotted.rfind('.') + 1);
  if (contains(kSame, last)) return Decorated::same;
  if (contains(kWrapped, last)) return Decorated::wrapped;
  if (last == kAnother) return Decorated::another;
  if (last == "lru_cache" || last == "cache") return Decorated::cached;
  const auto values = evaluate(*function.names, function.file, decorator, depth + 1);
  std::optional<Decorated> all;
  for (const auto& value : values) {
    const auto each = decorated_by(value, depth + 1);
    if (each == Decorated::unknown) return each;
    all = either(all.value_or(each), each);
  }
  return all.value_or(Decorated::unknown);
}

/// What a function, or an object with the method __call__, does to the function that it is given.
NameResolver::Decorated NameResolver::decorated_by(const BoundValue& decorator, int depth) {
  if (gives_up(depth) || decorator.names == nullptr || decorator.names->is_stub) return Decorated::unknown;
  if (decorator.kind == BoundValue::Kind::function) return returned_for(decorator, depth);
  const bool object = decorator.kind == BoundValue::Kind::instance;
  if (!object && decorator.kind != BoundValue::Kind::partial) return Decorated::unknown;
  const auto calls = object ? values_in_class(decorator, "__call__", depth + 1) : one(decorator);
  const bool known = calls.size() == 1 && calls.front().definition != nullptr &&
                     (!object || calls.front().kind == BoundValue::Kind::function);
  // The first parameter, self or one of a partial object's function, is bound already.
  if (!known || result_of(calls.front()).uses_parameter()) return Decorated::unknown;
  return returned_for(calls.front(), depth);
}

/// What a function does to the one that it is given first. What is decorated by itself stays unknown, and a
/// function is looked at once, however many are decorated by it.
NameResolver::Decorated NameResolver::returned_for(const BoundValue& decorator, int depth) {
  const auto* clause = decorator.definition->clause;
  const auto [known, added] = returned_.try_emplace(clause, Decorated::unknown);
  if (!added) return known->second;
  const auto kind = read_returned(decorator, depth);
  returned_[clause] = kind;
  return kind;
}

/// The same by what it returns.
NameResolver::Decorated NameResolver::read_returned(const BoundValue& decorator, int depth) {
  const auto& result = result_of(decorator);
  if (result.other || !result.partials.empty() || !result.calls.empty()) return Decorated::unknown;
  std::optional<Decorated> all;
  if (result.parameter) all = Decorated::same;
  /// False if no function comes of it.
  const auto add = [&](Decorated each) {
    all = either(all.value_or(each), each);
    return *all != Decorated::unknown && *all != Decorated::cached;
  };
  for (const auto callee : result.applied) {
    if (!add(decorated(decorator, callee, depth + 1))) return Decorated::unknown;
  }
  for (const auto& definition : result.inner) {
    const auto inner = inner_function(decorator, definition);
    const bool plain = inner && decorated(*inner, depth + 1) == Decorated::same;
    if (!plain || !add(returned_for(*inner, depth + 1))) return Decorated::unknown;
  }
  for (const auto& definition : result.definitions) {
    const auto inner = inner_function(decorator, definition);
    const auto each = inner ? decorated(*inner, depth + 1) : Decorated::unknown;
    if (!add(after(Decorated::another, each))) return Decorated::unknown;
  }
  return all.value_or(Decorated::unknown);
}

/// What two decorators do, one after the other.
NameResolver::Decorated NameResolver::after(Decorated first, Decorated second) {
  if (first == Decorated::unknown || first == Decorated::cached) return Decorated::unknown;
  if (second == Decorated::kept && first != Decorated::same) return first;
  return second == Decorated::same ? first : second;
}

/// What is known where a decorator does the one or the other.
NameResolver::Decorated NameResolver::either(Decorated a, Decorated b) {
  const auto knows = [](Decorated each) {
    return each == Decorated::same || each == Decorated::wrapped || each == Decorated::kept;
  };
  const auto function = [&](Decorated each) { return knows(each) || each == Decorated::another; };
  if (a == b) return a;
  if (knows(a) && knows(b)) return Decorated::kept;
  return function(a) && function(b) ? Decorated::another : Decorated::unknown;
}

/// What all decorators of a function do.
NameResolver::Decorated NameResolver::decorated(const BoundValue& function, int depth) {
  const auto& decorators = function.definition->decorators;
  auto kind = Decorated::same;
  for (auto decorator = decorators.rbegin(); decorator != decorators.rend(); ++decorator)
    kind = after(kind, decorated(function, *decorator, depth + 1));
  return kind;
}

/// Whether one of a function's decorators gives its result an attribute that those after it keep, as
/// functools.wraps does.
bool NameResolver::decorators_set(const BoundValue& function, const std::string& name, int depth) {
  bool set = false;
  const auto& decorators = function.definition->decorators;
  for (auto decorator = decorators.rbegin(); decorator != decorators.rend(); ++decorator) {
    const auto values = evaluate(*function.names, function.file, *decorator, depth + 1);
    const bool sets = std::all_of(values.begin(), values.end(), [&](const BoundValue& value) {
      return value.kind == BoundValue::Kind::function && gives(value, name, depth + 1);
    });
    const auto kind = set ? decorated(function, *decorator, depth + 1) : Decorated::same;
    set = sets || (set && (kind == Decorated::same || kind == Decorated::wrapped || kind == Decorated::kept));
  }
  return set;
}

/// Whether all functions that a decorator returns have an attribute: it sets it, or their own decorators do.
bool NameResolver::gives(const BoundValue& decorator, const std::string& name, int depth) {
  const auto& result = result_of(decorator);
  if (result.attributes.contains(name)) return true;
  if (gives_up(depth) || result.definitions.empty() || result.is_more()) return false;
  return std::all_of(result.definitions.begin(), result.definitions.end(), [&](const Definition& definition) {
    const auto inner = inner_function(decorator, definition);
    return inner && decorators_set(*inner, name, depth + 1);
  });
}

/// Of a function that is one of torch's operators, as torch.linalg has them.
Answer NameResolver::attribute_of_built_in(const BoundValue& function, const std::string& name) {
  const bool state = name == "__getstate__" && is_python_since(kStateOfAll);
  if (state || is_of_every_built_in(name) || (name != "__dict__" && is_of_every_definition(name)))
    return yes("every function of C++ has it");
  if (is_special_name(name)) return unknown("Python may give the function this name");
  return no(fmt::format("{}, a function of C++, has no attribute {}", function.name, name));
}

Answer NameResolver::attribute_of_function(const BoundValue& value, const std::string& name, int depth) {
  const bool state = name == "__getstate__" && is_python_since(kStateOfAll);
  if (state || is_of_every_definition(name)) return yes("every function has it");
  if (value.names != nullptr && value.names->patched.contains(value.name + "." + name)) {
    return yes(value.file + " sets it");
  }
  auto result = unknown("attributes of functions are not followed");
  if (value.kind != BoundValue::Kind::function || gives_up(depth)) return result;
  // Stubs declare some classes as functions, and functions that a build of the library lacks.
  if (is_built_in(value) && is_of_every_built_in(name) && !is_class_name(value.name)) {
    const auto found = mention(value.name);
    return found == Mention::none || found == Mention::not_read ? result
                                                                : yes("every function of C++ has it");
  }
  if (value.names->is_stub) return result;
  const auto kind = decorated(value, depth + 1);
  if (kind == Decorated::unknown) return result;
  if (kind == Decorated::cached) return is_of_cache(name) ? yes("functools.lru_cache gives it") : result;
  const bool builtins = name == "__builtins__" && is_python_since(kBuiltins);
  if (builtins || is_of_every_function(name)) return yes("every function has it");
  if (kind == Decorated::wrapped && name == "__wrapped__") return yes("a decorator gives it");
  if (decorators_set(value, name, depth + 1)) return yes("a decorator gives it");
  return result;
}

}  // namespace launch::pysource

#include "pysource/special_names.hpp"

#include <algorithm>
#include <array>

#include "pysource/dataclasses.hpp"
#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/standard_classes.hpp"

namespace launch::pysource {
namespace {

// Releases of Python 3 that give further names.
constexpr unsigned kAnnotationsOfAll = 10;
constexpr unsigned kMatchArgs = 10;

/// Objects of these classes have no place for a weak reference, nor have those of classes derived from them.
bool has_variable_size(std::string_view standard_class) {
  constexpr std::array<std::string_view, 5> kNames = {"builtins.bool", "builtins.bytes", "builtins.int",
                                                      "builtins.tuple", "typing.NamedTuple"};
  return contains(kNames, standard_class);
}

}  // namespace

bool is_special_name(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

bool is_for_python_alone(std::string_view method) {
  constexpr std::array<std::string_view, 4> kCalled = {"__call__", "__init__", "__new__", "__post_init__"};
  return is_special_name(method) && !contains(kCalled, method);
}

std::string private_name(std::string_view klass, const std::string& name) {
  klass.remove_prefix(klass.rfind('.') + 1);
  klass.remove_prefix(std::min(klass.find_first_not_of('_'), klass.size()));
  const auto start = fmt::format("_{}__", klass);
  return name.starts_with(start) ? name.substr(start.size() - 2) : "";
}

bool is_of_every_object(std::string_view name) {
  constexpr std::array<std::string_view, 23> kNames = {
      "__class__", "__delattr__",      "__dir__",    "__doc__",  "__eq__",          "__format__",
      "__ge__",    "__getattribute__", "__gt__",     "__hash__", "__init__",        "__init_subclass__",
      "__le__",    "__lt__",           "__ne__",     "__new__",  "__reduce__",      "__reduce_ex__",
      "__repr__",  "__setattr__",      "__sizeof__", "__str__",  "__subclasshook__"};
  return contains(kNames, name);
}

bool is_of_every_definition(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"__call__", "__dict__", "__module__", "__name__",
                                                      "__qualname__"};
  return is_of_every_object(name) || contains(kNames, name);
}

bool is_of_every_function(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {"__annotations__", "__closure__", "__code__",
                                                      "__defaults__",    "__get__",     "__globals__",
                                                      "__kwdefaults__"};
  return contains(kNames, name);
}

bool is_of_every_built_in(std::string_view name) {
  return name == "__self__" || name == "__text_signature__";
}

bool is_of_struct_sequence(std::string_view name) {
  return name == "n_fields" || name == "n_sequence_fields" || name == "n_unnamed_fields";
}

bool is_of_cache(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"__wrapped__", "cache_clear", "cache_info",
                                                      "cache_parameters"};
  return contains(kNames, name);
}

bool NameResolver::is_python_since(unsigned minor) const {
  return library_.files.python_minor().value_or(0) >= minor;
}

/// True for a base that is written with parameters: Base[T].
bool NameResolver::has_generic_base(const BoundValue& value) {
  const auto& tree = *value.names->tree;
  const auto& bases = body_of(value).bases;
  return std::any_of(bases.begin(), bases.end(), [&](TokenRange base) {
    std::uint32_t end = 0;
    return !dotted_name(tree, base, &end).empty() && end < base.last && tree.is(end, "[");
  });
}

/// What Python gives some modules, by its release or by what they do; no without a reason if it is none of
/// that.
Answer NameResolver::given_to_module(const std::string& name) const {
  const bool annotations = name == "__annotations__";
  const bool state = name == "__getstate__";
  if ((annotations && is_python_since(kAnnotationsOfAll)) || (state && is_python_since(kStateOfAll)))
    return yes("every module has it");
  // A module whose code has warned has a registry of warnings.
  if (annotations || state || name == "__warningregistry__")
    return unknown("Python may give the module this name");
  return no("");
}

/// What Python gives a class, whatever its statement says; no without a reason if it is none of that.
Answer NameResolver::given_to_class(const BoundValue& value, const std::string& name, int depth) {
  if (is_of_every_definition(name)) return yes("every class has it");
  const bool is_class = value.kind == BoundValue::Kind::klass;
  if (is_class && standard_class_has("builtins.type", name).value_or(false)) return yes("every class has it");
  if (name == "__getstate__" && is_python_since(kStateOfAll)) return yes("every object has it");
  if (name == "__annotations__") {
    if (value.names->is_stub || (is_class && !value.exact)) return no("");
    if (is_class && is_python_since(kAnnotationsOfAll)) return yes("every class has it");
    if (!body_of(value).fields.empty()) return yes("a class with annotations has it");
  }
  if (name == "__weakref__" && has_weak_references(value, depth))
    return yes("a class without __slots__ has it");
  if (const auto& fields = body_of(value).fields;
      has_slots_of_fields(value) && std::find(fields.begin(), fields.end(), name) != fields.end()) {
    return yes("a field in the __slots__ of the class");
  }
  const bool of_dataclass = name == kFieldsOfDataclass.substr(1) || name == "__dataclass_params__" ||
                            (name == "__match_args__" && is_python_since(kMatchArgs));
  auto itself = value;
  itself.kind = BoundValue::Kind::klass;
  if (name == "__orig_bases__" && has_generic_base(value)) return yes("a class with a generic base has it");
  if (of_dataclass && is_dataclass(itself, depth)) return yes("every dataclass has it");
  return no("");
}

/// True if the class statement adds a place for weak references to what the bases have.
bool NameResolver::has_weak_references(const BoundValue& value, int depth) {
  if (gives_up(depth) || value.names->is_stub) return false;
  const auto& body = body_of(value);
  if (!has_plain_decorators(value) || has_slots_of_fields(value) || body.members.contains("__slots__"))
    return false;
  return std::all_of(body.bases.begin(), body.bases.end(), [&](TokenRange base) {
    const auto values = values_of_base(value, base, depth + 1);
    return std::all_of(values.begin(), values.end(), [&](const BoundValue& each) {
      if (each.kind == BoundValue::Kind::klass) return has_weak_references(each, depth + 1);
      const auto standard = standard_base(each.name);
      return each.kind == BoundValue::Kind::foreign && !has_variable_size(standard) &&
             standard_class_has(standard, "mro").has_value();
    });
  });
}

}  // namespace launch::pysource

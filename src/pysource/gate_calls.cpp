#include <algorithm>

#include "pysource/gate_evaluation.hpp"
#include "pysource/value_limits.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;
using Node = Expression::Kind;

std::string last_part(const Value& object) {
  const auto& path = object.other.empty() ? object.text : object.other;
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

std::string path_of(const Value& object) {
  return object.other.empty() ? object.text : object.text + "." + object.other;
}

bool ends_with_part(std::string_view path, std::string_view end) {
  return path == end || (path.ends_with(end) && path[path.size() - end.size() - 1] == '.');
}

Value parsed(const Value& text) {
  if (text.is_unknown() || text.is(Kind::version)) return text;
  return text.is(Kind::text) ? Value::version_of(text.text) : Value::unknown(Truth::open());
}

/// max() and min() of versions and tuples.
Value extreme(const std::vector<Value>& values, std::string_view op) {
  if (values.empty()) return Value::raising();
  auto best = values.front();
  for (const auto& each : values) {
    const auto better = compare(op, each, best);
    if (!better.is_known()) return Value::unknown(better.can_be_open() ? Truth::open() : Truth::either());
    if (better.is_yes()) best = each;
  }
  return best;
}

}  // namespace

const Value* GateEvaluator::Arguments::named(std::string_view name) const {
  for (std::size_t i = 0; i < names->size(); ++i) {
    if ((*names)[i] == name) return &values[positional() + i];
  }
  return nullptr;
}

const Value* GateEvaluator::Arguments::at(std::size_t index) const {
  return index < positional() ? &values[index] : nullptr;
}

Truth GateEvaluator::Arguments::unknown(const Roots& roots) const {
  const bool about =
      std::any_of(values.begin(), values.end(), [&](const Value& value) { return is_about(value, roots); });
  return about ? Truth::open() : Truth::either();
}

Value GateEvaluator::call(const Expression& expression, const Frame& frame) {
  Arguments arguments{{}, &expression.names};
  for (std::size_t i = 1; i < expression.parts.size(); ++i)
    arguments.values.push_back(value(*expression.parts[i], frame));
  const auto& callee = *expression.parts[0];
  if (callee.kind == Node::attribute) {
    auto object = value(*callee.parts[0], frame);
    if (object.is(Kind::text)) return call_text(object, callee.text, arguments.values);
    if (object.is_unknown()) return object;
    if (object.is(Kind::mapping) && (callee.text == "get" || callee.text == "keys")) {
      if (callee.text == "keys" || arguments.values.empty()) return object;
      auto found = item_of(object, arguments.values[0]);
      if (!found.is(Kind::raises)) return found;
      return arguments.values.size() > 1 ? arguments.values[1] : Value{.kind = Kind::none};
    }
    if (object.is(Kind::specifiers) && callee.text == "contains" && !arguments.values.empty()) {
      const auto* allowed = arguments.named("prereleases");
      const auto version = parsed(arguments.values[0]);
      if (allowed != nullptr && truth_of(*allowed).is_yes() && version.is(Kind::version))
        return Value::of(Truth::of(object.specifiers->matches(*version.version)));
      return Value::of(compare("in", arguments.values[0], object));
    }
    if (auto result = call_of_names(object, callee.text, arguments)) return *std::move(result);
  }
  auto function = value(callee, frame);
  if (function.is(Kind::function)) {
    auto result = call_function(function, arguments);
    const bool open = result.is(Kind::unknown) || (result.is(Kind::truth) && !result.truth.is_known());
    std::string name = callee.kind == Node::attribute || callee.kind == Node::name ? callee.text : "";
    if (name.empty()) name = function.function->text;
    name = name.substr(name.rfind('.') + 1);  // of a method
    if (!open) return result;
    const auto named = call_by_name(name, arguments);
    if (!named) return result;
    const bool better = truth_of(*named).is_known() || !truth_of(result).can_be_open();
    return better ? *named : result;
  }
  if (function.is(Kind::object)) return call_object(function, arguments);
  if (function.is(Kind::truth)) return function;  // skipIf(…)(test)
  if (function.is(Kind::unknown) && !function.truth.can_be_open())
    return Value::unknown(arguments.unknown(facts_.roots));
  return function.is_unknown() ? function : Value::unknown(Truth::either());
}

std::optional<GateEvaluator::Frame> GateEvaluator::bind(const Value& function, const Arguments& arguments,
                                                        std::vector<Value>& storage) {
  const auto& names = function.function->names;
  const auto& parts = function.function->parts;
  const auto defaults = parts.size() - 1;
  if (arguments.positional() > names.size()) return std::nullopt;
  Frame frame{function.module};
  storage.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto* given = arguments.at(i)) {
      storage.push_back(*given);
    } else if (const auto* named = arguments.named(names[i])) {
      storage.push_back(*named);
    } else if (i + defaults >= names.size()) {
      storage.push_back(value(*parts[i + defaults - names.size()], Frame{function.module}));
    } else {
      storage.push_back(Value::unknown(Truth::either()));
    }
    frame.locals.push_back({&names[i], &storage.back()});
  }
  return frame;
}

Value GateEvaluator::call_function(const Value& function, const Arguments& arguments) {
  std::vector<Value> storage;
  const auto frame = bind(function, arguments, storage);
  if (!frame) return Value::unknown(arguments.unknown(facts_.roots));
  const auto& body = *function.function->parts.back();
  auto result = value(body, *frame);
  if (!result.is(Kind::unknown)) return result;
  const auto as_truth = truth(body, *frame);
  if (as_truth.is_known()) return Value::of(as_truth);
  if (!result.truth.can_be_open()) result.truth = arguments.unknown(facts_.roots);
  return result;
}

Truth GateEvaluator::function_truth(const Value& function, const Arguments& arguments, bool completed) {
  std::vector<Value> storage;
  const auto frame = bind(function, arguments, storage);
  if (!frame) return arguments.unknown(facts_.roots);
  const auto& body = *function.function->parts.back();
  return completed ? completes(body, *frame) : truth(body, *frame);
}

Value GateEvaluator::call_object(const Value& object, const Arguments& arguments) {
  bool known = false;
  const auto path = path_of(object);
  if (path.find('.') == std::string::npos || path.starts_with("builtins.")) {
    auto result = call_builtin(last_part(object), arguments, known);
    if (known) return result;
  }
  auto result = call_library(path, arguments, known);
  if (known) return result;
  if (is_asked(object.text))
    return Value::unknown(arguments.unknown(facts_.roots));  // torch.cuda.is_available()
  if (auto named = call_by_name(last_part(object), arguments)) return *std::move(named);
  return Value::unknown(arguments.unknown(facts_.roots));
}

Value GateEvaluator::get_attribute(const Arguments& arguments) {
  const auto* object = arguments.at(0);
  const auto* name = arguments.at(1);
  if (object == nullptr || name == nullptr) return Value::unknown(Truth::either());
  if (!name->is(Kind::text) || object->is_unknown()) return Value::unknown(unknown_of(*object, *name));
  if (object->is(Kind::none)) return arguments.at(2) != nullptr ? *arguments.at(2) : Value::raising();
  auto found = attribute(*object, name->text);
  if (!found.is(Kind::object) || !is_asked(found.text)) return found;
  const auto there = has({found.text, found.other, {}, Tier::attribute});
  if (there.is_no()) return arguments.at(2) != nullptr ? *arguments.at(2) : Value::raising();
  if (!there.is_yes()) return Value::unknown(there);
  found.special = true;
  return found;
}

Value GateEvaluator::find_spec(const Value& module) {
  if (!module.is(Kind::text)) return Value::unknown(unknown_of(module, module));
  if (!is_asked(module.text)) return Value::unknown(Truth::either());
  const auto there = has({module.text, ""});
  if (there.is_no()) return {.kind = Kind::none};
  if (!there.is_yes()) return Value::unknown(there);
  Value spec{.kind = Kind::object, .special = true};
  spec.text = "importlib.machinery.ModuleSpec";
  return spec;
}

Value GateEvaluator::mapped(const Arguments& arguments) {
  const auto* function = arguments.at(0);
  const auto* iterable = arguments.at(1);
  if (function == nullptr || iterable == nullptr) return Value::unknown(Truth::either());
  const auto items = elements_of(*iterable);
  if (!items) return Value::unknown(unknown_of(*iterable, *iterable));
  std::vector<Value> results;
  static const std::vector<std::string> kNone;
  for (const auto& item : *items) {
    const Arguments each{{item}, &kNone};
    results.push_back(function->is(Kind::function) ? call_function(*function, each)
                      : function->is(Kind::object) ? call_object(*function, each)
                                                   : Value::unknown(Truth::either()));
    if (results.back().is(Kind::raises)) return results.back();
  }
  return limited(Value::of(std::move(results)));
}

Value GateEvaluator::call_builtin(const std::string& name, const Arguments& arguments, bool& known) {
  known = true;
  const auto* first = arguments.at(0);
  if (name == "getattr") return get_attribute(arguments);
  if (name == "hasattr") {
    const auto found = get_attribute(arguments);
    if (found.is(Kind::raises)) return Value::of(Truth::no());
    if (found.is(Kind::unknown)) return Value::of(found.truth);
    return Value::of(!found.is(Kind::object) || found.special ? Truth::yes() : Truth::either());
  }
  if (first != nullptr) {
    if (auto result = call_on_names(name, *first)) return *std::move(result);
    if (name == "int") return to_number(*first);
    if (name == "float") return to_real(*first);
    if (name == "str") return to_text(*first);
    if (name == "bool") return Value::of(truth_of(*first));
    if (name == "map") return mapped(arguments);
    if (name == "tuple" || name == "list" || name == "set" || name == "frozenset") {
      auto items = elements_of(*first);
      return items ? Value::of(*std::move(items)) : Value::unknown(unknown_of(*first, *first));
    }
    if (name == "len") {
      const auto items = elements_of(*first);
      return items ? Value::of(static_cast<std::int64_t>(items->size()))
                   : Value::unknown(unknown_of(*first, *first));
    }
    if (name == "any" || name == "all") {
      const auto items = elements_of(*first);
      if (!items) return Value::unknown(unknown_of(*first, *first));
      auto result = name == "any" ? Truth::no() : Truth::yes();
      for (const auto& item : *items)
        result = name == "any" ? result | truth_of(item) : result & truth_of(item);
      return Value::of(result);
    }
    if (name == "max" || name == "min") {
      const auto items = arguments.values.size() == 1 ? elements_of(*first) : arguments.values;
      return items ? extreme(*items, name == "max" ? ">" : "<") : Value::unknown(unknown_of(*first, *first));
    }
    if (name == "dir" || name == "vars") {
      auto names = *first;
      if (names.is(Kind::object)) names.kind = Kind::directory;
      return names;
    }
    if (name == "callable") {
      if (first->is_unknown()) return Value::of(unknown_of(*first, *first));
      if (first->is(Kind::none)) return Value::of(Truth::no());
      return first->is(Kind::object) && first->special ? Value::of(Truth::yes()) : Value::of(Truth::either());
    }
    if (name == "isinstance" && arguments.at(1) != nullptr && arguments.at(1)->is(Kind::object)) {
      const auto& type = arguments.at(1)->text;
      if (first->is_unknown()) return Value::of(unknown_of(*first, *first));
      if (type == "str") return Value::of(Truth::of(first->is(Kind::text)));
      if (type == "int") return Value::of(Truth::of(first->is(Kind::number)));
      if (type == "tuple" || type == "list") return Value::of(Truth::of(first->is(Kind::sequence)));
      if (ends_with_part(path_of(*arguments.at(1)), "Version"))
        return Value::of(Truth::of(first->is(Kind::version)));
    }
  }
  known = false;
  return {};
}

/// What marks a test: whether it runs.
std::optional<Value> GateEvaluator::call_of_tests(const std::string& path, const Arguments& arguments) {
  const auto last = path.substr(path.rfind('.') + 1);
  const auto* first = arguments.at(0);
  if (first == nullptr) first = arguments.named("condition");
  if (first == nullptr) return std::nullopt;
  if (last == "skipif" || last == "skipIf" || last == "skipUnless" || last == "xfail") {
    if (first->is(Kind::text)) return Value::unknown(Truth::either());  // computed, and evaluated by pytest
    return Value::of(last == "skipUnless" ? truth_of(*first) : !truth_of(*first));
  }
  if (last != "importorskip" || !first->is(Kind::text)) return std::nullopt;
  if (!is_asked(first->text)) return Value::unknown(Truth::either());
  auto fits = has({first->text, ""});
  const auto* least = arguments.named("minversion");
  if (least == nullptr) least = arguments.at(1);
  if (least != nullptr) {
    const auto version = module_version(first->text);
    fits = fits & (version.is(Kind::text) ? compare(">=", parsed(version), parsed(*least))
                                          : unknown_about(first->text));
  }
  if (fits.is_no()) return Value::raising();
  if (!fits.is_yes()) return Value::unknown(fits);
  Value module{.kind = Kind::object, .special = true};
  module.text = first->text;
  return module;
}

Value GateEvaluator::call_library(const std::string& path, const Arguments& arguments, bool& known) {
  known = true;
  if (auto marked = call_of_tests(path, arguments)) return *std::move(marked);
  const auto* first = arguments.at(0);
  const auto last = path.substr(path.rfind('.') + 1);
  if (first != nullptr) {
    const bool about_texts = first->is(Kind::text) || first->is(Kind::version) || first->is_unknown();
    if (last == "find_spec") return find_spec(*first);
    if ((ends_with_part(path, "metadata.version") || path == "importlib_metadata.version") && about_texts)
      return first->is(Kind::text) ? distribution_version(first->text) : *first;
    if ((last == "get_distribution" || ends_with_part(path, "metadata.distribution")) &&
        first->is(Kind::text)) {
      Value found{.kind = Kind::distribution};
      found.text = first->text.substr(0, first->text.find_first_of("<>=!~ "));
      return found;
    }
    const bool parses = ends_with_part(path, "version.parse") || ends_with_part(path, "version.Version") ||
                        last == "parse_version" || last == "Version" || last == "version_parse" ||
                        last == "packaging_version" || last == "parse_v";
    if (parses && arguments.values.size() == 1 && about_texts) return parsed(*first);
    if (last == "LooseVersion" || last == "StrictVersion") {
      if (first->is_unknown()) return *first;
      if (first->is(Kind::text))
        return last == "LooseVersion" ? Value::loose_of(first->text) : Value::strict_of(first->text);
    }
    if (last == "TorchVersion" && about_texts) {
      auto version = *first;
      version.special = version.is(Kind::text);
      return version;
    }
    if ((last == "SpecifierSet" || last == "Specifier") && first->is(Kind::text)) {
      auto set = specs::SpecifierSet::parse(first->text);
      if (!set) return Value::raising();
      Value result{.kind = Kind::specifiers};
      result.specifiers = std::make_shared<const specs::SpecifierSet>(*std::move(set));
      return result;
    }
    if ((ends_with_part(path, "inspect.signature") || last == "getfullargspec") && first->is(Kind::object) &&
        is_asked(first->text)) {
      auto signature = *first;
      signature.kind = Kind::signature;
      return signature;
    }
    if (path == "dataclasses.fields" && first->is(Kind::object) && !first->other.empty() &&
        is_asked(first->text)) {
      auto fields = *first;
      fields.kind = Kind::fields;
      return {.kind = Kind::members, .items = {std::move(fields)}};
    }
    if (path.starts_with("operator.") && arguments.values.size() == 2) {
      for (const auto& [word, sign] :
           {std::pair("ge", ">="), {"gt", ">"}, {"le", "<="}, {"lt", "<"}, {"eq", "=="}, {"ne", "!="}}) {
        if (last == word) return Value::of(compare(sign, arguments.values[0], arguments.values[1]));
      }
    }
  }
  known = false;
  return {};
}

}  // namespace launch::pysource

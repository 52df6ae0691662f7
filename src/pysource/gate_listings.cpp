#include <algorithm>
#include <array>

#include "pysource/gate_evaluation.hpp"

// Tests of the names that an object has: "x" in dir(torch), "x" in inspect.signature(f).parameters,
// any(field.name == "x" for field in dataclasses.fields(C)).

namespace launch::pysource {
namespace {

using Kind = Value::Kind;
using Node = Expression::Kind;

bool is_true(const Expression& expression) {
  return expression.kind == Node::boolean && expression.flag;
}

}  // namespace

Truth GateEvaluator::lists(const Value& listing, const std::string& name) {
  if (listing.is(Kind::directory)) {
    const auto chain = listing.other.empty() ? name : listing.other + "." + name;
    return has({listing.text, chain, {}, Tier::attribute});
  }
  auto called = listing.other;
  if (listing.is(Kind::fields)) called += kFieldsOfDataclass;
  return has({listing.text, std::move(called), name, Tier::keyword});
}

/// What a method of a listing returns.
std::optional<Value> GateEvaluator::call_of_names(const Value& object, const std::string& method,
                                                  const Arguments& arguments) {
  auto listing = listing_of(object);
  if (!listing) return std::nullopt;
  if (method == "keys" || method == "copy") return listing;
  const bool of_directory = listing->is(Kind::directory);
  if (method == "values" && !of_directory) return Value{.kind = Kind::members, .items = {*listing}};
  const auto* name = arguments.at(0);
  if (name != nullptr && name->is(Kind::text)) {
    if (method == "__contains__") return Value::of(lists(*listing, name->text));
    if (method == "get") {
      const auto found = lists(*listing, name->text);
      if (found.is_no()) return arguments.at(1) != nullptr ? *arguments.at(1) : Value{.kind = Kind::none};
      if (!found.is_yes() || of_directory) return Value::unknown(found);
      Value found_object{.kind = Kind::object, .special = true};
      found_object.text = listing->is(Kind::fields) ? "dataclasses.Field" : "inspect.Parameter";
      return found_object;
    }
  }
  return Value::unknown(unknown_about(listing->text));
}

/// What a builtin returns for names, and for what is made of them.
std::optional<Value> GateEvaluator::call_on_names(const std::string& function, const Value& names) {
  constexpr std::array<std::string_view, 6> kCopies = {"tuple", "list", "set", "frozenset", "sorted", "iter"};
  const bool copies = std::find(kCopies.begin(), kCopies.end(), function) != kCopies.end();
  if (copies && names.is(Kind::members)) return names;
  if (copies) {
    if (auto listing = listing_of(names)) return listing;
  }
  if (names.is(Kind::matches)) {
    if (function == "any" && !names.special) return Value::of(names.truth);
    if (function == "all" && names.special) return Value::of(!names.truth);
  }
  return is_of_names(names) && function == "isinstance" ? std::optional(Value::unknown(Truth::either()))
                                                        : std::nullopt;
}

/// What a comprehension makes of names: `f.name for f in fields(C)`, `f.name == "x" for f in fields(C)`,
/// `f for f in fields(C) if f.name == "x"`. nullopt if the iterable has no names.
std::optional<Value> GateEvaluator::chosen_names(const Expression& expression, const Value& iterable,
                                                 const Frame& frame) {
  const bool of_objects = iterable.is(Kind::members);
  auto listing = of_objects ? std::optional(iterable.items.front()) : listing_of(iterable);
  if (!listing) return std::nullopt;
  const auto is_item = [&](const Expression& each) {
    return each.kind == Node::parameter && each.text == expression.text;
  };
  const auto is_name = [&](const Expression& each) {
    if (!of_objects) return is_item(each);
    return each.kind == Node::attribute && each.text == "name" && is_item(*each.parts[0]);
  };
  auto inner = frame;  // in which the item is unknown
  const auto item = Value::unknown(Truth::either());
  inner.locals.insert(inner.locals.begin(), {&expression.text, &item});
  const auto& result = *expression.parts[0];
  if (expression.parts.size() == 2) {
    if (is_name(result)) return listing;
    if (auto match = match_of(result, *listing, inner, is_name)) return match;
  } else if (is_item(result) || is_true(result)) {
    auto match = match_of(*expression.parts[2], *listing, inner, is_name);
    if (match && !match->special) return match;
  }
  return Value::unknown(unknown_about(listing->text));
}

/// A comparison of each name with texts: `f.name == "x"`, `f.name in ("x", "y")`, or the reverse.
std::optional<Value> GateEvaluator::match_of(const Expression& test, const Value& names, const Frame& frame,
                                             const std::function<bool(const Expression&)>& is_name) {
  if (test.kind != Node::comparison) return std::nullopt;
  const bool equal = test.text == "==" || test.text == "!=";
  if (!equal && test.text != "in" && test.text != "not in") return std::nullopt;
  const bool first = is_name(*test.parts[0]);
  if (!first && (!equal || !is_name(*test.parts[1]))) return std::nullopt;
  auto other = value(*test.parts[first ? 1 : 0], frame);
  if (equal) other = Value::of(std::vector<Value>{std::move(other)});
  if (!other.is(Kind::sequence)) return std::nullopt;
  Value match{
      .kind = Kind::matches, .truth = Truth::no(), .special = test.text[0] == '!' || test.text[0] == 'n'};
  for (const auto& each : other.items) {
    if (!each.is(Kind::text)) return std::nullopt;
    match.truth = match.truth | lists(names, each.text);
  }
  return match;
}

}  // namespace launch::pysource

#include "pysource/gate_evaluation.hpp"

#include <algorithm>
#include <cstdlib>

#include "pysource/known_tests.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/value_limits.hpp"
#include "specs/name.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;
using Node = Expression::Kind;

// A test that takes more is open.
constexpr int kMostSteps = 20000;
constexpr int kMostNested = 300;
constexpr std::size_t kMostItems = 256;

Value object_of(std::string module, std::string name, bool exists) {
  Value value{.kind = Kind::object, .special = exists};
  value.text = std::move(module);
  value.other = std::move(name);
  return value;
}

/// Of two values of which either may be: what is true of both.
Value either_of(const Value& a, const Value& b) {
  if (a.is(Kind::truth) && b.is(Kind::truth)) return Value::of(a.truth.joined(b.truth));
  if (a.is(Kind::raises)) return b;
  if (b.is(Kind::raises)) return a;
  if (a.kind == b.kind && compare("==", a, b).is_yes() && a.special == b.special) return a;
  if (a.is(Kind::object) && b.is(Kind::object) && a.text == b.text && a.other == b.other) return a;
  return Value::unknown(Truth::either());
}

/// The file and the name in its symbols of `Class.flag`, for a class that an import brings from another file.
std::optional<std::pair<std::uint32_t, std::string>> flag_of_class(const SymbolTable& symbols,
                                                                   const Expression& attribute,
                                                                   std::uint32_t file) {
  const auto& klass = *attribute.parts[0];
  if (klass.kind != Node::external || klass.other.empty()) return std::nullopt;
  const auto found = symbols.module(file, klass.number, klass.text);
  auto member = klass.other + "." + attribute.text;
  if (!found || symbols.find(*found, member) == nullptr) return std::nullopt;
  return std::pair(*found, std::move(member));
}

/// What an expression without parts stands for; nullopt for names and the like.
std::optional<Value> literal_of(const Expression& expression) {
  switch (expression.kind) {
    case Node::opaque:
      if (!expression.parts.empty()) return std::nullopt;
      return Value::unknown(expression.flag ? Truth::open() : Truth::either());
    case Node::none:
      return Value{.kind = Kind::none};
    case Node::boolean:
      return Value::of(Truth::of(expression.flag));
    case Node::number:
      return Value::of(expression.number);
    case Node::real:
      return to_real(Value::of(expression.text));
    case Node::text:
      return Value::of(expression.text);
    case Node::raises:
      return Value::raising();
    case Node::slice:
      return Value::unknown(Truth::either());
    default:
      return std::nullopt;
  }
}

/// The part of an `and` or `or` whose value is that of the whole; null if it is uncertain which part
/// that is, though the truth may still be known.
template <class TruthOf>
const Expression* deciding_part(const Expression& expression, const TruthOf& truth_of_part) {
  const auto& parts = expression.parts;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto part = truth_of_part(*parts[i]);
    if (expression.kind == Node::all ? part.is_no() : part.is_yes()) return parts[i].get();
    if (!part.is_known()) return nullptr;
  }
  return parts.back().get();
}

Value negative_of(Value number) {
  number.number = -number.number;
  number.real = -number.real;
  return number;
}

Value function_of(const Expression& expression, std::uint32_t file) {
  Value function{.kind = Kind::function};
  function.function = &expression;
  function.module = file;
  return function;
}

}  // namespace

Truth GateEvaluator::truth(const Condition& test, std::uint32_t file) {
  const auto [known, added] = truths_.try_emplace({test, file}, Truth::open());
  if (!added) return known->second;
  steps_ = 0;
  depth_ = 0;
  return known->second = truth(*test, Frame{file});
}

Truth GateEvaluator::passes(const Gate& gate, std::uint32_t file) {
  auto result = truth(gate.test, file);
  if (!gate.runs_if) result = !result;
  return counts_if_decided(*gate.test) && result.can_be_open() ? result.joined(Truth::yes()) : result;
}

bool GateEvaluator::is_asked(std::string_view module) const {
  return facts_.roots.empty() || facts_.roots.contains(root_of(module));
}

Truth GateEvaluator::unknown_about(std::string_view module) const {
  return is_asked(module) ? Truth::open() : Truth::either();
}

Truth GateEvaluator::has(Requirement requirement) {
  if (!is_asked(requirement.module)) return Truth::either();
  const auto found = facts_.answers.find(requirement);
  if (found != facts_.answers.end()) return Truth::of(found->second);
  if (questions_ != nullptr) questions_->insert(std::move(requirement));
  return Truth::open();
}

Value GateEvaluator::distribution_version(const std::string& distribution) {
  const auto found = facts_.versions.find(specs::normalize_name(distribution));
  if (found != facts_.versions.end()) return Value::of(found->second);
  auto module = specs::normalize_name(distribution);
  std::replace(module.begin(), module.end(), '-', '_');
  return Value::unknown(unknown_about(module));
}

Value GateEvaluator::module_version(const std::string& module) {
  const auto root = std::string(root_of(module));
  const auto own = facts_.module_versions.find(root);
  auto version = own != facts_.module_versions.end() ? Value::of(own->second) : distribution_version(root);
  // torch.__version__ is a TorchVersion, torch.version.__version__ is text.
  version.special =
      version.is(Kind::text) && root == "torch" && (module == "torch" || module == "torch.torch_version");
  return version;
}

Truth GateEvaluator::truth(const Expression& expression, const Frame& frame) {
  if (depth_ > kMostNested || ++steps_ > kMostSteps) return Truth::open();
  ++depth_;
  auto result = Truth::either();
  switch (expression.kind) {
    case Node::negation:
      result = !truth(*expression.parts[0], frame);
      break;
    case Node::all:
      result = Truth::yes();
      for (const auto& part : expression.parts) {
        result = result & truth(*part, frame);
        if (result.is_no()) break;
      }
      break;
    case Node::any:
      result = Truth::no();
      for (const auto& part : expression.parts) {
        result = result | truth(*part, frame);
        if (result.is_yes()) break;
      }
      break;
    case Node::conditional: {
      const auto test = truth(*expression.parts[0], frame);
      if (test.is_known()) {
        result = truth(*expression.parts[test.is_yes() ? 1 : 2], frame);
      } else {
        const auto one = truth(*expression.parts[1], frame);
        const auto other = truth(*expression.parts[2], frame);
        result = (test & one) | (test.flipped() & other);
        if (one == other) result = one;
      }
      break;
    }
    case Node::completes:
      result = completes(*expression.parts[0], frame);
      break;
    default: {
      const auto known = value(expression, frame);
      result = truth_of(known);
      if (known.is(Kind::object)) {
        const auto dot = known.other.rfind('.');
        const auto last =
            known.other.empty() ? known.text : known.other.substr(dot == std::string::npos ? 0 : dot + 1);
        if (const auto named = is_asked(known.text) ? std::nullopt : named_truth(last)) result = *named;
      }
    }
  }
  --depth_;
  return result;
}

/// Whether evaluation raises no exception.
Truth GateEvaluator::completes(const Expression& expression, const Frame& frame) {
  if (depth_ > kMostNested || ++steps_ > kMostSteps) return Truth::open();
  ++depth_;
  auto result = Truth::yes();
  if (expression.kind == Node::conditional) {
    const auto test = truth(*expression.parts[0], frame);
    result = (test & completes(*expression.parts[1], frame)) |
             (test.flipped() & completes(*expression.parts[2], frame));
  } else if (expression.kind == Node::raises) {
    result = Truth::no();
  } else {
    auto found = Value::unknown(Truth::either());
    if (expression.kind == Node::call) {
      const auto callee = value(*expression.parts[0], frame);
      if (callee.is(Kind::function)) {
        Arguments arguments{{}, &expression.names};
        for (std::size_t i = 1; i < expression.parts.size(); ++i)
          arguments.values.push_back(value(*expression.parts[i], frame));
        result = function_truth(callee, arguments, true);
        --depth_;
        return result;
      }
    }
    found = value(expression, frame);
    if (found.is(Kind::raises)) result = Truth::no();
    if (found.is(Kind::unknown)) result = found.truth;
    if (found.is(Kind::object) && !found.special) {
      result = is_asked(found.text) && !found.other.empty()
                   ? has({found.text, found.other, {}, Tier::attribute})
                   : Truth::either();
    }
  }
  --depth_;
  return result;
}

Value GateEvaluator::value(const Expression& expression, const Frame& frame) {
  if (depth_ > kMostNested || ++steps_ > kMostSteps) return Value::unknown(Truth::open());
  ++depth_;
  auto result = computed(expression, frame);
  --depth_;
  return result;
}

Value GateEvaluator::computed(const Expression& expression, const Frame& frame) {
  const auto& parts = expression.parts;
  if (auto literal = literal_of(expression)) return *std::move(literal);
  switch (expression.kind) {
    case Node::opaque: {
      const bool asked = std::any_of(parts.begin(), parts.end(), [&](const Condition& part) {
        return is_about(value(*part, frame), facts_.roots);
      });
      return Value::unknown(asked ? Truth::open() : Truth::either());
    }
    case Node::sequence:
    case Node::mapping: {
      Value result{.kind = expression.kind == Node::sequence ? Kind::sequence : Kind::mapping};
      for (const auto& part : parts) result.items.push_back(value(*part, frame));
      return limited(std::move(result));
    }
    case Node::name:
      return name(expression.text, frame.file);
    case Node::parameter:
      for (const auto& local : frame.locals) {
        if (*local.name == expression.text) return *local.value;
      }
      return Value::unknown(Truth::either());
    case Node::external:
      return external(expression, frame.file);
    case Node::object:
      if (expression.other == "__version__") return module_version(expression.text);
      return object_of(expression.text, expression.other, true);
    case Node::attribute:
      if (const auto flag = flag_of_class(symbols_, expression, frame.file))
        return name(flag->second, flag->first);
      return attribute(value(*parts[0], frame), expression.text);
    case Node::call:
      return call(expression, frame);
    case Node::subscript:
      return subscripted(expression, frame);
    case Node::negative:
      return negative_of(value(*parts[0], frame));
    case Node::comparison:
      return compared(expression.text, value(*parts[0], frame), value(*parts[1], frame));
    case Node::binary:
      return arithmetic(expression.text, value(*parts[0], frame), value(*parts[1], frame));
    case Node::conditional:
      return conditional(expression, frame);
    case Node::comprehension:
      return comprehension(expression, frame);
    case Node::all:
    case Node::any: {
      const auto* part =
          deciding_part(expression, [&](const Expression& each) { return truth(each, frame); });
      return part != nullptr ? value(*part, frame) : Value::of(truth(expression, frame));
    }
    case Node::function:
      return function_of(expression, frame.file);
    case Node::imports:
      return Value::of(has(expression.requirement));
    case Node::negation:
    case Node::completes:
      return Value::of(truth(expression, frame));
    default:
      break;
  }
  return Value::unknown(Truth::either());
}

Value GateEvaluator::subscripted(const Expression& expression, const Frame& frame) {
  const auto& of = *expression.parts[0];
  const auto& index = *expression.parts[1];
  if (index.kind != Node::slice) return item_of(value(of, frame), value(index, frame));
  return slice_of(value(of, frame), value(*index.parts[0], frame), value(*index.parts[1], frame));
}

Value GateEvaluator::conditional(const Expression& expression, const Frame& frame) {
  const auto test = truth(*expression.parts[0], frame);
  if (test.is_known()) return value(*expression.parts[test.is_yes() ? 1 : 2], frame);
  const auto one = value(*expression.parts[1], frame);
  const auto other = value(*expression.parts[2], frame);
  if (one.is(Kind::truth) && other.is(Kind::truth))
    return Value::of(one.truth == other.truth ? one.truth
                                              : (test & one.truth) | (test.flipped() & other.truth));
  auto result = either_of(one, other);
  if (result.is(Kind::unknown) && (test.can_be_open() || unknown_of(one, other).can_be_open()))
    result.truth = Truth::open();
  return result;
}

Value GateEvaluator::comprehension(const Expression& expression, const Frame& frame) {
  const auto iterable = value(*expression.parts[1], frame);
  if (auto chosen = chosen_names(expression, iterable, frame)) return *std::move(chosen);
  const auto items = elements_of(iterable);
  if (!items || items->size() > kMostItems) return Value::unknown(unknown_of(iterable, iterable));
  std::vector<Value> results;
  for (const auto& item : *items) {
    auto inner = frame;
    inner.locals.insert(inner.locals.begin(), {&expression.text, &item});
    if (expression.parts.size() > 2) {
      const auto keep = truth(*expression.parts[2], inner);
      if (!keep.is_known()) return Value::unknown(keep);
      if (keep.is_no()) continue;
    }
    results.push_back(value(*expression.parts[0], inner));
    if (results.back().is(Kind::raises)) return results.back();
  }
  return limited(Value::of(std::move(results)));
}

Value GateEvaluator::arithmetic(const std::string& op, const Value& a, const Value& b) {
  if (is_of_names(a) || is_of_names(b)) return Value::unknown(Truth::open());
  if (a.is_unknown() || b.is_unknown()) return Value::unknown(unknown_of(a, b));
  if (op == "+" && a.is(Kind::text) && b.is(Kind::text)) return limited(a.text + b.text);
  if (op == "+" && a.is(Kind::sequence) && b.is(Kind::sequence) &&
      a.items.size() + b.items.size() < kMostItems) {
    auto items = a.items;
    items.insert(items.end(), b.items.begin(), b.items.end());
    return limited(Value::of(std::move(items)));
  }
  if (!a.is(Kind::number) || !b.is(Kind::number)) return Value::unknown(Truth::open());
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  if (std::abs(a.number) > kMost || std::abs(b.number) > kMost) return Value::unknown(Truth::open());
  if (op == "+") return Value::of(a.number + b.number);
  if (op == "-") return Value::of(a.number - b.number);
  if (op == "*") return Value::of(a.number * b.number);
  if (op == "/" && b.number != 0) {
    Value result{.kind = Kind::real};
    result.real = static_cast<double>(a.number) / static_cast<double>(b.number);
    return result;
  }
  return Value::unknown(Truth::open());
}

Value GateEvaluator::compared(const std::string& op, const Value& a, const Value& b) {
  // "x" in dir(torch), "kwarg" in inspect.signature(torch.f).parameters
  if ((op == "in" || op == "not in") && a.is(Kind::text)) {
    if (const auto listing = listing_of(b)) {
      const auto found = lists(*listing, a.text);
      return Value::of(op == "in" ? found : !found);
    }
  }
  return Value::of(compare(op, a, b));
}

}  // namespace launch::pysource

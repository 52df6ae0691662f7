#include <algorithm>
#include <compare>
#include <optional>

#include "base/text.hpp"
#include "pysource/gate_value.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;
using Order = std::optional<std::partial_ordering>;  // nullopt: Python raises TypeError

bool is_numeric(const Value& value) {
  return value.is(Kind::number) || value.is(Kind::real) || (value.is(Kind::truth) && value.truth.is_known());
}

Order numeric_order(const Value& a, const Value& b) {
  if (a.is(Kind::number) && b.is(Kind::number)) return a.number <=> b.number;
  const auto real = [](const Value& value) {
    if (value.is(Kind::real)) return value.real;
    return value.is(Kind::number) ? static_cast<double>(value.number) : value.truth.is_yes() ? 1.0 : 0.0;
  };
  return real(a) <=> real(b);
}

/// What a TorchVersion compares itself with: a version, its text, or its parts.
std::shared_ptr<const specs::Version> as_version(const Value& value) {
  if (value.is(Kind::version)) return value.version;
  if (value.is(Kind::text)) return Value::version_of(value.text).version;
  if (!value.is(Kind::sequence)) return nullptr;
  std::vector<std::string> parts;
  for (const auto& item : value.items) {
    const auto text = to_text(item);
    if (!text.is(Kind::text)) return nullptr;
    parts.push_back(text.text);
  }
  return Value::version_of(join(parts, ".")).version;
}

Order torch_order(const Value& a, const Value& b) {
  const auto left = as_version(a);
  const auto right = as_version(b);
  if (left && right) return *left <=> *right;
  if (a.is(Kind::text) && b.is(Kind::text)) return a.text <=> b.text;
  return std::nullopt;
}

Order order_of(const Value& a, const Value& b);

/// Python's order of sequences: that of the first items that differ. nullopt also for unknown items.
Order items_order(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto order = order_of(a[i], b[i]);
    if (!order || *order != std::partial_ordering::equivalent) return order;
  }
  return a.size() <=> b.size();
}

bool is_torch_version(const Value& value) {
  return value.is(Kind::text) && value.special;
}

Order order_of(const Value& a, const Value& b) {
  if (is_torch_version(a) || is_torch_version(b)) return torch_order(a, b);
  if (is_numeric(a) && is_numeric(b)) return numeric_order(a, b);
  if (a.is(Kind::text) && b.is(Kind::text)) return a.text <=> b.text;
  if (a.is(Kind::version) && b.is(Kind::version)) return *a.version <=> *b.version;
  if (a.is(Kind::sequence) && b.is(Kind::sequence)) return items_order(a.items, b.items);
  if (a.is(Kind::loose) && b.is(Kind::loose)) return items_order(a.items, b.items);
  if (a.is(Kind::loose) && b.is(Kind::text)) return items_order(a.items, Value::loose_of(b.text).items);
  if (a.is(Kind::text) && b.is(Kind::loose)) return items_order(Value::loose_of(a.text).items, b.items);
  return std::nullopt;
}

bool has_unknown(const Value& value) {
  return value.is_unknown() || (value.is(Kind::truth) && !value.truth.is_known()) ||
         (value.is(Kind::object) && !value.special) || is_of_names(value) ||
         std::any_of(value.items.begin(), value.items.end(), has_unknown);
}

Truth unknown_in(const Value& value) {
  if (value.is(Kind::raises)) return Truth::open();
  if (value.is(Kind::unknown)) return value.truth;
  for (const auto& item : value.items) {
    if (has_unknown(item) && unknown_in(item).can_be_open()) return Truth::open();
  }
  return Truth::either();
}

Truth equal(const Value& a, const Value& b) {
  if (a.is(Kind::truth) && b.is(Kind::truth))
    return (a.truth & b.truth) | (a.truth.flipped() & b.truth.flipped());
  if (a.is_unknown() || b.is_unknown()) return unknown_of(a, b);
  if (a.is(Kind::none) || b.is(Kind::none)) {
    const auto& value = a.is(Kind::none) ? b : a;
    if (value.is(Kind::none)) return Truth::yes();
    return value.is(Kind::object) && !value.special ? Truth::either() : Truth::no();
  }
  if (a.is(Kind::object) && b.is(Kind::object)) return Truth::either();
  const auto order = order_of(a, b);
  if (order) return Truth::of(*order == std::partial_ordering::equivalent);
  return has_unknown(a) || has_unknown(b) ? unknown_of(a, b) : Truth::no();
}

Truth contains(const Value& container, const Value& item) {
  if (container.is_unknown() || item.is_unknown()) return unknown_of(container, item);
  if (container.is(Kind::text) && item.is(Kind::text))
    return Truth::of(container.text.find(item.text) != std::string::npos);
  if (container.is(Kind::specifiers)) {
    const auto version = as_version(item);
    if (!version) return Truth::open();
    if (!container.specifiers->matches(*version)) return Truth::no();
    // Releases of packaging differ in whether a set accepts pre-releases that it does not ask for.
    const bool allowed = !version->is_prerelease() || container.specifiers->wants_prereleases();
    return allowed ? Truth::yes() : Truth::open();
  }
  const auto items = elements_of(container);
  if (!items) return Truth::either();
  auto result = Truth::no();
  for (const auto& each : *items) result = result | equal(each, item);
  return result;
}

}  // namespace

Truth unknown_of(const Value& a, const Value& b) {
  return (has_unknown(a) && unknown_in(a).can_be_open()) || (has_unknown(b) && unknown_in(b).can_be_open())
             ? Truth::open()
             : Truth::either();
}

Truth compare(std::string_view op, const Value& a, const Value& b) {
  if (op == "in") return contains(b, a);
  if (op == "not in") return !contains(b, a);
  if (op == "==" || op == "is") return equal(a, b);
  if (op == "!=" || op == "is not") return !equal(a, b);
  if (a.is_unknown() || b.is_unknown()) return unknown_of(a, b);
  const auto order = order_of(a, b);
  if (!order) return has_unknown(a) || has_unknown(b) ? unknown_of(a, b) : Truth::open();
  if (op == "<") return Truth::of(std::is_lt(*order));
  if (op == "<=") return Truth::of(std::is_lteq(*order));
  if (op == ">") return Truth::of(std::is_gt(*order));
  return Truth::of(std::is_gteq(*order));
}

}  // namespace launch::pysource

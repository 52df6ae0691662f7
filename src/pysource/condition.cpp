#include "pysource/condition.hpp"

#include <algorithm>
#include <utility>

namespace launch::pysource {

Truth Truth::of(Verdict verdict) {
  switch (verdict) {
    case Verdict::yes:
      return yes();
    case Verdict::no:
      return no();
    case Verdict::unknown:
      return open();
  }
  return open();
}

Truth Truth::flipped() const {
  const auto swapped = (bits_ & 2) | ((bits_ & 1) << 2) | ((bits_ & 4) >> 2);
  return Truth(static_cast<std::uint8_t>(swapped));
}

Truth operator&(Truth a, Truth b) {
  std::uint8_t bits = 0;
  for (std::uint8_t i = 1; i <= 4; i = static_cast<std::uint8_t>(i << 1)) {
    for (std::uint8_t k = 1; k <= 4; k = static_cast<std::uint8_t>(k << 1)) {
      if ((a.bits_ & i) != 0 && (b.bits_ & k) != 0) bits = static_cast<std::uint8_t>(bits | std::min(i, k));
    }
  }
  return Truth(bits);
}

Truth operator|(Truth a, Truth b) {
  return (a.flipped() & b.flipped()).flipped();
}

Condition make(Expression expression) {
  for (const auto& part : expression.parts) expression.depth = std::max(expression.depth, part->depth + 1);
  if (expression.depth > kMostDepthOfExpression) return opaque(false);
  return std::make_shared<const Expression>(std::move(expression));
}

Condition make(Expression::Kind kind, std::vector<Condition> parts, std::string text) {
  Expression expression{.kind = kind};
  expression.text = std::move(text);
  expression.parts = std::move(parts);
  return make(std::move(expression));
}

Condition opaque(bool about_packages) {
  static const Condition others = std::make_shared<const Expression>();
  static const Condition packages =
      std::make_shared<const Expression>(Expression{.kind = Expression::Kind::opaque, .flag = true});
  return about_packages ? packages : others;
}

Condition constant(bool value) {
  return std::make_shared<const Expression>(Expression{.kind = Expression::Kind::boolean, .flag = value});
}

Condition text_of(std::string value) {
  return make(Expression::Kind::text, {}, std::move(value));
}

Condition negated(const Condition& condition) {
  return make(Expression::Kind::negation, {condition});
}

Condition said(const Condition& condition, TokenRange test) {
  auto copy = *condition;
  copy.test = test;
  return std::make_shared<const Expression>(std::move(copy));
}

Condition conjunction(std::vector<Condition> parts) {
  if (parts.empty()) return constant(true);
  if (parts.size() == 1) return parts.front();
  return make(Expression::Kind::all, std::move(parts));
}

}  // namespace launch::pysource

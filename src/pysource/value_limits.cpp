#include "pysource/value_limits.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace launch::pysource {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kMostParts = 4096;

std::size_t parts_of(const Value& value) {
  std::size_t count = 1;
  for (const auto& item : value.items) count += parts_of(item);
  return count;
}

}  // namespace

Value limited(std::uint64_t number) {
  constexpr auto kGreatest = std::numeric_limits<std::int64_t>::max();
  return Value::of(static_cast<std::int64_t>(std::min<std::uint64_t>(number, kGreatest)));
}

Value limited(std::string text) {
  return text.size() <= kLongestText ? Value::of(std::move(text)) : Value::unknown(Truth::open());
}

Value limited(Value value) {
  return parts_of(value) <= kMostParts ? std::move(value) : Value::unknown(Truth::open());
}

}  // namespace launch::pysource

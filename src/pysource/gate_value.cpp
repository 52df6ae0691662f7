#include "pysource/gate_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/value_limits.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string trimmed(std::string_view text) {
  return std::string(trim(text));
}

Value version_attribute(const specs::Version& version, const std::string& name) {
  const auto part = [&](std::size_t index) {
    return limited(version.release().size() > index ? version.release()[index] : 0);
  };
  if (name == "major") return part(0);
  if (name == "minor") return part(1);
  if (name == "micro") return part(2);
  if (name == "epoch") return limited(version.epoch());
  if (name == "release") {
    std::vector<Value> parts;
    for (const auto each : version.release()) parts.push_back(limited(each));
    return Value::of(std::move(parts));
  }
  if (name == "base_version") {
    std::vector<std::string> parts;
    for (const auto each : version.release()) parts.push_back(std::to_string(each));
    const auto epoch = version.epoch() == 0 ? "" : std::to_string(version.epoch()) + "!";
    return Value::of(epoch + join(parts, "."));
  }
  if (name == "public") return Value::of(version.public_text());
  if (name == "local")
    return version.local().empty() ? Value{.kind = Kind::none} : Value::of(version.local());
  if (name == "is_prerelease") return Value::of(Truth::of(version.is_prerelease()));
  if (name == "is_devrelease") return Value::of(Truth::of(version.dev().has_value()));
  if (name == "is_postrelease") return Value::of(Truth::of(version.post().has_value()));
  if (name == "dev" || name == "post") {
    const auto value = name == "dev" ? version.dev() : version.post();
    return value ? limited(*value) : Value{.kind = Kind::none};
  }
  return Value::unknown(Truth::open());
}

/// True for a requirement with a version: "torch>=2.6".
bool requires_any(std::string_view text, const Roots& roots) {
  const auto end = text.find_first_of("<>=!~");
  return end != std::string_view::npos && roots.contains(trim(text.substr(0, end)));
}

/// Python's slices: a bound of the sequence of that length.
std::size_t bound_of(const Value& value, std::size_t length, std::size_t otherwise) {
  if (!value.is(Kind::number)) return otherwise;
  const auto size = static_cast<std::int64_t>(length);
  const auto at = value.number < 0 ? std::max<std::int64_t>(0, value.number + size) : value.number;
  return static_cast<std::size_t>(std::min(at, size));
}

}  // namespace

Value Value::version_of(std::string_view text) {
  const auto parsed = specs::Version::parse(text);
  if (!parsed) return raising();
  return {.kind = Kind::version, .version = std::make_shared<const specs::Version>(*parsed)};
}

Value Value::loose_of(std::string_view text) {
  // The parts between dots, and within those runs of digits, runs of lower-case letters, and what is left.
  std::vector<Value> parts;
  const auto kind_of = [](char c) { return is_digit(c) ? 0 : c >= 'a' && c <= 'z' ? 1 : c == '.' ? 2 : 3; };
  for (std::size_t i = 0; i < text.size();) {
    const auto kind = kind_of(text[i]);
    auto end = i + 1;
    while (kind != 2 && end < text.size() && kind_of(text[end]) == kind) ++end;
    const auto part = text.substr(i, end - i);
    const auto number = parse_u64(part);
    if (kind == 0 && number) parts.push_back(limited(*number));
    if (kind == 1 || kind == 3) parts.push_back(Value::of(std::string(part)));
    i = end;
  }
  return {.kind = Kind::loose, .items = std::move(parts)};
}

Value Value::strict_of(std::string_view text) {
  std::vector<Value> parts;
  auto rest = text;
  const auto take = [&](char before) {
    if (before != '\0') {
      if (rest.empty() || rest.front() != before) return false;
      rest.remove_prefix(1);
    }
    const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = parse_u64(rest.substr(0, end));
    if (!number) return false;
    parts.push_back(limited(*number));
    rest.remove_prefix(end);
    return true;
  };
  if (!take('\0') || !take('.')) return raising();
  if (rest.empty() || rest.front() != '.') {
    parts.push_back(Value::of(std::int64_t{0}));
  } else if (!take('.')) {
    return raising();
  }
  // A pre-release comes before its release.
  if (rest.empty()) {
    parts.push_back(Value::of(std::int64_t{1}));
  } else {
    const char letter = rest.front();
    if (letter != 'a' && letter != 'b') return raising();
    parts.push_back(Value::of(std::int64_t{0}));
    parts.push_back(Value::of(std::string(1, letter)));
    rest.remove_prefix(1);
    if (!take('\0') || !rest.empty()) return raising();
  }
  return {.kind = Kind::loose, .items = std::move(parts)};
}

Truth truth_of(const Value& value) {
  switch (value.kind) {
    case Kind::unknown:
    case Kind::truth:
      return value.truth;
    case Kind::none:
      return Truth::no();
    case Kind::number:
      return Truth::of(value.number != 0);
    case Kind::real:
      return Truth::of(value.real != 0);
    case Kind::text:
      return Truth::of(!value.text.empty());
    case Kind::sequence:
    case Kind::mapping:
      return Truth::of(!value.items.empty());
    case Kind::object:
      return value.special ? Truth::yes() : Truth::either();
    case Kind::raises:
      return Truth::open();
    case Kind::fields:
    case Kind::members:
    case Kind::matches:
      return Truth::either();
    default:
      return Truth::yes();
  }
}

bool is_about(const Value& value, const Roots& roots) {
  if (value.is_unknown()) return unknown_of(value, value).can_be_open();
  if (value.is(Kind::version) || (value.is(Kind::text) && value.special)) return true;
  if (value.is(Kind::text)) return roots.contains(value.text) || requires_any(value.text, roots);
  if (!value.is(Kind::sequence) && !value.is(Kind::mapping)) return false;
  return std::any_of(value.items.begin(), value.items.end(), [&](const Value& item) {
    const bool bare = item.is(Kind::text) && roots.contains(item.text);
    return !bare && is_about(item, roots);
  });
}

bool is_of_names(const Value& value) {
  constexpr std::array kKinds = {Kind::directory, Kind::signature, Kind::fields, Kind::members,
                                 Kind::matches};
  return std::find(kKinds.begin(), kKinds.end(), value.kind) != kKinds.end();
}

std::optional<Value> listing_of(const Value& value) {
  if (value.is(Kind::directory) || value.is(Kind::signature) || value.is(Kind::fields)) return value;
  if (!value.is(Kind::object) || !value.other.ends_with(kFieldsOfDataclass)) return std::nullopt;
  auto fields = value;
  fields.kind = Kind::fields;
  fields.other.resize(fields.other.size() - kFieldsOfDataclass.size());
  return fields;
}

Value attribute_of(const Value& value, const std::string& name) {
  if (value.is_unknown()) return value;
  switch (value.kind) {
    case Kind::version:
      return version_attribute(*value.version, name);
    case Kind::loose:
      if (name == "version") return Value::of(value.items);
      break;
    case Kind::signature:
      if (name == "parameters" || name == "args" || name == "kwonlyargs") return value;
      break;
    default:
      break;
  }
  return Value::unknown(Truth::either());
}

Value item_of(const Value& value, const Value& index) {
  if (value.is_unknown()) return value;
  if (index.is_unknown()) return index;
  if (value.is(Kind::mapping)) {
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      if (compare("==", value.items[i], index).is_yes()) return value.items[i + 1];
    }
    return Value::raising();
  }
  if (!index.is(Kind::number)) return Value::unknown(Truth::open());
  const bool is_text = value.is(Kind::text);
  if (!is_text && !value.is(Kind::sequence)) return Value::unknown(Truth::either());
  const auto size = static_cast<std::int64_t>(is_text ? value.text.size() : value.items.size());
  const auto at = index.number < 0 ? index.number + size : index.number;
  if (at < 0 || at >= size) return Value::raising();
  const auto position = static_cast<std::size_t>(at);
  return is_text ? Value::of(std::string(1, value.text[position])) : value.items[position];
}

Value slice_of(const Value& value, const Value& first, const Value& last) {
  if (value.is_unknown()) return value;
  if (first.is_unknown()) return first;
  if (last.is_unknown()) return last;
  const bool is_text = value.is(Kind::text);
  if (!is_text && !value.is(Kind::sequence)) return Value::unknown(Truth::either());
  const auto size = is_text ? value.text.size() : value.items.size();
  const auto from = bound_of(first, size, 0);
  const auto to = std::max(from, bound_of(last, size, size));
  if (is_text) return Value::of(value.text.substr(from, to - from));
  using Difference = std::vector<Value>::difference_type;
  return Value::of(std::vector<Value>(value.items.begin() + static_cast<Difference>(from),
                                      value.items.begin() + static_cast<Difference>(to)));
}

Value to_text(const Value& value) {
  switch (value.kind) {
    case Kind::text:
      return Value::of(value.text);
    case Kind::number:
      return Value::of(std::to_string(value.number));
    case Kind::real:
      return Value::of(value.real == std::trunc(value.real) ? fmt::format("{:.1f}", value.real)
                                                            : fmt::format("{}", value.real));
    case Kind::version:
      return Value::of(value.version->text());
    case Kind::unknown:
    case Kind::raises:
      return value;
    default:
      return Value::unknown(Truth::open());
  }
}

Value to_number(const Value& value) {
  if (value.is_unknown() || value.is(Kind::number)) return value;
  if (value.is(Kind::truth) && value.truth.is_known()) return Value::of(std::int64_t{value.truth.is_yes()});
  if (value.is(Kind::real) && value.real > -1e15 && value.real < 1e15)
    return Value::of(static_cast<std::int64_t>(value.real));
  if (!value.is(Kind::text)) return Value::unknown(Truth::open());
  const auto number = parse_u64(trimmed(value.text));
  if (!number || *number >= (std::uint64_t{1} << 62)) return Value::raising();
  return Value::of(static_cast<std::int64_t>(*number));
}

Value to_real(const Value& value) {
  if (value.is_unknown() || value.is(Kind::real)) return value;
  Value result{.kind = Kind::real};
  if (value.is(Kind::number)) {
    result.real = static_cast<double>(value.number);
    return result;
  }
  if (!value.is(Kind::text)) return Value::unknown(Truth::open());
  const auto text = trimmed(value.text);
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos &&
                     std::count(text.begin(), text.end(), '.') <= 1 && text != ".";
  if (!plain || text.size() > 40) return Value::raising();
  result.real = std::strtod(text.c_str(), nullptr);
  return result;
}

std::optional<std::vector<Value>> elements_of(const Value& value) {
  if (value.is(Kind::sequence)) return value.items;
  if (value.is(Kind::text)) {
    std::vector<Value> all;
    for (const char c : value.text) all.push_back(Value::of(std::string(1, c)));
    return all;
  }
  if (value.is(Kind::mapping)) {
    std::vector<Value> keys;
    for (std::size_t i = 0; i < value.items.size(); i += 2) keys.push_back(value.items[i]);
    return keys;
  }
  return std::nullopt;
}

}  // namespace launch::pysource

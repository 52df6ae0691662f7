#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "pysource/gate_value.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kMostParts = 256;

bool is_text(const std::vector<Value>& arguments, std::size_t index) {
  return arguments.size() > index && arguments[index].is(Kind::text);
}

/// str.split with a separator: at most `most` cuts, from the left or from the right.
Value cut_text(std::string_view text, std::string_view separator, std::size_t most, bool from_right) {
  std::vector<Value> parts;
  while (parts.size() < most) {
    const auto at = from_right ? text.rfind(separator) : text.find(separator);
    if (at == std::string_view::npos) break;
    const auto after = text.substr(at + separator.size());
    parts.push_back(Value::of(std::string(from_right ? after : text.substr(0, at))));
    text = from_right ? text.substr(0, at) : after;
  }
  parts.push_back(Value::of(std::string(text)));
  if (from_right) std::reverse(parts.begin(), parts.end());
  return Value::of(std::move(parts));
}

Value split_text(const Value& value, const std::vector<Value>& arguments, bool from_right) {
  if (!is_text(arguments, 0) || arguments[0].text.empty()) return Value::unknown(Truth::open());
  auto most = kMostParts;
  if (arguments.size() > 1) {
    if (!arguments[1].is(Kind::number)) return Value::unknown(Truth::open());
    if (arguments[1].number >= 0) most = std::min(most, static_cast<std::size_t>(arguments[1].number));
  }
  return cut_text(value.text, arguments[0].text, most, from_right);
}

Value part_text(const Value& value, const std::vector<Value>& arguments, bool from_right) {
  if (!is_text(arguments, 0) || arguments[0].text.empty()) return Value::unknown(Truth::open());
  const auto& separator = arguments[0].text;
  const auto at = from_right ? value.text.rfind(separator) : value.text.find(separator);
  if (at == std::string::npos) {
    std::vector<Value> parts(3, Value::of(std::string()));
    parts[from_right ? 2 : 0] = Value::of(value.text);
    return Value::of(std::move(parts));
  }
  return Value::of({Value::of(value.text.substr(0, at)), Value::of(separator),
                    Value::of(value.text.substr(at + separator.size()))});
}

Value strip_text(const Value& value, const std::vector<Value>& arguments, bool left, bool right) {
  const std::string set = is_text(arguments, 0) ? arguments[0].text : " \t\n\r\f\v";
  std::string_view text = value.text;
  if (left) text.remove_prefix(std::min(text.find_first_not_of(set), text.size()));
  if (right) text = text.substr(0, text.find_last_not_of(set) + 1);
  return Value::of(std::string(text));
}

Value edge_text(const Value& value, const std::vector<Value>& arguments, bool start) {
  const auto fits = [&](const std::string& edge) {
    return start ? value.text.starts_with(edge) : value.text.ends_with(edge);
  };
  if (is_text(arguments, 0)) return Value::of(Truth::of(fits(arguments[0].text)));
  if (arguments.empty() || !arguments[0].is(Kind::sequence)) return Value::unknown(Truth::open());
  const auto& all = arguments[0].items;
  return Value::of(Truth::of(std::any_of(
      all.begin(), all.end(), [&](const Value& each) { return each.is(Kind::text) && fits(each.text); })));
}

Value join_text(const Value& value, const std::vector<Value>& arguments) {
  const auto items = arguments.empty() ? std::nullopt : elements_of(arguments[0]);
  if (!items) return Value::unknown(arguments.empty() ? Truth::open() : unknown_of(arguments[0], value));
  std::vector<std::string> parts;
  for (const auto& item : *items) {
    if (!item.is(Kind::text)) return item.is_unknown() ? item : Value::raising();
    parts.push_back(item.text);
  }
  return Value::of(join(parts, value.text));
}

}  // namespace

Value call_text(const Value& value, const std::string& name, const std::vector<Value>& arguments) {
  for (const auto& argument : arguments) {
    if (argument.is_unknown()) return argument;
  }
  if (name == "split" || name == "rsplit") return split_text(value, arguments, name == "rsplit");
  if (name == "partition" || name == "rpartition") return part_text(value, arguments, name == "rpartition");
  if (name == "strip") return strip_text(value, arguments, true, true);
  if (name == "lstrip") return strip_text(value, arguments, true, false);
  if (name == "rstrip") return strip_text(value, arguments, false, true);
  if (name == "startswith" || name == "endswith") return edge_text(value, arguments, name == "startswith");
  if (name == "join") return join_text(value, arguments);
  if (name == "lower") return Value::of(to_lower(value.text));
  if (name == "isdigit" || name == "isnumeric" || name == "isdecimal") {
    const bool digits =
        !value.text.empty() && value.text.find_first_not_of("0123456789") == std::string::npos;
    return Value::of(Truth::of(digits));
  }
  if (name == "replace" && is_text(arguments, 0) && is_text(arguments, 1) && !arguments[0].text.empty() &&
      arguments[1].text.size() <= 64) {
    return Value::of(replace_all(value.text, arguments[0].text, arguments[1].text));
  }
  if ((name == "removeprefix" || name == "removesuffix") && is_text(arguments, 0)) {
    const auto& edge = arguments[0].text;
    if (name == "removeprefix" && value.text.starts_with(edge))
      return Value::of(value.text.substr(edge.size()));
    if (name == "removesuffix" && value.text.ends_with(edge))
      return Value::of(value.text.substr(0, value.text.size() - edge.size()));
    return Value::of(value.text);
  }
  if (name == "count" && is_text(arguments, 0) && !arguments[0].text.empty()) {
    std::int64_t count = 0;
    for (auto at = value.text.find(arguments[0].text); at != std::string::npos;
         at = value.text.find(arguments[0].text, at + arguments[0].text.size()))
      ++count;
    return Value::of(count);
  }
  if (name == "find" && is_text(arguments, 0)) {
    const auto at = value.text.find(arguments[0].text);
    return Value::of(at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at));
  }
  return Value::unknown(Truth::open());
}

}  // namespace launch::pysource

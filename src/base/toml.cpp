#include "base/toml.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/text.hpp"

namespace launch {

namespace {

// Each dot of a key is a nesting level; toml++ 3.3 does not limit them and unwinds them by recursion.
constexpr std::size_t kMostDotsInLine = 2000;

/// Counts the dots outside strings and comments, line by line.
class DotCounter {
 public:
  explicit DotCounter(std::string_view text) : text_(text) {}

  /// The number of the first line with more than kMostDotsInLine; nullopt if there is none.
  std::optional<std::uint32_t> first_long_line() {
    std::size_t dots = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string();
        continue;
      }
      if (c == '#') at_ = std::min(text_.find('\n', at_), text_.size() - 1);
      if (text_[at_] == '\n') {
        ++line_;
        dots = 0;
      }
      if (c == '.' && ++dots > kMostDotsInLine) return line_;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  /// Moves behind the string that begins here. One on a single line ends with it, at the latest.
  void skip_string() {
    const std::string quote(1, text_[at_]);
    const auto triple = quote + quote + quote;
    const bool many = text_.substr(at_).starts_with(triple);
    at_ += many ? 3 : 1;
    while (at_ < text_.size() && !text_.substr(at_).starts_with(many ? triple : quote)) {
      if (text_[at_] == '\n') {
        if (!many) return;
        ++line_;
      }
      at_ += quote == "\"" && text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2 : 1;
    }
    at_ = std::min(at_ + (many ? 3 : 1), text_.size());
    // A string of several lines may end with quotes of its own.
    for (int extra = 0; many && extra < 2 && text_.substr(at_).starts_with(quote); ++extra) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
};

TomlPlace place_of(const toml::source_region& region) {
  return {std::max<std::uint32_t>(1, region.begin.line), std::max<std::uint32_t>(1, region.begin.column)};
}

std::string spell(const toml::date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string spell(const toml::time& time) {
  auto text = fmt::format("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
  if (time.nanosecond == 0) return text;
  text += fmt::format(".{:09}", time.nanosecond);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::string spell(const toml::date_time& when) {
  auto text = spell(when.date) + "T" + spell(when.time);
  if (!when.offset) return text;
  const int minutes = when.offset->minutes;
  if (minutes == 0) return text + "Z";
  return text + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                            std::abs(minutes) % 60);
}

using FileName = std::shared_ptr<const std::string>;

TomlValue convert(const toml::node& node, const FileName& file);

void convert_members(const toml::table& table, TomlValue& out, const FileName& file) {
  for (const auto& [key, member] : table) {
    auto& value = out.items.emplace_back(convert(member, file));
    value.key = std::string(key.str());
    value.key_place = place_of(key.source());
  }
}

TomlValue convert(const toml::node& node, const FileName& file) {
  using Kind = TomlValue::Kind;
  TomlValue out;
  out.file = file;
  out.place = place_of(node.source());
  if (const auto* table = node.as_table()) {
    convert_members(*table, out, file);
  } else if (const auto* array = node.as_array()) {
    out.kind = Kind::array;
    for (const auto& item : *array) out.items.push_back(convert(item, file));
  } else if (const auto* text = node.as_string()) {
    out.kind = Kind::string;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = Kind::integer;
    out.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = Kind::boolean;
    out.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    out.kind = Kind::date;
    out.text = spell(date->get());
  } else if (const auto* time = node.as_time()) {
    out.kind = Kind::date;
    out.text = spell(time->get());
  } else if (const auto* when = node.as_date_time()) {
    out.kind = Kind::date;
    out.text = spell(when->get());
  } else {
    out.kind = Kind::number;
  }
  return out;
}

}  // namespace

Result<TomlValue> parse_toml(std::string_view text, std::string_view file) {
  if (const auto line = DotCounter(text).first_long_line()) {
    return fail(input_error(fmt::format("{}:{}:1: the line has more than {} dots outside strings", file,
                                        *line, kMostDotsInLine)));
  }
  try {
    return convert(toml::parse(text), std::make_shared<const std::string>(file));
  } catch (const toml::parse_error& error) {
    const auto place = place_of(error.source());
    return fail(input_error(
        fmt::format("{}:{}:{}: not TOML: {}", file, place.line, place.column, error.description())));
  }
}

namespace {

void overlay_at(const std::string& path, TomlValue& below, const TomlValue& above, const TomlMerge& merge) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < below.items.size(); ++i) places.emplace(below.items[i].key, i);
  for (const auto& member : above.items) {
    const auto place = places.find(member.key);
    if (place == places.end()) {
      below.items.push_back(member);
      continue;
    }
    auto* const at = &below.items[place->second];
    const auto member_path = path.empty() ? member.key : path + "." + member.key;
    if (merge && merge(member_path, *at, member)) continue;
    const bool tables = at->kind == TomlValue::Kind::table && member.kind == TomlValue::Kind::table;
    if (tables) {
      overlay_at(member_path, *at, member, merge);
    } else {
      *at = member;
    }
  }
}

}  // namespace

void overlay(TomlValue& below, const TomlValue& above, const TomlMerge& merge) {
  overlay_at("", below, above, merge);
}

std::string_view kind_name(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::string:
      return "a string";
    case TomlValue::Kind::integer:
      return "an integer";
    case TomlValue::Kind::number:
      return "a number";
    case TomlValue::Kind::boolean:
      return "true or false";
    case TomlValue::Kind::date:
      return "a date";
    case TomlValue::Kind::array:
      return "an array";
    case TomlValue::Kind::table:
      break;
  }
  return "a table";
}

Error TomlTable::wrong(std::string_view key, const TomlValue& at, std::string_view what) const {
  constexpr std::size_t kLongestKey = 400;
  return input_error(fmt::format("{}:{}:{}: {}{}: {}", at.file ? *at.file : file_, at.place.line,
                                 at.place.column, prefix_, cut(key, kLongestKey), what));
}

Error TomlTable::wrong(std::string_view key, std::string_view what) const {
  const auto* value = find(key);
  return wrong(key, value != nullptr ? *value : *value_, what);
}

Error TomlTable::wrong_type(std::string_view key, const TomlValue& at, std::string_view expected) const {
  return wrong(key, at, fmt::format("expected {}, found {}", expected, kind_name(at.kind)));
}

Result<void> TomlTable::only(std::span<const std::string_view> keys) const {
  for (const auto& member : value_->items) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    auto at = member;
    at.place = member.key_place;
    const auto near = did_you_mean(member.key, known);
    auto error =
        wrong(member.key, at, near ? fmt::format("unknown key; did you mean \"{}\"?", *near) : "unknown key");
    return fail(error.hint(fmt::format("valid keys: {}", join_words(known))));
  }
  return {};
}

const TomlValue* TomlTable::find(std::string_view key) const {
  const auto at = std::find_if(value_->items.begin(), value_->items.end(),
                               [&](const TomlValue& member) { return member.key == key; });
  return at == value_->items.end() ? nullptr : &*at;
}

Result<const TomlValue*> TomlTable::find(std::string_view key, TomlValue::Kind kind,
                                         std::string_view what) const {
  const auto* value = find(key);
  if (value != nullptr && value->kind != kind) return fail(wrong_type(key, *value, what));
  return value;
}

Result<void> TomlTable::read(std::string_view key, std::string& out) const {
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::string, "a string"));
  if (value != nullptr) out = value->text;
  return {};
}

Result<void> TomlTable::read(std::string_view key, std::optional<std::string>& out) const {
  if (find(key) == nullptr) return {};
  out.emplace();
  return read(key, *out);
}

Result<void> TomlTable::read(std::string_view key, std::int64_t& out) const {
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::integer, "an integer"));
  if (value != nullptr) out = value->integer;
  return {};
}

Result<void> TomlTable::read(std::string_view key, bool& out) const {
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::boolean, "true or false"));
  if (value != nullptr) out = value->boolean;
  return {};
}

Result<void> TomlTable::read(std::string_view key, std::vector<std::string>& out) const {
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::array, "an array of strings"));
  if (value == nullptr) return {};
  out.clear();
  for (const auto& item : value->items) {
    if (item.kind != TomlValue::Kind::string) return fail(wrong_type(key, item, "a string"));
    out.push_back(item.text);
  }
  return {};
}

Result<void> TomlTable::read(std::string_view key, std::map<std::string, std::string>& out) const {
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::table, "a table of strings"));
  if (value == nullptr) return {};
  const TomlTable inner(*value, file_, prefix_of(key));
  for (const auto& item : value->items) TRY(inner.read(item.key, out[item.key]));
  return {};
}

std::string TomlTable::prefix_of(std::string_view key) const {
  return prefix_.empty() ? fmt::format("[{}] ", key) : fmt::format("{}{}.", prefix_, key);
}

Result<TomlTable> TomlTable::table(std::string_view key) const {
  static const TomlValue kEmpty;
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::table, "a table"));
  return TomlTable(value == nullptr ? kEmpty : *value, file_, prefix_of(key));
}

Result<std::vector<TomlTable>> TomlTable::tables(std::string_view key) const {
  std::vector<TomlTable> out;
  TRY_ASSIGN(const auto* value, find(key, TomlValue::Kind::array, "an array of tables"));
  if (value == nullptr) return out;
  const auto prefix = prefix_.empty() ? fmt::format("[[{}]] ", key) : prefix_of(key);
  for (const auto& item : value->items) {
    if (item.kind != TomlValue::Kind::table) return fail(wrong_type(key, item, "a table"));
    out.push_back(TomlTable(item, file_, prefix));
  }
  return out;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_array(std::span<const std::string> texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const auto& text : texts) quoted.push_back(toml_string(text));
  return fmt::format("[{}]", join(quoted, ", "));
}

}  // namespace launch

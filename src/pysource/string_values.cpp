#include "pysource/string_values.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace launch::pysource {
namespace {

constexpr std::size_t kMostValues = 4096;
constexpr std::size_t kMostElements = 4 * kMostValues;
// `x = x + x` doubles a text, so its size must have a limit as well.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;
// Of all values of a module together.
constexpr std::size_t kMostHeld = std::size_t{4} << 20;

std::size_t bytes_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += sizeof(std::string) + text.size();
  return bytes;
}

TextValue any_text() {
  return {{std::string(1, kAnyText)}, {}};
}

struct StringParts {
  bool formatted = false;
  bool bytes = false;
  std::string_view body;
};

StringParts string_parts(std::string_view token) {
  StringParts parts;
  std::size_t at = 0;
  for (; at < token.size() && token[at] != '"' && token[at] != '\''; ++at) {
    const char c = token[at];
    parts.formatted = parts.formatted || c == 'f' || c == 'F' || c == 't' || c == 'T';
    parts.bytes = parts.bytes || c == 'b' || c == 'B';
  }
  const auto rest = token.substr(at);
  const bool triple = rest.size() >= 6 && rest[1] == rest[0] && rest[2] == rest[0];
  const std::size_t quotes = triple ? 3 : 1;
  if (rest.size() >= 2 * quotes) parts.body = rest.substr(quotes, rest.size() - 2 * quotes);
  return parts;
}

std::string unescape(std::string_view body) {
  std::string text;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\' && i + 1 < body.size() &&
        (body[i + 1] == '\\' || body[i + 1] == '\'' || body[i + 1] == '"')) {
      ++i;
    }
    text += body[i];
  }
  return text;
}

/// Every text of `left` followed by every text of `right`.
std::vector<std::string> chain(std::vector<std::string> left, const std::vector<std::string>& right) {
  if (left.size() * right.size() > kMostValues) return any_text().texts;
  if (bytes_of(left) * right.size() + bytes_of(right) * left.size() > kMostBytes) return any_text().texts;
  if (right.size() == 1) {
    for (auto& text : left) text += right.front();
    return left;
  }
  std::vector<std::string> all;
  for (const auto& a : left) {
    for (const auto& b : right) all.push_back(a + b);
  }
  return all;
}

std::vector<std::string> known_texts(TextValue value) {
  if (!value.listed.empty()) value.texts.emplace_back(1, kAnyText);
  return std::move(value.texts);
}

bool wraps(const SourceTree& tree, TokenRange range, std::string_view open) {
  return range.last - range.first >= 2 && tree.is(range.first, open) &&
         behind_bracket(tree, range.first, range.last) == range.last;
}

/// The numbers of range(FIRST, END) or range(END) with literal bounds, as f-strings format them.
std::optional<std::vector<std::string>> numbers(const SourceTree& tree, TokenRange arguments) {
  std::vector<std::uint64_t> limits;
  for (const auto part : split_range(tree, arguments, ",")) {
    if (part.last - part.first != 1) return {};
    const auto number = parse_u64(tree.text(part.first));
    if (!number) return {};
    limits.push_back(*number);
  }
  if (limits.size() == 1) limits.insert(limits.begin(), 0);
  if (limits.size() != 2 || limits[1] > limits[0] + kMostValues) return {};
  std::vector<std::string> all;
  for (auto i = limits[0]; i < limits[1]; ++i) all.push_back(std::to_string(i));
  return all;
}

/// False, and nothing done, if that would make too many.
bool append(std::vector<std::string>& all, const std::vector<std::string>& more) {
  if (all.size() + more.size() > kMostElements || bytes_of(all) + bytes_of(more) > kMostHeld) return false;
  all.insert(all.end(), more.begin(), more.end());
  return true;
}

/// What variables may hold where two paths meet. Nothing is known of one that both bind and that is known on
/// one path only.
template <class Known, class Bound>
void merge_known(Known& here, const Known& there, const Bound& bound_here, const Bound& bound_there) {
  for (const auto& [name, elements] : there) {
    if (!here.contains(name) && bound_here.contains(name)) continue;
    auto& mine = here[name];
    for (const auto& each : elements) {
      if (std::find(mine.begin(), mine.end(), each) == mine.end()) mine.push_back(each);
    }
  }
  std::erase_if(here, [&](const auto& each) {
    return !there.contains(each.first) && bound_there.contains(each.first);
  });
}

TokenRange inside(TokenRange range) {
  return {range.first + 1, range.last - 1};
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
  const auto any = pattern.find(kAnyText);
  if (any == std::string_view::npos) return pattern == text;
  if (text.substr(0, any) != pattern.substr(0, any)) return false;
  auto rest = text.substr(any);
  pattern.remove_prefix(any + 1);
  for (;;) {
    const auto next = pattern.find(kAnyText);
    const auto part = pattern.substr(0, next);
    if (next == std::string_view::npos) return rest.size() >= part.size() && rest.ends_with(part);
    const auto at = rest.find(part);
    if (at == std::string_view::npos) return false;
    rest.remove_prefix(at + part.size());
    pattern.remove_prefix(next + 1);
  }
}

void TextValue::merge(const TextValue& other) {
  for (const auto& text : other.texts) {
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
    if (texts.size() > kMostValues) {
      texts = any_text().texts;
      break;
    }
  }
  for (const auto& each : other.listed) {
    if (std::find(listed.begin(), listed.end(), each) == listed.end()) listed.push_back(each);
  }
}

std::optional<std::string> plain_string(std::string_view token) {
  const auto parts = string_parts(token);
  if (parts.bytes || parts.formatted) return {};
  return unescape(parts.body);
}

TextValue TextValues::literal(const SourceTree& tree, std::uint32_t token) const {
  const auto parts = string_parts(tree.text(token));
  if (parts.bytes) return any_text();
  if (!parts.formatted) return {{unescape(parts.body)}, {}};
  std::vector<std::string> all{""};
  auto body = parts.body;
  while (!body.empty()) {
    const auto brace = std::min(body.find_first_of("{}"), body.size());
    all = chain(std::move(all), {unescape(body.substr(0, brace))});
    body.remove_prefix(brace);
    if (body.empty()) break;
    if (body.starts_with("{{") || body.starts_with("}}")) {
      all = chain(std::move(all), {std::string(1, body.front())});
      body.remove_prefix(2);
      continue;
    }
    const auto end = std::min(body.find('}'), body.size() - 1);
    const std::string name(body.substr(1, end == 0 ? 0 : end - 1));
    if (name.find_first_of("{\"'([") != std::string::npos) return any_text();  // where it ends is not known
    const auto* value = find(name);
    if (name == "__name__") {
      all = chain(std::move(all), {module_});
    } else {
      all = chain(std::move(all), known_texts(value != nullptr ? *value : any_text()));
    }
    body.remove_prefix(end + 1);
  }
  return {std::move(all), {}};
}

TextValue TextValues::term(const SourceTree& tree, TokenRange range) const {
  range = without_brackets(tree, range);
  if (range.empty()) return any_text();
  if (range.last - range.first == 1 && tree.is_name(range.first)) {
    const std::string name(tree.text(range.first));
    if (name == "__name__") return {{module_}, {}};
    const auto* value = find(name);
    return value != nullptr ? *value : any_text();
  }
  std::vector<std::string> all{""};
  for (auto i = range.first; i < range.last; ++i) {
    if (tree.token(i).kind != TokenKind::string) return any_text();
    all = chain(std::move(all), literal(tree, i).texts);
  }
  return {std::move(all), {}};
}

TextValue TextValues::texts(const SourceTree& tree, TokenRange expression) const {
  const auto parts = split_range(tree, expression, "+");
  if (parts.size() == 1) return term(tree, expression);
  std::vector<std::string> all{""};
  for (const auto part : parts) all = chain(std::move(all), known_texts(term(tree, part)));
  return {std::move(all), {}};
}

std::optional<std::vector<std::string>> TextValues::elements(const SourceTree& tree, TokenRange range) const {
  const auto sum = split_range(tree, range, "+");
  std::vector<std::string> all;
  if (sum.size() > 1) {
    for (const auto part : sum) {
      const auto more = elements(tree, part);
      if (!more || !append(all, *more)) return {};
    }
    return all;
  }
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, range, &end);
  if (!name.empty()) {
    const bool call = end < range.last && wraps(tree, {end, range.last}, "(");
    if (call &&
        (name == "list" || name == "set" || name == "tuple" || name == "frozenset" || name == "sorted")) {
      const TokenRange argument{end + 1, range.last - 1};
      return argument.empty() ? std::vector<std::string>{} : elements(tree, argument);
    }
    if (call && name == "range") return numbers(tree, {end + 1, range.last - 1});
    const auto dot = name.find('.');
    const bool keys = call && (name.substr(dot + 1) == "keys" || name.substr(dot + 1) == "items");
    if (end != range.last && !(dot != std::string::npos && keys)) return {};
    const auto found = collections_.find(name.substr(0, dot));
    if (found == collections_.end() || (end == range.last && dot != std::string::npos)) return {};
    return found->second;
  }
  if (!wraps(tree, range, "[") && !wraps(tree, range, "(") && !wraps(tree, range, "{")) return {};
  std::size_t bytes = 0;
  for (auto item : split_range(tree, inside(range), ",")) {
    if (item.empty()) continue;
    if (tree.is(item.first, "*") || tree.is(item.first, "**")) {
      const auto more = elements(tree, {item.first + 1, item.last});
      if (!more || !append(all, *more)) return {};
      continue;
    }
    if (split_range(tree, item, "for").size() > 1) return {};
    item = split_range(tree, item, ":").front();
    const auto value = texts(tree, item);
    const auto& found = value.texts;
    if (!value.listed.empty() || std::any_of(found.begin(), found.end(), is_pattern)) return {};
    bytes += bytes_of(found);
    if (bytes > kMostHeld) return {};
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

bool TextValues::afford(const std::vector<std::string>& texts) {
  const auto bytes = bytes_of(texts);
  if (bytes > kMostHeld - held_) return false;
  held_ += bytes;
  return true;
}

void TextValues::assign(const std::string& name, const SourceTree& tree, TokenRange expression) {
  auto value = texts(tree, expression);
  auto collection = elements(tree, expression);
  if (!afford(value.texts)) value = any_text();
  if (collection && !afford(*collection)) collection.reset();
  if (collection) {
    collections_[name] = std::move(*collection);
  } else {
    collections_.erase(name);
  }
  texts_[name] = std::move(value);
  auto listed = tree.is(expression.first, "[") ? listed_names(tree, expression) : std::nullopt;
  if (listed) {
    listed_[name] = *std::move(listed);
  } else {
    listed_.erase(name);
  }
}

void TextValues::assign_element(const std::string& name, const SourceTree& tree, TokenRange expression,
                                std::string_view attribute) {
  const bool variable = expression.last - expression.first == 1;
  const auto held = listed_.find(variable ? tree.text(expression.first) : std::string_view());
  auto listed = held != listed_.end() ? std::optional(held->second) : listed_names(tree, expression);
  if (listed) {
    for (auto& each : *listed) each.attribute = attribute;
    texts_[name] = {{}, *std::move(listed)};
    return;
  }
  auto all = elements(tree, expression);
  texts_[name] = all && afford(*all) ? TextValue{std::move(*all), {}} : any_text();
}

void TextValues::extend(const std::string& name, const std::optional<std::vector<std::string>>& more) {
  const auto found = collections_.find(name);
  if (found == collections_.end()) return;
  if (!more || !afford(*more) || !append(found->second, *more)) collections_.erase(found);
}

const TextValue* TextValues::find(const std::string& name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? nullptr : &found->second;
}

void TextValues::merge(const TextValues& other) {
  held_ = std::max(held_, other.held_);
  merge_known(collections_, other.collections_, texts_, other.texts_);
  merge_known(listed_, other.listed_, texts_, other.texts_);
  for (const auto& [name, value] : other.texts_) texts_[name].merge(value);
}

}  // namespace launch::pysource

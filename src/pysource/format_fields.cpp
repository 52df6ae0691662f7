#include "pysource/format_fields.hpp"

#include <algorithm>
#include <string>

#include "pysource/python_tokens.hpp"

namespace launch::pysource {
namespace {

constexpr std::size_t kMostFields = 256;
constexpr std::size_t kMostBytes = std::size_t{64} << 10;
constexpr std::size_t kLongestField = 4096;
constexpr int kMostNested = 8;

class Fields {
 public:
  explicit Fields(std::string_view body) : body_(body.substr(0, kMostBytes)) {}

  std::vector<std::string_view> run() {
    text(0, 0);
    return std::move(found_);
  }

 private:
  /// Goes on behind a text, or behind the "}" of a format specification.
  std::size_t text(std::size_t at, int nesting) {
    while (at < body_.size() && found_.size() < kMostFields) {
      if (body_[at] == '}' && nesting > 0) return at + 1;
      if (body_[at] != '{') {
        ++at;
      } else if (nesting == 0 && body_.substr(at, 2) == "{{") {
        at += 2;
      } else {
        at = field(at + 1, nesting);
      }
    }
    return body_.size();
  }

  std::size_t field(std::size_t start, int nesting) {
    // In brackets lines do not matter.
    const auto source = "(" + std::string(body_.substr(start, kLongestField));
    const auto list = tokenize(source);
    int brackets = 0;
    bool over = false;
    const auto end_at = [&](std::size_t token) {
      const auto offset = list.tokens[token].offset - 1;
      if (!over) found_.push_back(expression(body_.substr(start, offset)));
      over = true;
      return start + offset;
    };
    for (std::size_t i = 1; i < list.tokens.size(); ++i) {
      if (list.tokens[i].kind != TokenKind::op) continue;
      const auto op = list.text(list.tokens[i]);
      if (op == "(" || op == "[" || op == "{") ++brackets;
      if (brackets == 0 && op == "!") end_at(i);
      if (brackets == 0 && op == "}") return end_at(i) + 1;
      if (brackets == 0 && op.front() == ':') {
        const auto behind = end_at(i) + 1;
        return nesting < kMostNested ? text(behind, nesting + 1) : body_.size();
      }
      if (op == ")" || op == "]" || op == "}") --brackets;
    }
    return body_.size();
  }

  /// Without the "=" of `{x = }`.
  static std::string_view expression(std::string_view field) {
    const auto last = field.find_last_not_of(" \t\r\n");
    const bool shows = last != std::string_view::npos && field[last] == '=';
    return field.substr(0, shows ? last : field.size());
  }

  std::string_view body_;
  std::vector<std::string_view> found_;
};

}  // namespace

bool has_fields(std::string_view token) {
  for (const char c : token) {
    if (c == '"' || c == '\'') return false;
    if (c == 'f' || c == 'F' || c == 't' || c == 'T') return true;
  }
  return false;
}

std::vector<std::string_view> fields_of(std::string_view token) {
  const auto quote = std::min(token.find_first_of("\"'"), token.size());
  const auto quoted = token.substr(quote);
  const bool triple = quoted.size() >= 6 && quoted[1] == quoted[0] && quoted[2] == quoted[0];
  const std::size_t quotes = triple ? 3 : 1;
  if (!has_fields(token) || quoted.size() < 2 * quotes) return {};
  return Fields(quoted.substr(quotes, quoted.size() - 2 * quotes)).run();
}

}  // namespace launch::pysource

#include "pysource/string_tokens.hpp"

#include <string_view>

namespace launch::pysource {
namespace {

constexpr int kMostNesting = 150;

/// Skips strings, and what is in their fields.
class StringScan {
 public:
  explicit StringScan(SourceCursor& cursor) : cursor_(cursor) {}

  /// False if it is not closed.
  bool string(const StringPrefix& prefix, int nesting) {
    if (nesting > kMostNesting) return false;
    cursor_.at += prefix.length;
    const auto quote = cursor_.source.substr(cursor_.at, 3);
    const bool triple = quote.size() == 3 && quote[1] == quote[0] && quote[2] == quote[0];
    const auto closing = quote.substr(0, triple ? 3 : 1);
    cursor_.at += closing.size();
    for (cursor_.skip_to(kStringStop); !cursor_.at_end(); cursor_.skip_to(kStringStop)) {
      if (cursor_.peek() == closing.front() && cursor_.source.substr(cursor_.at, closing.size()) == closing) {
        cursor_.at += closing.size();
        return true;
      }
      if (cursor_.at_newline()) {
        if (!triple) return false;
        cursor_.take_newline();
      } else if (cursor_.peek() == '\\') {
        escape(prefix);
      } else if (prefix.formatted && cursor_.peek() == '{') {
        if (cursor_.peek(1) == '{') {
          cursor_.at += 2;
        } else if (!field(prefix, closing, nesting)) {
          return false;
        }
      } else {
        ++cursor_.at;
      }
    }
    return false;
  }

 private:
  /// A backslash and the character that it escapes, except the brace of an f-string's field.
  void escape(const StringPrefix& prefix) {
    ++cursor_.at;
    if (prefix.formatted && !prefix.raw && cursor_.peek() == 'N' && cursor_.peek(1) == '{') {
      while (!cursor_.at_end() && !cursor_.at_newline() && cursor_.peek() != '}') ++cursor_.at;
    } else if (cursor_.at_newline()) {
      cursor_.take_newline();
    } else if (!cursor_.at_end() && !(prefix.formatted && (cursor_.peek() == '{' || cursor_.peek() == '}'))) {
      ++cursor_.at;
    }
  }

  /// The replacement field that starts here, including nested strings with any quotes (PEP 701).
  bool field(const StringPrefix& prefix, std::string_view closing, int nesting) {
    if (nesting > kMostNesting) return false;
    ++cursor_.at;
    int brackets = 0;
    while (!cursor_.at_end()) {
      const char c = cursor_.peek();
      if (const auto inner = string_prefix(cursor_)) {
        if (!string(*inner, nesting + 1)) return false;
      } else if (is_of(c, kNameStart)) {
        cursor_.skip_name();
      } else if (cursor_.at_newline()) {
        cursor_.take_newline();
      } else if (c == '#') {
        cursor_.skip_to(kLineEnd);
      } else if (c == '}' && brackets == 0) {
        ++cursor_.at;
        return true;
      } else if (c == ':' && brackets == 0) {
        ++cursor_.at;
        return format(prefix, closing, nesting);
      } else {
        if (c == '(' || c == '[' || c == '{') ++brackets;
        if (c == ')' || c == ']' || c == '}') --brackets;
        ++cursor_.at;
      }
    }
    return false;
  }

  /// The part after the ":" of a field, up to and including its "}".
  bool format(const StringPrefix& prefix, std::string_view closing, int nesting) {
    while (!cursor_.at_end()) {
      if (cursor_.source.substr(cursor_.at, closing.size()) == closing) return false;
      if (cursor_.peek() == '}') {
        ++cursor_.at;
        return true;
      }
      if (cursor_.peek() == '{') {
        if (!field(prefix, closing, nesting + 1)) return false;
      } else if (cursor_.at_newline()) {
        if (closing.size() == 1) return false;
        cursor_.take_newline();
      } else if (cursor_.peek() == '\\') {
        escape(prefix);
      } else {
        ++cursor_.at;
      }
    }
    return false;
  }

  SourceCursor& cursor_;
};

}  // namespace

std::optional<StringPrefix> string_prefix(const SourceCursor& cursor) {
  if (!is_of(cursor.peek(), kStringStart)) return {};
  StringPrefix prefix;
  bool bytes = false;
  bool unicode = false;
  for (; prefix.length <= 2; ++prefix.length) {
    const char c = lower(cursor.peek(prefix.length));
    if (c == '"' || c == '\'') return prefix;
    if (unicode) return {};
    if (c == 'r' && !prefix.raw) {
      prefix.raw = true;
    } else if (c == 'b' && !bytes && !prefix.formatted) {
      bytes = true;
    } else if ((c == 'f' || c == 't') && !bytes && !prefix.formatted) {
      prefix.formatted = true;
    } else if (c == 'u' && prefix.length == 0) {
      unicode = true;
    } else {
      return {};
    }
  }
  return {};
}

bool skip_string(SourceCursor& cursor, const StringPrefix& prefix) {
  return StringScan(cursor).string(prefix, 0);
}

}  // namespace launch::pysource

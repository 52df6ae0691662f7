#include "pysource/python_tokens.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pysource/string_tokens.hpp"

namespace launch::pysource {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostIndents = 100;
constexpr int kMostBrackets = 200;
constexpr std::uint32_t kTab = 8;

class Tokenizer {
 public:
  Tokenizer(std::string_view source, std::vector<Token>& tokens)
      : tokens_(tokens), cursor_{source, list_.lines} {
    list_.source = source;
    list_.lines.push_back(0);
    tokens_.clear();
  }

  TokenList run() {
    if (cursor_.source.size() > kMostBytes) {
      stop("the file is larger than 64 MiB");
    } else if (cursor_.source.starts_with("\xEF\xBB\xBF")) {
      cursor_.at = list_.lines.front() = 3;
    }
    while (!stopped() && !cursor_.at_end()) {
      if (line_begins_ && depth_ == 0) {
        indentation();
      } else {
        next();
      }
    }
    finish();
    list_.tokens.assign(tokens_.begin(), tokens_.end());
    list_.lines.shrink_to_fit();
    return std::move(list_);
  }

 private:
  bool stopped() const { return list_.problem.has_value(); }
  void stop(std::string message) {
    if (!stopped()) list_.problem = SourceProblem{cursor_.line, std::move(message)};
  }

  void add(TokenKind kind, std::size_t start) {
    auto& token = tokens_.emplace_back();
    token.offset = static_cast<std::uint32_t>(start);
    token.length = static_cast<std::uint32_t>(cursor_.at - start);
    token.kind = kind;
  }

  void finish() {
    cursor_.at = stopped() ? cursor_.at : cursor_.source.size();
    if (!tokens_.empty()) {
      const auto last = tokens_.back().kind;
      if (last != TokenKind::newline && last != TokenKind::dedent && last != TokenKind::indent) {
        add(TokenKind::newline, cursor_.at);
      }
    }
    for (; indents_.size() > 1; indents_.pop_back()) add(TokenKind::dedent, cursor_.at);
    add(TokenKind::end, cursor_.at);
  }

  void take_comment(bool alone) {
    const auto start = cursor_.at;
    cursor_.skip_to(kLineEnd);
    list_.comments.push_back({static_cast<std::uint32_t>(start),
                              static_cast<std::uint32_t>(cursor_.at - start), cursor_.line, alone});
  }

  /// White space at the start of a line. With line continuations it counts up to the first backslash that has
  /// some before it, as in CPython.
  void indentation() {
    std::uint32_t width = 0;
    std::uint32_t continued = 0;
    for (;; ++cursor_.at) {
      if (cursor_.peek() == ' ') {
        ++width;
      } else if (cursor_.peek() == '\t') {
        width = (width / kTab + 1) * kTab;
      } else if (cursor_.peek() == '\f') {
        width = 0;
      } else if (cursor_.peek() == '\\' && (cursor_.peek(1) == '\n' || cursor_.peek(1) == '\r')) {
        if (continued == 0) continued = width;
        ++cursor_.at;
        cursor_.take_newline();
        --cursor_.at;
      } else {
        break;
      }
    }
    if (cursor_.at_end()) return;
    if (cursor_.peek() == '#') take_comment(true);
    if (cursor_.at_end()) return;
    if (cursor_.at_newline()) {
      cursor_.take_newline();
      return;
    }
    line_begins_ = false;
    set_indentation(continued == 0 ? width : continued);
  }

  void set_indentation(std::uint32_t width) {
    if (width > indents_.back()) {
      if (indents_.size() > kMostIndents) return stop("more than 100 levels of indentation");
      indents_.push_back(width);
      add(TokenKind::indent, cursor_.at);
      return;
    }
    while (width < indents_.back()) {
      indents_.pop_back();
      add(TokenKind::dedent, cursor_.at);
    }
    if (width != indents_.back()) stop("the indentation matches no enclosing block");
  }

  void next() {
    const char c = cursor_.peek();
    if (c == ' ' || c == '\t' || c == '\f') {
      ++cursor_.at;
    } else if (cursor_.at_newline()) {
      end_of_line();
    } else if (c == '#') {
      take_comment(false);
    } else if (c == '\\') {
      continuation();
    } else if (c == '\0') {
      stop("a NUL byte");
    } else if (const auto prefix = string_prefix(cursor_)) {
      string(*prefix);
    } else if (is_of(c, kNameStart)) {
      const auto start = cursor_.at;
      cursor_.skip_name();
      add(TokenKind::name, start);
    } else if (is_digit(c) || (c == '.' && is_digit(cursor_.peek(1)))) {
      number();
    } else {
      op();
    }
  }

  void end_of_line() {
    if (depth_ == 0) {
      add(TokenKind::newline, cursor_.at);
      tokens_.back().length = 1;
      line_begins_ = true;
    }
    cursor_.take_newline();
  }

  void continuation() {
    ++cursor_.at;
    if (cursor_.at_end()) return stop("the source ends with a backslash");
    if (!cursor_.at_newline()) return stop("unexpected character after a backslash");
    cursor_.take_newline();
  }

  void op() {
    static constexpr std::array<std::string_view, 25> kLong = {
        "**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "==", "<=", ">=", "**", "//",
        ">>",  "<<",  "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=", "^=", "@=", "<>"};
    const auto rest = cursor_.source.substr(cursor_.at, 3);
    const auto start = cursor_.at;
    const char second = rest.size() > 1 ? rest[1] : ' ';  // of all long operators one of "=*/><."
    const bool is_long =
        second == '=' || second == '*' || second == '/' || second == '>' || second == '<' || second == '.';
    const auto* found = !is_long ? kLong.end() : std::find_if(kLong.begin(), kLong.end(), [&](auto text) {
      return rest.starts_with(text);
    });
    cursor_.at += found == kLong.end() ? 1 : found->size();
    const char c = cursor_.source[start];
    if ((c == '(' || c == '[' || c == '{') && ++depth_ > kMostBrackets)
      return stop("more than 200 open brackets");
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    add(TokenKind::op, start);
  }

  template <class Fits>
  bool digits(Fits&& fits) {
    const auto start = cursor_.at;
    while (fits(cursor_.peek()) || (cursor_.peek() == '_' && fits(cursor_.peek(1)))) ++cursor_.at;
    return cursor_.at != start;
  }

  void number() {
    const auto start = cursor_.at;
    const char base = cursor_.peek() == '0' ? lower(cursor_.peek(1)) : '\0';
    if (base == 'x' || base == 'b' || base == 'o') {
      cursor_.at += 2;
      digits([base](char c) { return is_of(c, base == 'x' ? kHex : kDigit); });
      return add(TokenKind::number, start);
    }
    digits(is_digit);
    if (cursor_.peek() == '.') {
      ++cursor_.at;
      digits(is_digit);
    }
    if (lower(cursor_.peek()) == 'e') {
      const auto sign = cursor_.peek(1) == '+' || cursor_.peek(1) == '-' ? 1U : 0U;
      if (is_digit(cursor_.peek(1 + sign))) {
        cursor_.at += 1 + sign;
        digits(is_digit);
      }
    }
    if (lower(cursor_.peek()) == 'j') ++cursor_.at;
    add(TokenKind::number, start);
  }

  void string(const StringPrefix& prefix) {
    const auto start = cursor_.at;
    const auto line = cursor_.line;
    if (skip_string(cursor_, prefix)) return add(TokenKind::string, start);
    cursor_.line = line;
    stop("the string is not closed");
  }

  TokenList list_;
  std::vector<Token>& tokens_;
  SourceCursor cursor_;
  std::vector<std::uint32_t> indents_{0};
  int depth_ = 0;
  bool line_begins_ = true;
};

}  // namespace

TokenList tokenize(std::string_view source) {
  // The number of tokens is unknown, so they are collected in a buffer that is reused.
  thread_local std::vector<Token> tokens;
  auto list = Tokenizer(source, tokens).run();
  constexpr std::size_t kMostKept = std::size_t{1} << 17;
  if (tokens.capacity() > kMostKept) tokens = {};
  return list;
}

}  // namespace launch::pysource

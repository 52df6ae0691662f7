#include "pysource/python_tokens.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace launch::pysource {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostIndents = 100;
constexpr int kMostNesting = 150;
constexpr int kMostBrackets = 200;
constexpr std::uint32_t kTab = 8;

/// What a byte can be, as bits.
enum ByteKind : std::uint8_t {
  kNameStart = 1,
  kDigit = 2,
  kHex = 4,
  kStringStart = 8,  ///< of a string or its prefix
  kStringStop = 16,  ///< more than text in a string
  kLineEnd = 32,
};

constexpr std::array<std::uint8_t, 256> kinds_of_bytes() {
  std::array<std::uint8_t, 256> kinds{};
  const auto mark = [&](std::string_view bytes, ByteKind kind) {
    for (const char c : bytes) kinds[static_cast<unsigned char>(c)] |= kind;
  };
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", kNameStart);
  for (std::size_t byte = 0x80; byte < kinds.size(); ++byte) kinds[byte] |= kNameStart;
  mark("0123456789", kDigit);
  mark("0123456789abcdefABCDEF", kHex);
  mark("'\"rRbBfFtTuU", kStringStart);
  mark("'\"\\{\r\n", kStringStop);
  mark("\r\n", kLineEnd);
  return kinds;
}
constexpr auto kKinds = kinds_of_bytes();

bool is(char c, int kinds) {
  return (kKinds[static_cast<unsigned char>(c)] & kinds) != 0;
}
bool is_digit(char c) {
  return is(c, kDigit);
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The prefix before a string's quote.
struct Prefix {
  std::size_t length = 0;
  bool raw = false;
  bool formatted = false;
};

class Tokenizer {
 public:
  Tokenizer(std::string_view source, std::vector<Token>& tokens) : source_(source), tokens_(tokens) {
    list_.source = source;
    list_.lines.push_back(0);
    tokens_.clear();
  }

  TokenList run() {
    if (source_.size() > kMostBytes) {
      stop("the file is larger than 64 MiB");
    } else if (source_.starts_with("\xEF\xBB\xBF")) {
      at_ = list_.lines.front() = 3;
    }
    while (!stopped() && at_ < source_.size()) {
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
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  bool at_newline() const { return peek() == '\n' || (peek() == '\r' && at_ < source_.size()); }

  /// Goes to the next byte of one of the kinds.
  void skip_to(int kinds) {
    while (at_ < source_.size() && !is(source_[at_], kinds)) ++at_;
  }
  void skip_name() {
    while (at_ < source_.size() && is(source_[at_], kNameStart | kDigit)) ++at_;
  }

  void stop(std::string message) {
    if (!stopped()) list_.problem = SourceProblem{line_, std::move(message)};
  }

  void add(TokenKind kind, std::size_t start, std::uint32_t line) {
    auto& token = tokens_.emplace_back();
    token.offset = static_cast<std::uint32_t>(start);
    token.length = static_cast<std::uint32_t>(at_ - start);
    token.line = line;
    token.kind = kind;
  }
  void add(TokenKind kind, std::size_t start) { add(kind, start, line_); }

  /// Skips "\n", "\r\n" or "\r".
  void take_newline() {
    at_ += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
    ++line_;
    list_.lines.push_back(static_cast<std::uint32_t>(at_));
  }

  void finish() {
    at_ = stopped() ? at_ : source_.size();
    if (!tokens_.empty()) {
      const auto last = tokens_.back().kind;
      if (last != TokenKind::newline && last != TokenKind::dedent && last != TokenKind::indent) {
        add(TokenKind::newline, at_);
      }
    }
    for (; indents_.size() > 1; indents_.pop_back()) add(TokenKind::dedent, at_);
    add(TokenKind::end, at_);
  }

  void take_comment(bool alone) {
    const auto start = at_;
    skip_to(kLineEnd);
    list_.comments.push_back(
        {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at_ - start), line_, alone});
  }

  /// White space at the start of a line. With line continuations it counts up to the first backslash that has
  /// some before it, as in CPython.
  void indentation() {
    std::uint32_t width = 0;
    std::uint32_t continued = 0;
    for (;; ++at_) {
      if (peek() == ' ') {
        ++width;
      } else if (peek() == '\t') {
        width = (width / kTab + 1) * kTab;
      } else if (peek() == '\f') {
        width = 0;
      } else if (peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r')) {
        if (continued == 0) continued = width;
        ++at_;
        take_newline();
        --at_;
      } else {
        break;
      }
    }
    if (at_ >= source_.size()) return;
    if (peek() == '#') take_comment(true);
    if (at_ >= source_.size()) return;
    if (at_newline()) {
      take_newline();
      return;
    }
    line_begins_ = false;
    set_indentation(continued == 0 ? width : continued);
  }

  void set_indentation(std::uint32_t width) {
    if (width > indents_.back()) {
      if (indents_.size() > kMostIndents) return stop("more than 100 levels of indentation");
      indents_.push_back(width);
      add(TokenKind::indent, at_);
      return;
    }
    while (width < indents_.back()) {
      indents_.pop_back();
      add(TokenKind::dedent, at_);
    }
    if (width != indents_.back()) stop("the indentation matches no enclosing block");
  }

  void next() {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\f') {
      ++at_;
    } else if (at_newline()) {
      end_of_line();
    } else if (c == '#') {
      take_comment(false);
    } else if (c == '\\') {
      continuation();
    } else if (c == '\0') {
      stop("a NUL byte");
    } else if (const auto prefix = string_prefix()) {
      string(*prefix);
    } else if (is(c, kNameStart)) {
      const auto start = at_;
      skip_name();
      add(TokenKind::name, start);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else {
      op();
    }
  }

  void end_of_line() {
    if (depth_ == 0) {
      add(TokenKind::newline, at_);
      tokens_.back().length = 1;
      line_begins_ = true;
    }
    take_newline();
  }

  void continuation() {
    ++at_;
    if (at_ >= source_.size()) return stop("the source ends with a backslash");
    if (!at_newline()) return stop("unexpected character after a backslash");
    take_newline();
  }

  void op() {
    static constexpr std::array<std::string_view, 25> kLong = {
        "**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "==", "<=", ">=", "**", "//",
        ">>",  "<<",  "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=", "^=", "@=", "<>"};
    const auto rest = source_.substr(at_, 3);
    const auto start = at_;
    const char second = rest.size() > 1 ? rest[1] : ' ';  // of all long operators one of "=*/><."
    const bool is_long =
        second == '=' || second == '*' || second == '/' || second == '>' || second == '<' || second == '.';
    const auto* found = !is_long ? kLong.end() : std::find_if(kLong.begin(), kLong.end(), [&](auto text) {
      return rest.starts_with(text);
    });
    at_ += found == kLong.end() ? 1 : found->size();
    const char c = source_[start];
    if ((c == '(' || c == '[' || c == '{') && ++depth_ > kMostBrackets)
      return stop("more than 200 open brackets");
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    add(TokenKind::op, start);
  }

  template <class Fits>
  bool digits(Fits&& fits) {
    const auto start = at_;
    while (fits(peek()) || (peek() == '_' && fits(peek(1)))) ++at_;
    return at_ != start;
  }

  void number() {
    const auto start = at_;
    const char base = peek() == '0' ? lower(peek(1)) : '\0';
    if (base == 'x' || base == 'b' || base == 'o') {
      at_ += 2;
      digits([base](char c) { return is(c, base == 'x' ? kHex : kDigit); });
      return add(TokenKind::number, start);
    }
    digits(is_digit);
    if (peek() == '.') {
      ++at_;
      digits(is_digit);
    }
    if (lower(peek()) == 'e') {
      const auto sign = peek(1) == '+' || peek(1) == '-' ? 1U : 0U;
      if (is_digit(peek(1 + sign))) {
        at_ += 1 + sign;
        digits(is_digit);
      }
    }
    if (lower(peek()) == 'j') ++at_;
    add(TokenKind::number, start);
  }

  /// The prefix of the string that starts here; nullopt if none does.
  std::optional<Prefix> string_prefix() const {
    if (!is(peek(), kStringStart)) return {};
    Prefix prefix;
    bool bytes = false;
    bool unicode = false;
    for (; prefix.length <= 2; ++prefix.length) {
      const char c = lower(peek(prefix.length));
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

  void string(const Prefix& prefix) {
    const auto start = at_;
    const auto line = line_;
    if (scan_string(prefix, 0)) return add(TokenKind::string, start, line);
    line_ = line;
    stop("the string is not closed");
  }

  /// Skips a string; false if it is not closed.
  bool scan_string(const Prefix& prefix, int nesting) {
    if (nesting > kMostNesting) return false;
    at_ += prefix.length;
    const auto quote = source_.substr(at_, 3);
    const bool triple = quote.size() == 3 && quote[1] == quote[0] && quote[2] == quote[0];
    const auto closing = quote.substr(0, triple ? 3 : 1);
    at_ += closing.size();
    for (skip_to(kStringStop); at_ < source_.size(); skip_to(kStringStop)) {
      if (peek() == closing.front() && source_.substr(at_, closing.size()) == closing) {
        at_ += closing.size();
        return true;
      }
      if (at_newline()) {
        if (!triple) return false;
        take_newline();
      } else if (peek() == '\\') {
        escape(prefix);
      } else if (prefix.formatted && peek() == '{') {
        if (peek(1) == '{') {
          at_ += 2;
        } else if (!scan_field(prefix, closing, nesting)) {
          return false;
        }
      } else {
        ++at_;
      }
    }
    return false;
  }

  /// A backslash and the character that it escapes, except the brace of an f-string's field.
  void escape(const Prefix& prefix) {
    ++at_;
    if (prefix.formatted && !prefix.raw && peek() == 'N' && peek(1) == '{') {
      while (at_ < source_.size() && !at_newline() && peek() != '}') ++at_;
    } else if (at_newline()) {
      take_newline();
    } else if (at_ < source_.size() && !(prefix.formatted && (peek() == '{' || peek() == '}'))) {
      ++at_;
    }
  }

  /// The replacement field that starts here, including nested strings with any quotes (PEP 701).
  bool scan_field(const Prefix& prefix, std::string_view closing, int nesting) {
    if (nesting > kMostNesting) return false;
    ++at_;
    int brackets = 0;
    while (at_ < source_.size()) {
      const char c = peek();
      if (const auto inner = string_prefix()) {
        if (!scan_string(*inner, nesting + 1)) return false;
      } else if (is(c, kNameStart)) {
        skip_name();
      } else if (at_newline()) {
        take_newline();
      } else if (c == '#') {
        skip_to(kLineEnd);
      } else if (c == '}' && brackets == 0) {
        ++at_;
        return true;
      } else if (c == ':' && brackets == 0) {
        ++at_;
        return scan_format(prefix, closing, nesting);
      } else {
        if (c == '(' || c == '[' || c == '{') ++brackets;
        if (c == ')' || c == ']' || c == '}') --brackets;
        ++at_;
      }
    }
    return false;
  }

  /// The part after the ":" of a field, up to and including its "}".
  bool scan_format(const Prefix& prefix, std::string_view closing, int nesting) {
    while (at_ < source_.size()) {
      if (source_.substr(at_, closing.size()) == closing) return false;
      if (peek() == '}') {
        ++at_;
        return true;
      }
      if (peek() == '{') {
        if (!scan_field(prefix, closing, nesting + 1)) return false;
      } else if (at_newline()) {
        if (closing.size() == 1) return false;
        take_newline();
      } else if (peek() == '\\') {
        escape(prefix);
      } else {
        ++at_;
      }
    }
    return false;
  }

  std::string_view source_;
  TokenList list_;
  std::vector<Token>& tokens_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::vector<std::uint32_t> indents_{0};
  int depth_ = 0;
  bool line_begins_ = true;
};

}  // namespace

TokenList tokenize(std::string_view source) {
  // The number of tokens is unknown, so they are collected in a buffer that is reused.
  thread_local std::vector<Token> tokens;
  auto list = Tokenizer(source, tokens).run();
  constexpr std::size_t kMostKept = std::size_t{1} << 20;
  if (tokens.capacity() > kMostKept) tokens = {};
  return list;
}

}  // namespace launch::pysource

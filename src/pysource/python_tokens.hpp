#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::pysource {

enum class TokenKind : std::uint8_t { name, number, string, op, newline, indent, dedent, end };

/// A token of Python source. An f-string is one token, including its fields.
/// Small, since the tokens of thousands of files are kept.
struct Token {
  std::uint32_t offset = 0;  ///< bytes from the start of the source
  std::uint32_t length : 28 = 0;
  TokenKind kind : 4 = TokenKind::end;
};

struct Comment {
  std::uint32_t offset = 0;  ///< of the "#"
  std::uint32_t length = 0;
  std::uint32_t line = 1;
  bool alone = false;  ///< nothing else stands on the line
};

/// Why reading stopped early: something that Python itself rejects.
struct SourceProblem {
  std::uint32_t line = 1;
  std::string message;  ///< "the string is not closed"
};

/// The tokens of a source. The last is always `end`, after the dedents that close every open block; there are
/// no tokens after a problem.
struct TokenList {
  std::string_view source;
  std::vector<Token> tokens;
  std::vector<std::uint32_t> lines;  ///< where each begins, in bytes from the start of the source
  std::vector<Comment> comments;
  std::optional<SourceProblem> problem;

  std::string_view text(const Token& token) const { return source.substr(token.offset, token.length); }
  /// The line on which the token begins, from 1.
  std::uint32_t line(const Token& token) const {
    return static_cast<std::uint32_t>(std::upper_bound(lines.begin(), lines.end(), token.offset) -
                                      lines.begin());
  }
  /// The token's column, in bytes from 1.
  std::uint32_t column(const Token& token) const { return token.offset - lines[line(token) - 1] + 1; }
};

/// Splits Python source (2.7 to 3.14, any encoding compatible with ASCII) into tokens according to the
/// language reference, "Lexical analysis". `source` must outlive the list. Limits like CPython's: 100 levels
/// of indentation, 150 of nested f-strings, 200 of brackets; sources over 64 MiB are a problem too.
TokenList tokenize(std::string_view source);

}  // namespace launch::pysource

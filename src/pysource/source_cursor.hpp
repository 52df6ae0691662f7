#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace launch::pysource {

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
inline constexpr auto kKinds = kinds_of_bytes();

inline bool is_of(char c, int kinds) {
  return (kKinds[static_cast<unsigned char>(c)] & kinds) != 0;
}
inline bool is_digit(char c) {
  return is_of(c, kDigit);
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A place in a source.
struct SourceCursor {
  std::string_view source;
  std::vector<std::uint32_t>& lines;  ///< where they start; grows as they are passed
  std::size_t at = 0;
  std::uint32_t line = 1;

  bool at_end() const { return at >= source.size(); }
  char peek(std::size_t ahead = 0) const { return at + ahead < source.size() ? source[at + ahead] : '\0'; }
  bool at_newline() const { return peek() == '\n' || (peek() == '\r' && !at_end()); }

  /// Goes to the next byte of one of the kinds.
  void skip_to(int kinds) {
    while (!at_end() && !is_of(source[at], kinds)) ++at;
  }
  void skip_name() {
    while (!at_end() && is_of(source[at], kNameStart | kDigit)) ++at;
  }
  /// Skips "\n", "\r\n" or "\r".
  void take_newline() {
    at += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
    ++line;
    lines.push_back(static_cast<std::uint32_t>(at));
  }
};

}  // namespace launch::pysource

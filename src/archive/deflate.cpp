// RFC 1951 with its fixed Huffman codes (3.2.6): matches are taken greedily, the nearest candidate of a hash.
#include "archive/deflate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace launch::archive {
namespace {

constexpr std::size_t kShortest = 4;    // a match of 3 bytes rarely saves a bit
constexpr std::size_t kLongest = 258;   // of a match
constexpr std::size_t kWindow = 32768;  // the farthest match
constexpr std::uint32_t kHashBits = 15;

/// The codes of a range of lengths or distances: its first value and the extra bits that follow the code.
struct Range {
  std::uint16_t first;
  std::uint8_t extra;
};

/// RFC 1951, 3.2.5: from 257
constexpr std::array<Range, 29> kLengths = {
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::array<Range, 30> kDistances = {
    {{1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},     {9, 2},     {13, 2},
     {17, 3},    {25, 3},    {33, 4},    {49, 4},     {65, 5},     {97, 5},    {129, 6},   {193, 6},
     {257, 7},   {385, 7},   {513, 8},   {769, 8},    {1025, 9},   {1537, 9},  {2049, 10}, {3073, 10},
     {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}}};

template <std::size_t N>
std::uint32_t code_of(const std::array<Range, N>& ranges, std::size_t value) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), value,
                       [](std::size_t wanted, const Range& range) { return wanted < range.first; });
  return static_cast<std::uint32_t>(after - ranges.begin() - 1);
}

class BitWriter {
 public:
  /// The lowest bit first.
  void bits(std::uint32_t value, std::uint32_t count) {
    pending_ |= std::uint64_t{value} << count_;
    for (count_ += count; count_ >= 8; count_ -= 8) {
      out_ += static_cast<char>(pending_ & 0xff);
      pending_ >>= 8;
    }
  }
  /// A Huffman code: the highest bit first.
  void code(std::uint32_t code, std::uint32_t count) {
    std::uint32_t reversed = 0;
    for (std::uint32_t i = 0; i < count; ++i) reversed |= (code >> i & 1) << (count - 1 - i);
    bits(reversed, count);
  }
  /// RFC 1951, 3.2.6
  void symbol(std::uint32_t symbol) {
    if (symbol < 144) return code(0x30 + symbol, 8);
    if (symbol < 256) return code(0x190 + symbol - 144, 9);
    if (symbol < 280) return code(symbol - 256, 7);
    code(0xc0 + symbol - 280, 8);
  }
  void match(std::size_t length, std::size_t distance) {
    const auto at = code_of(kLengths, length);
    symbol(257 + at);
    bits(static_cast<std::uint32_t>(length - kLengths.at(at).first), kLengths.at(at).extra);
    const auto far = code_of(kDistances, distance);
    code(far, 5);
    bits(static_cast<std::uint32_t>(distance - kDistances.at(far).first), kDistances.at(far).extra);
  }
  std::string finish() {
    if (count_ > 0) bits(0, 8 - count_);
    return std::move(out_);
  }

 private:
  std::string out_;
  std::uint64_t pending_ = 0;
  std::uint32_t count_ = 0;
};

std::uint32_t hash_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kShortest; ++i) value = value << 8 | static_cast<unsigned char>(text[at + i]);
  return value * 2654435761U >> (32 - kHashBits);  // Knuth's multiplicative hash
}

std::size_t match_length(std::string_view text, std::size_t from, std::size_t at) {
  const std::size_t most = std::min(kLongest, text.size() - at);
  std::size_t length = 0;
  while (length < most && text[from + length] == text[at + length]) ++length;
  return length;
}

std::string compressed(std::string_view text) {
  constexpr std::size_t kNone = std::size_t(-1);
  std::vector<std::size_t> last(std::size_t{1} << kHashBits, kNone);
  BitWriter out;
  out.bits(1, 1);  // the last block
  out.bits(1, 2);  // fixed codes
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    std::size_t from = kNone;
    if (at + kShortest <= text.size()) {
      from = std::exchange(last[hash_at(text, at)], at);
      if (from != kNone && at - from <= kWindow) length = match_length(text, from, at);
    }
    if (length < kShortest) {
      out.symbol(static_cast<unsigned char>(text[at++]));
      continue;
    }
    out.match(length, at - from);
    const auto end = at + length;
    for (++at; at < end; ++at) {
      if (at + kShortest <= text.size()) last[hash_at(text, at)] = at;
    }
  }
  out.symbol(256);
  return out.finish();
}

std::string stored(std::string_view text) {
  std::string out;
  do {
    const auto block = text.substr(0, kStoredBlock);
    text.remove_prefix(block.size());
    out += stored_block_header(block.size(), text.empty());
    out += block;
  } while (!text.empty());
  return out;
}

}  // namespace

std::string small_deflate(std::string_view text) {
  auto small = compressed(text);
  const auto blocks = text.size() / kStoredBlock + 1;
  if (small.size() <= text.size() + 5 * blocks) return small;
  return stored(text);
}

std::string stored_block_header(std::size_t size, bool last) {
  const auto low = static_cast<char>(size & 0xff);
  const auto high = static_cast<char>(size >> 8);
  return {static_cast<char>(last ? 1 : 0), low, high, static_cast<char>(~low), static_cast<char>(~high)};
}

}  // namespace launch::archive

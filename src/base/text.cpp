#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace launch {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> lines(std::string_view text) {
  auto parts = split(text, '\n');
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  for (auto& line : parts) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return parts;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string join_words(std::span<const std::string> parts, std::string_view last) {
  if (parts.size() < 2) return join(parts, "");
  return fmt::format("{} {} {}", join(parts.first(parts.size() - 1), ", "), last, parts.back());
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  auto at = from.empty() ? std::string::npos : text.find(from);
  if (at == std::string::npos) return text;
  std::string out;
  std::size_t done = 0;
  for (; at != std::string::npos; at = text.find(from, done)) {
    out.append(text, done, at - done).append(to);
    done = at + from.size();
  }
  return out.append(text, done);
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

namespace {

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

/// How often each letter occurs, whatever its case.
using Letters = std::array<int, 32>;
Letters letters_of(std::string_view text) {
  Letters letters{};
  for (const auto c : text) ++letters[static_cast<unsigned char>(c) % letters.size()];
  return letters;
}

/// A lower bound on the edits between two texts: each edit adds and removes at most one letter.
std::size_t least_distance(const Letters& a, const Letters& b) {
  int more = 0;
  int less = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    more += std::max(0, a[i] - b[i]);
    less += std::max(0, b[i] - a[i]);
  }
  return static_cast<std::size_t>(std::max(more, less));
}

}  // namespace

std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const auto wanted = to_lower(word);
  const auto letters = letters_of(wanted);
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best_distance) continue;
    if (least_distance(letters, letters_of(candidate)) >= best_distance) continue;
    const auto distance = edit_distance(wanted, to_lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string count_of(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shell_quote(std::string_view word) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:=,@%^";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos) return std::string(word);
  return "'" + replace_all(std::string(word), "'", "'\\''") + "'";
}

std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (text[most] & 0xC0) == 0x80) --most;  // not within a character
  return fmt::format("{}…", text.substr(0, most));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 400;
  if (text.size() <= kMost) return fmt::format("\"{}\"", printable(text));
  return fmt::format("\"{}\" ({} bytes)", printable(cut(text, kMost)), text.size());
}

std::string last_lines(std::string_view output, std::size_t most) {
  constexpr std::size_t kLongest = 300;
  auto shown = lines(output);
  std::erase_if(shown, [](std::string_view line) { return trim(line).empty(); });
  if (shown.size() > most) shown.erase(shown.begin(), shown.end() - static_cast<std::ptrdiff_t>(most));
  std::string out;
  for (const auto line : shown) out += fmt::format("\n  {}", cut(line, kLongest));
  return out;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + replace_all(text, "\"", "\"\"") + "\"";
}

std::string shell_line(std::span<const std::string> argv) {
  std::string out;
  for (const auto& word : argv) {
    if (!out.empty()) out += ' ';
    out += shell_quote(word);
  }
  return out;
}

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

/// Length in bytes of the UTF-8 character at the start of the text; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = byte_at(text, 0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : (lead & 0xf0) == 0xe0       ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(text, k) & 0xc0) != 0x80) return 0;
  }
  const auto second = byte_at(text, 1);
  const bool unsound = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                       (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return unsound ? 0 : length;
}

/// True for control characters of ASCII and Latin-1 (Unicode's Cc), and those of its Bidi_Control that
/// reorder the text after them (U+202A to U+202E, U+2066 to U+2069).
bool is_control(std::string_view character) {
  const auto first = byte_at(character, 0);
  const auto second = byte_at(character, 1);
  const auto third = byte_at(character, 2);
  if (character.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7f;
  if (character.size() == 2) return first == 0xc2 && second < 0xa0;
  return first == 0xe2 && ((second == 0x80 && third >= 0xa8 && third <= 0xae) ||
                           (second == 0x81 && third >= 0xa6 && third <= 0xa9));
}

/// How many characters at the start of the text are ASCII and none of control.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && byte_at(text, length) >= 0x20 && byte_at(text, length) < 0x7f) ++length;
  return length;
}

std::string shown(std::string_view text, bool message) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto plain = plain_length(text);  // nearly all, which is worth a short cut
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto length = utf8_length(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    const bool line_break = message && character == "\n" && text.starts_with(' ');
    if (line_break || (length > 0 && !is_control(character))) {
      out += character;
    } else {
      for (std::size_t i = 0; i < character.size(); ++i)
        out += fmt::format("\\x{:02x}", byte_at(character, i));
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return shown(text, false);
}

std::string printable_message(std::string_view text) {
  return shown(text, true);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace launch

#include "base/colour.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace launch {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kReset = "\x1b[0m";

/// Length of the control sequence of SGR or EL at the start of the text; 0 if there is none. Sequences with
/// other characters before the final one are private ones, which do other things, and those of that length
/// are no colours.
std::size_t sequence_length(std::string_view text) {
  constexpr std::string_view kBegin = "\x1b[";
  constexpr std::size_t kLongest = 64;
  if (!text.starts_with(kBegin)) return 0;
  const auto end = text.substr(0, kLongest).find_first_not_of("0123456789;:", kBegin.size());
  if (end == std::string_view::npos) return 0;
  return text[end] == 'm' || text[end] == 'K' ? end + 1 : 0;
}

/// True for "\x1b[m", "\x1b[0m" and the like: everything is as it was at the start.
bool is_reset(std::string_view sequence) {
  const auto parameters = sequence.substr(2, sequence.size() - 3);
  return parameters.find_first_not_of("0;") == std::string_view::npos;
}

}  // namespace

std::string printable(std::string_view text, Colours colours) {
  if (text.find(kEscape) == std::string_view::npos) return printable(text);
  std::string out;
  bool on = false;
  for (auto at = text.find(kEscape); at != std::string_view::npos; at = text.find(kEscape, at)) {
    const auto length = sequence_length(text.substr(at));
    if (length == 0) {
      ++at;
      continue;
    }
    const auto sequence = text.substr(at, length);
    out += printable(text.substr(0, at));
    if (colours == Colours::kept && sequence.back() == 'm') {
      out += sequence;
      on = !is_reset(sequence);
    }
    text.remove_prefix(at + length);
    at = 0;
  }
  out += printable(text);
  if (on) out += kReset;
  return out;
}

std::string without_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto length = text.front() == kEscape ? sequence_length(text) : 0;
    if (length == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string first_characters(std::string_view printable, std::size_t most) {
  std::string out;
  bool on = false;
  for (std::size_t at = 0; at < printable.size();) {
    if (const auto length = sequence_length(printable.substr(at)); length != 0) {
      out += printable.substr(at, length);
      on = !is_reset(printable.substr(at, length));
      at += length;
      continue;
    }
    if (most-- == 0) break;
    out += printable[at] == '\t' ? ' ' : printable[at];
    while (++at < printable.size() && (printable[at] & 0xC0) == 0x80) out += printable[at];
  }
  if (on) out += kReset;
  return out;
}

}  // namespace launch

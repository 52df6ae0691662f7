#include <algorithm>

#include "base/colour.hpp"
#include "base/text.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {
namespace {

/// The text without "\x1b[…m"; anything else that begins with an escape stays.
std::string without_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find_first_not_of("0123456789;:", 2);
    if (text.starts_with("\x1b[") && end != std::string_view::npos && text[end] == 'm') {
      text.remove_prefix(end + 1);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

/// Lines that a program printed, as a terminal gets them.
void fuzz_printed(std::string_view bytes) {
  const auto kept = printable(bytes, Colours::kept);
  const auto dropped = printable(bytes, Colours::dropped);
  require(printable(dropped) == dropped, "without colours all is printable", bytes, dropped);
  require(without_colours(kept) == dropped, "only colours are added", kept, dropped);
  require(printable(kept, Colours::kept) == kept, "what is safe stays", bytes, kept);
  const auto last = kept.rfind('\x1b');
  if (last != std::string::npos) {
    const auto end = kept.find('m', last);
    const auto parameters = kept.substr(last + 2, end - last - 2);
    require(parameters.find_first_not_of("0;") == std::string::npos, "colours are off at the end", kept);
  }
  constexpr std::size_t kMost = 20;
  const auto cut = first_characters(kept, kMost);
  const auto text = without_colours(cut);
  require(printable(cut, Colours::kept) == cut, "what is cut is safe", kept, cut);
  const auto characters =
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; });
  require(characters <= static_cast<std::ptrdiff_t>(kMost), "it is no longer", kept, cut);
}

}  // namespace launch::fuzz

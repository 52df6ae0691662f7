#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace launch {

/// What becomes of the colours in the text of a program.
enum class Colours { kept, dropped };

/// A line that a program printed, made safe for a terminal as by `printable`, except for its colours: control
/// sequences that only set how characters look (SGR, ECMA-48 8.3.117). They are kept, and switched off at the
/// end if the line leaves them on; or they are dropped. "Erase in line" (EL), which GCC and grep print after
/// each colour, is always dropped: the rest of the line is empty.
std::string printable(std::string_view text, Colours colours);

/// A text without its colours, and else as it is.
std::string without_colours(std::string_view text);

/// As many characters from the start of such a line as are given; tabs become spaces. Colours are kept, and
/// switched off at the end. Wide characters count as one.
std::string first_characters(std::string_view printable, std::size_t most);

}  // namespace launch

#pragma once

#include <string>
#include <string_view>

namespace launch {

/// The same text for all that differ only in case (simple case folding, in which one character stays one, for
/// the letters of Unicode 5.2): "É.py" and "é.py", but not "ß" and "ss". `text` is valid UTF-8.
std::string fold_case(std::string_view text);

}  // namespace launch

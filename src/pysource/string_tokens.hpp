#pragma once

#include <cstddef>
#include <optional>

#include "pysource/source_cursor.hpp"

namespace launch::pysource {

/// The prefix before a string's quote.
struct StringPrefix {
  std::size_t length = 0;
  bool raw = false;
  bool formatted = false;
};

/// The prefix of the string that starts there; nullopt if none does.
std::optional<StringPrefix> string_prefix(const SourceCursor& cursor);

/// Skips the string that starts there, with nested ones in the fields of f-strings; false if it is not
/// closed.
bool skip_string(SourceCursor& cursor, const StringPrefix& prefix);

}  // namespace launch::pysource

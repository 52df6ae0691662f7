#pragma once

#include <string>
#include <string_view>

#include "probe/report.hpp"

namespace launch::cli {

/// The line of a use and what marks the name in it.
struct SourceLine {
  std::string text;       ///< as it is in the file
  std::size_t first = 0;  ///< bytes before the name
  std::size_t size = 0;   ///< of the name, in bytes

  /// Characters (code points) before the byte.
  std::size_t characters_before(std::size_t byte) const;
};

/// The line of a use; empty if it was not read. The name is what an identifier with dots at its column is.
SourceLine source_line(const probe::CheckReport& report, const probe::Use& use);

/// Two lines: the source without its indentation, safe for a terminal and at most 100 characters wide, and
/// carets under the name, both after `indentation`. Empty if the line was not read.
std::string caret_lines(const SourceLine& line, std::string_view indentation);

/// The source of a line in the same form, without carets. Empty if the line was not read.
std::string plain_line(const probe::CheckReport& report, const std::string& file, std::uint32_t line,
                       std::string_view indentation);

}  // namespace launch::cli

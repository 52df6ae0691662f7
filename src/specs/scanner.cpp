#include "specs/scanner.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 120;
  if (text.size() <= kMost) return fmt::format("\"{}\"", printable(text));
  return fmt::format("\"{}…\" ({} bytes)", printable(text.substr(0, kMost)), text.size());
}

Error Scanner::expected(std::string_view expectation, std::size_t position) const {
  const auto found = text_.substr(position);
  return usage_error(fmt::format("expected {} at column {} of the {} {}, found {}", expectation, position + 1,
                                 what_, quoted(text_), found.empty() ? "the end" : quoted(found)));
}

}  // namespace launch::specs

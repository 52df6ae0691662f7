#include "specs/scanner.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 120;
  if (text.size() <= kMost) return fmt::format("\"{}\"", printable(text));
  return fmt::format("\"{}…\" ({} bytes)", printable(text.substr(0, kMost)), text.size());
}

Error Scanner::expected(std::string_view expectation, std::size_t position) const {
  const auto found = text_.substr(position);
  return usage_error(fmt::format("expected {} at column {} of the {} {}, found {}", expectation, position + 1,
                                 what_, in_quotes(text_), found.empty() ? "the end" : in_quotes(found)));
}

}  // namespace launch::specs

#include "specs/scanner.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {

Error Scanner::expected(std::string_view expectation, std::size_t position) const {
  constexpr std::size_t kShown = 40;  // the message quotes the whole text as well
  const auto rest = text_.substr(position);
  const auto found = rest.size() > kShown ? fmt::format("{}…", rest.substr(0, kShown)) : std::string(rest);
  return input_error(fmt::format("expected {} at column {} of the {} {}, found {}", expectation, position + 1,
                                 what_, in_quotes(text_), found.empty() ? "the end" : in_quotes(found)));
}

}  // namespace launch::specs

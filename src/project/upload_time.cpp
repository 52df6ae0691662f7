#include "project/upload_time.hpp"

#include "specs/day.hpp"

namespace launch::project {

std::optional<std::string> utc_time(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  constexpr std::size_t kMostFraction = 9;
  // TOML has no leap seconds, and we require a capital "T".
  if (!specs::parse_utc(text) || text[10] != 'T' || text.substr(17, 2) == "60") return std::nullopt;
  std::string out(text.substr(0, kSecondsEnd));
  auto fraction = text.substr(kSecondsEnd);
  if (fraction.starts_with('.')) {
    fraction = fraction.substr(1, fraction.find_first_not_of("0123456789", 1) - 1);
    fraction = fraction.substr(0, kMostFraction);
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    if (!fraction.empty()) (out += '.') += fraction;
  }
  return out + "Z";
}

}  // namespace launch::project

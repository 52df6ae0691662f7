#include "project/upload_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hpp"

namespace launch::project {

namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_day_and_second(std::string_view text) {  // "2025-01-25T11:30:10"
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !all_digits(text.substr(i, 1)) : text[i] != kForm[i]) return false;
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    return static_cast<unsigned>(*parse_u64(text.substr(at, length)));
  };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2)));
  return day.ok() && number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) < 60;
}

}  // namespace

std::optional<std::string> utc_time(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  constexpr std::size_t kMostFraction = 9;
  constexpr std::array<std::string_view, 3> kUtc = {"Z", "z", "+00:00"};
  const auto zone =
      std::find_if(kUtc.begin(), kUtc.end(), [&](auto suffix) { return text.ends_with(suffix); });
  if (zone == kUtc.end()) return std::nullopt;
  text.remove_suffix(zone->size());
  if (text.size() < kSecondsEnd || !is_day_and_second(text.substr(0, kSecondsEnd))) return std::nullopt;

  std::string out(text.substr(0, kSecondsEnd));
  auto fraction = text.substr(kSecondsEnd);
  if (!fraction.empty()) {
    fraction.remove_prefix(1);
    if (text[kSecondsEnd] != '.' || fraction.empty() || !all_digits(fraction)) return std::nullopt;
    fraction = fraction.substr(0, kMostFraction);
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    if (!fraction.empty()) (out += '.') += fraction;
  }
  return out + "Z";
}

}  // namespace launch::project

#include "specs/day.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

/// The fixed-width number at `at`; nullopt if there are other characters.
std::optional<unsigned> number(std::string_view text, std::size_t at, std::size_t width) {
  if (text.size() < at + width) return std::nullopt;
  const auto part = text.substr(at, width);
  if (!std::all_of(part.begin(), part.end(), is_digit)) return std::nullopt;
  return static_cast<unsigned>(*parse_u64(part));
}

std::optional<std::chrono::year_month_day> date(std::optional<unsigned> year, std::optional<unsigned> month,
                                                std::optional<unsigned> day) {
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day made{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  return made.ok() ? std::optional(made) : std::nullopt;
}

}  // namespace

std::optional<Day> Day::parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto made = date(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2));
  return made ? std::optional(Day(*made)) : std::nullopt;
}

std::optional<Day> Day::of_digits(std::string_view digits) {
  if (digits.size() != 8) return std::nullopt;
  const auto made = date(number(digits, 0, 4), number(digits, 4, 2), number(digits, 6, 2));
  return made ? std::optional(Day(*made)) : std::nullopt;
}

std::string Day::text() const {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date_.year()),
                     static_cast<unsigned>(date_.month()), static_cast<unsigned>(date_.day()));
}

Day Day::previous() const {
  return Day(std::chrono::sys_days(date_) - std::chrono::days(1));
}

Day Day::next() const {
  return Day(std::chrono::sys_days(date_) + std::chrono::days(1));
}

std::string Day::digits() const {
  return replace_all(text(), "-", "");
}

std::optional<std::chrono::sys_seconds> parse_utc(std::string_view text) {
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kSeconds = 19;  // "2025-06-06T08:09:10"
  if (text.size() <= kSeconds || (text[kDay] != 'T' && text[kDay] != 't') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto day = Day::parse(text.substr(0, kDay));
  const auto hour = number(text, 11, 2);
  const auto minute = number(text, 14, 2);
  const auto second = number(text, 17, 2);
  if (!day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  auto rest = text.substr(kSeconds);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    if (end == rest.begin()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
  }
  if (rest != "Z" && rest != "z" && rest != "+00:00") return std::nullopt;
  return day->midnight() + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace launch::specs

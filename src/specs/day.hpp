#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace launch::specs {

/// A calendar day in UTC: that of a nightly, or of an upload.
class Day {
 public:
  /// "2025-06-06" (ISO 8601); nullopt if it is not a day.
  static std::optional<Day> parse(std::string_view text);
  /// "20250606", as in the versions of nightlies; nullopt if it is not a day.
  static std::optional<Day> of_digits(std::string_view digits);

  /// "2025-06-06"
  std::string text() const;
  /// "20250606"
  std::string digits() const;
  /// The day before and the day after it.
  Day previous() const;
  Day next() const;
  /// Its midnight, in seconds since 1970.
  std::chrono::sys_seconds midnight() const { return std::chrono::sys_days(date_); }

  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Day&, const Day&) = default;

 private:
  explicit Day(std::chrono::year_month_day date) : date_(date) {}
  std::chrono::year_month_day date_;
};

/// An instant of RFC 3339 in UTC ("2025-06-06T08:09:10.5Z"), to the second; nullopt if it is not one.
std::optional<std::chrono::sys_seconds> parse_utc(std::string_view text);

}  // namespace launch::specs

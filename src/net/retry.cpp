#include "net/retry.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "net/http_date.hpp"

namespace launch::net {

using std::chrono::milliseconds;

namespace {
constexpr milliseconds kLongestAsked{60'000};
constexpr milliseconds kLongestWait{30'000};
constexpr int kMostDoublings = 16;
}  // namespace

bool is_retryable_status(int status) {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
  if (const auto seconds = parse_u64(trim(value))) {
    return std::min(kLongestAsked, milliseconds(std::min<std::uint64_t>(*seconds, 60) * 1000));
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  const auto wait = std::chrono::ceil<milliseconds>(*date - now);
  return std::clamp(wait, milliseconds(0), kLongestAsked);
}

milliseconds Backoff::wait(int failures, std::optional<milliseconds> asked) {
  const auto longest =
      std::min(kLongestWait, base_ * (std::int64_t{1} << std::min(failures, kMostDoublings)));
  const std::lock_guard guard(mutex_);
  const milliseconds chosen(std::uniform_int_distribution<std::int64_t>(0, longest.count())(random_));
  return std::max(chosen, asked.value_or(milliseconds(0)));
}

}  // namespace launch::net

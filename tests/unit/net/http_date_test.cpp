#include "net/http_date.hpp"

#include <gtest/gtest.h>

#include "net/retry.hpp"

namespace launch::net {
namespace {

using std::chrono::system_clock;

TEST(HttpDate, IsReadInTheSpellingsOfTheRfc) {
  for (const auto* const text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text), system_clock::from_time_t(784'111'777)) << text;
  }
  for (const auto* const text : {"", "0", "soon"}) EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(HttpDate, StaysWithinWhatTheClockCanSay) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1904 08:49:37 GMT"), system_clock::time_point());
  const auto late = parse_http_date("Sun, 06 Nov 5924 08:49:37 GMT");
  ASSERT_TRUE(late);
  EXPECT_GT(*late, system_clock::time_point::max() - std::chrono::seconds(2));
}

TEST(RetryAfter, AFarDateIsTheLongestWait) {
  const auto now = system_clock::from_time_t(1'764'115'200);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 5924 08:49:37 GMT", now), std::chrono::minutes(1));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1904 08:49:37 GMT", now), std::chrono::seconds(0));
  EXPECT_EQ(parse_retry_after("99999999999999", now), std::chrono::minutes(1));
}

}  // namespace
}  // namespace launch::net

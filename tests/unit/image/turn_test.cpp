#include "image/turn.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "fakes/fake_work.hpp"

namespace launch::image {
namespace {

fakes::FakeWork work;

TEST(BuildTurn, IsOfOneAtATime) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("launch-test-turn-" + std::to_string(::getpid()));
  {
    const auto first = BuildTurn::try_take(work.disk, folder, "demo");
    ASSERT_TRUE(first) << first.error().text();
    ASSERT_TRUE(*first);
    EXPECT_EQ((*first)->remains(), folder / "demo");
    const auto second = BuildTurn::try_take(work.disk, folder, "demo");
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_FALSE(*second);
    EXPECT_TRUE(BuildTurn::try_take(work.disk, folder, "other").value());

    std::stop_source stop;
    stop.request_stop();
    const auto stopped =
        BuildTurn::take(folder, "demo", Work{work.disk, work.clock, work.reporter, stop.get_token()});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().text(), "error: interrupted while waiting for another build of demo\n");
  }
  EXPECT_TRUE(BuildTurn::take(folder, "demo", work));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace launch::image

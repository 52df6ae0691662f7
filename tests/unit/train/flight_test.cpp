#include "train/flight.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

class FlightRecorder : public testing::Test {
 protected:
  FlightRecorder() {
    plan_.node_folder = scratch_ / "demo-1/node";
    plan_.backend = "nccl";
  }
  test::Scratch scratch_;
  fakes::FakeWork work_;
  Plan plan_ = plan_of_two_nodes();
};

TEST_F(FlightRecorder, WritesToAFolderOfTheRunThatAllUsersCanWrite) {
  const auto made = make_flight_folder(work_.disk, plan_);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE(make_flight_folder(work_.disk, plan_)) << "it is there";
  const auto folder = scratch_ / "demo-1/flight";
  EXPECT_EQ(std::filesystem::status(folder).permissions(),
            std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
  EXPECT_FALSE(has_flight_dumps(plan_));
  ASSERT_TRUE(write_file(work_.disk, folder / "nccl_trace_rank_0", "x"));
  EXPECT_TRUE(has_flight_dumps(plan_));
}

TEST_F(FlightRecorder, HasAFolderForEachAttempt) {
  ASSERT_TRUE(make_flight_folder(work_.disk, plan_));
  const auto second = plan_of_attempt(plan_, 1);
  ASSERT_TRUE(make_flight_folder(work_.disk, second));
  EXPECT_EQ(flight_folder(second), scratch_ / "demo-1/flight/attempt2");
  ASSERT_TRUE(write_file(work_.disk, flight_folder(second) / "nccl_trace_rank_0", "x"));
  EXPECT_TRUE(has_flight_dumps(second));
  EXPECT_FALSE(has_flight_dumps(plan_)) << "the other attempt's folder is no dump";
}

TEST_F(FlightRecorder, IsOfNcclOnly) {
  plan_.backend = "gloo";
  const auto variables = plan_.environment.size();
  add_flight_recorder(plan_);
  EXPECT_EQ(plan_.environment.size(), variables);
  EXPECT_TRUE(plan_.mounts.empty());
  ASSERT_TRUE(make_flight_folder(work_.disk, plan_));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "demo-1"));
  EXPECT_FALSE(has_flight_dumps(plan_));
}

TEST_F(FlightRecorder, AFolderThatCannotBeMadeIsAnErrorWithItsPath) {
  work_.disk.set({.call = "make_folder", .path = "flight", .error = ENOSPC});
  const auto made = make_flight_folder(work_.disk, plan_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "cannot create the folder " + (scratch_ / "demo-1/flight").string() +
                                        ": No space left on device");
}

}  // namespace
}  // namespace launch::train

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "train/train.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"
#include "unit/train/scripted_place.hpp"

namespace launch::train {

/// A training of two nodes at a scripted place.
class TrainingTest : public testing::Test {
 protected:
  Result<Outcome> run(const std::stop_token& stop = {}) { return run(StopTokens{.stop = stop}, nullptr); }
  Result<Outcome> run(const StopTokens& tokens, Control* control) {
    Training training(plan_, place_, control, LogPlaces::in(scratch_.path()), {},
                      {work_.disk, clock_, work_.reporter});
    return training.run(tokens);
  }
  std::unique_ptr<Control> control() { return Control::create(work_.disk, control_file()).value(); }
  std::filesystem::path control_file() const { return scratch_.path() / "control"; }
  /// Waits until the control file has these words, as rank.py does.
  void wait_for_wish(std::string_view words) const {
    while (read_file(control_file()).value().find(words) == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  /// A node with one rank that is running: its line.
  static std::string started(int rank) {
    return fmt::format(R"(@launch {} s {{"pid": 1, "time": 1}})", rank);
  }
  static std::string ended(int rank, const std::string& more = R"("code": 0, "signal": 0)") {
    return fmt::format(R"(@launch {} x {{{}, "started": 1, "time": 13}})", rank, more);
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  SystemClock clock_;
  Plan plan_ = plan_of_two_nodes();
  ScriptedPlace place_;
};

}  // namespace launch::train

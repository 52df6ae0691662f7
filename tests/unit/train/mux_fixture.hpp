#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "train/log_mux.hpp"
#include "unit/base/scratch.hpp"

namespace launch::train {

/// A LogMux with what it showed ("out [0.1] text", "bar of err [0.1] text") and which ends it told of.
class MuxTest : public testing::Test {
 protected:
  test::Scratch scratch_;
  fakes::FakeWork work_;
  std::vector<std::string> shown_;
  std::vector<int> started_;
  std::vector<RankEnd> ended_;
  std::function<void(std::string_view)> on_shown_;
  std::function<void()> on_ended_;
  std::vector<RankEnd> failed_;  ///< before they ended
  std::vector<std::string> stacks_;
  std::vector<std::string> ras_;
  LogMux mux_{LogPlaces::in(scratch_.path()),
              [this](Stream stream, std::string_view who, std::string_view text, LogMux::Shown what) {
                shown_.push_back(std::string(what == LogMux::Shown::bar ? "bar of " : "") +
                                 std::string(stream == Stream::out ? "out " : "err ") + std::string(who) +
                                 " " + std::string(text));
                if (on_shown_) on_shown_(text);
              },
              {.started = [this](int, int rank) { started_.push_back(rank); },
               .failed = [this](const RankEnd& end) { failed_.push_back(end); },
               .ended =
                   [this](const RankEnd& end) {
                     ended_.push_back(end);
                     if (on_ended_) on_ended_();
                   },
               .stacks = [this](int, int, auto lines) { stacks_ = std::move(lines); },
               .ras = [this](int, auto lines) { ras_ = std::move(lines); }},
              work_};
};

}  // namespace launch::train

#pragma once

#include <stop_token>

#include "base/work.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/faulty_disk.hpp"
#include "fakes/hand_clock.hpp"

namespace launch::fakes {

/// The outside world of long-running work: a disk that can be made to fail, a clock whose sleeps take no
/// time, a reporter that records.
struct FakeWork {
  FaultyDisk disk;
  HandClock clock;
  FakeReporter reporter;
  std::stop_source stop;

  // NOLINTNEXTLINE(google-explicit-constructor): it stands for a Work
  operator Work() { return {disk, clock, reporter, stop.get_token()}; }
};

}  // namespace launch::fakes

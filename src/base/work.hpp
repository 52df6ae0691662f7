#pragma once

#include <stop_token>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/reporter.hpp"

namespace launch {

/// What long work needs of the outside world.
struct Work {
  Disk& disk;
  Clock& clock;
  Reporter& reporter;
  std::stop_token stop = {};  ///< asked for: the work ends soon, with an error that says so
};

}  // namespace launch

#pragma once

#include <stop_token>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/reporter.hpp"

namespace launch {

/// What long-running work needs from outside.
struct Work {
  Disk& disk;
  Clock& clock;
  Reporter& reporter;
  std::stop_token stop = {};  ///< when requested, the work ends soon with an error that says so
};

}  // namespace launch

#pragma once

#include <cstddef>
#include <functional>

#include "base/result.hpp"

namespace launch {

/// Calls work(0) … work(count - 1) in this order on one thread per core, the calling thread included, and
/// returns when all have finished. `work` must not throw.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work);

/// The same for work that may fail: returns the first error, after which no further calls are started.
Result<void> try_side_by_side(std::size_t count, const std::function<Result<void>(std::size_t)>& work);

}  // namespace launch

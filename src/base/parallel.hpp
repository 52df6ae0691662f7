#pragma once

#include <cstddef>
#include <functional>

#include "base/result.hpp"

namespace launch {

/// Calls work(0) … work(count - 1) on as many threads as the machine has cores, this one among them, and
/// returns when all are done. They are begun in this order; `work` does not throw.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work);

/// The same for work that may fail: the first error is the result, and nothing is begun after it.
Result<void> try_side_by_side(std::size_t count, const std::function<Result<void>(std::size_t)>& work);

}  // namespace launch

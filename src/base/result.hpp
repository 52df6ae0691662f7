#pragma once

#include <tl/expected.hpp>

#include "base/error.hpp"

namespace launch {

template <class T>
using Result = tl::expected<T, Error>;

/// The failed Result: `return fail(usage_error("…"));`
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// Adds what was being done to the error of a failed result: `TRY(during(read(p), "reading the lock"))`.
template <class T>
Result<T> during(Result<T> result, std::string step) {
  if (!result) result.error().during(std::move(step));
  return result;
}

namespace detail {
template <class T>
T take(Result<T>&& result) {
  return *std::move(result);
}
inline void take(Result<void>&&) {}
}  // namespace detail

}  // namespace launch

/// The value of a Result, or return of its error from the enclosing function. Not between the braces of an
/// initializer: g++ would leak what is made already.
#define TRY(...)                                                                         \
  ({                                                                                     \
    auto launch_try_result = (__VA_ARGS__);                                              \
    if (!launch_try_result) return ::launch::fail(std::move(launch_try_result.error())); \
    ::launch::detail::take(std::move(launch_try_result));                                \
  })

#pragma once

#include <concepts>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "base/error.hpp"

namespace launch {

template <class T>
using Result = tl::expected<T, Error>;

/// A failed Result: `return fail(input_error("…"));`
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// Adds what was being done to a failed result's error: `TRY(during(read(p), "reading the lock"))`.
template <class T>
Result<T> during(Result<T> result, std::string step) {
  if (!result) result.error().during(std::move(step));
  return result;
}
/// The same with a function that is asked for the step only on failure, for where most calls succeed and many
/// are made.
template <class T, std::invocable Step>
Result<T> during(Result<T> result, const Step& step) {
  if (!result) result.error().during(step());
  return result;
}

}  // namespace launch

/// Returns a failed Result's error from the enclosing function; drops a value. A statement:
/// `TRY(write_file(path, text));`.
#define TRY(...)                                                                         \
  do {                                                                                   \
    auto launch_try_result = (__VA_ARGS__);                                              \
    if (!launch_try_result) return ::launch::fail(std::move(launch_try_result).error()); \
  } while (false)

/// Assigns the value of a Result to `target`, or returns its error from the enclosing function:
/// `TRY_ASSIGN(const auto text, read_file(path));` or `TRY_ASSIGN(wheel.sha256, read_sha256(table));`.
/// Expands to several statements: one per line, and in braces below `if`, `else`, `for` and `case` (it does
/// not compile without them). A target cannot contain a comma, so destructure pairs on the next line.
#define TRY_ASSIGN(target, ...) LAUNCH_TRY_ASSIGN(LAUNCH_TRY_NAME(__LINE__), target, (__VA_ARGS__))
// NOLINTBEGIN(bugprone-macro-parentheses): names and declarations cannot be parenthesized
#define LAUNCH_TRY_ASSIGN(result, target, expression)            \
  auto result = expression;                                      \
  if (!result) return ::launch::fail(std::move(result).error()); \
  target = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
#define LAUNCH_TRY_NAME(line) LAUNCH_TRY_JOIN(launch_try_result_, line)
#define LAUNCH_TRY_JOIN(left, right) left##right

#include "specs/interpreter.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

constexpr int kFirstFreeThreaded = 13;

}  // namespace

Result<Interpreter> Interpreter::parse(std::string_view text) {
  constexpr std::uint64_t kFirst = 6;
  constexpr std::uint64_t kLast = 99;
  Interpreter interpreter;
  std::string_view digits = text;
  if (digits.ends_with('t')) {
    interpreter.free_threaded = true;
    digits.remove_suffix(1);
  }
  const auto minor = digits.starts_with("3.") ? parse_u64(digits.substr(2)) : std::nullopt;
  if (!minor || *minor < kFirst || *minor > kLast || digits != fmt::format("3.{}", *minor)) {
    return fail(input_error(
        fmt::format("unknown Python version {}: expected \"3.N\", such as \"3.12\"", in_quotes(text))));
  }
  interpreter.minor = static_cast<int>(*minor);
  if (interpreter.free_threaded && interpreter.minor < kFirstFreeThreaded) {
    return fail(input_error(
        fmt::format("unknown Python version {}: free-threaded builds begin with 3.13t", in_quotes(text))));
  }
  return interpreter;
}

std::string Interpreter::version() const {
  return fmt::format("3.{}", minor);
}

std::string Interpreter::text() const {
  return fmt::format("3.{}{}", minor, free_threaded ? "t" : "");
}

std::optional<Interpreter> Interpreter::without_gil() const {
  if (minor < kFirstFreeThreaded) return std::nullopt;
  return Interpreter{minor, true};
}

std::string Interpreter::tag() const {
  return fmt::format("cp3{}{}", minor, free_threaded ? "t" : "");
}

}  // namespace launch::specs

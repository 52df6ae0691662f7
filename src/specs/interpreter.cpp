#include "specs/interpreter.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {

Result<Interpreter> Interpreter::parse(std::string_view text) {
  constexpr std::uint64_t kFirst = 6;
  constexpr std::uint64_t kLast = 99;
  constexpr int kFirstFreeThreaded = 13;
  Interpreter interpreter;
  std::string_view digits = text;
  if (digits.ends_with('t')) {
    interpreter.free_threaded = true;
    digits.remove_suffix(1);
  }
  const auto minor = digits.starts_with("3.") ? parse_u64(digits.substr(2)) : std::nullopt;
  if (!minor || *minor < kFirst || *minor > kLast || digits != fmt::format("3.{}", *minor)) {
    return fail(usage_error(
        fmt::format("Python {} is not known: expected a minor version such as \"3.12\"", in_quotes(text))));
  }
  interpreter.minor = static_cast<int>(*minor);
  if (interpreter.free_threaded && interpreter.minor < kFirstFreeThreaded) {
    return fail(usage_error(
        fmt::format("Python {} is not known: free-threaded builds begin with 3.13t", in_quotes(text))));
  }
  return interpreter;
}

std::string Interpreter::version() const {
  return fmt::format("3.{}", minor);
}

std::string Interpreter::text() const {
  return fmt::format("3.{}{}", minor, free_threaded ? "t" : "");
}

Result<std::string> linux_machine(std::string_view platform) {
  if (platform == "linux-x86_64") return "x86_64";
  if (platform == "linux-aarch64") return "aarch64";
  return fail(usage_error(fmt::format(
      "platform {} is not known: expected \"linux-x86_64\" or \"linux-aarch64\"", in_quotes(platform))));
}

}  // namespace launch::specs

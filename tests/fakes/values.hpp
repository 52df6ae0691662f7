#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"

/// Parse values from literals in tests.
namespace launch::fakes {

inline specs::Interpreter python(std::string_view text) {
  return specs::Interpreter::parse(text).value();
}
inline specs::Platform platform(std::string_view text) {
  return specs::Platform::parse(text).value();
}
inline specs::Accelerator accelerator(std::string_view text) {
  return specs::Accelerator::parse(text).value();
}
inline specs::Day day(std::string_view text) {
  return specs::Day::parse(text).value();
}
/// The digest of 64 times this hex digit.
inline Digest digest(char digit) {
  return Digest::of_hex(std::string(64, digit)).value();
}
inline specs::Platform x86() {
  return platform("linux-x86_64");
}
inline specs::Platform arm() {
  return platform("linux-aarch64");
}

}  // namespace launch::fakes

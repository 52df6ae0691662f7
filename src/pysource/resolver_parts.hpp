#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "pysource/answer.hpp"

/// What the files of NameResolver share.
namespace launch::pysource {

constexpr int kMostDepth = 100;

inline Answer yes(std::string reason) {
  return {Verdict::yes, std::move(reason)};
}
inline Answer no(std::string reason) {
  return {Verdict::no, std::move(reason)};
}
inline Answer unknown(std::string reason) {
  return {Verdict::unknown, std::move(reason)};
}
inline Answer too_deep() {
  return unknown("it is re-exported through more than 100 modules");
}

inline std::string at(const std::string& file, std::uint32_t line) {
  return fmt::format("{}:{}", file, line);
}

/// Keeps the better of two answers: yes, then unknown, then no; with a reason before without.
inline void improve(Answer& best, Answer next) {
  const bool reason = next.verdict == best.verdict && best.reason.empty();
  if (next.verdict > best.verdict || reason) best = std::move(next);
}

}  // namespace launch::pysource

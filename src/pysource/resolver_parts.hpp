#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/answer.hpp"
#include "pysource/bound_value.hpp"

/// What the files of NameResolver share.
namespace launch::pysource {

constexpr int kMostDepth = 100;
constexpr int kMostSteps = 10'000;  // torch's own names take up to 300

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
  return unknown("it takes more than 100 steps to follow");
}

inline std::string at(const std::string& file, std::uint32_t line) {
  return fmt::format("{}:{}", file, line);
}

/// ", but NAME" for the name nearest to the word; empty if none is near, or the word so short that anything
/// is.
inline std::string but_there_is(std::string_view word, std::span<const std::string> names) {
  constexpr std::size_t kShort = 4;
  const auto near = word.size() < kShort ? std::nullopt : did_you_mean(word, names);
  return near ? fmt::format(", but {}", *near) : "";
}

template <std::size_t kCount>
bool contains(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// True if the last part of a dotted name is the word: `dataclass`, `dataclasses.dataclass(…)`.
inline bool is_named(const SourceTree& tree, TokenRange name, std::string_view last) {
  const auto dotted = dotted_name(tree, name);
  return dotted == last || dotted.ends_with("." + std::string(last));
}

inline BoundValues one(BoundValue value) {
  BoundValues values;
  values.push_back(std::move(value));
  return values;
}
inline BoundValues not_known(std::string reason) {
  return one(BoundValue::unknown(std::move(reason)));
}

/// Further alternatives are dropped.
constexpr std::size_t kMostValues = 16;

inline void append(BoundValues& values, BoundValues more) {
  for (auto& value : more) {
    if (values.size() < kMostValues) values.push_back(std::move(value));
  }
}

/// Keeps the better of two answers: yes, then unknown, then no; with a reason before without.
inline void improve(Answer& best, Answer next) {
  const bool reason = next.verdict == best.verdict && best.reason.empty();
  if (next.verdict > best.verdict || reason) best = std::move(next);
}

}  // namespace launch::pysource

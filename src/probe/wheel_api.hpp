#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "probe/wheel_source.hpp"
#include "pysource/answer.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// A wheel and its name in messages: "torch 2.3.1".
struct LabelledWheel {
  std::string label;
  std::unique_ptr<WheelSource> source;
};

/// Answers from the wheels' files alone, without running any code, whether their modules have the names that
/// code imports, and those that it reaches by attributes and keywords. Several wheels are combined as if
/// installed together. Reads only the files that the questions need, and as many as possible at once.
class WheelApi {
 public:
  explicit WheelApi(std::vector<LabelledWheel> wheels);
  ~WheelApi();
  WheelApi(WheelApi&&) noexcept;
  WheelApi& operator=(WheelApi&&) noexcept;

  /// Top-level modules of the wheels.
  const std::set<std::string, std::less<>>& roots() const;
  /// Answers in the order of the questions. A module in none of the wheels is unknown. Errors (environment):
  /// a wheel cannot be read.
  Result<std::vector<pysource::Answer>> ask(std::span<const pysource::Requirement> requirements);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace launch::probe

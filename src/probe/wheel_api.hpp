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

/// A wheel and the words that messages name it by: "torch 2.3.1".
struct LabelledWheel {
  std::string label;
  std::unique_ptr<WheelSource> source;
};

/// Answers from the files of wheels alone, nothing of them run, whether their modules have the names that
/// code imports. Several wheels stand side by side as they would be installed. Reads only the files that the
/// questions touch, all that are known to be needed at once.
class WheelApi {
 public:
  explicit WheelApi(std::vector<LabelledWheel> wheels);
  ~WheelApi();
  WheelApi(WheelApi&&) noexcept;
  WheelApi& operator=(WheelApi&&) noexcept;

  /// Top-level modules of the wheels.
  const std::set<std::string, std::less<>>& roots() const;
  /// Answers in the order of the questions. A module of no wheel is unknown. Errors (environment): a wheel
  /// cannot be read.
  Result<std::vector<pysource::Answer>> ask(std::span<const pysource::Requirement> requirements);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace launch::probe

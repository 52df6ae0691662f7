#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "probe/module_pool.hpp"
#include "probe/wheel_source.hpp"
#include "pysource/answer.hpp"
#include "pysource/module_names.hpp"
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

  /// True if the wheels' files have the module, not considering aliases in sys.modules.
  bool has_module(std::string_view module) const;
  /// The file of a module below site-packages: "torch/nn/__init__.py"; empty if there is none.
  std::string file_of(std::string_view module) const;
  /// The wheel that holds a module: "torch 2.3.1".
  std::string label_of(std::string_view module) const;
  /// Modules with source below a top-level module, sorted: "torch", "torch.nn".
  std::vector<std::string> modules_below(std::string_view root) const;
  /// Modules as they were read, in order, valid as long as this object; null for those without source.
  /// Errors (environment): a wheel cannot be read.
  Result<std::vector<const pysource::ModuleNames*>> read_modules(std::span<const std::string> modules);
  /// All modules that were read.
  std::vector<ModulePool::Names> modules() const;

 private:
  friend class Questioning;
  struct State;
  std::unique_ptr<State> state_;
};

/// Questions to one of several versions.
struct ApiQuestion {
  WheelApi* api = nullptr;
  std::span<const pysource::Requirement> requirements;
};

/// Files to read, by their path below site-packages.
using WantedFiles = std::map<std::string, pysource::WantedFile>;

/// Asks several versions of the same wheels at once; answers in the order of the questions. What they have in
/// common with each other, and with others that use the pool, is read once. `expected`: the files that the
/// questions to an earlier version needed, which are read first; becomes those of the last version. Errors:
/// those of WheelApi::ask, for each version.
std::vector<Result<std::vector<pysource::Answer>>> ask_all(std::span<const ApiQuestion> questions,
                                                           ModulePool& pool, WantedFiles& expected);

}  // namespace launch::probe

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "probe/report.hpp"
#include "probe/third_parties.hpp"
#include "probe/wheel_api.hpp"
#include "probe/wheel_lookup.hpp"

namespace launch::probe {

/// What is known of names besides what the wheels say.
struct AskRules {
  /// The answer on a name that no wheel is asked for; nullopt: the wheels are asked. Null: they always are.
  std::function<std::optional<pysource::Answer>(const pysource::Requirement&)> settled = {};
  /// If given, a name that is there is missing all the same if importing it fails for lack of a package
  /// (missing_needs).
  Provided provided = {};
  /// Further top-level modules that gates may ask for, whose names are settled.
  std::set<std::string, std::less<>> roots = {};
};

/// The wheels of each platform of a lock, questioned one platform at a time.
class PlatformApis {
 public:
  explicit PlatformApis(std::vector<OpenedWheels> platforms);

  /// Top-level modules of all wheels.
  const std::set<std::string, std::less<>>& roots() const { return roots_; }
  /// The answers of each platform, with gates evaluated for the versions of its wheels. Names from a package
  /// without a wheel for a platform are unknown there. Errors: those of WheelApi::ask and missing_needs.
  Result<std::vector<PlatformAnswers>> ask(const TreeScan& scan, const AskRules& rules = {});
  /// Where names are that are missing on a platform (look_elsewhere); `has` is another release, with the
  /// names on its first platform, or null. Errors: those of look_elsewhere.
  Result<std::map<pysource::Requirement, Advice>> look_elsewhere(
      std::size_t platform, const std::vector<pysource::Requirement>& missing, PlatformApis* has = nullptr);

 private:
  struct Platform {
    PlatformAnswers answers;  // without names
    WheelApi api;
    WheelSource* torch = nullptr;  ///< among the wheels of `api`; null without one
  };
  Result<std::vector<pysource::Answer>> answers(Platform& platform,
                                                const std::vector<pysource::Requirement>& requirements,
                                                const AskRules& rules) const;
  /// Names that are there and cannot be imported become missing, and are noted as unusable.
  Result<void> require_third_parties(Platform& platform, const std::vector<NeededName>& names,
                                     std::vector<pysource::Answer>& answers, const AskRules& rules) const;
  Result<GateContext> context_of(const Platform& platform, const TreeScan& scan, const AskRules& rules) const;
  /// The missing package that would contain the module; null if there is none.
  const std::string* missing_for(const PlatformAnswers& platform, const std::string& module) const;

  std::vector<Platform> platforms_;
  std::set<std::string, std::less<>> roots_;
  std::map<std::string, std::set<std::string, std::less<>>> roots_of_;  // by package
};

}  // namespace launch::probe

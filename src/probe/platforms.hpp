#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "probe/report.hpp"
#include "probe/wheel_api.hpp"
#include "probe/wheel_lookup.hpp"

namespace launch::probe {

/// The wheels of each platform of a lock, questioned one platform at a time.
class PlatformApis {
 public:
  explicit PlatformApis(std::vector<OpenedWheels> platforms);

  /// Top-level modules of all wheels.
  const std::set<std::string, std::less<>>& roots() const { return roots_; }
  /// The answers of each platform, with gates evaluated for the versions of its wheels. Names from a package
  /// without a wheel for a platform are unknown there. Errors: those of WheelApi::ask.
  Result<std::vector<PlatformAnswers>> ask(const TreeScan& scan);

 private:
  struct Platform {
    PlatformAnswers answers;  // without names
    WheelApi api;
    WheelSource* torch = nullptr;  ///< among the wheels of `api`; null without one
  };
  Result<std::vector<pysource::Answer>> answers(Platform& platform,
                                                const std::vector<pysource::Requirement>& requirements);
  Result<GateContext> context_of(const Platform& platform, const TreeScan& scan) const;
  /// The missing package that would contain the module; null if there is none.
  const std::string* missing_for(const PlatformAnswers& platform, const std::string& module) const;

  std::vector<Platform> platforms_;
  std::set<std::string, std::less<>> roots_;
  std::map<std::string, std::set<std::string, std::less<>>> roots_of_;  // by package
};

}  // namespace launch::probe

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "probe/baseline.hpp"
#include "probe/elsewhere.hpp"
#include "probe/history.hpp"
#include "probe/judgement.hpp"
#include "specs/platform.hpp"

namespace launch::probe {

/// A wheel that was checked.
struct AskedWheel {
  std::string package;  ///< "torch"
  std::string version;
  std::string file_name;
};

/// The answers of one platform's wheels.
struct PlatformAnswers {
  specs::Platform platform;
  std::vector<AskedWheel> wheels;
  std::vector<std::string> missing;  ///< packages without a wheel for it
  std::vector<JudgedName> names;     ///< sorted; the same names and uses on every platform
  std::set<pysource::Requirement> unusable =
      {};  ///< present, but importing them fails for lack of a package (missing_needs)
};

/// What makes a check fail.
enum class FailOn : std::uint8_t {
  must,     ///< a missing name that is needed when its file is imported
  path,     ///< also one that is needed on some path
  unknown,  ///< also a needed name of which it is unknown whether the wheels have it
};

/// Names of a top-level module that were not checked.
struct NotChecked {
  std::string module;
  std::size_t names = 0;
};

/// The older release of `--from`: only what it had and the newer one lacks counts.
struct Earlier {
  AskedWheel wheel;
  std::vector<JudgedName> names;  ///< the same names and uses as on every platform
};

struct CheckReport {
  std::vector<PlatformAnswers> platforms;  ///< at least one
  std::size_t files = 0;
  std::vector<FileProblem> problems;

  FailOn fail_on = FailOn::path;
  std::optional<Earlier> earlier = {};
  std::optional<Baseline> baseline = {};
  /// Names of packages that no locked wheel provides; they fail only where they are needed in any case.
  std::set<pysource::Requirement> unprovided = {};
  std::map<pysource::Requirement, Advice> advice = {};    ///< on missing names
  std::map<pysource::Requirement, History> history = {};  ///< of missing names
  std::string history_unknown = {};          ///< why that of some is unknown: "torch: cannot connect to …"
  std::vector<NotChecked> not_checked = {};  ///< most names first
  std::string not_checked_reason = {};       ///< "no wheel given"
  LeftOut left_out = {};
  /// The source lines of uses of names that are not simply present.
  std::map<std::pair<std::string, std::uint32_t>, std::string> lines = {};

  bool fails() const;  ///< some finding makes the check fail (findings.hpp)
};

/// True if two platforms agree on a name and on each use of it; the reasons may differ.
bool same_outcome(const JudgedName& a, const JudgedName& b);

}  // namespace launch::probe

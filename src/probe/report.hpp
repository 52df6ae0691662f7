#pragma once

#include <string>
#include <vector>

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
};

struct CheckReport {
  std::vector<PlatformAnswers> platforms;  ///< at least one
  std::size_t files = 0;
  std::vector<FileProblem> problems;

  bool fails() const;  ///< some use of a name will fail on some platform
};

/// True if two platforms agree on a name and on each use of it; the reasons may differ.
bool same_outcome(const JudgedName& a, const JudgedName& b);

}  // namespace launch::probe

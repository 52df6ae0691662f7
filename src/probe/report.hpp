#pragma once

#include <string>
#include <vector>

#include "probe/judgement.hpp"
#include "specs/platform.hpp"

namespace launch::probe {

/// A wheel that was asked.
struct AskedWheel {
  std::string package;  ///< "torch"
  std::string version;
  std::string file_name;
};

/// What the wheels of one platform say.
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

/// Whether two platforms say the same of a name and of each use of it; not why.
bool same_outcome(const JudgedName& a, const JudgedName& b);

}  // namespace launch::probe

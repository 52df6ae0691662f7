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

/// What a person reads: a line FILE:LINE: NAME: no (REASON) for each use that will fail, then what is not
/// known, then what is not there but optional, then the counts. Where platforms differ the line is
/// FILE:LINE: NAME on PLATFORM: no (REASON), and the counts are each platform's. Ends without a newline.
std::string check_text(const CheckReport& report);
/// The document of `launch check --json` (docs/design.md, "The commands").
std::string check_json(const CheckReport& report);

/// Each name with how firmly it is needed and where.
std::string scan_text(const TreeScan& scan);
/// The document of `launch scan --json`.
std::string scan_json(const TreeScan& scan);

/// "torch.nn:Module", and "torch.nn" for a module itself, fit for a terminal.
std::string shown_name(const pysource::Requirement& requirement);

}  // namespace launch::probe

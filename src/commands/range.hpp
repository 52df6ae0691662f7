#pragma once

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/version_questions.hpp"
#include "probe/range.hpp"

namespace launch::commands {

struct RangeRequest {
  probe::VersionQuery versions;           ///< without a package: torch
  std::vector<std::string> paths;         ///< files and folders of code
  std::vector<std::string> exclude = {};  ///< patterns of those to leave out
  probe::Needs needs = probe::Needs::must;
};

/// The versions that have what code needs, compared with what the nearest pyproject.toml, setup.cfg, setup.py
/// or requirements.txt above the code declares. Errors: those of scan_tree and OpenVersions.
Result<probe::VersionRange> range(RangeRequest request, const Context& context);

}  // namespace launch::commands

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/app.hpp"
#include "probe/versions.hpp"

namespace launch::cli {

/// Which versions `matrix`, `bisect` and `range` check.
struct VersionOptions {
  std::string package;
  std::string channel;
  std::string cuda;
  std::string python;
  std::string from;
  std::string to;
  std::optional<int> last;
  std::vector<std::string> exclude;
};

/// Which build of a package to ask, from --channel, --cuda and --python, empty where they are not given.
/// Errors (input): an invalid value, a channel without --cuda.
Result<probe::ReleaseQuery> release_query(const std::string& channel, const std::string& cuda,
                                          const std::string& python);

void add_version_options(Command& command, VersionOptions& options);
/// Errors (input): an invalid value, or options that cannot be combined.
Result<probe::VersionQuery> version_query(const VersionOptions& options);

}  // namespace launch::cli

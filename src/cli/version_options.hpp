#pragma once

#include <optional>
#include <string>

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
};

void add_version_options(Command& command, VersionOptions& options);
/// Errors (input): an invalid value, or options that cannot be combined.
Result<probe::VersionQuery> version_query(const VersionOptions& options);

}  // namespace launch::cli

#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

/// One thing that launch needs or uses.
struct Finding {
  std::string what;  ///< "engine"
  std::string value;
  std::string origin;  ///< where a setting comes from: "launch.toml"
  bool missing = false;
  std::vector<std::string> hints = {};  ///< how to fix what is missing
};

struct DoctorDocument {
  std::vector<Finding> findings;
  bool complete() const;  ///< nothing is missing
};

/// Examines this machine and the settings. Errors: those of load_site.
Result<DoctorDocument> doctor(const Context& context);

}  // namespace launch::commands

#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

/// One thing that launch needs or uses, or that is in the way.
struct Finding {
  std::string what;  ///< "engine"
  std::string value;
  std::string origin;                   ///< where a setting comes from: "launch.toml"
  bool missing = false;                 ///< it needs to be fixed
  std::vector<std::string> hints = {};  ///< how
};

struct DoctorDocument {
  std::vector<Finding> findings;
  bool complete() const;  ///< nothing is missing
};

/// What to do about runs whose launch and guard were killed: their containers and networks may be left.
enum class Leftovers { name, remove };

/// Examines this machine and the settings. Errors: those of load_site.
Result<DoctorDocument> doctor(Leftovers leftovers, const Context& context);

}  // namespace launch::commands

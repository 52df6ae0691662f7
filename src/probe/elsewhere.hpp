#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// Advice on a missing name.
struct Advice {
  /// Modules of the same wheel that have the name, the nearest first: "torch.distributed.tensor". For a
  /// missing module, its names elsewhere.
  std::vector<std::string> moved = {};
  std::vector<std::string> near = {};  ///< of a missing module: modules beside it that are spelled like it
};

/// The missing name in one of the modules of Advice::moved.
pysource::Requirement in_place(const pysource::Requirement& missing, const std::string& module);
/// True if one release has both names, with different definitions: neither moved to the other's place.
bool are_different(const pysource::Answer& one, const pysource::Answer& other);

/// Looks for the last part of each missing name in other modules of its wheel: those that define it or list
/// it in `__all__`, and packages that import it. Reads at most the 32 nearest modules per name (by the parts
/// that their names share with the module's; underscores do not count) and 200 in all. Names without any
/// advice are left out. `has` is another release, which has the missing names; null without one. A name that
/// it has in both places, with different definitions, did not move from one to the other. Errors: those of
/// WheelApi::read_modules and ask.
Result<std::map<pysource::Requirement, Advice>> look_elsewhere(
    WheelApi& api, const std::vector<pysource::Requirement>& missing, WheelApi* has = nullptr);

}  // namespace launch::probe

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// Whether something other than the checked wheels provides a top-level module.
using Provided = std::function<Result<bool>(std::string_view module)>;

/// For each name that the wheels have: why importing it fails all the same, namely that a module of the wheel
/// imports a package that nobody provides ("torch/utils/tensorboard/__init__.py:1 needs tensorboard, which no
/// locked wheel provides"); empty if nothing of that kind was found.
///
/// Follows the imports that run whenever a module is imported: from the module and the packages it is in, to
/// modules in the same folders, at most 4 imports deep and 200 modules in all. What the wheel's top-level
/// package imports itself is left out: the wheel declares what that needs, or nothing would work. Errors:
/// those of WheelApi::read_modules and of `provided`.
Result<std::vector<std::string>> missing_needs(WheelApi& api, const std::vector<pysource::Requirement>& names,
                                               const Provided& provided);

}  // namespace launch::probe

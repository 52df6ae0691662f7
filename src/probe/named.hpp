#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// A name as people write it: "torch.nn" (a module, or a name of a module), "torch.nn:Module",
/// "torch:nn.Module" (an attribute), "torch.nn.Module.train" (of a class, by its capital letter),
/// "torch.nn:Linear(bias=)" or with "=…)", as reports have it. Errors (input): none of these.
Result<pysource::Requirement> parse_name(std::string_view text);

}  // namespace launch::probe

#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// A name as people write it: "torch.nn" (a module, or a name of a module), "torch.nn:Module",
/// "torch:nn.Module" (an attribute), "torch.nn:Linear(bias=)". Errors (input): none of these.
Result<pysource::Requirement> parse_name(std::string_view text);

/// The top-level module: "torch".
std::string root_of(const pysource::Requirement& requirement);

}  // namespace launch::probe

#pragma once

#include <cstdint>
#include <string_view>

#include "pysource/module_names.hpp"

namespace launch::pysource {

enum class GetattrAnswer : std::uint8_t { yes, no, unknown };

/// The effect of a module-level `__getattr__` (PEP 562) for a name, from its comparisons with literals: `name
/// == "x"`, `name in NAMES`, `NAMES.get(name)`, `NAMES[name]`, `name.startswith("x")`. Anything else is
/// unknown.
GetattrAnswer ask_getattr(const ModuleNames& module, std::string_view name);

}  // namespace launch::pysource

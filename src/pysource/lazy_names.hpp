#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pysource/module_names.hpp"

namespace launch::pysource {

/// True if `__getattr__` is bound by an assignment or import: `__getattr__, __dir__, __all__ =
/// lazy_loader.attach(__name__, submod_attrs={"module": ["name"]})`.
bool assigns_getattr(const ModuleNames& module);

/// The line of a string literal that is exactly this name, which is how such a module lists what it has;
/// nullopt if there is none.
std::optional<std::uint32_t> literal_line(const ModuleNames& module, std::string_view name);

}  // namespace launch::pysource

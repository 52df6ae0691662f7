#pragma once

#include <optional>
#include <string_view>

namespace launch::pysource {

/// True if a class of the standard library ("builtins.str", "enum.Enum") has a public attribute, in any
/// version from 3.8 on; nullopt for other classes and for names with two underscores.
std::optional<bool> standard_class_has(std::string_view name, std::string_view attribute);

/// True if `from MODULE import *` binds the name, for modules that the table has.
std::optional<bool> standard_star_binds(std::string_view module, std::string_view name);

}  // namespace launch::pysource

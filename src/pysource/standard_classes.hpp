#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::pysource {

/// True if a class of the standard library ("builtins.str", "enum.Enum") has an attribute: a public one in
/// any version from 3.8 on, a special one (__len__) in all. nullopt for other classes, and for special names
/// that only some versions or no version has.
std::optional<bool> standard_class_has(std::string_view name, std::string_view attribute);

/// The class that a class is derived from if its base is written as the name: "builtins.list" for
/// "typing.List"; most names mean themselves.
std::string standard_base(std::string_view name);

/// The metaclass of a class of the standard library: "abc.ABCMeta", "enum.EnumMeta", "builtins.type".
std::string_view standard_metaclass(std::string_view name);

/// True if `from MODULE import *` binds the name, for modules that the table has.
std::optional<bool> standard_star_binds(std::string_view module, std::string_view name);

}  // namespace launch::pysource

#pragma once

#include <string>
#include <string_view>

/// Names that Python itself gives to objects, beyond what their statements bind.
namespace launch::pysource {

/// The release of Python 3 that gave every object __getstate__.
inline constexpr unsigned kStateOfAll = 11;

/// True for a name with two underscores before and behind: __len__.
bool is_special_name(std::string_view name);
/// "__x" for "_C__x", as Python spells a private name in the class C; empty for any other name.
std::string private_name(std::string_view klass, const std::string& name);
/// True for a special method that code does not call with keywords, be it by calling a class or its objects.
bool is_for_python_alone(std::string_view method);
/// True for what every object has: the attributes of `object`.
bool is_of_every_object(std::string_view name);
/// True for what every class and every function has.
bool is_of_every_definition(std::string_view name);
/// True for what every function that is written in Python has besides.
bool is_of_every_function(std::string_view name);
/// True for what every function has that C++ makes, other than a method.
bool is_of_every_built_in(std::string_view name);
/// True for what struct sequences have, which C makes, as time.struct_time.
bool is_of_struct_sequence(std::string_view name);
/// True for what functools.lru_cache gives to its result.
bool is_of_cache(std::string_view name);

}  // namespace launch::pysource

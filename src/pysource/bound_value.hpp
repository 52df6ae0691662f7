#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pysource/module_names.hpp"

namespace launch::pysource {

/// What a name is bound to, as far as the source shows.
struct BoundValue {
  enum class Kind : std::uint8_t {
    unknown,
    module,
    klass,
    function,
    partial,    ///< functools.partial of the function
    instance,   ///< of the class
    foreign,    ///< of a module outside the wheels: "enum.Enum", "builtins.str"
    operators,  ///< what is below ApiRules::operators_module
    choice,     ///< calls one of the functions
    compiled,   ///< made by C++, and described by no stub
  };
  Kind kind = Kind::unknown;
  std::string reason = {};             ///< why it is unknown
  std::string name = {};               ///< of a module, class ("Outer.Inner"), function or something foreign
  std::string file = {};               ///< of a class or function
  const ModuleNames* names = nullptr;  ///< of that file
  const Definition* definition = nullptr;
  /// Of operators: namespace, operator, overload. Of what is compiled: the module of a module whose functions
  /// are operators, or of such a module and the function.
  std::vector<std::string> path = {};
  std::vector<BoundValue> choices = {};
  bool exact = true;  ///< of an instance: it is not one of a derived class

  static BoundValue unknown(std::string why) { return {Kind::unknown, std::move(why)}; }
  static BoundValue module(std::string name) { return {Kind::module, {}, std::move(name)}; }
  static BoundValue foreign(std::string name) { return {Kind::foreign, {}, std::move(name)}; }
};

/// All that a name may be bound to, on different paths of the code. Never empty.
using BoundValues = std::vector<BoundValue>;

}  // namespace launch::pysource

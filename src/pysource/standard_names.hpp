#pragma once

#include <span>
#include <string_view>

namespace launch::pysource {

/// Names of the standard library, and their attributes; words are separated by blanks.
struct StandardNames {
  std::string_view owners;  ///< classes or modules, in alphabetical order
  std::string_view words;
};

/// What classes have that other classes are derived from: public names in any CPython from 3.8 to 3.13, and
/// special names (__len__) that all from 3.10 to 3.13 give, but those of `object`.
std::span<const StandardNames> standard_classes();

}  // namespace launch::pysource

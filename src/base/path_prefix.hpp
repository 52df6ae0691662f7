#pragma once

#include <string_view>

namespace launch {

/// True for a name of parts that are separated by "/", if it is the place or begins with its parts: "a/b" and
/// "a/b/c" are within "a/b", "a/bc" is not. For normal paths is_below (base/folder.hpp) says the same,
/// slower.
inline bool is_within(std::string_view name, std::string_view place) {
  return name.starts_with(place) && (name.size() == place.size() || name[place.size()] == '/');
}

}  // namespace launch

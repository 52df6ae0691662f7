#pragma once

#include <cstdint>

namespace launch::probe {

/// How code of the tree comes to run.
enum class Reached : std::uint8_t {
  yes,      ///< it is not known that every way to it is closed
  unknown,  ///< only behind gates that could not be evaluated
  caught,   ///< only where a failing import is caught
  cycle,    ///< only from what it calls itself; no answer of a search
  no,       ///< every way to it has a gate that does not let it run
};

}  // namespace launch::probe

#pragma once

#include "base/result.hpp"
#include "python/marker.hpp"
#include "python/scanner.hpp"

namespace launch::python {

/// Reads a marker from where the scanner stands to its end. Errors (usage): not a marker, with the place.
Result<Marker> parse_marker(Scanner& scan);

}  // namespace launch::python

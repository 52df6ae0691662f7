#pragma once

#include "base/result.hpp"
#include "specs/marker.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {

/// Reads a marker from where the scanner stands to its end. Errors (input): not a marker, with the place.
Result<Marker> parse_marker(Scanner& scan);

}  // namespace launch::specs

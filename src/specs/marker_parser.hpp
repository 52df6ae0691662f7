#pragma once

#include "base/result.hpp"
#include "specs/marker.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {

/// Parses a marker from the scanner's position to its end. Errors (input): not a marker, with the position.
Result<Marker> parse_marker(Scanner& scan);

}  // namespace launch::specs

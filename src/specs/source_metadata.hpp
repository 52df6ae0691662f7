#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "specs/metadata.hpp"

namespace launch::specs {

/// What a PKG-INFO of a source archive says of the wheels that are built from it.
struct SourceMetadata {
  CoreMetadata core;
  /// The wheels will have the same Requires-Dist, Requires-Python and Provides-Extra: core metadata 2.2 or
  /// later, with none of these Dynamic (PEP 643). Else a wheel must be built to know them.
  bool is_static = false;
};

/// Errors (input): those of CoreMetadata::parse.
Result<SourceMetadata> parse_pkg_info(std::string_view text);

}  // namespace launch::specs

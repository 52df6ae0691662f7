#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/requirement.hpp"
#include "specs/specifier.hpp"

namespace launch::specs {

/// What resolving needs of a METADATA file (core metadata 1.0 to 2.4).
struct CoreMetadata {
  std::string name;  ///< normalized
  std::string version;
  std::vector<Requirement> requires_dist;
  SpecifierSet requires_python;      ///< empty when the line cannot be read, as installers take it
  std::string requires_python_text;  ///< as written

  /// Errors (input): no Name or Version, or a Requires-Dist that cannot be read (the line is quoted).
  static Result<CoreMetadata> parse(std::string_view text);
};

}  // namespace launch::specs

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/requirement.hpp"
#include "specs/specifier.hpp"

namespace launch::specs {

/// The parts of a METADATA file that resolving needs (core metadata 1.0 to 2.4).
struct CoreMetadata {
  std::string name;  ///< normalized
  std::string version;
  std::vector<Requirement> requires_dist;
  std::set<std::string> provides_extra;  ///< normalized
  SpecifierSet requires_python;          ///< empty if invalid, as installers ignore it then
  std::string requires_python_text;      ///< as written

  /// The requirements as text, sorted: equal for metadata that requires the same.
  std::vector<std::string> requirement_texts() const;

  /// Errors (input): Name or Version is missing, or a Requires-Dist is invalid (the line is quoted).
  static Result<CoreMetadata> parse(std::string_view text);
};

}  // namespace launch::specs

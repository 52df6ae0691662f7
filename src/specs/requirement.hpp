#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "specs/marker.hpp"
#include "specs/specifier.hpp"

namespace launch::specs {

/// A PEP 508 requirement: `cuda-toolkit[nvrtc,cudart]==13.0.2; platform_system == "Linux"`.
struct Requirement {
  std::string name;              ///< normalized (PEP 503)
  std::set<std::string> extras;  ///< normalized
  SpecifierSet specifier;
  std::optional<std::string> url;  ///< of `name @ url`
  std::optional<Marker> marker;

  /// Errors (input): not a PEP 508 requirement; the message gives the position.
  static Result<Requirement> parse(std::string_view text);
  std::string text() const;
};

}  // namespace launch::specs

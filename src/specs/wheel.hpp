#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/tag.hpp"
#include "specs/version.hpp"

namespace launch::specs {

/// The parts of a wheel's file name (PEP 427; packaging.python.org, "Binary distribution format").
struct WheelName {
  std::string name;  ///< normalized (PEP 503)
  Version version;
  std::string build;  ///< "" or "1abc"
  std::string tags;   ///< compressed: "cp312-cp312-manylinux_2_28_x86_64"

  /// Parses "torch-2.5.0+cu121-…whl", percent-decoded. Errors (input): not the name of a wheel.
  static Result<WheelName> parse(std::string_view file_name);
};

/// Index of the first of `supported` (sorted, best first) that the compressed tag set contains; nullopt if
/// none is.
std::optional<std::size_t> best_tag(std::string_view compressed, const std::vector<Tag>& supported);

}  // namespace launch::specs

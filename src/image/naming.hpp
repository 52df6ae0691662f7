#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "containers/engine.hpp"

namespace launch::image {

/// Gives an image a name. Returns the image that lost its last name; the engine keeps it. Errors
/// (environment): those of the engine.
Result<std::optional<Digest>> take_name(const containers::Engine& engine, const Digest& image_id,
                                        const std::string& reference);

}  // namespace launch::image

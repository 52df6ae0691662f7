#pragma once

#include <span>

#include "archive/layer.hpp"
#include "net/body_source.hpp"
#include "store/layers.hpp"

namespace launch::store {

/// A layer as a body, whose bytes are read from its wheels whenever they are sent; it keeps neither them nor
/// the wheels in memory. Errors: those of LayerReader::open.
Result<net::Body> layer_body(std::span<const LayerWheel> wheels, const archive::LayerSpec& spec,
                             const archive::LayerFacts& facts);

}  // namespace launch::store

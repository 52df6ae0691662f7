#pragma once

#include <span>
#include <vector>

#include "archive/layer.hpp"
#include "base/steady_file.hpp"
#include "net/body_source.hpp"
#include "store/layers.hpp"

namespace launch::store {

/// A layer as a body, whose bytes are read from its wheels whenever they are sent; it keeps neither them nor
/// the wheels in memory. Errors: those of OpenWheels::open and plan_layer; (environment): the layer has
/// another size.
Result<net::Body> layer_body(std::span<const LayerWheel> wheels, const archive::LayerSpec& spec,
                             const archive::LayerFacts& facts);

/// The same of a layer of files (archive::file_layer), which are read whenever they are sent. Errors of
/// reading it: those of SteadyFile::read.
net::Body file_layer_body(archive::LayerPlan plan, std::vector<SteadyFile> files);

}  // namespace launch::store

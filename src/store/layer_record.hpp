#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/layer.hpp"
#include "base/digest.hpp"

namespace launch::store {

/// The digest of everything that determines a layer: its wheels in their order, the specification, and the
/// format of layers.
Digest layer_key(std::span<const Digest> wheels, const archive::LayerSpec& spec);

/// What the store keeps of a layer: text with one digest per file. The layer itself is never kept.
std::string layer_record_text(const archive::LayerFacts& facts);

/// nullopt unless the text is whole and undamaged.
std::optional<archive::LayerFacts> parse_layer_record(std::string_view text);

}  // namespace launch::store

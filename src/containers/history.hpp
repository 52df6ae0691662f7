#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::containers {

/// A step of an image's history that made a layer.
struct LayerStep {
  std::string instruction;  ///< of a Dockerfile: "COPY"; "RUN" if none is written
  std::uint64_t size = 0;   ///< bytes of the layer's files, or of its tar
};

/// The steps that made an image's layers, from below, one for each, in what `history` prints
/// (EngineType::history), where steps without content have the size 0. nullopt if it does not tell which.
std::optional<std::vector<LayerStep>> layer_steps(std::string_view history, std::size_t layers);

}  // namespace launch::containers

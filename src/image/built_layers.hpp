#pragma once

#include <vector>

#include "base/result.hpp"
#include "containers/engine.hpp"
#include "image/build.hpp"
#include "image/plan.hpp"
#include "store/store.hpp"

namespace launch::image {

/// The layers of an image that an engine built, from the bottom.
struct BuiltLayers {
  std::vector<WheelLayer> wheels;
  std::vector<LayerSize> sizes;  ///< of all layers, or of those of wheels if the engine tells no more
};

/// Those of an image that build_image returned for this request. Errors: those of wheels_for.
Result<BuiltLayers> built_layers(const BuildRequest& request, const containers::Engine& engine,
                                 const containers::Image& image, const store::Store& store);

}  // namespace launch::image

#pragma once

#include <memory>

#include "train/place.hpp"

namespace launch::train {

/// One container per node on this machine, on a network of their own where they find each other by name.
std::unique_ptr<Place> make_local_place(PlaceTools tools);

}  // namespace launch::train

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/plan.hpp"

namespace launch::cli {

/// A table of the largest layers with a line of what all have together. A column whose sizes are unknown is
/// left out, and a total of which a part is; they are sorted by what is known of all, the compressed size if
/// both are. `of_what` follows the word "layers": " of wheels", or nothing.
std::string layer_sizes_text(std::vector<image::LayerSize> layers, std::string_view of_what = "");

}  // namespace launch::cli

#pragma once

#include <string>

#include "archive/root_tree.hpp"
#include "base/result.hpp"
#include "image/own_layers.hpp"

namespace launch::image {

/// Checks that a base image leaves room for what is launch's own in every image. `base`: its name. Errors
/// (input): it has kVenv or kPythonHome already, whose files would be mixed with those of the lock, or a link
/// on the way to them, which the layers of an image would replace.
Result<void> check_base_folders(const archive::RootTree& root, const std::string& base);

/// Adds to the last layer of an image the folders above kVenv as the base has them, since a layer of wheels,
/// which does not depend on the base, has them as root's with mode 0755. Those that the layer has stay as
/// they are.
void keep_base_folders(OwnLayer& layer, const archive::RootTree& root);

}  // namespace launch::image

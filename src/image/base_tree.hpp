#pragma once

#include <string>

#include "archive/root_tree.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "store/pull.hpp"
#include "store/store.hpp"

namespace launch::image {

/// What the layers of a base image, and of the system that was added to it, leave of folders and users; read
/// once and kept in the store. `system`: what identifies the layers above the base's own; empty if there are
/// none. Errors: those of archive::read_root_tree.
Result<archive::RootTree> base_tree(const store::PulledImage& base, const std::string& system,
                                    const store::Store& store, const Work& work);

}  // namespace launch::image

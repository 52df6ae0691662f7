#pragma once

#include <span>

#include "archive/file_layer.hpp"
#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace launch::store {

/// Digests and sizes of a layer of files, without reading these if the store knows the layer. It remembers
/// some 256 layers beside `below`, the base image that they are for, with which they are collected. Errors:
/// those of archive::digest_file_layer.
Result<archive::FileLayerFacts> file_layer_facts(const Store& store, const Digest& below,
                                                 std::span<const archive::LayerMember> members,
                                                 const archive::LayerSources& sources, Disk& disk);

}  // namespace launch::store

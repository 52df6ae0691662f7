#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "archive/layer.hpp"
#include "base/digest.hpp"
#include "base/mapped_file.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "store/store.hpp"

namespace launch::store {

/// A wheel whose digest was verified.
struct LayerWheel {
  Digest digest;
  std::filesystem::path path;
};

/// The wheels of one layer, in the order of their installation; at least one.
using LayerWheels = std::vector<LayerWheel>;

/// Digests and sizes of layers, in their order, made on all cores where the store does not know them yet. It
/// keeps them beside the layer's first wheel, with which they are collected. Errors (input): a malformed
/// wheel, named; (environment): a wheel cannot be read; a stop.
Result<std::vector<archive::LayerFacts>> layer_facts(const Store& store, std::span<const LayerWheels> layers,
                                                     const archive::LayerSpec& spec, const Work& work);

/// The same, if the store knows all of them; reads no wheel.
std::optional<std::vector<archive::LayerFacts>> known_layer_facts(const Store& store,
                                                                  std::span<const LayerWheels> layers,
                                                                  const archive::LayerSpec& spec);

/// Wheels that are open for reading.
class OpenWheels {
 public:
  /// Errors (input): not a zip, named; (environment): it cannot be read.
  static Result<OpenWheels> open(std::span<const LayerWheel> wheels);
  std::span<const archive::ZipFile> zips() const { return zips_; }
  /// Returns the memory of what was read.
  void forget() const;
  /// The files themselves, in the order of the wheels; the object is of no use afterwards.
  std::vector<MappedFile> take() { return std::move(files_); }

 private:
  std::vector<MappedFile> files_;
  std::vector<archive::ZipFile> zips_;
};

}  // namespace launch::store

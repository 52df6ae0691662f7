#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "image/layers.hpp"
#include "project/project.hpp"
#include "specs/platform.hpp"
#include "store/layers.hpp"
#include "store/store.hpp"

namespace launch::image {

/// Those of some packages, such as a layer's.
std::vector<ImageWheel> wheels_among(const std::vector<ImageWheel>& wheels,
                                     const std::vector<std::string>& packages);
/// "torch 2.10.0" or "6 packages: fsspec 2026.1.0, …"
std::string group_name(std::span<const ImageWheel> wheels);

/// Wheels that are installed together: those of a layer.
struct WheelGroup {
  LayerGroup group = LayerGroup::rest;
  std::string name = {};  ///< group_name
  std::vector<std::string> file_names = {};
  store::LayerWheels wheels = {};  ///< at their places in the store, whether they are there or not
};

/// The wheels of a lock for a platform.
struct GroupedWheels {
  std::vector<ImageWheel> wheels;
  std::vector<WheelGroup> groups;  ///< in the order of their installation: a later one's file counts

  /// All wheels of the groups, in their order.
  std::vector<store::LayerWheel> in_order() const;
  /// As the lock has them.
  std::vector<project::LockedWheel> locked() const;
  /// The one with this digest, which must be among them.
  const ImageWheel& wheel_of(const Digest& digest) const;
};

/// Errors: those of wheels_for.
Result<GroupedWheels> group_wheels(const project::Locked& locked, const specs::Platform& platform,
                                   const store::Store& store);

/// Bytecode that is installed together.
struct BytecodeGroup {
  std::string name;         ///< "bytecode of torch's packages"
  store::LayerWheels zips;  ///< at least one
};

/// In the order of installation, after all wheels. `zips` are those of the groups' wheels in their order;
/// what follows each nightly comes last.
std::vector<BytecodeGroup> group_bytecode(const std::vector<WheelGroup>& groups,
                                          std::span<const std::optional<store::LayerWheel>> zips);

}  // namespace launch::image

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/oci_image.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "image/bytecode.hpp"
#include "image/overlaps.hpp"
#include "image/project_files.hpp"
#include "image/system.hpp"
#include "net/body_source.hpp"
#include "project/project.hpp"
#include "specs/platform.hpp"
#include "store/pull.hpp"
#include "store/store.hpp"

namespace launch::image {

/// The inputs of an image that is put together from the store. Nothing runs, unless packages of the
/// distribution have to be installed.
struct PlanRequest {
  project::Locked locked;
  std::vector<ProjectCopy> copies;
  specs::Platform platform;
  std::filesystem::path folder;  ///< where temporary files may be
  /// Brings wheels of the lock to their places in the store, and returns these in the order of the wheels.
  std::function<Result<std::vector<std::filesystem::path>>(const std::vector<project::LockedWheel>&)> fetch;
  /// The same for the archive of the lock's interpreter.
  std::function<Result<std::filesystem::path>(const specs::Platform&)> fetch_interpreter;
  /// Pulls the base image.
  std::function<Result<store::PulledImage>(const specs::Platform&)> fetch_base;
  /// Makes what the recipe's packages of the distribution add to it; called only if there are some. `base` is
  /// the digest of its manifest.
  std::function<Result<SystemLayers>(const Digest& base, const archive::Image& image, const specs::Platform&)>
      make_system;
};

/// A layer or the configuration of an image, and how to read it.
struct PlannedBlob {
  archive::Descriptor blob;
  std::string name;  ///< for messages: "the layer of torch 2.10.0"
  std::function<Result<net::Body>()> open;
};

/// A layer of an image that contains wheels.
struct WheelLayer {
  std::string name;                 ///< group_name; empty if it has no wheels
  Digest digest;                    ///< of its uncompressed tar (diffID)
  std::uint64_t size = 0;           ///< bytes of that tar
  std::vector<std::string> wheels;  ///< their file names
};

/// How large a layer of an image is.
struct LayerSize {
  std::string name;  ///< "torch 2.10.0", "layer 1 of the base image"
  Digest digest;     ///< of its uncompressed tar (diffID)
  /// Bytes of its blob, as a registry keeps it; nullopt: unknown.
  std::optional<std::uint64_t> compressed = {};
  std::optional<std::uint64_t> unpacked = {};  ///< bytes of its tar or of its files; nullopt: unknown
};

/// An image, known to the last byte before anything of it is written.
struct ImagePlan {
  specs::Platform platform;
  std::string manifest;
  std::string config;
  std::vector<PlannedBlob> blobs;      ///< each digest once; the configuration is one of them
  std::vector<WheelLayer> wheels;      ///< from the bottom
  std::vector<LayerSize> layers = {};  ///< all of them, from the bottom
  std::vector<Overlap> overlaps = {};  ///< of its wheels

  Digest digest() const { return Digest::of(manifest); }
  Digest image_id() const { return Digest::of(config); }
};

/// True if the image of a locked recipe can be planned: its Python is standalone.
bool can_be_planned(const project::Locked& locked);
/// Why it cannot, for messages.
inline constexpr std::string_view kWhyNotPlanned = "its Python is that of the base image or its distribution";

/// The image of a locked recipe: the base's layers, the distribution's packages, the interpreter and its
/// bytecode, the virtual environment and the user, the wheels (plan_layers), their bytecode, the project's
/// files. It depends on the lock, the recipe and the project's files alone; all files of its own have one
/// constant time. What the store does not know yet is made, on all cores. Errors (input): a malformed wheel,
/// interpreter or base image, named; those of wheels_for, find_overlaps, check_base_folders and user_files;
/// (environment): those of the functions of the request; a stop.
Result<ImagePlan> plan_image(const PlanRequest& request, const store::Store& store, ProcessRunner& runner,
                             const Work& work);

}  // namespace launch::image

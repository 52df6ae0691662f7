#pragma once

#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/toml.hpp"
#include "specs/platform.hpp"

namespace launch::project {

/// What identifies an image.
struct ImageDigest {
  Digest manifest;
  Digest config;  ///< the image ID

  friend bool operator==(const ImageDigest&, const ImageDigest&) = default;
};

/// The images of a lock, without the project's files: what every build must have below them. A recipe without
/// `copy` has exactly these images.
struct ImageDigests {
  Digest recipe;  ///< recipe_digest(…, Stage::render) of the recipe that they were made from
  std::map<specs::Platform, ImageDigest> platforms;
};

/// The table [tool.launch.images], which is the end of a lock.
std::string write_image_digests(const ImageDigests& images);
/// Errors (input): a key is missing, or its value is something else.
Result<ImageDigests> read_image_digests(const TomlTable& table);

}  // namespace launch::project

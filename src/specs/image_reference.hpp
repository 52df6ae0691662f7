#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace launch::specs {

/// "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04@sha256:…" in its parts; short names are Docker Hub's.
struct ImageReference {
  std::string registry;    ///< "docker.io"
  std::string repository;  ///< "nvidia/cuda"
  std::string tag;         ///< "latest" when neither tag nor digest is given
  std::optional<Digest> digest = {};

  /// Errors (input): not an image reference.
  static Result<ImageReference> parse(std::string_view text);
  std::string name() const { return registry + "/" + repository; }
  std::string text() const;
};

}  // namespace launch::specs

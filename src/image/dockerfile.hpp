#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "project/project.hpp"
#include "project/recipe.hpp"

namespace launch::image {

/// What an image is rendered from.
struct DockerfileInput {
  const project::Recipe& recipe;
  const project::LoadedLock& lock;
  std::vector<std::string> copies;  ///< folders in the image that project files go below: "/workspace/"
  std::string pull_name = {};       ///< what the base image is pulled by; empty: its own name
};

/// The Dockerfile of a locked recipe, in what buildah 1.28, docker and BuildKit have in common. Pure: the
/// same input gives the same text. Errors (input): the lock names no base image, one that cannot be one, or
/// one whose digest is open.
Result<std::string> render_dockerfile(const DockerfileInput& input);

/// What a builder reads of the context, whatever else lies there.
std::string render_dockerignore();

/// Seconds since 1970 that stand for "when" in everything a lock's image holds: its newest upload, else the
/// nightly's day, else 0.
std::int64_t image_timestamp(const project::Lockfile& lock);

/// Where the base image's interpreter lies: "/usr/bin/python3.12".
std::string base_interpreter(const project::BaseImage& base);

}  // namespace launch::image

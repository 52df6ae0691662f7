#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "image/project_files.hpp"
#include "project/image_folders.hpp"
#include "project/project.hpp"
#include "project/recipe.hpp"

namespace launch::image {

/// The inputs of a Dockerfile.
struct DockerfileInput {
  const project::Recipe& recipe;
  const project::LoadedLock& lock;
  std::span<const ProjectCopy> copies;  ///< of the recipe
  std::string pull_name = {};           ///< the name to pull the base image by; empty: its own name
};

/// The base image of a lock, with its digest. Errors (input): the lock names none, an invalid one, or one
/// whose digest is open; those of check_base_cuda.
Result<project::BaseImage> base_of(const project::Recipe& recipe, const project::LoadedLock& lock);

/// The Dockerfile of a locked recipe, in the syntax common to buildah 1.28, docker and BuildKit. Pure: the
/// same input produces the same text. Errors: those of base_of.
Result<std::string> render_dockerfile(const DockerfileInput& input);

/// A layer that the Dockerfile makes.
struct DockerfileLayer {
  std::string name = {};                   ///< "apt: g++"; empty for wheels
  std::vector<std::string> packages = {};  ///< whose wheels it has, if there are some for the platform
};
/// From below, without those of the base image.
std::vector<DockerfileLayer> dockerfile_layers(const DockerfileInput& input);

/// "apt: g++ git"
std::string apt_layer_name(std::span<const std::string> packages);

/// The start of that Dockerfile: the base image with the distribution's packages of the recipe. Errors: the
/// same.
Result<std::string> render_system(const DockerfileInput& input);

/// Restricts the context to what the Dockerfile uses.
std::string render_dockerignore();

using project::kPythonHome;

/// Path of an image's interpreter: that of the lock, else the base image's, of which there must be one.
std::string image_interpreter(const project::Provenance& provenance);

/// Path of the base image's interpreter: "/usr/bin/python3.12".
std::string base_interpreter(const project::BaseImage& base);

}  // namespace launch::image

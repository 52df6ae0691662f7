#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "specs/platform.hpp"

namespace launch::containers {

struct BuildSpec {
  std::filesystem::path context;
  std::filesystem::path dockerfile;
  std::string tag;                               ///< "localhost/launch/demo:latest"
  std::int64_t timestamp = 0;                    ///< seconds since 1970 that every file and the image get
  std::optional<specs::Platform> platform = {};  ///< nullopt: the engine's own
  bool from_scratch = false;                     ///< no layer cache
  /// podman: what the image and its intermediate images are known by. They change no image ID, as labels
  /// would.
  std::map<std::string, std::string> annotations = {};
  std::string base = {};  ///< what the Dockerfile is FROM
  std::string mark = {};  ///< what podman's working containers of the build are known by; a word
};

/// The exact argument vector of `build`; `id_file` receives the image id. Pure.
std::vector<std::string> build_arguments(const EngineInfo& info, const BuildSpec& spec,
                                         const std::filesystem::path& id_file);

/// Builds images with an engine of this machine, on whose files it looks: unlike an Engine, it cannot be
/// elsewhere.
class Builder {
 public:
  /// `folder` is used by no other build at the same time. It holds what the engine has there for a while, and
  /// what of it is to be removed when the build is cut off. `mark` is used by no other folder.
  Builder(const Engine& engine, std::filesystem::path folder, std::string mark, const Work& work)
      : engine_(&engine), folder_(std::move(folder)), mark_(std::move(mark)), work_(work) {}

  /// Builds, telling the engine's steps; the image is found again by its tag. Of a build that is stopped
  /// nothing is left.
  Result<Image> build(BuildSpec spec) const;
  /// Removes what a build in this folder left that ended without a word: processes of its RUN, working
  /// containers, intermediate images that were not there before, and the folder. Nothing to do is no error.
  Result<void> remove_remains() const;

 private:
  Result<Image> check(const BuildSpec& spec, const Result<std::string>& id) const;
  const Engine* engine_;
  std::filesystem::path folder_;
  std::string mark_;
  Work work_;
};

}  // namespace launch::containers

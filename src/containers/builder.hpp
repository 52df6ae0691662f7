#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "specs/platform.hpp"

namespace launch::containers {

/// What lines that a Dockerfile's RUN prints for the user begin with: a warning, and what to do if it fails.
inline constexpr std::string_view kBuildWarning = "launch: warning: ";
inline constexpr std::string_view kBuildHint = "launch: hint: ";

struct BuildSpec {
  std::filesystem::path context;
  std::filesystem::path dockerfile;
  std::string tag;             ///< "localhost/launch/demo:latest"
  std::string title = {};      ///< as errors call the image; empty: `tag`
  std::int64_t timestamp = 0;  ///< seconds since 1970: the time of every file and of the image
  std::optional<specs::Platform> platform = {};  ///< nullopt: the engine's own
  bool from_scratch = false;                     ///< no layer cache
  /// podman: they identify the image and its intermediate images. Unlike labels, they change no image ID.
  std::map<std::string, std::string> annotations = {};
  std::string base = {};  ///< the Dockerfile's FROM
  std::string mark = {};  ///< identifies podman's working containers of the build; one word
};

/// The exact argument vector of `build`; `id_file` receives the image id. Pure.
std::vector<std::string> build_arguments(const EngineInfo& info, const BuildSpec& spec,
                                         const std::filesystem::path& id_file);

/// Builds images with an engine on this machine. It reads the engine's files, so unlike an Engine it cannot
/// be remote.
class Builder {
 public:
  /// `folder` must not be used by another build at the same time. It holds the engine's temporary files, and
  /// a record of what to remove if the build is interrupted. `mark` must be unique to the folder.
  Builder(const Engine& engine, std::filesystem::path folder, std::string mark, const Work& work)
      : engine_(&engine), folder_(std::move(folder)), mark_(std::move(mark)), work_(work) {}

  /// Builds, reporting the engine's steps, and lines of kBuildWarning as warnings; the image can be found by
  /// its tag. A stopped build leaves nothing. Errors have lines of kBuildHint as hints.
  Result<Image> build(BuildSpec spec) const;
  /// Removes what a killed build in this folder left: processes of its RUN, working containers, new
  /// intermediate images, and the folder. Having nothing to do is not an error.
  Result<void> remove_remains() const;

 private:
  Result<Image> check(const BuildSpec& spec, const Result<std::string>& id) const;
  const Engine* engine_;
  std::filesystem::path folder_;
  std::string mark_;
  Work work_;
};

}  // namespace launch::containers

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "containers/builder.hpp"
#include "containers/engine.hpp"

namespace launch::containers {

/// What interrupted builds leave on this machine's disk and in the storage of an engine that keeps it in
/// files (EngineInfo::build_places). podman 4 exits at once when asked to and cleans nothing up: the
/// container of a RUN keeps running, and working containers, intermediate images and temporary files stay.
class BuildRemains {
 public:
  /// See Builder.
  BuildRemains(const Engine& engine, std::filesystem::path folder, std::string mark, const Work& work)
      : engine_(&engine), folder_(std::move(folder)), mark_(std::move(mark)), work_(work) {}

  /// Records what exists before a build, and makes its process keep its temporary files in the folder.
  Result<void> expect(const BuildSpec& build, ProcessSpec& process) const;
  /// Removes everything that a finished or dead build left.
  Result<void> remove() const;
  /// The same for a build that ended by itself, which leaves only its folder.
  Result<void> remove_folder() const;

 private:
  enum class HalfMade { wait, remove };
  Result<std::vector<std::string>> image_ids(HalfMade half_made) const;
  Result<std::vector<Image>> inspect(std::vector<std::string> ids) const;
  std::vector<std::filesystem::path> container_folders() const;
  void end_run_instructions() const;
  Result<void> remove_working_containers() const;
  Result<std::vector<std::string>> orphans() const;
  Result<void> remove_new_images() const;

  const BuildPlaces& places() const { return *engine_->info().build_places; }
  const Engine* engine_;
  std::filesystem::path folder_;
  std::string mark_;
  Work work_;
};

}  // namespace launch::containers

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "containers/builder.hpp"
#include "containers/engine.hpp"

namespace launch::containers {

/// What builds leave that are cut off, on this machine's disk and in the storage of an engine that keeps it
/// in files (EngineInfo::build_places). podman 4 ends at once when it is asked to, and leaves to others what
/// it was doing: the container of a RUN goes on, working containers and intermediate images stay, and so do
/// its temporary files.
class BuildRemains {
 public:
  /// As Builder's.
  BuildRemains(const Engine& engine, std::filesystem::path folder, std::string mark, const Work& work)
      : engine_(&engine), folder_(std::move(folder)), mark_(std::move(mark)), work_(work) {}

  /// Writes down what is there before a build, and has its process keep its temporary files in the folder.
  Result<void> expect(const BuildSpec& build, ProcessSpec& process) const;
  /// Removes all that a build left that is over.
  Result<void> remove() const;
  /// The same for one that ended by itself, whose folder is all that it left.
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

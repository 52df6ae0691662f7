#pragma once

#include <filesystem>

#include "base/file.hpp"
#include "base/result.hpp"

namespace launch::image {

/// A folder for one build, removed with the object. A lock shows that its process is alive; the next one
/// created removes those of killed processes.
class ScratchFolder {
 public:
  /// A new folder below `parent`, which is created if necessary. Errors (environment).
  static Result<ScratchFolder> make(Disk& disk, const std::filesystem::path& parent);

  ScratchFolder(ScratchFolder&&) = default;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  ScratchFolder(Disk& disk, std::filesystem::path path) : disk_(&disk), path_(std::move(path)) {}
  Disk* disk_;
  std::filesystem::path path_;
  Fd lock_;  // on PATH.lock
};

}  // namespace launch::image

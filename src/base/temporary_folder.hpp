#pragma once

#include <filesystem>
#include <utility>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch {

/// A new folder that is removed with the object.
class TemporaryFolder {
 public:
  /// Below `parent`, or in the system's folder for temporary files. Errors (environment).
  static Result<TemporaryFolder> make(Disk& disk, std::filesystem::path parent = {});

  TemporaryFolder(TemporaryFolder&& other) noexcept
      : disk_(other.disk_), path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryFolder(Disk& disk, std::filesystem::path path) : disk_(&disk), path_(std::move(path)) {}
  Disk* disk_;
  std::filesystem::path path_;
};

}  // namespace launch

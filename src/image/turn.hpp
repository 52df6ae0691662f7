#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/file.hpp"
#include "base/result.hpp"
#include "base/work.hpp"

namespace launch::image {

/// The right to build one image, held by one process at a time, and the folder that its build leaves behind
/// if the process is killed.
class BuildTurn {
 public:
  /// nullopt if another process holds it. `image` is a name without slashes. Errors (environment): the lock
  /// file in `folder` cannot be created.
  static Result<std::optional<BuildTurn>> try_take(Disk& disk, const std::filesystem::path& folder,
                                                   std::string_view image);
  /// Waits for it. Errors: the same; (environment) a stop was requested.
  static Result<BuildTurn> take(const std::filesystem::path& folder, std::string_view image,
                                const Work& work);

  /// Anything there was left by a build that was killed.
  const std::filesystem::path& remains() const { return remains_; }

 private:
  BuildTurn(FileLock lock, std::filesystem::path remains)
      : lock_(std::move(lock)), remains_(std::move(remains)) {}
  FileLock lock_;
  std::filesystem::path remains_;
};

}  // namespace launch::image

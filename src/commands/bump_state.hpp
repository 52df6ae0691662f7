#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "specs/day.hpp"

namespace launch::commands {

/// What bumps of one recipe keep between them, in the state folder: the lock of each candidate, and which of
/// their images could not be verified.
class BumpState {
 public:
  /// Errors (environment): the folder cannot be created. What cannot be read counts as nothing.
  static Result<BumpState> open(const Workspace& workspace, const std::string& recipe, Disk& disk);

  /// The folder of a candidate's lock: it takes the place of the project's lockfiles/.
  std::filesystem::path folder_of(const std::optional<specs::Day>& night) const;
  /// Why the image with this ID could not be verified by this command; nullopt: it was not tried.
  std::optional<std::vector<std::string>> failure(const Digest& image, const std::string& smoke) const;
  /// Errors (environment): it cannot be written.
  Result<void> remember(const Digest& image, const std::string& smoke, std::vector<std::string> reasons);
  /// Errors (environment): they cannot be removed.
  Result<void> forget_candidates();

 private:
  struct Failure {
    std::string image;
    std::string smoke;
    std::vector<std::string> reasons;
  };
  BumpState(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(&disk) {}
  void read();

  std::filesystem::path folder_;
  Disk* disk_;
  std::vector<Failure> failures_;
};

}  // namespace launch::commands

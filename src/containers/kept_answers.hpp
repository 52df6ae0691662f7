#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/disk.hpp"

namespace launch::containers {

/// What an engine said about its images, kept in a file until they change: asking podman takes longer than
/// everything else that launch does before a run.
class KeptAnswers {
 public:
  /// Keeps nothing.
  KeptAnswers() = default;
  /// `list`: a file that the engine replaces whenever an image, or a name of one, comes or goes. `kept`: the
  /// file to keep the answers in.
  KeptAnswers(std::filesystem::path list, std::filesystem::path kept, Disk& disk)
      : list_(std::move(list)), kept_(std::move(kept)), disk_(&disk) {}

  /// The state of the engine's list; empty if it has none.
  std::string state() const;
  /// The answer about an image that was kept in this state.
  std::optional<std::string> find(std::string_view state, const std::string& reference) const;
  /// Keeps an answer about an image, if the list has it under that name (which can be in another list, too)
  /// and still the state that it had before the engine was asked. A full disk is no error.
  void keep(std::string_view state, const std::string& reference, const Digest& image,
            std::string answer) const;
  /// Removes what was kept.
  void forget() const;

 private:
  std::filesystem::path list_;
  std::filesystem::path kept_;
  Disk* disk_ = nullptr;
};

}  // namespace launch::containers

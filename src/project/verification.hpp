#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/project.hpp"
#include "pytorch/torch_build.hpp"
#include "specs/platform.hpp"

namespace launch::project {

/// The record `lockfiles/NAME.verified.json`: this lock passed this smoke test in this image, on this GPU and
/// driver, on this day.
struct Verification {
  Digest lock = Digest::of("");
  std::string recipe;                             ///< "demo"
  Digest image_id = Digest::of("");               ///< of its configuration
  std::optional<Digest> image_digest = {};        ///< of its manifest; nullopt if the engine keeps none
  specs::Platform platform = {};                  ///< of the image
  std::optional<pytorch::TorchBuild> torch = {};  ///< nullopt: the lock has no torch
  std::vector<std::string> smoke = {};            ///< the recipe's command; empty: launch's own check
  std::size_t names = 0;                          ///< how many names that the code needs were imported
  std::vector<std::string> gpus = {};             ///< "NVIDIA H100 80GB HBM3"; empty: run without any
  std::string driver = {};                        ///< "550.54.15"; "unknown" if nvidia-smi does not say it
  std::string engine = {};                        ///< "podman 4.3.1"
  std::string time = {};                          ///< RFC 3339, UTC, whole seconds

  /// True of an image with this ID or manifest's digest. docker's containerd store has the latter for an ID.
  bool has_image(const Digest& id, const std::optional<Digest>& digest) const;
  /// "2 × NVIDIA H100, driver 550.54.15"; empty without a GPU
  std::string machine() const;
  /// "verified on 2026-11-24 with NVIDIA H100, driver 550.54.15"
  std::string text() const;
};

/// Deterministic. Pure.
std::string write_verification(const Verification& verification);
/// Pure. Errors (input): not JSON, another schema, a value that is missing or invalid; the key is named.
Result<Verification> parse_verification(std::string_view text, std::string_view file);

/// Where the record of a lock belongs: beside it, lockfiles/demo.verified.json for
/// lockfiles/pylock.demo.toml; nullopt for a lock of another name.
std::optional<std::filesystem::path> verification_place(const std::filesystem::path& lock);

/// A record if it is of the lock with this digest. One that could not be read is only a warning.
std::optional<Verification> if_of_lock(Result<Verification> record, const Digest& digest, Reporter& reporter);

/// The record beside a lock if it is of the lock with this digest; nullopt if it is not, or there is none.
/// One that cannot be read is only a warning.
std::optional<Verification> verification_of(const Project& project, const std::filesystem::path& lock,
                                            const Digest& digest, Reporter& reporter);

/// The same for the lock of a recipe. A record of a smoke test other than the recipe's current one does not
/// count, which is a note.
std::optional<Verification> verification_for(const Project& project, const Recipe& recipe,
                                             const std::filesystem::path& lock, const Digest& digest,
                                             Reporter& reporter);

/// Writes the record beside a lock named pylock.NAME.toml. Errors (environment): it cannot be written.
Result<void> save_verification(Disk& disk, const std::filesystem::path& lock,
                               const Verification& verification);
/// Removes the record beside a lock. Errors (environment): it cannot be removed.
Result<void> remove_verification(Disk& disk, const std::filesystem::path& lock);

}  // namespace launch::project

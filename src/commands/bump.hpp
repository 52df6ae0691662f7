#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/diff.hpp"
#include "commands/fallbacks.hpp"
#include "pysource/answer.hpp"
#include "pysource/requirement.hpp"
#include "specs/day.hpp"

namespace launch::commands {

struct BumpRequest {
  std::string recipe;                      ///< name or path
  std::optional<std::string> engine = {};  ///< podman, docker or a path to one
  int tries = 10;                          ///< nightlies at most
  bool build = true;                       ///< else a nightly that locks and passes the check is enough
  bool again = false;                      ///< also verify what an earlier bump could not verify
};

/// A nightly that was tried; without a nightly channel, what the index has now.
struct BumpTry {
  enum class Step { check, build, verify };
  std::optional<specs::Day> night;
  std::string torch;                 ///< its locked version; empty if the lock has no torch
  std::optional<Step> failed;        ///< nullopt: it works
  std::vector<std::string> reasons;  ///< of the failure
  bool remembered = false;           ///< it failed in an earlier bump, and was not tried again
  std::filesystem::path lock;

  /// "torch 2.9.0.dev20250606+cu128"; the day if it has none
  std::string text() const;
};
/// "check"
std::string_view step_name(BumpTry::Step step);

/// A needed name on which two locks differ.
struct NameChange {
  pysource::Requirement name;
  pysource::Answer before;
  pysource::Answer after;
  std::vector<std::string> uses;  ///< "src/train.py:7"
};

struct BumpDocument {
  enum class Answer {
    moved,    ///< the lock was replaced
    current,  ///< the lock is already the newest, and works
    stays,    ///< nothing newer works
  };
  std::string recipe;  ///< its name
  std::string file;    ///< the lock, as messages show it
  Answer answer = Answer::stays;
  std::vector<BumpTry> tries;        ///< from the newest
  bool more = false;                 ///< there are older ones that were not tried
  std::optional<DiffDocument> diff;  ///< the lock before and the new one; nullopt: no new one, or none before
  std::optional<DiffDocument> broken;  ///< the newest that works and the oldest after it that does not
  /// Imports with which the code works with both of `broken`; nullopt: no import is missing.
  std::optional<FallbackDocument> fallbacks;
  std::string fallbacks_unknown;  ///< why these are not known
  std::vector<NameChange> names;  ///< between the lock before and the new one
  std::string names_unknown;      ///< why these are not known
  std::string dockerfile;         ///< that was written or is up to date; empty: there is no new lock
  bool verified = false;          ///< what the lock has now was built and verified

  bool works() const { return answer != Answer::stays; }
};

/// Moves the lock of a recipe to the newest nightly that resolves, has the names that the code under [verify]
/// scan needs, builds and passes verification; writes the lock, its Dockerfile and the record of the
/// verification. Until then the project's lock, and the image that has the recipe's name, stay as they are.
/// Candidates are kept in the state folder, with what failed to verify, which is not tried again. Packages
/// that the recipe does not take from the channel move only if they must. Without a nightly channel, there is
/// one candidate: the newest that the recipe allows. Errors: (input) the recipe pins the nightly; those of
/// lock, check, build and verify that are not a candidate's fault: the index, the engine or the disk fails; a
/// stop.
Result<BumpDocument> bump(const BumpRequest& request, const Context& context);

}  // namespace launch::commands

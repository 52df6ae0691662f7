#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "project/diff.hpp"
#include "project/verification.hpp"

namespace launch::commands {

/// Each lock is a name, a path to any PEP 751 lock, or "git:REV:LOCK", the same at a git revision; with
/// "git:REV" the lock is that of the other side.
struct DiffRequest {
  std::string before;
  std::string after;
  bool offline = false;  ///< read torch's wheels only from this machine
};

/// The commits that two builds of torch were made from.
struct TorchCommits {
  std::string before;
  std::string after;
  std::string url;      ///< the page that compares them
  std::string unknown;  ///< why the commits are unknown; then the others are empty
};

struct DiffDocument {
  std::string before;  ///< the locks, as messages show them
  std::string after;
  project::LockDiff diff;
  std::optional<project::Verification> before_verified;  ///< nullopt: that lock is not verified
  std::optional<project::Verification> after_verified;
  std::optional<TorchCommits> torch;  ///< if both locks have torch, but another one
};

/// Compares two locks. For the commits of torch, its wheels are read from the store or beside the lock, else
/// by range requests. The record of a verification is read beside each lock, at the same revision. Errors:
/// (input) "git:" without a revision, or without a lock on either side; git does not have the file at that
/// revision; those of Project::lock_file and load_lock; (environment) git cannot be run; a stop.
Result<DiffDocument> diff(const DiffRequest& request, const Context& context);

}  // namespace launch::commands

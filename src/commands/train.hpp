#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "specs/gpu_set.hpp"
#include "train/log_mux.hpp"
#include "train/run.hpp"

namespace launch::commands {

struct TrainRequest {
  std::string recipe;                              ///< name or path
  std::string place = "local";                     ///< of train::place_kinds()
  std::optional<int> nodes = {};                   ///< else the recipe's
  std::optional<specs::GpuSet> gpus = {};          ///< per node; else the recipe's
  std::optional<std::string> engine = {};          ///< podman, docker or a path to one
  int port = 29500;                                ///< torchrun's on node 0
  std::optional<std::chrono::seconds> grace = {};  ///< for ranks to save when interrupted; else the recipe's
  project::RunLimits limits = {};                  ///< else the recipe's
  /// nullopt: the image, if there is one of the lock; else a mounted environment, where that works.
  std::optional<train::EnvironmentKind> environment = {};
  std::optional<bool> preflight = {};       ///< check before the training; nullopt: with several hosts
  std::vector<std::string> arguments = {};  ///< for the training script
  train::GivenTexts given = {};             ///< of the ranks; relative paths start in the context's folder
};

struct TrainDocument {
  train::Plan plan;
  train::PlaceDescription description;
  train::RunFolder folder;
  train::RunReport report;
};

/// Runs the training of a locked recipe, with the image that was built from its lock or a mounted
/// environment. Lines of the nodes go to `show`, and what is said while they run to `running`, which must not
/// wait for a reader. Errors, before anything is started: those of load_locked,
/// Place::plan and Place::open; (no) there is no such image, and an environment cannot be mounted; (input) an
/// environment is wanted that cannot be mounted; those of MountedRun; (environment) the driver or a GPU of
/// this machine is older than the locked torch needs. Then those of carry_out; see RunEnd for later failures.
Result<TrainDocument> train(const TrainRequest& request, const Context& context, train::LogMux::Show show,
                            Reporter& running);

/// What a run would do.
struct TrainCommands {
  train::Plan plan;
  train::PlaceCommands commands;
};

/// The commands that `train` would start. They use a folder of their own in place of a run's, which is
/// written: rank.py is in it. Nothing is fetched: those of a mounted environment are known only if the store
/// has the base image; else they are those for an image, with a warning. Errors: as above, but a missing
/// image and GPUs that do not fit are only warnings.
Result<TrainCommands> train_commands(const TrainRequest& request, const Context& context);

}  // namespace launch::commands

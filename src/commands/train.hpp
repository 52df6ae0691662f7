#pragma once

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
  std::string recipe;                       ///< name or path
  std::string place = "local";              ///< of train::place_kinds()
  std::optional<int> nodes = {};            ///< else the recipe's
  std::optional<specs::GpuSet> gpus = {};   ///< per node; else the recipe's
  std::optional<std::string> engine = {};   ///< podman, docker or a path to one
  int port = 29500;                         ///< torchrun's on node 0
  std::vector<std::string> arguments = {};  ///< for the training script
};

struct TrainDocument {
  train::Plan plan;
  train::PlaceDescription description;
  train::RunFolder folder;
  train::RunReport report;
};

/// Runs the training of a locked recipe, whose image must have been built from its lock. Lines of the nodes
/// go to `show`. Errors, before anything is started: those of load_locked, Place::plan and Place::open; (no)
/// there is no such image; (environment) the driver or a GPU of this machine is older than the locked torch
/// needs. Then those of carry_out; see RunEnd for later failures.
Result<TrainDocument> train(const TrainRequest& request, const Context& context, train::LogMux::Show show);

/// The commands that `train` would start, as argument vectors in order. Errors: as above, but a missing image
/// and GPUs that do not fit are only warnings.
Result<std::vector<std::vector<std::string>>> train_commands(const TrainRequest& request,
                                                             const Context& context);

}  // namespace launch::commands

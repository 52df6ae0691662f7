#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"
#include "commands/train.hpp"

namespace launch::cli {

/// The options that say what ranks run in: their variables, mounts, secrets, folder and number.
struct RankOptions {
  std::vector<std::string> environment;  ///< of --env: image, mounted and variables
  std::vector<std::string> mounts;
  std::vector<std::string> secrets;
  std::optional<std::string> workdir;
  std::optional<int> ranks_per_node;
};

void add_rank_options(Command& command, RankOptions& options);

/// Errors (input): --env image and --env mounted at once.
Result<void> read_rank_options(const RankOptions& options, commands::TrainRequest& request);

}  // namespace launch::cli

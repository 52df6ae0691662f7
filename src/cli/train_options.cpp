#include "cli/train_options.hpp"

namespace launch::cli {

void add_rank_options(Command& command, RankOptions& options) {
  command
      .option(
          "--env", &options.environment,
          "Set a variable in the ranks: NAME=VALUE, or NAME for its value in this shell. Or choose what they "
          "run in: \"image\" is the recipe's image, \"mounted\" is unpacked wheels mounted over the base "
          "image. "
          "Default: the image if the lock has one, else mounted where possible")
      .one_value_each()
      .value_name("NAME[=VALUE]|image|mounted");
  command
      .option(
          "--secret", &options.secrets,
          "Set a variable in the ranks to the content of a file. The value appears in no command line and no "
          "record, and the engine does not show it")
      .one_value_each()
      .value_name("NAME=FILE");
  command
      .option("--mount", &options.mounts,
              "Mount a folder or file of this machine: FROM:TO, or FROM:TO:ro for read-only. Replaces the "
              "recipe's mount at TO")
      .one_value_each()
      .value_name("MOUNT");
  command
      .option("--workdir", &options.workdir,
              "Start the ranks in this folder of the container, instead of the recipe's or the image's")
      .value_name("DIR");
  command
      .option("--ranks-per-node", &options.ranks_per_node,
              "Start this many ranks per node (default: one per GPU, or one on the CPU)")
      .value_name("N");
}

Result<void> read_rank_options(const RankOptions& options, commands::TrainRequest& request) {
  auto& given = request.given;
  for (const auto& text : options.environment) {
    const auto kind = train::environment_named(text);
    if (!kind) {
      given.variables.push_back(text);
    } else if (request.environment && *request.environment != *kind) {
      return fail(input_error("--env image and --env mounted cannot be combined"));
    } else {
      request.environment = kind;
    }
  }
  given.mounts = options.mounts;
  given.secrets = options.secrets;
  given.workdir = options.workdir;
  given.ranks_per_node = options.ranks_per_node;
  return {};
}

}  // namespace launch::cli

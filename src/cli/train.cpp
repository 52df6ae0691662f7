#include "train/train.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/exit_code.hpp"
#include "commands/engine.hpp"
#include "train/nodes/local.hpp"
#include "train/run_record.hpp"

namespace launch::cli {
namespace {

struct TrainOptions {
  std::string recipe;
  std::optional<int> nodes;
  std::optional<std::string> gpus;
  std::optional<std::string> engine;
  std::uint16_t port = 29500;
  bool dry_run = false;
};

/// One `launch train` from its plan to its report.
class TrainCommand {
 public:
  TrainCommand(const TrainOptions& options, World& world) : options_(options), world_(world) {}

  Result<int> run() {
    TRY_ASSIGN(const auto place, commands::open_workspace(world_.context));
    TRY_ASSIGN(const auto locked,
               project::load_locked(place.project, options_.recipe, world_.context.reporter));
    TRY_ASSIGN(const auto engine, commands::find_engine(world_.context, place.site, options_.engine));
    TRY_ASSIGN(const auto plan, make_plan(place, locked, engine));
    train::LocalNodes nodes(engine);
    if (options_.dry_run) {
      for (const auto& command : nodes.commands(plan)) world_.output.line(shell_line(command));
      return 0;
    }
    return train(plan, nodes, engine, place);
  }

 private:
  Result<train::Plan> make_plan(const commands::Workspace& place, const project::Locked& locked,
                                const containers::Engine& engine) {
    train::PlanRequest request;
    std::random_device random;
    request.run =
        train::run_id(locked.recipe.name, world_.context.clock.now(), static_cast<std::uint16_t>(random()));
    request.lock_digest = locked.lock.digest;
    request.project = place.project.root();
    request.nodes = options_.nodes;
    request.gpus = options_.gpus;
    request.port = options_.port;
    request.arguments = world_.rest;
    folder_ = std::filesystem::path(place.site.state.value) / "runs" / request.run;
    request.rank_script = folder_ / "rank.py";
    auto image = train::find_train_image(engine, locked.recipe.name, locked.lock.digest);
    if (image) {
      request.image = *std::move(image);
    } else if (options_.dry_run && image.error().kind() == ErrorKind::no) {
      log_warning("{}", image.error().message());
      request.image.name = project::image_reference(locked.recipe.name);
    } else {
      return fail(std::move(image.error()));
    }
    TRY_ASSIGN(auto plan, train::plan_local(locked.recipe, request, train::this_machine()));
    for (const auto& mount : locked.recipe.train.mounts) {
      const auto from = place.project.root() / mount.from;
      if (!std::filesystem::exists(from)) {
        return fail(usage_error(fmt::format("{} is not there, which the recipe {} mounts at {}",
                                            from.string(), locked.recipe.name, mount.to)));
      }
    }
    for (const auto& note : plan.notes) log_info("{}", note);
    return plan;
  }

  Result<int> train(const train::Plan& plan, train::Nodes& nodes, const containers::Engine& engine,
                    const commands::Workspace& place) {
    TRY(train::make_run_folder(world_.context.disk, place.site.state.value, plan.run));
    TRY(write_file(world_.context.disk, folder_ / "rank.py", train::rank_script()));
    train::RunRecord record{.plan = plan,
                            .started = utc_timestamp(world_.context.clock.now()),
                            .engine = fmt::format("{} {}", engine.info().name(), engine.info().version),
                            .commands = nodes.commands(plan),
                            .end = {}};
    TRY(write_record(record));
    log_info("run {}: {} of {}, {} with {}, image {}", plan.run, count_of(plan.nodes.size(), "node"),
             count_of(static_cast<std::size_t>(plan.rendezvous.ranks_per_node), "rank"), record.engine,
             plan.backend, plan.image.digest.empty() ? plan.image.image_id : plan.image.digest);

    TRY_ASSIGN(auto guard,
               world_.context.runner.guard({world_.context.program.string(), "guard", "--kind",
                                            engine.info().name(), "--program", engine.info().program, "--run",
                                            plan.run, "--record", folder_.string()}));
    const auto began = world_.context.clock.steady();
    train::Training training(plan, nodes, folder_ / "logs", show(), world_.context.clock);
    auto outcome = training.run(world_.context.stop);
    train::RunEnd end;
    end.seconds = std::chrono::duration<double>(world_.context.clock.steady() - began).count();
    end.ended = utc_timestamp(world_.context.clock.now());
    if (!outcome) {
      end.result = "failed";
      end.code = exit_code_of(outcome.error());
      record.end = std::move(end);
      TRY(write_record(record));
      return fail(std::move(outcome.error()));
    }
    settle(*outcome, end);
    record.end = end;
    const auto written = write_record(record);
    guard->dismiss();
    TRY(written);
    return report(plan, *outcome, end, training);
  }

  void settle(const train::Outcome& outcome, train::RunEnd& end) const {
    end.cause = outcome.cause;
    end.ranks = outcome.ranks;
    end.nodes = outcome.nodes;
    end.result = "succeeded";
    if (outcome.interrupted) {
      end.result = "interrupted";
      end.code = 128 + world_.context.signal();
    } else if (outcome.error) {
      end.result = "failed";
      end.code = exit_code_of(*outcome.error);
    } else if (outcome.cause) {
      end.result = "failed";
      end.code = outcome.cause->code;
    }
  }

  Result<void> write_record(const train::RunRecord& record) const {
    return write_file(world_.context.disk, folder_ / "run.json", train::write_run_record(record));
  }

  /// The ranks' stdout is this command's data, unless --json wants stdout for itself.
  train::LogMux::Show show() {
    return [this](Stream stream, std::string_view who, std::string_view text) {
      if (stream == Stream::out && !world_.json) {
        world_.output.line(fmt::format("{} {}", who, printable(text)));
        world_.output.flush();
      } else {
        world_.terminal.line(world_.terminal.dim(who), " ", text);
      }
    };
  }

  Result<int> report(const train::Plan& plan, const train::Outcome& outcome, const train::RunEnd& end,
                     const train::Training& training) {
    auto& terminal = world_.terminal;
    if (world_.json) world_.output.line(json(plan, end, training));
    const auto record = (folder_ / "run.json").string();
    if (outcome.error) {
      log_info("record: {}", record);
      return fail(*outcome.error);
    }
    if (outcome.interrupted) {
      terminal.line(terminal.bold("interrupted"),
                    fmt::format(" after {}: all nodes were ended in {}, and nothing is left",
                                human_seconds(end.seconds), human_seconds(outcome.stop_seconds)));
    } else if (outcome.cause) {
      report_failure(outcome, training);
    } else {
      terminal.line(terminal.green(terminal.bold("done")),
                    fmt::format(" in {}: {}, world size {}", human_seconds(end.seconds),
                                count_of(plan.nodes.size(), "node"), plan.world_size()));
    }
    terminal.line("record: " + record);
    terminal.line("logs:   " + (folder_ / "logs").string());
    return end.code;
  }

  void report_failure(const train::Outcome& outcome, const train::Training& training) {
    auto& terminal = world_.terminal;
    const auto& cause = *outcome.cause;
    constexpr std::size_t kShown = 20;
    terminal.line("");
    const auto code =
        cause.kind == train::CauseKind::exit ? std::string() : fmt::format(" (code {})", cause.code);
    terminal.line(terminal.red(terminal.bold("error:")), " ", cause.sentence(), code);
    const auto who =
        cause.rank ? fmt::format("[{}.{}]", cause.node, *cause.rank) : fmt::format("[{}]", cause.node);
    const auto& lines = cause.last_lines;
    for (auto i = lines.size() - std::min(lines.size(), kShown); i < lines.size(); ++i) {
      terminal.line("  ", terminal.dim(who), " ", lines[i]);
    }
    terminal.line(fmt::format("  all of it: {}", training.log_of(cause).string()));
    terminal.line("");
    if (!cause.hint.empty()) terminal.line("hint: " + cause.hint);
    terminal.line(fmt::format("all nodes were ended in {}", human_seconds(outcome.stop_seconds)));
  }

  std::string json(const train::Plan& plan, const train::RunEnd& end, const train::Training& training) const {
    using Json = nlohmann::ordered_json;
    auto nodes = Json::array();
    for (const auto& node : plan.nodes)
      nodes.push_back({{"host", node.host}, {"container", node.container.name}});
    Json cause(nullptr);
    if (end.cause) {
      cause = {{"node", end.cause->node},
               {"rank", end.cause->rank ? Json(*end.cause->rank) : Json(nullptr)},
               {"kind", train::kind_name(end.cause->kind)},
               {"message", end.cause->message},
               {"log", training.log_of(*end.cause).string()}};
    }
    const Json document{{"schema", 1},
                        {"run", plan.run},
                        {"nodes", std::move(nodes)},
                        {"world_size", plan.world_size()},
                        {"result", end.result},
                        {"code", end.code},
                        {"seconds", end.seconds},
                        {"cause", std::move(cause)},
                        {"record", (folder_ / "run.json").string()}};
    return json_text(document, 2);
  }

  const TrainOptions& options_;
  World& world_;
  std::filesystem::path folder_;
};

}  // namespace

void register_train(App& app) {
  auto options = std::make_shared<TrainOptions>();
  auto command = app.add("train", "Runs a recipe's training, one container a node");
  command.footer(
      "One container a node runs torchrun with the recipe's [train] command, on a network of their own. Each "
      "line is\n"
      "shown with [node.rank] before it and kept in the run's logs. When one rank fails, all are ended, the "
      "rank that\n"
      "failed first is shown, and its code is returned. Ctrl-C ends the run and leaves nothing behind.\n"
      "\n"
      "  launch train demo --nodes 2 -- --steps 500     arguments for the training script\n"
      "  launch train demo --dry-run                    the exact commands, for a shell");
  command.option("RECIPE", &options->recipe, "A recipe's name or path").required();
  command.option("--nodes", &options->nodes, "Number of nodes, instead of the recipe's").value_name("N");
  command
      .option("--gpus", &options->gpus,
              "GPUs a node: \"all\" (shared out to the nodes) or a number; 0 is the CPU")
      .value_name("all|N");
  command.option("--port", &options->port, "torchrun's port on node 0").value_name("PORT").shows_default();
  command.option("--engine", &options->engine, "podman, docker or a path to one of them")
      .value_name("ENGINE");
  command.flag("--dry-run", options->dry_run, "Print what would be run, and do nothing");
  command.runs_with_rest([options](World& world) { return TrainCommand(*options, world).run(); });
}

}  // namespace launch::cli

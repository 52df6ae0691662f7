#include "commands/train.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_values.hpp"
#include "cli/reports/train_commands.hpp"
#include "cli/screen.hpp"
#include "cli/train_options.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    "Each node runs torchrun with the recipe's [train] command, on a network that the nodes share. Each line "
    "is\n"
    "shown with [node.rank] before it and kept in the run's logs. If one rank fails, all are stopped, the "
    "rank that\n"
    "failed first is shown, and its code is returned.\n"
    "\n"
    "On a terminal, lines keep their colours, and the ranks' progress bars stay at the bottom. Elsewhere,\n"
    "including `| tee`, colours are removed, and a bar is printed every 10 s and when it ends. The logs "
    "keep\n"
    "everything. Ranks write to pipes, so many programs print colours only with FORCE_COLOR = \"1\" in\n"
    "[train.env].\n"
    "\n"
    "--preflight first runs an all-reduce over all ranks, in the same image and environment. It reports the\n"
    "GPU, node or NIC that fails, or the transports that NCCL or gloo use and their bandwidth.\n"
    "\n"
    "Ctrl-C, SIGTERM and `launch stop` send SIGTERM to the ranks, which have --grace seconds to save; a "
    "second "
    "Ctrl-C\n"
    "kills them. SIGUSR1 and SIGUSR2, sent to launch or to all processes of a job, are passed to the ranks.\n"
    "Nothing is left behind. With --restarts, LAUNCH_ATTEMPT is the number of earlier attempts.\n"
    "\n"
    "  launch train demo --nodes 2 -- --steps 500     arguments for the training script\n"
    "  launch train demo --dry-run                    the exact commands, for a shell";

struct TrainOptions {
  std::string recipe;
  std::optional<int> nodes;
  std::optional<std::string> gpus;
  std::optional<std::string> engine;
  RankOptions ranks;
  std::string place = std::string(train::place_kinds().front().name);
  std::optional<int> port;
  std::optional<int> grace;
  std::optional<int> restarts;
  std::optional<int> rendezvous_timeout;
  std::optional<int> hang_timeout;
  bool preflight = false;
  bool no_preflight = false;
  bool dry_run = false;
};

Result<std::optional<std::chrono::seconds>> seconds_of_option(std::optional<int> value,
                                                              std::string_view option) {
  TRY_ASSIGN(const auto seconds, at_least(0, value, option, " seconds"));
  return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

Result<project::RunLimits> limits_of(const TrainOptions& options) {
  project::RunLimits limits;
  TRY_ASSIGN(limits.restarts, at_least(0, options.restarts, "--restarts"));
  TRY_ASSIGN(limits.rendezvous, seconds_of_option(options.rendezvous_timeout, "--rendezvous-timeout"));
  TRY_ASSIGN(limits.silence, seconds_of_option(options.hang_timeout, "--hang-timeout"));
  return limits;
}

Result<commands::TrainRequest> request_of(const TrainOptions& options, const World& world) {
  commands::TrainRequest request;
  request.recipe = options.recipe;
  request.place = options.place;
  request.nodes = options.nodes;
  if (options.gpus) {
    TRY_ASSIGN(request.gpus, during(specs::GpuSet::parse(*options.gpus), "reading --gpus"));
  }
  TRY(read_rank_options(options.ranks, request));
  request.engine = options.engine;
  request.port = options.port.value_or(request.port);
  TRY_ASSIGN(request.grace, seconds_of_option(options.grace, "--grace"));
  TRY_ASSIGN(request.limits, limits_of(options));
  if (options.preflight || options.no_preflight) request.preflight = options.preflight;
  request.arguments = world.rest;
  return request;
}

int code_of(const train::RunEnd& end) {
  return end.error ? exit_code_of(*end.error) : end.code.value_or(kYes);
}

/// How long a stopped run waits for a reader who takes nothing.
constexpr std::chrono::seconds kPatience{2};

/// Leaves at once: something waits for the reader in the terminal or the output. The run is over, and its
/// record is written.
[[noreturn]] void leave_stalled_reader(int code) {
  std::_Exit(code);
}

/// Where to read more of a cause: the log of its rank or node; if that printed nothing, or no rank is known
/// to hang, the log of all. Empty if there is none.
std::string log_of(const train::Cause& cause, const train::RunFolder& folder) {
  const bool of_all = cause.kind == train::CauseKind::hang && !cause.rank;
  for (const auto& log : {folder.log_of(cause.node, cause.rank), folder.logs() / train::kAllLog}) {
    std::error_code code;
    const bool fits = !of_all || log.filename() == train::kAllLog;
    if (fits && std::filesystem::exists(log, code)) return log.string();
  }
  return {};
}

nlohmann::ordered_json cause_json(const train::RunEnd& end, const train::RunFolder& folder) {
  if (!end.stopped_by.empty()) {
    return {{"node", nullptr},
            {"rank", nullptr},
            {"kind", train::kind_name(train::CauseKind::stopped)},
            {"message", end.stopped_by},
            {"log", nullptr}};
  }
  if (!end.cause) return nullptr;
  const auto& cause = *end.cause;
  const auto log = log_of(cause, folder);
  return {{"node", cause.node},
          {"rank", cause.rank ? nlohmann::ordered_json(*cause.rank) : nlohmann::ordered_json(nullptr)},
          {"kind", train::kind_name(cause.kind)},
          {"message", cause.message},
          {"log", log.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(log)}};
}

nlohmann::ordered_json preflight_json(const std::optional<train::Preflight>& preflight) {
  if (!preflight) return nullptr;
  return nlohmann::ordered_json::parse(train::write_preflight(*preflight));
}

std::string json_of(const commands::TrainDocument& document) {
  const auto& [plan, description, folder, report] = document;
  auto nodes = nlohmann::ordered_json::array();
  for (const auto& node : plan.nodes) {
    nodes.push_back(
        {{"host", node.host}, {"container", description.nodes[static_cast<std::size_t>(node.index)]}});
  }
  return json_text(nlohmann::ordered_json{{"schema", 1},
                                          {"run", plan.run},
                                          {"nodes", std::move(nodes)},
                                          {"world_size", plan.world_size()},
                                          {"environment", train::environment_name(plan.environment_kind())},
                                          {"result", report.end.result},
                                          {"code", code_of(report.end)},
                                          {"seconds", report.end.seconds},
                                          {"attempts", report.attempts},
                                          {"preflight", preflight_json(report.preflight)},
                                          {"cause", cause_json(report.end, folder)},
                                          {"killed", train::killed_ranks(report.end)},
                                          {"record", folder.record().string()}},
                   2);
}

void tell_failure(const train::Cause& cause, double stop_seconds, const train::RunFolder& folder,
                  Terminal& terminal) {
  constexpr std::size_t kShown = 20;
  terminal.line("");
  const auto code =
      cause.kind == train::CauseKind::exit ? std::string() : fmt::format(" (code {})", cause.code);
  terminal.line(terminal.red(terminal.bold("error:")), " ", cause.sentence(), code);
  const auto who =
      cause.rank ? fmt::format("[{}.{}]", cause.node, *cause.rank) : fmt::format("[{}]", cause.node);
  const auto& lines = cause.last_lines;
  for (auto i = lines.size() - std::min(lines.size(), kShown); i < lines.size(); ++i) {
    terminal.line("  ", terminal.dim(who), " ", terminal.printed(lines[i]));
  }
  if (const auto log = log_of(cause, folder); !log.empty()) terminal.line(fmt::format("  full log: {}", log));
  terminal.line("");
  if (!cause.hint.empty()) terminal.line("hint: " + cause.hint);
  terminal.line(fmt::format("all nodes stopped in {}", human_seconds(stop_seconds)));
}

std::string name_of(int rank, const train::Plan& plan) {
  return fmt::format("rank {} on node {}", rank, rank / plan.rendezvous.ranks_per_node);
}

/// What the ranks that were running did with SIGTERM, but for those that were killed.
void tell_how_ranks_ended(const train::Plan& plan, const train::RunEnd& end, Terminal& terminal) {
  std::size_t well = 0;
  std::size_t at_once = 0;
  std::vector<std::string> others;
  for (const auto& rank : end.ranks) {
    const auto& event = rank.event;
    if (!event.asked_to_end || event.killed) continue;
    if (event.signal == SIGTERM) {
      ++at_once;
    } else if (!rank.failed()) {
      ++well;
    } else {
      const auto how =
          event.signal != 0 ? fmt::format("signal {}", event.signal) : fmt::format("code {}", event.code);
      others.push_back(fmt::format("{} ended with {}", name_of(rank.rank, plan), how));
    }
  }
  if (well != 0) terminal.line(count_of(well, "rank"), " handled SIGTERM and ended with code 0");
  if (at_once != 0)
    terminal.line("SIGTERM ended ", count_of(at_once, "rank"), " at once: no handler for it was set (yet)");
  if (!others.empty())
    terminal.warn(fmt::format("asked to end, {}: what was saved may be incomplete", join_words(others)));
}

/// Which ranks ended by themselves when the run was interrupted, and which were killed.
void tell_interrupted(const train::Plan& plan, const train::RunReport& report, Terminal& terminal) {
  const auto& end = report.end;
  terminal.line(terminal.bold("interrupted"),
                fmt::format(" by {} after {}: all nodes stopped in {}, nothing is left", end.stopped_by,
                            human_seconds(end.seconds), human_seconds(report.stop_seconds)));
  tell_how_ranks_ended(plan, end, terminal);
  std::vector<std::string> killed;
  for (const int rank : train::killed_ranks(end)) killed.push_back(name_of(rank, plan));
  if (killed.empty()) return;
  const auto were =
      fmt::format("{} {} killed", count_of(killed.size(), "rank"), killed.size() == 1 ? "was" : "were");
  if (end.hurried) {
    terminal.warn(fmt::format("{} at the second interrupt: {}", were, join_words(killed)));
  } else {
    terminal.warn(fmt::format("{}, since {} did not end within {} s: {}; --grace SECONDS gives more time",
                              were, killed.size() == 1 ? "it" : "they", plan.grace.interrupted.count(),
                              join_words(killed)));
  }
}

void tell_end(const commands::TrainDocument& document, Terminal& terminal) {
  const auto& [plan, description, folder, report] = document;
  if (!report.end.stopped_by.empty()) {
    tell_interrupted(plan, report, terminal);
  } else if (report.end.cause) {
    tell_failure(*report.end.cause, report.stop_seconds, folder, terminal);
  } else {
    terminal.line(terminal.green(terminal.bold("done")),
                  fmt::format(" in {}: {}, world size {}", human_seconds(report.end.seconds),
                              count_of(plan.nodes.size(), "node"), plan.world_size()));
  }
  if (report.attempts > 1) terminal.line(fmt::format("attempts: {}", report.attempts));
  if (!report.flight.empty())
    terminal.line(fmt::format("flight recorder: {} (read by torchfrtrace)", report.flight));
  terminal.line("record: " + folder.record().string());
  terminal.line("logs:   " + folder.logs().string());
}

int code_of(const Result<commands::TrainDocument>& document) {
  return document ? code_of(document->report.end) : exit_code_of(document.error());
}

/// Says on stderr how the run ended.
void tell(const Result<commands::TrainDocument>& document, World& world) {
  if (!document) return world.terminal.error(document.error());
  const auto& end = document->report.end;
  if (!end.error) return tell_end(*document, world.terminal);
  world.context.reporter.note("record: " + document->folder.record().string());
  world.terminal.error(*end.error);
}

/// Runs the training, shows its lines and says how it ended. Returns the exit code.
int train_on_screen(const commands::TrainRequest& request, World& world) {
  // The ranks' stdout is this command's data, unless --json uses stdout.
  const auto stdout_is = world.json ? StdoutIs::document : StdoutIs::lines;
  const auto& stop = world.context.stop;
  Screen screen(world.terminal, world.output, stdout_is, "the run's logs", world.context.clock);
  const auto show = [&screen](Stream stream, auto who, auto text, train::LogMux::Shown what) {
    what == train::LogMux::Shown::bar ? screen.bar(stream, who, text) : screen.line(stream, who, text);
  };
  const auto document = commands::train(request, world.context, show, screen);
  // What is said on stderr does not wait for stdout's reader.
  const bool stalled = !screen.close(Stream::err, stop, kPatience);
  if (world.json && document) world.output.line(json_of(*document));
  if (!stalled) tell(document, world);
  const bool all_shown = screen.close(Stream::out, stop, kPatience);
  if (stalled && world.json) (void)world.output.close();  // the lines went to the terminal, which stalls
  if (stalled || !all_shown) leave_stalled_reader(code_of(document));
  return code_of(document);
}

Result<int> run_train(World& world, const TrainOptions& options) {
  TRY_ASSIGN(const auto request, request_of(options, world));
  if (options.dry_run) {
    TRY_ASSIGN(const auto wanted, commands::train_commands(request, world.context));
    if (world.json) {
      world.output.line(train_commands_json(wanted));
    } else {
      world.output.write(train_script(wanted));
    }
    return 0;
  }
  return train_on_screen(request, world);
}

void add_limits(Command& command, TrainOptions& options) {
  command
      .option(
          "--restarts", &options.restarts,
          "Restart all nodes after a failure, at most N times (default: 0); not after an interrupt, nor if "
          "another attempt would fail in the same way")
      .value_name("N");
  command
      .option("--rendezvous-timeout", &options.rendezvous_timeout,
              "End the run if a node has started no rank by then (default: 300; 0: no limit)")
      .value_name("SECONDS");
  command
      .option(
          "--hang-timeout", &options.hang_timeout,
          "End the run if no rank prints a line for this long and none makes progress (0: do not check). By "
          "default, only name the rank that the others wait for, after 600 s")
      .value_name("SECONDS");
}

}  // namespace

void register_train(App& app) {
  auto options = std::make_shared<TrainOptions>();
  auto command = app.add("train", "Run the training of a recipe, one container per node");
  command.footer(kFooter);
  std::vector<std::string> places;
  for (const auto& kind : train::place_kinds())
    places.push_back(fmt::format("{}: {}", kind.name, kind.meaning));
  command.option("RECIPE", &options->recipe, kRecipeHelp).required();
  command.option("--nodes", &options->nodes, "Run on this many nodes, instead of the recipe's number")
      .value_name("N");
  command
      .option("--gpus", &options->gpus,
              "Use these GPUs: \"all\" that CUDA_VISIBLE_DEVICES allows, divided among the nodes; a number "
              "per node "
              "(0: the CPU); or indices or UUIDs such as 0,2, divided among the nodes")
      .value_name("all|N|LIST");
  command.option("--on", &options->place, fmt::format("Run in this place ({})", join(places, "; ")))
      .value_name("PLACE")
      .shows_default();
  add_rank_options(command, options->ranks);
  command
      .option("--port", &options->port,
              "Use this port for torchrun on node 0 (default: 29500; 0: choose one)")
      .value_name("PORT");
  command
      .option(
          "--grace", &options->grace,
          "Give the ranks this long to save when the run is stopped, instead of the recipe's time (default: "
          "30)")
      .value_name("SECONDS");
  add_limits(command, *options);
  command.option("--engine", &options->engine, engine_help()).value_name("ENGINE");
  const auto preflight = command.flag("--preflight", options->preflight,
                                      "Check GPUs and network with an all-reduce over all ranks before the "
                                      "training (default with several hosts)");
  command.flag("--no-preflight", options->no_preflight, "Skip the preflight check").excludes(preflight);
  command.flag(
      "--dry-run", options->dry_run,
      "Print the commands of the run as a shell script, and start no node; a container may be started "
      "to look up the IDs of the image's user");
  command.runs_with_rest([options](World& world) { return run_train(world, *options); });
}

}  // namespace launch::cli

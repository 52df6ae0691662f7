#include "commands/runs.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "train/log_reader.hpp"
#include "train/run.hpp"

namespace launch::commands {
namespace {

/// The log of a rank, which must belong to the run.
Result<std::filesystem::path> log_of(const train::ListedRun& run, std::string_view text) {
  TRY_ASSIGN(const auto name, train::parse_rank(text));
  const auto& summary = run.summary;
  const int ranks = summary.nodes * summary.ranks_per_node;
  if (name.rank >= ranks) {
    return fail(input_error(
        ranks == 1 ? fmt::format("the run {} has rank 0 only, not {}", summary.run, name.rank)
                   : fmt::format("the run {} has ranks 0 to {}, not {}", summary.run, ranks - 1, name.rank)));
  }
  const int node = name.rank / summary.ranks_per_node;
  if (name.node && *name.node != node) {
    return fail(input_error(fmt::format("rank {} of the run {} is on node {}, not on node {}", name.rank,
                                        summary.run, node, *name.node)));
  }
  return run.folder.log_of(node, name.rank);
}

Result<void> wait_until_ended(const train::RunFolder& folder, std::chrono::seconds grace,
                              const Context& context) {
  constexpr std::chrono::milliseconds kPause{100};
  const auto patience = grace + std::chrono::seconds(120);
  const auto until = context.clock.steady() + patience;
  while (folder.is_held()) {
    TRY(require_no_stop(context));
    if (context.clock.steady() >= until) {
      return fail(environment_error(fmt::format("the run {} was asked to end {} s ago and is still running",
                                                folder.run(), patience.count())));
    }
    context.clock.sleep(kPause, context.stop);
  }
  return {};
}

}  // namespace

Result<RunsDocument> runs(const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(auto list, train::list_runs(site.state.value));
  for (const auto& problem : list.problems) {
    const auto& steps = problem.steps();
    context.reporter.warn(steps.empty() ? problem.message()
                                        : fmt::format("{}: {}", steps.front(), problem.message()));
  }
  const auto now = std::chrono::duration<double>(context.clock.now().time_since_epoch()).count();
  for (auto& run : list.runs) {
    if (run.state == train::RunState::running) run.summary.seconds = std::max(0.0, now - run.summary.time);
  }
  return RunsDocument{site.state.value, std::move(list.runs)};
}

Result<RunStoryDocument> run_story(const std::string& id, const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(auto run, train::find_run(site.state.value, id));
  const auto file = run.folder.record();
  TRY_ASSIGN(auto text, read_file(file));
  TRY_ASSIGN(auto story, during(train::read_run_story(text), "reading " + file.string()));
  return RunStoryDocument{std::move(run), std::move(story), std::move(text)};
}

Result<LogsDocument> logs(const LogsRequest& request, const Context& context,
                          const std::function<void(std::string_view)>& on_line) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(const auto run, train::find_run(site.state.value, request.run));
  auto file = run.folder.logs() / train::kAllLog;
  if (request.rank) {
    TRY_ASSIGN(file, log_of(run, *request.rank));
  }
  const auto grows = [&] { return request.follow && run.folder.is_held(); };
  TRY(train::read_log(file, grows, context.clock, context.stop, on_line));
  TRY_ASSIGN(auto now, train::look_at_run(run.folder));
  return LogsDocument{std::move(now), std::move(file)};
}

Result<StopDocument> stop(const std::string& id, const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(const auto run, train::find_run(site.state.value, id));
  if (run.state == train::RunState::running) {
    TRY(run.folder.request_stop(context.disk));
    TRY(wait_until_ended(run.folder, run.summary.grace, context));
  }
  TRY_ASSIGN(auto now, train::look_at_run(run.folder));
  const bool cleared = run.folder.is_cleared();
  if (now.state == train::RunState::lost) {
    TRY(train::close_lost_run(run.folder, context.runner, context.work()));
    TRY_ASSIGN(now, train::look_at_run(run.folder));
  }
  return StopDocument{std::move(now), run.state, cleared};
}

}  // namespace launch::commands

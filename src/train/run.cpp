#include "train/run.hpp"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "train/attempts.hpp"
#include "train/control.hpp"
#include "train/flight.hpp"
#include "train/preflight_run.hpp"
#include "train/stop_when.hpp"
#include "train/xid.hpp"

namespace launch::train {
namespace {

/// Hands a signal of the user to the ranks.
std::function<void(int)> hand_on(Control& control, const Work& work) {
  return [&control, &reporter = work.reporter](int number) {
    if (const auto sent = control.signal(number); !sent) {
      reporter.warn(
          fmt::format("cannot pass {} on to the ranks: {}", signal_name(number), sent.error().message()));
    } else if (!*sent) {
      reporter.warn(fmt::format("{} was not passed on: no rank of the training runs", signal_name(number)));
    } else {
      reporter.note(fmt::format("{} passed on to the ranks", signal_name(number)));
    }
  };
}

Result<void> write_record(Disk& disk, const RunFolder& folder, const RunRecord& record) {
  return write_file(disk, folder.record(), write_run_record(record));
}

/// The check before the training, if the plan has one. An outcome: it failed or was interrupted, and there is
/// no training.
Result<std::optional<Outcome>> check_first(const Plan& plan, Place& place, const RunFolder& folder,
                                           const Work& work, const StopTokens& tokens,
                                           std::optional<Preflight>& preflight) {
  if (!plan.preflight) return std::nullopt;
  TRY_ASSIGN(auto ran, run_preflight(plan, place, folder.preflight_logs(), work, tokens));
  preflight = std::move(ran.result);
  if (preflight && preflight->works()) return std::nullopt;
  Outcome outcome;
  outcome.began = false;
  outcome.interrupted = !preflight;
  outcome.stop_seconds = ran.stop_seconds;
  if (preflight) {
    outcome.error = preflight_error(*preflight);
    outcome.error->hint(
        fmt::format("read what each rank found: {}", (folder.preflight_logs() / kAllLog).string()));
  }
  return outcome;
}

RunRecord record_of(const Plan& plan, Place& place, std::chrono::system_clock::time_point now) {
  return {.plan = plan,
          .started = utc_timestamp(now),
          .time = std::chrono::duration<double>(now.time_since_epoch()).count(),
          .pid = static_cast<int>(::getpid()),
          .handle = place.handle(),
          .description = place.describe(plan),
          .commands = place.commands(plan),
          .end = {}};
}

std::vector<std::string> guard_command(const RunFolder& folder, const RunWorld& world) {
  std::vector<std::string> command{world.program.string()};
  for (auto& argument : guard_arguments(folder)) command.push_back(std::move(argument));
  return command;
}

/// The check, if there is one, and all attempts; failed attempts and the check's result become part of the
/// record.
Result<Outcome> check_and_train(const Plan& plan, Place& place, const RunFolder& folder,
                                const RunWorld& world, Control& control, LogMux::Show show,
                                RunRecord& record) {
  const auto keep = [&](Attempt attempt) {
    record.attempts.push_back(std::move(attempt));
    if (const auto written = write_record(world.work.disk, folder, record); !written)
      world.work.reporter.warn(written.error().message());
  };
  const auto explain = [&](std::chrono::system_clock::time_point since, Outcome& ended) {
    if (plan.backend == "nccl" && plan.vendor->has_xids && ended.cause && ended.cause->rank)
      add_xids(*ended.cause, xids_of(xids_since(since, world.runner), plan.gpu_addresses));
  };
  const StopWhen requests(world.work.stop, world.work.clock, [&folder] { return folder.stop_requested(); });
  const Heartbeat heartbeat(folder.control(), Keeper::launch, world.work);
  const auto again =
      world.take_signals ? world.take_signals(hand_on(control, world.work)) : std::stop_token();
  if (plan.mounted && plan.mounted->write_files) TRY(plan.mounted->write_files(plan.mounted->files));
  const StopTokens tokens{requests.token(), again};
  TRY_ASSIGN(auto ended, check_first(plan, place, folder, world.work, tokens, record.preflight));
  if (ended) return *std::move(ended);
  const AttemptWorld attempts{place, folder, control, std::move(show), world.work, explain, keep};
  return run_attempts(plan, attempts, tokens);
}

/// All but the time that it took.
RunReport report_of(const Plan& plan, const RunFolder& folder, const RunWorld& world, const RunRecord& record,
                    Result<Outcome> outcome) {
  RunReport report;
  report.attempts = static_cast<int>(record.attempts.size()) + (outcome && !outcome->began ? 0 : 1);
  if (outcome) {
    report.stop_seconds = outcome->stop_seconds;
    report.end = end_of(*std::move(outcome), world.signal ? world.signal() : 0, folder.stop_requested());
  } else {
    report.end.result = "failed";
    report.end.error = std::move(outcome.error());
  }
  const auto last = plan_of_attempt(plan, std::max(report.attempts - 1, 0));
  if (report.end.cause && has_flight_dumps(last)) report.flight = flight_folder(last).string();
  report.end.ended = utc_timestamp(world.work.clock.now());
  report.preflight = record.preflight;
  return report;
}

}  // namespace

RunEnd end_of(Outcome outcome, int signal, bool stop_requested) {
  RunEnd end;
  if (outcome.interrupted) {
    end.result = "interrupted";
    end.stopped_by = signal == 0 && stop_requested ? "launch stop" : signal_name(signal);
    end.code = 128 + (signal == 0 ? SIGTERM : signal);
  } else if (outcome.error) {
    end.result = "failed";
    end.error = std::move(outcome.error);
  } else {
    end.result = outcome.cause ? "failed" : "succeeded";
    end.code = outcome.cause ? outcome.cause->code : 0;
  }
  end.cause = std::move(outcome.cause);
  end.ranks = std::move(outcome.ranks);
  end.nodes = std::move(outcome.nodes);
  end.frames = std::move(outcome.frames);
  end.unknown = std::move(outcome.unknown);
  end.hurried = outcome.hurried;
  return end;
}

Result<RunReport> carry_out(const Plan& plan, Place& place, const RunFolder& folder, const RunWorld& world,
                            LogMux::Show show) {
  auto& disk = world.work.disk;
  TRY(folder.make(disk));
  TRY_ASSIGN(const auto lock, folder.hold(disk));
  TRY(folder.write_node_files(disk));
  TRY(make_flight_folder(disk, plan));
  TRY_ASSIGN(const auto control, Control::create(disk, folder.control()));
  auto record = record_of(plan, place, world.work.clock.now());
  TRY(write_record(disk, folder, record));
  TRY_ASSIGN(const auto guard, world.runner.guard(guard_command(folder, world)));
  const auto began = world.work.clock.steady();
  auto outcome = check_and_train(plan, place, folder, world, *control, std::move(show), record);
  disk.remove(folder.files());
  if (world.take_signals)
    world.take_signals([](int /*number*/) {});  // `show` and its screen end with this function
  const bool all_removed = outcome.has_value();
  if (all_removed) disk.remove(folder.control());  // else the ranks that are left see no heartbeat and end
  auto report = report_of(plan, folder, world, record, std::move(outcome));
  report.end.seconds = std::chrono::duration<double>(world.work.clock.steady() - began).count();
  record.end = report.end;
  if (const auto written = write_record(disk, folder, record); !written) {
    world.work.reporter.warn(
        fmt::format("{}; `launch runs` will show this run as lost", written.error().message()));
  }
  if (all_removed) guard->dismiss();  // else it tries again to remove what is left
  return report;
}

std::vector<std::string> guard_arguments(const RunFolder& folder) {
  return {kGuardCommand, folder.path().string()};
}

Result<void> mark_lost(const RunFolder& folder, const Work& work) {
  TRY_ASSIGN(const auto text, read_file(folder.record()));
  TRY_ASSIGN(const auto closed, during(with_lost_end(text, utc_timestamp(work.clock.now())),
                                       "reading " + folder.record().string()));
  if (closed == text) return {};
  return write_file(work.disk, folder.record(), closed);
}

Result<void> close_lost_run(const RunFolder& folder, ProcessRunner& runner, const Work& work) {
  TRY_ASSIGN(const auto text, read_file(folder.record()));
  const auto reading = "reading " + folder.record().string();
  TRY_ASSIGN(const auto summary, during(read_run_record(text), reading));
  TRY_ASSIGN(const auto place, during(open_place(summary.handle, runner, work), reading));
  auto removed = during(place->remove(summary.run), "cleaning up after a launch that was killed");
  work.disk.remove(folder.files());
  if (removed) work.disk.remove(folder.control());
  TRY(mark_lost(folder, work));
  return removed;
}

}  // namespace launch::train

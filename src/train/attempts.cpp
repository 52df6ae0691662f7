#include "train/attempts.hpp"

#include <chrono>

#include <fmt/format.h>

#include "train/flight.hpp"
#include "train/run.hpp"

namespace launch::train {
namespace {

/// Removes all of the attempts so far, and makes the folders of the next, unless a stop is requested. That of
/// its logs, by which it has begun, comes last.
Result<void> prepare(const Plan& next, int attempt, const AttemptWorld& world, const std::stop_token& stop) {
  TRY(during(world.place.remove(next.run), "removing an attempt that failed"));
  TRY(world.control.renew());
  if (stop.stop_requested()) return {};
  TRY(make_flight_folder(world.work.disk, next));
  return world.folder.make_attempt(world.work.disk, attempt);
}

Result<Outcome> run_one(const Plan& plan, const AttemptWorld& world, int attempt, std::string head,
                        const StopTokens& tokens) {
  LogPlaces logs{world.folder.logs_of_attempt(attempt), world.folder.logs() / kAllLog, std::move(head)};
  return Training(plan, world.place, &world.control, std::move(logs), world.show, world.work).run(tokens);
}

}  // namespace

std::string why_not_again(const Outcome& outcome) {
  if (outcome.interrupted) return "it was interrupted";
  if (outcome.error) return "a node could not be started";
  if (!outcome.cause) return "it succeeded";
  if (outcome.cause->kind == CauseKind::rendezvous) return "ranks have not started on every node";
  if (outcome.cause->repeats) return "another attempt would fail in the same way";
  return {};
}

Result<Outcome> run_attempts(const Plan& plan, const AttemptWorld& world, const StopTokens& tokens) {
  auto& clock = world.work.clock;
  std::string head;
  for (int attempt = 1;; ++attempt) {
    const auto now = clock.now();
    const auto began = clock.steady();
    const auto of_attempt = plan_of_attempt(plan, attempt - 1);
    TRY_ASSIGN(auto outcome, run_one(of_attempt, world, attempt, head, tokens));
    if (world.explain) world.explain(now, outcome);
    const auto why_not = why_not_again(outcome);
    if (plan.restarts > 0 && outcome.cause && !why_not.empty())
      world.work.reporter.note(fmt::format("not started again: {}", why_not));
    if (!why_not.empty() || attempt > plan.restarts || tokens.stop.stop_requested()) return outcome;

    head = fmt::format("attempt {} of {}: {}", attempt + 1, plan.restarts + 1, outcome.cause->sentence());
    Attempt failed{utc_timestamp(now), std::chrono::duration<double>(now.time_since_epoch()).count(),
                   end_of(outcome, 0, false)};
    failed.end.seconds = std::chrono::duration<double>(clock.steady() - began).count();
    failed.end.ended = utc_timestamp(clock.now());
    const auto prepared = prepare(plan_of_attempt(plan, attempt), attempt + 1, world, tokens.stop);
    const bool stopped_now = tokens.stop.stop_requested();
    if (!prepared && !stopped_now) {
      world.work.reporter.warn(fmt::format("not started again: {}", prepared.error().message()));
      return outcome;
    }
    if (world.failed) world.failed(std::move(failed));
    if (stopped_now) {
      Outcome stopped;
      stopped.began = false;
      stopped.interrupted = true;
      return stopped;
    }
    world.work.reporter.note(head);
  }
}

}  // namespace launch::train

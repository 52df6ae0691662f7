#include "train/attempts.hpp"

#include <chrono>

#include <fmt/format.h>

#include "train/flight.hpp"
#include "train/run.hpp"

namespace launch::train {
namespace {

/// Removes all of the attempts so far.
Result<void> clear(const Plan& plan, const AttemptWorld& world) {
  TRY(during(world.place.remove(plan.run), "removing an attempt that failed"));
  return during(world.control.renew(), "starting the run again");
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
                   end_of(std::move(outcome), 0, false)};
    failed.end.seconds = std::chrono::duration<double>(clock.steady() - began).count();
    failed.end.ended = utc_timestamp(clock.now());
    if (world.failed) world.failed(std::move(failed));
    TRY(clear(plan, world));
    if (tokens.stop.stop_requested()) {
      Outcome stopped;
      stopped.began = false;
      stopped.interrupted = true;
      return stopped;
    }
    TRY(during(world.folder.make_attempt(world.work.disk, attempt + 1), "starting the run again"));
    TRY(during(make_flight_folder(world.work.disk, plan_of_attempt(plan, attempt)),
               "starting the run again"));
    world.work.reporter.note(head);
  }
}

}  // namespace launch::train

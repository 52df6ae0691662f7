#include "train/train.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace launch::train {
namespace {

/// Time to wait after the first failure: others may have failed earlier and be slower to exit.
constexpr std::chrono::milliseconds kOthersToo{500};

double seconds_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

struct Training::State {
  explicit State(std::size_t nodes) : expected(nodes) {}

  std::mutex mutex;
  std::condition_variable_any changed;
  std::size_t expected;
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::map<int, double> started;
  std::set<int> gone;  ///< nodes that ended or failed
  std::optional<Error> error;
  bool place_failed = false;
  bool failed = false;
  bool stopping = false;

  bool all_gone() const { return place_failed || gone.size() == expected; }

  void add(const RankEnd& end) {
    const std::scoped_lock lock(mutex);
    failed = failed || end.failed();
    ranks.push_back(end);
    changed.notify_all();
  }

  void add(PlaceEvent event, double time) {
    const std::scoped_lock lock(mutex);
    if (const auto* start = std::get_if<NodeStarted>(&event)) {
      started[start->node] = time;
    } else if (auto* end = std::get_if<NodeEnd>(&event)) {
      gone.insert(end->node);
      failed = failed || end->code != 0;
      end->asked_to_end = stopping;
      end->started = started[end->node];
      end->time = time;
      nodes.push_back(std::move(*end));
    } else if (auto* failure = std::get_if<PlaceFailed>(&event)) {
      failed = true;
      if (failure->node) {
        gone.insert(*failure->node);
      } else {
        place_failed = true;
      }
      // A node that could not be started because the run is being ended is no reason of its own.
      if (!error && !stopping) error = std::move(failure->error);
    }
    changed.notify_all();
  }
};

Training::Training(const Plan& plan, Place& place, std::filesystem::path logs, LogMux::Show show,
                   const Work& work)
    : plan_(&plan),
      place_(&place),
      clock_(&work.clock),
      state_(std::make_shared<State>(plan.nodes.size())),
      logs_(std::move(logs), std::move(show),
            {.ended = [state = state_](const RankEnd& end) { state->add(end); }}, work) {}

PlaceSinks Training::sinks() {
  return {.line = [this](int node, Stream stream, std::string_view line) { logs_.take(node, stream, line); },
          .pause = [this](int /*node*/) { logs_.flush(); },
          .event =
              [this](PlaceEvent event) {
                if (auto* end = std::get_if<NodeEnd>(&event)) end->last_lines = logs_.last_lines(end->node);
                state_->add(std::move(event), seconds_of(clock_->now()));
              }};
}

Result<void> Training::wait_and_stop(const std::stop_token& stop, Outcome& outcome) {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto all_gone = [&] { return state.all_gone(); };
  state.changed.wait(lock, stop, [&] { return state.failed || all_gone(); });
  const bool failed = state.failed;
  outcome.interrupted = !failed && !all_gone();
  const auto began = clock_->steady();
  if (failed || outcome.interrupted) {
    lock.unlock();
    logs_.hush();  // the other ranks' reactions would bury the first failure
    lock.lock();
    if (failed) state.changed.wait_for(lock, stop, kOthersToo, all_gone);
    state.stopping = true;
    lock.unlock();
    place_->stop(failed ? plan_->grace.failed : plan_->grace.interrupted);
    lock.lock();
    state.changed.wait(lock, all_gone);
  }
  lock.unlock();
  auto finished = place_->finish();
  logs_.flush();
  outcome.stop_seconds = std::chrono::duration<double>(clock_->steady() - began).count();
  if (failed) outcome.cause = find_cause(state.ranks, state.nodes);
  return finished;
}

Result<Outcome> Training::run(const std::stop_token& stop) {
  if (auto started = place_->start(*plan_, sinks()); !started) {
    (void)place_->finish();
    return fail(std::move(started.error()));
  }
  Outcome outcome;
  const auto finished = wait_and_stop(stop, outcome);
  TRY(finished);

  outcome.error = std::move(state_->error);
  outcome.ranks = std::move(state_->ranks);
  outcome.nodes = std::move(state_->nodes);
  std::sort(outcome.ranks.begin(), outcome.ranks.end(),
            [](const auto& a, const auto& b) { return a.rank < b.rank; });
  std::sort(outcome.nodes.begin(), outcome.nodes.end(),
            [](const auto& a, const auto& b) { return a.node < b.node; });
  return outcome;
}

}  // namespace launch::train

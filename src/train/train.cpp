#include "train/train.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/hang.hpp"
#include "train/training_state.hpp"
#include "train/watch.hpp"

namespace launch::train {
namespace {

/// Time to wait after the first failure: others may have failed earlier and be slower to exit.
constexpr std::chrono::milliseconds kOthersToo{500};
/// For torchrun to end when its ranks have.
constexpr std::chrono::seconds kNodeGrace{2};
/// For rank.py to report a rank that it killed.
constexpr std::chrono::seconds kReport{1};
/// Time to wait for the true cause while only victims have failed. gloo's and NCCL's peers die within
/// milliseconds of a closed socket, but the rank that closed it may print a traceback or write a core first;
/// a rank that hangs says nothing, however long one waits.
constexpr std::chrono::milliseconds kTrueCause{3000};
/// Time for the stacks of the ranks that are alive: faulthandler writes them within milliseconds, even if
/// Python itself is stuck.
constexpr std::chrono::milliseconds kStacks{1000};

std::vector<RankFrame> frames_of(const std::vector<UnfinishedRank>& ranks) {
  std::vector<RankFrame> frames;
  for (const auto& rank : ranks) {
    if (auto at = frame_text(rank.stacks); !at.empty())
      frames.push_back({rank.node, rank.rank, std::move(at)});
  }
  return frames;
}

/// With what they have told since then, in seconds since 1970: they may have been asked before, in a silence.
std::vector<UnfinishedRank> unfinished_of(
    const std::map<TrainingState::Key, std::vector<std::string>>& running, const LogMux& logs, double since) {
  std::vector<UnfinishedRank> ranks;
  ranks.reserve(running.size());
  for (const auto& [key, stacks] : running) {
    auto handling = logs.handling(key.first, key.second);
    if (handling && handling->time < since) handling.reset();
    ranks.push_back(
        {key.first, key.second, stacks, logs.last_lines(key.first, key.second), std::move(handling)});
  }
  return ranks;
}

}  // namespace

Training::Training(const Plan& plan, Place& place, Control* control, LogPlaces logs, LogMux::Show show,
                   const Work& work)
    : plan_(&plan),
      place_(&place),
      control_(control),
      work_(work),
      state_(std::make_shared<TrainingState>(plan.nodes.size(), work.clock)),
      logs_(std::move(logs), std::move(show), rank_events(), work) {}

LogMux::Events Training::rank_events() const {
  return {.started =
              [state = state_, control = control_](int node, int rank) {
                state->start(node, rank);
                if (control != nullptr) control->joined();
              },
          .failed = [state = state_](const RankEnd& end) { state->fail(end); },
          .ended =
              [state = state_, control = control_](const RankEnd& end) {
                state->add(end);
                if (control != nullptr) control->left();
              },
          .stacks = [state = state_](int node, int rank,
                                     auto lines) { state->add_stacks(node, rank, std::move(lines)); },
          .ras = [state = state_](int node, const auto& lines) { state->add_ras(node, lines); }};
}

PlaceSinks Training::sinks() {
  return {.line = [this](int node, Stream stream, std::string_view line) { logs_.take(node, stream, line); },
          .pause = [this] { logs_.flush(); },
          .event =
              [this](PlaceEvent event) {
                if (auto* end = std::get_if<NodeEnd>(&event)) end->last_lines = logs_.last_lines(end->node);
                state_->add(std::move(event));
              }};
}

/// After the first failure: until its true cause has had the time to speak.
void Training::wait_for_cause(Lock& lock, const std::stop_token& stop) {
  auto& state = *state_;
  const auto settle = [&] {
    state.changed.wait_for(lock, stop, kOthersToo, [&] { return state.all_gone(); });
  };
  settle();
  if (state.culprit) return;
  state.changed.wait_for(lock, stop, kTrueCause - kOthersToo,
                         [&] { return state.culprit || state.running.empty() || state.all_gone(); });
  if (state.culprit) {
    settle();
  } else if (state.lost_others) {
    ask_the_living(lock, stop);
  }
}

/// Some ranks have waited for others until they timed out, or lost them: asks those that are alive what they
/// are doing.
void Training::ask_the_living(Lock& lock, const std::stop_token& stop) {
  auto& state = *state_;
  if (state.running.empty()) return;
  lock.unlock();
  const bool asked = control_ != nullptr && control_->ask_for_stacks().has_value();
  lock.lock();
  if (!asked) return;
  state.changed.wait_for(lock, stop, kStacks, [&] {
    return std::none_of(state.running.begin(), state.running.end(),
                        [](const auto& rank) { return rank.second.empty(); });
  });
}

/// Ends the ranks, each of which reports its end. False: the place must do it.
bool Training::stop_ranks(std::chrono::seconds grace, const std::stop_token& again) {
  if (control_ == nullptr) return false;
  if (const auto asked = control_->stop(grace); !asked) {
    work_.reporter.warn(
        fmt::format("{}; torchrun may give the ranks less time to end", asked.error().message()));
    return false;
  }
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto ended = [&] { return (state.running.empty() && state.leaving.empty()) || state.all_gone(); };
  state.changed.wait_for(lock, again, grace + kReport, ended);
  lock.unlock();
  if (again.stop_requested()) {
    (void)control_->stop(std::chrono::seconds(0));
    lock.lock();
    state.changed.wait_for(lock, kReport, ended);
    lock.unlock();
  }
  (void)control_->release();
  return true;
}

void Training::stop_all(std::chrono::seconds grace, const std::stop_token& again) {
  const bool by_themselves = stop_ranks(grace, again);
  if (!again.stop_requested()) place_->stop(by_themselves ? kNodeGrace : grace);
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto all_gone = [&] { return state.all_gone(); };
  if (state.changed.wait(lock, again, all_gone)) return;
  lock.unlock();
  place_->stop(std::chrono::seconds(0));
  lock.lock();
  state.changed.wait(lock, all_gone);
}

/// Until something failed, all is over, or a stop is requested. A cause that nobody else reports ends the
/// run.
std::optional<Cause> Training::watch(Lock& lock, const std::stop_token& stop) {
  auto& state = *state_;
  Watch watch(*plan_, *place_, control_, state, logs_, work_);
  const auto over = [&] { return state.failed || state.all_gone(); };
  while (!state.changed.wait_for(lock, stop, watch.pause(), over) && !stop.stop_requested()) {
    lock.unlock();
    auto cause = watch.look(stop);
    lock.lock();
    if (cause && !over()) return cause;
  }
  return std::nullopt;
}

/// True if something failed. Who signals all processes of a run may end its ranks before launch is told.
bool Training::has_failed(Lock& lock, const std::stop_token& stop) {
  auto& state = *state_;
  if (state.failed && state.stopped_only)
    state.changed.wait_for(lock, stop, kOthersToo, [&] { return !state.stopped_only; });
  return state.failed && !(state.stopped_only && stop.stop_requested());
}

Result<void> Training::wait_and_stop(const StopTokens& tokens, Outcome& outcome) {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  outcome.cause = watch(lock, tokens.stop);
  if (!outcome.cause) state.forget_stacks();  // they are of an earlier silence
  const auto began = work_.clock.steady();
  const auto failed_at = std::chrono::duration<double>(work_.clock.now().time_since_epoch()).count();
  const bool failed = outcome.cause || has_failed(lock, tokens.stop);
  outcome.interrupted = !failed && (!state.all_gone() || state.failed);
  if (failed) {
    lock.unlock();
    logs_.hush();  // the other ranks' reactions would bury the first failure
    lock.lock();
    if (!outcome.cause) wait_for_cause(lock, tokens.stop);
  }
  state.stopping = failed || outcome.interrupted;
  const auto running = state.running;
  lock.unlock();
  const auto unfinished = unfinished_of(running, logs_, failed_at);
  outcome.frames = frames_of(unfinished);
  if (outcome.interrupted && control_ != nullptr && !running.empty()) {
    work_.reporter.note(
        fmt::format("stopping: the ranks have {} s to save and end; interrupt again to end them at once",
                    plan_->grace.interrupted.count()));
  }
  if (state.stopping) stop_all(failed ? plan_->grace.failed : plan_->grace.interrupted, tokens.again);
  for (auto& [key, end] : state.leaving) state.ranks.push_back(std::move(end));
  auto finished = place_->finish();
  logs_.flush();
  outcome.stop_seconds = std::chrono::duration<double>(work_.clock.steady() - began).count();
  if (failed && !outcome.cause) outcome.cause = find_cause(state.ranks, state.nodes, unfinished);
  return finished;
}

Result<Outcome> Training::run(const StopTokens& tokens) {
  if (auto started = place_->start(*plan_, sinks()); !started) {
    (void)place_->finish();
    return fail(std::move(started.error()));
  }
  Outcome outcome;
  const auto finished = wait_and_stop(tokens, outcome);
  TRY(finished);

  outcome.error = std::move(state_->error);
  outcome.ranks = std::move(state_->ranks);
  outcome.nodes = std::move(state_->nodes);
  for (const auto& key : state_->silent) outcome.unknown.push_back(key.second);
  for (const auto& [key, stacks] : state_->running) outcome.unknown.push_back(key.second);
  std::sort(outcome.unknown.begin(), outcome.unknown.end());
  outcome.hurried = tokens.again.stop_requested();
  std::sort(outcome.ranks.begin(), outcome.ranks.end(),
            [](const auto& a, const auto& b) { return a.rank < b.rank; });
  std::sort(outcome.nodes.begin(), outcome.nodes.end(),
            [](const auto& a, const auto& b) { return a.node < b.node; });
  return outcome;
}

}  // namespace launch::train

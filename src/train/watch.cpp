#include "train/watch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/rendezvous_cause.hpp"

namespace launch::train {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPause{1000};
/// For the ranks' answers: their stacks within milliseconds, RAS within seconds.
constexpr milliseconds kAnswers{1000};

milliseconds pause_of(const Patience& patience) {
  auto pause = kLongestPause;
  for (const auto each : {patience.rendezvous, patience.silence, patience.second_look, patience.left}) {
    if (each.count() > 0) pause = std::min(pause, each);
  }
  return pause;
}

/// "rank 2 on node 1 ended with code 0 after 12 s"
std::string left_text(const RankEnd& end) {
  const auto after = end.event.time - end.event.started;
  return fmt::format("rank {} on node {} ended with code 0{}", end.rank, end.node,
                     end.event.started > 0 ? " after " + human_seconds(after) : "");
}

}  // namespace

Watch::Watch(const Plan& plan, Place& place, Control* control, TrainingState& state, LogMux& logs,
             const Work& work)
    : plan_(plan),
      place_(place),
      control_(control),
      state_(state),
      logs_(logs),
      work_(work),
      began_(work.clock.steady()),
      tell_left_(plan.patience.left),
      heard_(began_),
      pause_(pause_of(plan.patience)) {}

std::optional<Cause> Watch::look(const std::stop_token& stop) {
  if (!formed_) {
    heard_ = work_.clock.steady();
    return look_for_ranks();
  }
  look_for_left();
  return look_for_silence(stop);
}

std::optional<Cause> Watch::look_for_ranks() {
  std::vector<NodeReport> reports;
  {
    const std::scoped_lock lock(state_.mutex);
    formed_ = std::all_of(plan_.nodes.begin(), plan_.nodes.end(), [&](const auto& node) {
      return state_.reported.contains(node.index) || state_.gone.contains(node.index);
    });
    const auto waited = work_.clock.steady() - began_;
    if (formed_ || plan_.patience.rendezvous.count() == 0 || waited < plan_.patience.rendezvous)
      return std::nullopt;
    for (const auto& node : plan_.nodes)
      reports.push_back({.node = node.index, .ranks = state_.reported.contains(node.index)});
  }
  const auto reach = place_.reach(plan_);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (i < reach.size()) reports[i].reach = reach[i];
    reports[i].last_lines = logs_.last_lines(reports[i].node);
  }
  return rendezvous_cause(reports, fmt::format("{}:{}", plan_.rendezvous.head, plan_.rendezvous.port),
                          plan_.patience.rendezvous);
}

/// One line for all that left since the last; the next comes twice as late, since ranks that end one after
/// the other are many lines.
void Watch::look_for_left() {
  std::string text;
  {
    const std::scoped_lock lock(state_.mutex);
    if (state_.running.empty()) return;
    const auto first =
        std::find_if(state_.left.begin(), state_.left.end(), [](const auto& l) { return !l.told; });
    if (first == state_.left.end() || work_.clock.steady() - first->when < tell_left_) return;
    const auto more = static_cast<std::size_t>(state_.left.end() - first) - 1;
    text = left_text(first->end);
    if (more > 0) text += fmt::format(", and so did {}", count_of(more, "other rank"));
    const auto still = state_.running.size();
    text += fmt::format("; {} still {}", count_of(still, "rank"), still == 1 ? "runs" : "run");
    for (auto each = first; each != state_.left.end(); ++each) each->told = true;
  }
  tell_left_ *= 2;
  work_.reporter.note(text);
}

/// Asks all ranks for their stacks, and NCCL; nullopt if that is not possible.
std::optional<Look> Watch::ask(const std::stop_token& stop) {
  std::unique_lock lock(state_.mutex);
  if (state_.running.empty() || state_.failed || control_ == nullptr) return std::nullopt;
  state_.forget_stacks();
  state_.ras.clear();
  lock.unlock();
  if (!control_->ask_for_stacks()) return std::nullopt;
  lock.lock();
  const auto nodes = state_.expected;
  state_.changed.wait_for(lock, stop, plan_.backend == "nccl" ? 5 * kAnswers : kAnswers, [&] {
    const bool stacks = std::none_of(state_.running.begin(), state_.running.end(),
                                     [](const auto& rank) { return rank.second.empty(); });
    return state_.failed || (stacks && (plan_.backend != "nccl" || state_.ras.size() == nodes));
  });
  if (state_.failed || stop.stop_requested()) return std::nullopt;
  return Look{.stacks = state_.running, .ras = state_.ras};
}

Silence Watch::silence_of(Look look, Time now) const {
  Silence silence{.silent = std::chrono::duration_cast<milliseconds>(now - heard_),
                  .look = std::move(look),
                  .world_size = plan_.world_size()};
  const std::scoped_lock lock(state_.mutex);
  if (!state_.left.empty()) silence.left = state_.left.front().end;
  return silence;
}

/// Two looks, some time apart: a long step prints nothing either, but its ranks move.
std::optional<Cause> Watch::look_for_silence(const std::stop_token& stop) {
  const auto& patience = plan_.patience;
  const auto now = work_.clock.steady();
  if (logs_.heard()) {
    heard_ = now;
    first_.reset();
    warned_ = false;
    return std::nullopt;
  }
  if (patience.silence.count() == 0 || warned_ || now - heard_ < patience.silence) return std::nullopt;
  if (!first_) {
    first_ = ask(stop);
    looked_ = now;
    return std::nullopt;
  }
  if (now - looked_ < patience.second_look) return std::nullopt;
  auto second = ask(stop);
  if (!second) return std::nullopt;
  if (moved(*first_, *second)) {
    heard_ = now;
    first_.reset();
    return std::nullopt;
  }
  const auto silence = silence_of(*std::move(second), now);
  auto cause = hang_cause(silence);
  if (cause.rank && cause.last_lines.empty()) cause.last_lines = logs_.last_lines(cause.node, cause.rank);
  if (patience.ends_hang) return cause;
  warned_ = true;
  if (!is_waited_for(silence)) return std::nullopt;
  work_.reporter.warn(
      fmt::format("{}; {}; use --hang-timeout SECONDS to end such runs", cause.sentence(), cause.hint));
  return std::nullopt;
}

}  // namespace launch::train

#include "train/training_state.hpp"

#include <algorithm>

namespace launch::train {

void TrainingState::start(int node, int rank) {
  const std::scoped_lock lock(mutex);
  running[{node, rank}];
  reported.insert(node);
}

void TrainingState::fail(const RankEnd& end) {
  const std::scoped_lock lock(mutex);
  running.erase({end.node, end.rank});
  leaving[{end.node, end.rank}] = end;
  judge(cause_of(end));
  changed.notify_all();
}

void TrainingState::add(const RankEnd& end) {
  const std::scoped_lock lock(mutex);
  running.erase({end.node, end.rank});
  leaving.erase({end.node, end.rank});
  if (end.failed()) {
    judge(cause_of(end));
  } else if (!end.event.asked_to_end) {
    left.push_back({end, clock.steady()});
  }
  ranks.push_back(end);
  changed.notify_all();
}

void TrainingState::add_stacks(int node, int rank, std::vector<std::string> lines) {
  const std::scoped_lock lock(mutex);
  if (const auto found = running.find({node, rank}); found != running.end()) found->second = std::move(lines);
  changed.notify_all();
}

void TrainingState::add_ras(int node, const std::vector<std::string>& lines) {
  const std::scoped_lock lock(mutex);
  ras[node] = read_ras(lines);
  changed.notify_all();
}

/// Ranks of a node that is gone say nothing any more.
void TrainingState::lose(int node) {
  gone.insert(node);
  for (auto at = running.begin(); at != running.end();) {
    const bool here = at->first.first == node;
    if (here) silent.push_back(at->first);
    at = here ? running.erase(at) : std::next(at);
  }
}

void TrainingState::judge(const Cause& cause) {
  failed = true;
  stopped_only = stopped_only && cause.kind == CauseKind::stopped;
  culprit = culprit || !is_victim(cause.kind);
  lost_others = lost_others || cause.kind == CauseKind::timeout || cause.kind == CauseKind::connection;
}

bool TrainingState::any_failed_on(int node) const {
  return std::any_of(ranks.begin(), ranks.end(),
                     [&](const auto& end) { return end.node == node && end.failed(); });
}

void TrainingState::add(PlaceEvent event) {
  const auto time = std::chrono::duration<double>(clock.now().time_since_epoch()).count();
  const std::scoped_lock lock(mutex);
  if (const auto* start = std::get_if<NodeStarted>(&event)) {
    started[start->node] = time;
  } else if (auto* end = std::get_if<NodeEnd>(&event)) {
    lose(end->node);
    end->asked_to_end = stopping;
    end->started = started[end->node];
    end->time = time;
    if (end->code != 0 && any_failed_on(end->node)) {
      failed = true;
    } else if (const auto cause = find_cause({}, {end, 1})) {
      judge(*cause);
    }
    nodes.push_back(std::move(*end));
  } else if (auto* failure = std::get_if<PlaceFailed>(&event)) {
    failed = culprit = true;
    stopped_only = false;
    if (failure->node) {
      lose(*failure->node);
    } else {
      place_failed = true;
    }
    // A node that could not be started because the run is being ended is no reason of its own.
    if (!error && !stopping) error = std::move(failure->error);
  }
  changed.notify_all();
}

}  // namespace launch::train

#include "train/train.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "project/labels.hpp"
#include "project/project.hpp"

namespace launch::train {
namespace {

/// Between the first failure and the end of all: others may have failed before and be slower to leave.
constexpr std::chrono::milliseconds kOthersToo{500};

}  // namespace

Result<TrainImage> find_train_image(const containers::Engine& engine, std::string_view recipe,
                                    const std::string& lock_digest) {
  const auto name = project::image_reference(recipe);
  const auto hint = fmt::format("launch build {}", recipe);
  TRY_ASSIGN(const auto image, engine.find_image(name));
  if (!image) {
    return fail(
        Error(ErrorKind::no, fmt::format("{} has no image {}", engine.info().name(), name)).hint(hint));
  }
  const auto label = image->labels.find(project::kLockLabel);
  if (label == image->labels.end() || label->second != lock_digest) {
    return fail(Error(ErrorKind::no,
                      fmt::format("the image {} was built from another lock: it has {}, the lock is {}", name,
                                  label == image->labels.end() ? "none" : label->second, lock_digest))
                    .hint(hint));
  }
  return TrainImage{name, image->image_id.text(), image->digest ? image->digest->text() : ""};
}

struct Training::State {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::optional<Error> error;
  std::size_t ended = 0;  ///< nodes
  bool failed = false;
  bool stopping = false;

  void add(const RankEnd& end) {
    const std::scoped_lock lock(mutex);
    failed = failed || end.failed();
    ranks.push_back(end);
    changed.notify_all();
  }

  void stop() {
    const std::scoped_lock lock(mutex);
    stopping = true;
  }

  void add(Result<NodeEnd> end) {
    const std::scoped_lock lock(mutex);
    ++ended;
    if (!end) {
      failed = true;
      if (!error) error = std::move(end.error());
    } else {
      failed = failed || end->code != 0;
      end->told = stopping;
      nodes.push_back(*std::move(end));
    }
    changed.notify_all();
  }
};

Training::Training(const Plan& plan, Nodes& nodes, std::filesystem::path logs, LogMux::Show show,
                   Clock& clock)
    : plan_(&plan),
      nodes_(&nodes),
      clock_(&clock),
      state_(std::make_shared<State>()),
      logs_(std::move(logs), std::move(show), [state = state_](const RankEnd& end) { state->add(end); }) {}

Result<Outcome> Training::run(const std::stop_token& stop) {
  auto& state = *state_;
  if (auto prepared = nodes_->prepare(*plan_); !prepared) {
    (void)nodes_->clean_up(*plan_);
    return fail(std::move(prepared.error()));
  }
  std::stop_source clients;
  std::vector<std::jthread> threads;
  threads.reserve(plan_->nodes.size());
  for (const auto& node : plan_->nodes) {
    threads.emplace_back([this, &state, &node, token = clients.get_token()] {
      auto end = nodes_->run(
          node, [&](Stream stream, std::string_view line) { logs_.take(node.index, stream, line); }, token);
      if (end) end->last_lines = logs_.last_lines(node.index);
      state.add(std::move(end));
    });
  }

  Outcome outcome;
  bool failed = false;
  {
    const auto all_ended = [&] { return state.ended == plan_->nodes.size(); };
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, stop, [&] { return state.failed || all_ended(); });
    failed = state.failed;
    outcome.interrupted = !failed && !all_ended();
  }
  const auto began = clock_->steady();
  if (failed || outcome.interrupted)
    logs_.hush();  // what the others say of it now would bury the first failure
  if (failed) {
    std::unique_lock lock(state.mutex);
    state.changed.wait_for(lock, stop, kOthersToo, [&] { return state.ended == plan_->nodes.size(); });
  }
  Result<void> stopped;
  if (failed || outcome.interrupted) {
    state.stop();
    stopped = nodes_->stop(*plan_, kGraceSeconds);
    clients.request_stop();  // a node that was only being made is none that could be stopped
  }
  for (auto& thread : threads) thread.join();
  const auto cleaned = nodes_->clean_up(*plan_);
  outcome.stop_seconds = std::chrono::duration<double>(clock_->steady() - began).count();
  TRY(stopped);
  TRY(cleaned);
  TRY(logs_.close());

  outcome.ranks = std::move(state.ranks);
  outcome.nodes = std::move(state.nodes);
  std::sort(outcome.ranks.begin(), outcome.ranks.end(),
            [](const auto& a, const auto& b) { return a.rank < b.rank; });
  std::sort(outcome.nodes.begin(), outcome.nodes.end(),
            [](const auto& a, const auto& b) { return a.node < b.node; });
  if (failed) {
    outcome.error = std::move(state.error);
    outcome.cause = find_cause(outcome.ranks, outcome.nodes);
  }
  return outcome;
}

}  // namespace launch::train

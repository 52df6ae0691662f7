#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "train/place.hpp"

namespace launch::train {

/// A place whose nodes do what the test defines; some run until they are ended.
class ScriptedPlace final : public Place {
 public:
  using OnLine = std::function<void(std::string_view)>;
  /// The node's code, on a thread of its own.
  std::function<Result<int>(int node, const OnLine&, ScriptedPlace&)> behave;
  std::optional<Error> start_fails;
  std::optional<Error> finish_fails;
  std::vector<Reach> reached;
  std::function<void()> on_remove;

  /// Waits until the run is stopped, as a healthy node does; then its code is 143.
  int until_stopped() {
    std::unique_lock lock(mutex_);
    ++running_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return stopped_; });
    return 143;
  }
  void wait_for_running(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ >= count; });
  }
  bool stopped() {
    const std::scoped_lock lock(mutex_);
    return stopped_;
  }
  /// A line of a node's output.
  void say(int node, std::string_view line) { sinks_.line(node, Stream::out, line); }
  /// Loses the run as a whole.
  void lose() { sinks_.event(PlaceFailed{std::nullopt, environment_error("the scheduler is gone")}); }
  std::vector<std::string> done() {
    const std::scoped_lock lock(mutex_);
    return done_;
  }

  Result<Plan> plan(const project::Recipe& recipe, const PlanRequest& request) const override {
    return plan_run(recipe, request);
  }
  Result<void> open() override { return {}; }
  Result<std::optional<TrainImage>> find_image(const std::string&) const override { return std::nullopt; }
  PlaceDescription describe(const Plan&) const override { return {"a script", {"c0", "c1"}}; }
  PlaceHandle handle() const override { return {"local", "podman", "/nowhere/podman"}; }
  PlaceCommands commands(const Plan&) const override { return {}; }

  Result<void> start(const Plan& plan, PlaceSinks sinks) override {
    note("start");
    sinks_ = std::move(sinks);
    stopped_ = false;
    running_ = 0;
    if (start_fails) return fail(*start_fails);
    for (const auto& node : plan.nodes) threads_.emplace_back([this, index = node.index] { run(index); });
    return {};
  }
  void stop(std::chrono::seconds grace) override {
    note("stop " + std::to_string(grace.count()));
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  Result<void> finish() override {
    threads_.clear();
    note("finish");
    if (finish_fails) return fail(*finish_fails);
    return {};
  }
  Result<void> remove(const std::string& /*run*/) override {
    note("remove");
    if (on_remove) on_remove();
    return {};
  }
  std::vector<Reach> reach(const Plan& /*plan*/) override { return reached; }

 private:
  void run(int node) {
    sinks_.event(NodeStarted{node});
    auto code = behave(
        node, [&](std::string_view line) { sinks_.line(node, Stream::out, line); }, *this);
    if (code) {
      sinks_.event(NodeEnd{.node = node, .code = *code});
    } else {
      sinks_.event(PlaceFailed{node, std::move(code.error())});
    }
  }
  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    done_.push_back(std::move(what));
  }
  PlaceSinks sinks_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> done_;
  int running_ = 0;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace launch::train

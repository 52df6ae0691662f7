#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/disk.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/work.hpp"

namespace launch::train {

/// How a run tells its ranks what it wants of them: a file in the folder that nodes mount, which rank.py
/// reads ten times a second. torchrun's own way gives ranks at most 30 s to save (before torch 2.12), and
/// passes on no signals of the user. Thread-safe.
class Control {
 public:
  /// Creates the file. Errors (environment).
  static Result<std::unique_ptr<Control>> create(Disk& disk, const std::filesystem::path& file);

  /// Sends SIGTERM to the ranks, and SIGKILL to those that have not ended after `grace`. May be called again
  /// with less. Ranks that end wait for the others, since torchrun would end these. Errors (environment).
  Result<void> stop(std::chrono::seconds grace);
  /// Ranks that have ended need not wait any more. Errors (environment).
  Result<void> release();
  /// Takes back what was wanted of ranks that are gone, for those of another attempt. Errors (environment).
  Result<void> renew();
  /// Sends SIGUSR1 or SIGUSR2 to the ranks. False: none runs, and those of another attempt will not get it.
  /// Errors (environment).
  Result<bool> signal(int number);
  /// A rank has started, or ended.
  void joined() { ++ranks_; }
  void left() { --ranks_; }
  /// Asks the ranks for the stacks of their threads, which follow as events. Errors (environment).
  Result<void> ask_for_stacks();

 private:
  struct Wishes {
    bool stop = false;
    std::int64_t grace = 0;  ///< seconds
    bool release = false;
    int usr1 = 0;  ///< how often it was sent
    int usr2 = 0;
    int stacks = 0;
  };
  Control(Disk& disk, std::filesystem::path file) : disk_(disk), file_(std::move(file)) {}
  Result<void> write();

  Disk& disk_;
  std::filesystem::path file_;
  Fd fd_;
  std::atomic<int> ranks_{0};  ///< that run
  std::mutex mutex_;
  Wishes wishes_;
};

/// Who keeps a run's ranks alive: launch, and its guard, which outlives a launch that is killed or stopped
/// (Ctrl-Z).
enum class Keeper { launch, guard };

/// A beat in the control file, every second as long as the object lives, and a shared lock (flock) on it.
/// Ranks that miss both keepers' beats for 6 s and can lock the file themselves end: launch and its guard
/// were killed together, and nobody else would stop them. The lock is held by a keeper that is stopped
/// (SIGSTOP, a frozen cgroup) or waits for the disk. If the file cannot be written for several seconds, it is
/// removed, with a warning: a full disk must not end a training.
class Heartbeat {
 public:
  Heartbeat(std::filesystem::path file, Keeper keeper, const Work& work);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  void beat(const std::stop_token& ended);
  std::filesystem::path file_;
  Keeper keeper_;
  Work work_;
  std::jthread thread_;
};

}  // namespace launch::train

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/result.hpp"

namespace launch::train {

/// The name of a log: "node0.rank3.log" for a rank, "node0.log" for a node's torchrun.
std::string log_name(int node, std::optional<int> rank);
/// The log of everything, in order of arrival.
inline constexpr const char* kAllLog = "all.log";

/// The folder of one run, STATE/runs/ID, and the paths in it.
class RunFolder {
 public:
  RunFolder(const std::filesystem::path& state, const std::string& run);
  static RunFolder at(std::filesystem::path path) { return RunFolder(std::move(path)); }
  /// STATE/dry-run, for commands that a person runs; it is no run.
  static RunFolder for_commands(const std::filesystem::path& state);

  const std::filesystem::path& path() const { return path_; }
  std::string run() const { return path_.filename().string(); }
  std::filesystem::path record() const { return path_ / "run.json"; }
  std::filesystem::path logs() const { return path_ / "logs"; }
  /// Of the check before the training.
  std::filesystem::path preflight_logs() const { return logs() / "preflight"; }
  /// Those of one attempt, the first of which is 1; the first has `logs` itself.
  std::filesystem::path logs_of_attempt(int attempt) const;
  /// The attempts that have begun.
  int attempts() const;
  /// In the last attempt.
  std::filesystem::path log_of(int node, std::optional<int> rank) const {
    return logs_of_attempt(attempts()) / log_name(node, rank);
  }
  /// What every node mounts, read-only, at kNodeFolder.
  std::filesystem::path node_folder() const { return path_ / "node"; }
  /// See Control; there during the run.
  std::filesystem::path control() const { return node_folder() / "control"; }
  /// What nodes with a mounted environment get of their own, during the run.
  std::filesystem::path files() const { return path_ / "files.tar"; }

  /// Creates the folder and its logs/. Errors (environment).
  Result<void> make(Disk& disk) const;
  /// Creates the folder of an attempt's logs. Errors (environment).
  Result<void> make_attempt(Disk& disk, int attempt) const;
  /// Writes the node folder. Errors (environment).
  Result<void> write_node_files(Disk& disk) const;

  /// Takes the lock that the run's process holds as long as it lives; the kernel releases it however the
  /// process ends. Errors (environment).
  Result<FileLock> hold(Disk& disk) const;
  /// True while the run's process lives.
  bool is_held() const;
  /// True if it has removed all of the run, or whoever came after it has.
  bool is_cleared() const;

  /// Asks the run's process to end the run. Errors (environment).
  Result<void> request_stop(Disk& disk) const;
  bool stop_requested() const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path lock() const { return path_ / "lock"; }
  std::filesystem::path stop() const { return path_ / "stop"; }
  std::filesystem::path path_;
};

/// The folders of all runs with a record, sorted by name. Errors (environment): the folder cannot be read.
Result<std::vector<RunFolder>> run_folders(const std::filesystem::path& state);

}  // namespace launch::train

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch {

enum class Stream { out, err };

/// The program that a name means: the first of that name in the folders of `path` (PATH) that can be run; a
/// name with a slash is taken as it is. Nullopt if there is none.
std::optional<std::filesystem::path> find_program(const std::string& name, std::string_view path);

/// One program to run. Nothing goes through a shell.
struct ProcessSpec {
  std::vector<std::string> argv;                          ///< argv[0] is looked up in PATH
  std::map<std::string, std::string> environment = {};    ///< added to (or replacing) what this process has
  std::vector<std::string> unset = {};                    ///< variables the child does not get
  std::optional<std::filesystem::path> folder = {};       ///< working folder; else this process's
  std::optional<unsigned> umask = {};                     ///< file mode creation mask; else this process's
  std::string input = {};                                 ///< given on stdin, then closed
  std::optional<std::chrono::milliseconds> timeout = {};  ///< then the process group is ended
  std::chrono::milliseconds grace{2000};                  ///< between SIGTERM and SIGKILL when it is ended
  /// Called for every line (without its newline) as it comes, from the calling thread, never both streams at
  /// once.
  std::function<void(Stream, std::string_view)> on_line = {};
  bool capture = true;  ///< keep the output in ProcessOutcome
};

struct ProcessOutcome {
  int exit_code = 0;       ///< 0..255; 128 + signal when a signal ended it
  int signal = 0;          ///< 0 when it exited by itself
  bool timed_out = false;  ///< ended because its time was over
  bool cancelled = false;  ///< ended because a stop was asked for
  std::string out;
  std::string err;
  bool ok() const { return exit_code == 0 && !timed_out && !cancelled; }
};

/// A process that outlives this one and acts when this one is gone without a word.
class Guard {
 public:
  virtual ~Guard() = default;
  /// Tells the guard that everything was cleaned up: it ends without doing anything, and is waited for.
  virtual void dismiss() = 0;
};

/// Runs programs; given in by main.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;

  /// Runs to the end, draining both pipes; the child leads a process group of its own, which is ended whole
  /// on time-out and on `stop` (SIGTERM, then SIGKILL after the grace time), and the child gets SIGTERM when
  /// the calling thread dies. Safe to call from several threads. Errors (environment): the program is not
  /// there or cannot be started; a program that ran and failed is an outcome, not an error.
  virtual Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token stop = {}) = 0;

  /// Starts `argv` in a session of its own, with stdin a pipe that only this process holds: end of file there
  /// means that this process is gone. The line "done" there means that nothing is to be cleaned up
  /// (Guard::dismiss).
  virtual Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& argv) = 0;
};

/// The real one, on Boost.Process v2.
std::unique_ptr<ProcessRunner> make_process_runner();

}  // namespace launch

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch {

enum class Stream { out, err };

/// The program that a name refers to: the first executable of that name in the folders of `path` (PATH); a
/// name with a slash is used as is. nullopt if not found.
std::optional<std::filesystem::path> find_program(const std::string& name, std::string_view path);

/// A program to run. No shell is involved.
struct ProcessSpec {
  std::vector<std::string> argv;                        ///< argv[0] is looked up in PATH
  std::map<std::string, std::string> environment = {};  ///< added to (or replacing) what this process has
  std::vector<std::string> unset = {};                  ///< variables the child does not get
  bool clean = false;                                   ///< it gets those of `environment` alone
  std::optional<std::filesystem::path> folder = {};     ///< working folder; else this process's
  std::optional<unsigned> umask = {};                   ///< file mode creation mask; else this process's
  std::string input = {};                               ///< given on stdin, then closed
  /// Instead of `input`: fills the buffer with the next bytes for stdin and returns their number, 0 at the
  /// end. Called on the calling thread, as long as the program reads. If it fails, the process group is
  /// ended, and its error is that of the run.
  std::function<Result<std::size_t>(std::span<char>)> feed = {};
  std::optional<std::chrono::milliseconds> timeout = {};  ///< then the process group is ended
  std::chrono::milliseconds grace{2000};                  ///< between SIGTERM and SIGKILL when it is ended
  /// Called on the calling thread for every line (without its newline) as it arrives, from stdout and stderr.
  std::function<void(Stream, std::string_view)> on_line = {};
  /// Called on the calling thread when all lines that have arrived so far were given to `on_line`.
  std::function<void()> on_pause = {};
  bool capture = true;  ///< keep the output in ProcessOutcome
  /// It is not ended when this process dies: for a program that would leave something behind if it were, and
  /// that ends by itself or is ended by something else.
  bool outlives = false;
};

struct ProcessOutcome {
  int exit_code = 0;       ///< 0..255; 128 + signal when a signal ended it
  int signal = 0;          ///< 0 when it exited by itself
  bool timed_out = false;  ///< ended because its time was over
  bool cancelled = false;  ///< ended because a stop was requested
  std::string out;
  std::string err;
  bool ok() const { return exit_code == 0 && !timed_out && !cancelled; }
};

/// A process that outlives this one and acts if this one dies without dismissing it.
class Guard {
 public:
  virtual ~Guard() = default;
  /// Tells the guard that everything was cleaned up; it exits without doing anything, and is waited for.
  virtual void dismiss() = 0;
};

/// Runs programs; main passes it in.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;

  /// Runs to the end, draining both pipes. The child leads its own process group, all of which is ended on
  /// time-out and on `stop` (SIGTERM, then SIGKILL after the grace time), and the child gets SIGTERM if the
  /// calling thread dies, unless it outlives it. Thread-safe. Errors (environment): the program is not found
  /// or cannot be started; a program that ran and failed is an outcome, not an error.
  virtual Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token stop = {}) = 0;

  /// Starts `argv` in its own session, with a pipe as stdin that only this process holds: end of file there
  /// means that this process is gone, the line "done" that there is nothing to clean up (Guard::dismiss).
  virtual Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& argv) = 0;
};

/// True if a process of this machine has an argument that begins with the text (proc(5), cmdline).
bool a_process_has_argument(std::string_view start);

/// The real implementation, on Boost.Process v2.
std::unique_ptr<ProcessRunner> make_process_runner();

}  // namespace launch

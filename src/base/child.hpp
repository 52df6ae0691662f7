#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/result.hpp"

namespace launch {

// How a program is started: for the implementation of ProcessRunner.

Error cannot_run(std::string_view program, std::string_view reason);

/// Moves a descriptor above 2, so that dup2 onto the child's stdin, stdout and stderr cannot overwrite it.
Result<Fd> above_stdio(int fd, std::string_view program);

struct PipeEnds {
  Fd read;
  Fd write;
};

Result<PipeEnds> make_pipe(std::string_view program);

/// A descriptor from which the child reads `input` to its end; a file, so that no thread has to feed it.
Result<Fd> make_input(const std::string& input, std::string_view program);

/// What the child does between fork and exec. Nothing here may allocate or take a lock, which another thread
/// may have held when this process forked. Process v2's launchers allocate there, so we fork ourselves.
struct ChildSetup {
  int in = -1;
  int out = -1;
  int err = -1;
  const char* folder = nullptr;
  std::optional<mode_t> mask = {};
  bool own_session = false;  ///< outlives this process
  pid_t parent = ::getpid();
};

/// As long as it exists, this thread's writes to a pipe that nobody reads fail, and send no SIGPIPE.
class QuietPipes {
 public:
  QuietPipes();
  ~QuietPipes();
  QuietPipes(const QuietPipes&) = delete;
  QuietPipes& operator=(const QuietPipes&) = delete;

 private:
  sigset_t before_{};
};

/// Writes without dying of SIGPIPE if the reader is gone.
void write_quietly(int fd, std::string_view text);

/// Starts the program with all descriptors closed but stdin, stdout and stderr.
Result<pid_t> start(const ProcessSpec& spec, ChildSetup setup);

}  // namespace launch

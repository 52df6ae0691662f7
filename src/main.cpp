#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "net/http.hpp"

namespace {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop token. A second signal ends the program at once, or a third
/// if a run has taken the second; its guards then end what it started. What the parent ignores (nohup, a
/// shell's background jobs) stays ignored.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
      if (!is_ignored(signal)) sigaddset(&set_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::thread([this] { wait(); }).detach();
  }

  std::stop_token token() const { return source_.get_token(); }
  int received() const { return received_; }
  /// See commands::Context.
  std::stop_token take(std::function<void(int)> hand_on) {
    const std::scoped_lock lock(mutex_);
    hand_on_ = std::move(hand_on);
    return again_.get_token();
  }

 private:
  /// A signal that is blocked waits for sigwait even if it is ignored.
  static bool is_ignored(int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }

  void wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) == 0) {
      const std::scoped_lock lock(mutex_);
      if (signal == SIGUSR1 || signal == SIGUSR2) {
        if (!hand_on_) ::_exit(128 + signal);
        hand_on_(signal);
      } else if (received_ == 0) {
        received_ = signal;
        source_.request_stop();
      } else if (!hand_on_ || !again_.request_stop()) {
        ::_exit(128 + signal);
      }
    }
  }

  sigset_t set_{};
  std::stop_source source_;
  std::stop_source again_;
  std::atomic<int> received_{0};
  std::mutex mutex_;
  std::function<void(int)> hand_on_;
};

/// With `>&-`, the first opened file would become standard output. These placeholders reject writes.
void occupy_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1) return;
  }
}

bool is_same_file(int one, int other) {
  struct stat of_one {};
  struct stat of_other {};
  return ::fstat(one, &of_one) == 0 && ::fstat(other, &of_other) == 0 && of_one.st_dev == of_other.st_dev &&
         of_one.st_ino == of_other.st_ino;
}

launch::cli::Window window_of_stderr() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

int main(int argc, char** argv) {
  // Containers must not be left behind because a reader of stdout exits.
  std::signal(SIGPIPE, SIG_IGN);
  occupy_standard_streams();
  static Signals signals;  // lives as long as its thread
  try {
    const auto environment = launch::Environment::of_this_process();
    launch::RealDisk disk;
    launch::SystemClock clock;
    const auto runner = launch::make_process_runner();
    launch::cli::Terminal terminal(::isatty(STDERR_FILENO) == 1, window_of_stderr, environment, clock);
    std::error_code code;
    const bool shown = ::isatty(STDOUT_FILENO) == 1;
    launch::cli::Output output(STDOUT_FILENO, {shown, launch::cli::colours_of(shown, environment),
                                               is_same_file(STDOUT_FILENO, STDERR_FILENO)});
    launch::cli::World world{
        .context = {
            .environment = environment,
            .runner = *runner,
            .disk = disk,
            .clock = clock,
            .reporter = terminal,
            .make_http =
                [&](launch::net::HttpOptions options) {
                  return launch::net::make_http_client(std::move(options), environment, clock, disk);
                },
            .stop = signals.token(),
            .signal = [] { return signals.received(); },
            .program = std::filesystem::read_symlink("/proc/self/exe", code),
            .take_signals = [](std::function<void(int)> hand_on) { return signals.take(std::move(hand_on)); },
        },
        .terminal = terminal,
        .output = output,
    };
    return launch::cli::run_command_line(std::vector<std::string>(argv + 1, argv + argc), std::move(world));
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "error: internal error: %s\n\nhint: this is a bug; please report it with the command "
                 "that was run\n",
                 launch::printable(error.what()).c_str());
    return 3;
  }
}

#include "base/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

// Makes Process v2 use std::filesystem, so that no Boost library has to be linked.
#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/optional.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "base/child.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace launch {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;

/// Whether this is so for the text of a file that every process has in /proc, such as "stat".
bool any_process(const char* file, const std::function<bool(std::string_view text)>& is_so) {
  std::error_code code;
  for (std::filesystem::directory_iterator at("/proc", code); at != std::filesystem::directory_iterator();
       at.increment(code)) {
    if (!parse_u64(at->path().filename().string())) continue;
    const auto text = read_file(at->path() / file);
    if (text && is_so(*text)) return true;
  }
  return false;
}

/// True if a process of the group is still running, not just a zombie nobody has waited for (proc(5), stat).
bool group_has_living(pid_t group) {
  return any_process("stat", [&](std::string_view stat) {
    const auto name_end = stat.rfind(") ");
    if (name_end == std::string_view::npos) return false;
    const auto fields = split(stat.substr(name_end + 2), ' ');  // state, parent, group, …
    return fields.size() > 2 && fields[0] != "Z" && fields[0] != "X" && fields[2] == std::to_string(group);
  });
}

/// One program from start to end, on the calling thread.
class Run {
 public:
  explicit Run(const ProcessSpec& spec)
      : spec_(spec), child_(io_), out_(io_, Stream::out), err_(io_, Stream::err) {}

  Result<ProcessOutcome> go(std::stop_token stop) {
    TRY(start_child());
    child_.async_wait([this](error_code, int) {
      exited_ = true;
      go_on();
    });
    read(out_);
    read(err_);
    feed();
    if (spec_.timeout) {
      timeout_.expires_after(*spec_.timeout);
      timeout_.async_wait([this](error_code code) {
        if (!code) end(outcome_.timed_out);
      });
    }
    const std::stop_callback on_stop(std::move(stop),
                                     [this] { asio::post(io_, [this] { end(outcome_.cancelled); }); });
    io_.run();
    if (feed_failure_) return fail(*std::move(feed_failure_));
    return take_outcome();
  }

 private:
  struct Pipe {
    Pipe(asio::io_context& io, Stream which) : from(io), stream(which) {}
    asio::posix::stream_descriptor from;
    Stream stream;
    bool open = true;
    std::string kept;
    std::string line;  ///< its end is still to come
    std::array<char, std::size_t{1} << 16> buffer{};
  };

  Result<void> start_child() {
    const std::string_view name = spec_.argv.empty() ? std::string_view() : spec_.argv.front();
    Fd in;
    Fd feeding;
    if (spec_.feed) {
      quiet_.emplace();
      TRY_ASSIGN(auto ends, make_pipe(name));
      in = std::move(ends.read);
      feeding = std::move(ends.write);
    } else {
      TRY_ASSIGN(in, make_input(spec_.input, name));
    }
    TRY_ASSIGN(auto out, make_pipe(name));
    TRY_ASSIGN(auto err, make_pipe(name));
    ChildSetup setup;
    setup.in = in.get();
    setup.out = out.write.get();
    setup.err = err.write.get();
    TRY_ASSIGN(group_, start(spec_, setup));
    child_ = process::process(io_.get_executor(), group_);
    out_.from.assign(out.read.release());
    err_.from.assign(err.read.release());
    if (feeding) in_.assign(feeding.release());
    return {};
  }

  /// Writes the next bytes of its stdin, until they end or the program reads no more.
  void feed() {
    if (!in_.is_open()) return;
    auto count = ending_ ? Result<std::size_t>(0) : spec_.feed(fed_);
    if (!count) {
      feed_failure_ = std::move(count.error());
      bool ignored = false;
      end(ignored);
    }
    if (!count || *count == 0) return in_.close();
    asio::async_write(in_, asio::buffer(fed_.data(), *count), [this](error_code code, std::size_t) {
      if (code) return in_.close();
      feed();
    });
  }

  void read(Pipe& pipe) {
    pipe.from.async_read_some(asio::buffer(pipe.buffer), [this, &pipe](error_code code, std::size_t size) {
      take(pipe, {pipe.buffer.data(), size});
      if (code) give_rest(pipe);
      if (spec_.on_pause) spec_.on_pause();
      if (!code) return read(pipe);
      pipe.open = false;
      go_on();
    });
  }

  void take(Pipe& pipe, std::string_view bytes) {
    constexpr std::size_t kLongestLine = std::size_t{1} << 20;  // longer ones are passed on in parts
    if (spec_.capture) pipe.kept += bytes;
    if (!spec_.on_line) return;
    for (auto newline = bytes.find('\n'); newline != std::string_view::npos; newline = bytes.find('\n')) {
      if (pipe.line.empty()) {
        spec_.on_line(pipe.stream, bytes.substr(0, newline));
      } else {
        pipe.line += bytes.substr(0, newline);
        give_rest(pipe);
      }
      bytes.remove_prefix(newline + 1);
    }
    pipe.line += bytes;
    if (pipe.line.size() >= kLongestLine) give_rest(pipe);
  }

  void give_rest(Pipe& pipe) {
    if (!pipe.line.empty()) spec_.on_line(pipe.stream, std::exchange(pipe.line, {}));
  }

  /// Ends the group: SIGTERM now, SIGKILL after the grace time.
  void end(bool& reason) {
    if (ending_) return;
    ending_ = true;
    reason = true;
    signal_group(SIGTERM);
    grace_.expires_after(spec_.grace);
    grace_.async_wait([this](error_code code) {
      if (code) return;
      signal_group(SIGKILL);
      killed_ = true;
      go_on();
    });
    go_on();
  }

  /// False if no process of the group is left. From then on the number may belong to another group, so it is
  /// not used again.
  bool signal_group(int signal) {
    if (!group_gone_ && ::kill(-group_, signal) != 0 && errno == ESRCH) group_gone_ = true;
    return !group_gone_;
  }

  /// Checks whether everything is over, and what to wait for next.
  void go_on() {
    if (!exited_) return;
    signal_group(0);
    const bool group_lives = ending_ && !group_gone_ && group_has_living(group_);
    const bool drained = !out_.open && !err_.open;
    if (!ending_) {
      // A descendant that holds a pipe may still write to it.
      if (drained) io_.stop();
    } else if (drained && (killed_ || !group_lives)) {
      io_.stop();
    } else if (killed_ || !group_lives) {
      // Processes that still hold a pipe have left the group: what is in the pipe is read, but not waited
      // for.
      constexpr std::chrono::milliseconds kDrain{200};
      wake_.expires_after(kDrain);
      wake_.async_wait([this](error_code code) {
        if (!code) io_.stop();
      });
    } else {
      constexpr std::chrono::milliseconds kLookAgain{10};
      wake_.expires_after(kLookAgain);
      wake_.async_wait([this](error_code code) {
        if (!code) go_on();
      });
    }
  }

  ProcessOutcome take_outcome() {
    for (auto* pipe : {&out_, &err_}) {
      give_rest(*pipe);
    }
    if (spec_.on_pause) spec_.on_pause();
    const int status = child_.native_exit_code();
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
    outcome_.exit_code = outcome_.signal != 0 ? 128 + outcome_.signal : WEXITSTATUS(status);
    outcome_.out = std::move(out_.kept);
    outcome_.err = std::move(err_.kept);
    return std::move(outcome_);
  }

  const ProcessSpec& spec_;
  ProcessOutcome outcome_;
  asio::io_context io_{1};
  process::process child_;
  pid_t group_ = -1;
  Pipe out_;
  Pipe err_;
  asio::posix::stream_descriptor in_{io_};  ///< open while the program is fed
  std::vector<char> fed_ = std::vector<char>(spec_.feed ? std::size_t{1} << 16 : 0);
  std::optional<Error> feed_failure_;
  std::optional<QuietPipes> quiet_;
  asio::steady_timer timeout_{io_};
  asio::steady_timer grace_{io_};
  asio::steady_timer wake_{io_};
  bool exited_ = false;
  bool ending_ = false;
  bool killed_ = false;
  bool group_gone_ = false;
};

class PipeGuard final : public Guard {
 public:
  PipeGuard(pid_t pid, Fd pipe) : pid_(pid), pipe_(std::move(pipe)) {}
  PipeGuard(const PipeGuard&) = delete;
  PipeGuard& operator=(const PipeGuard&) = delete;
  ~PipeGuard() override {
    pipe_ = Fd();  // not dismissed: it acts now, and nobody waits for it
    if (pid_ > 0) ::waitpid(pid_, nullptr, WNOHANG);
  }

  void dismiss() override {
    if (pid_ <= 0) return;
    write_quietly(pipe_.get(), "done\n");
    pipe_ = Fd();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

 private:
  pid_t pid_;
  Fd pipe_;
};

class BoostProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token stop) override {
    if (stop.stop_requested()) {
      ProcessOutcome outcome;
      outcome.cancelled = true;
      outcome.signal = SIGTERM;
      outcome.exit_code = 128 + SIGTERM;
      return outcome;
    }
    try {
      return Run(spec).go(std::move(stop));
    } catch (const boost::system::system_error& failure) {
      return fail(cannot_run(spec.argv.front(), failure.code().message()));
    }
  }

  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& argv) override {
    const std::string_view name = argv.empty() ? std::string_view() : argv.front();
    TRY_ASSIGN(auto pipe, make_pipe(name));
    TRY_ASSIGN(const auto null, above_stdio(::open("/dev/null", O_WRONLY | O_CLOEXEC), name));
    TRY_ASSIGN(const auto err, above_stdio(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), name));
    ChildSetup setup;
    setup.own_session = true;
    setup.in = pipe.read.get();
    setup.out = null.get();
    setup.err = err.get();
    TRY_ASSIGN(const auto pid, start(ProcessSpec{.argv = argv}, setup));
    return std::make_unique<PipeGuard>(pid, std::move(pipe.write));
  }
};

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) return std::filesystem::path(name);
  for (const auto folder : split(path, ':')) {
    auto candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

bool a_process_has_argument(std::string_view start) {
  return any_process("cmdline", [&](std::string_view arguments) {
    for (auto end = arguments.find('\0'); end != std::string_view::npos;
         end = arguments.find('\0', end + 1)) {
      if (arguments.substr(end + 1).starts_with(start)) return true;
    }
    return false;
  });
}

std::unique_ptr<ProcessRunner> make_process_runner() {
  return std::make_unique<BoostProcessRunner>();
}

}  // namespace launch

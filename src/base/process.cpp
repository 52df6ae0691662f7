#include "base/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Makes Process v2 use std::filesystem, so that no Boost library has to be linked.
#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/optional.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"

extern char** environ;

namespace launch {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;

Error cannot_run(std::string_view program, std::string_view reason) {
  return environment_error(fmt::format("cannot run {}: {}", printable(program), reason));
}

/// Moves a descriptor above 2, so that dup2 onto the child's stdin, stdout and stderr cannot overwrite it.
Result<Fd> above_stdio(int fd, std::string_view program) {
  Fd own(fd);
  if (!own) return fail(cannot_run(program, std::strerror(errno)));
  if (own.get() > STDERR_FILENO) return own;
  Fd moved(::fcntl(own.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) return fail(cannot_run(program, std::strerror(errno)));
  return moved;
}

struct PipeEnds {
  Fd read;
  Fd write;
};

Result<PipeEnds> make_pipe(std::string_view program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(cannot_run(program, std::strerror(errno)));
  Fd write(ends[1]);
  TRY_ASSIGN(auto read, above_stdio(ends[0], program));
  TRY_ASSIGN(write, above_stdio(write.release(), program));
  return PipeEnds{std::move(read), std::move(write)};
}

/// A descriptor from which the child reads `input` to its end; a file, so that no thread has to feed it.
Result<Fd> make_input(const std::string& input, std::string_view program) {
  if (input.empty()) return above_stdio(::open("/dev/null", O_RDONLY | O_CLOEXEC), program);
  TRY_ASSIGN(auto file, above_stdio(::memfd_create("stdin", MFD_CLOEXEC), program));
  for (std::string_view rest = input; !rest.empty();) {
    const auto put = ::write(file.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(cannot_run(program, std::strerror(errno)));
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail(cannot_run(program, std::strerror(errno)));
  return file;
}

/// The child's variables in the form that execve needs.
class EnvironmentBlock {
 public:
  explicit EnvironmentBlock(const ProcessSpec& spec) {
    std::map<std::string, std::string, std::less<>> values;
    for (char** entry = spec.clean ? nullptr : environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view line(*entry);
      const auto equals = line.find('=');
      if (equals != std::string_view::npos) values.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    for (const auto& [name, value] : spec.environment) values[name] = value;
    for (const auto& name : spec.unset) values.erase(name);
    if (const auto path = values.find("PATH"); path != values.end()) path_ = path->second;
    for (const auto& [name, value] : values) lines_.push_back(fmt::format("{}={}", name, value));
    for (const auto& line : lines_) pointers_.push_back(line.c_str());
    pointers_.push_back(nullptr);
  }

  const char* const* data() const { return pointers_.data(); }
  /// Where programs are searched for; execvp's default if PATH is unset.
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/bin:/usr/bin";
  std::vector<std::string> lines_;
  std::vector<const char*> pointers_;
};

Result<std::filesystem::path> program_in(const std::string& name, const std::string& path) {
  if (auto found = find_program(name, path)) return *std::move(found);
  return fail(cannot_run(name, "no such program in PATH")
                  .hint(fmt::format("install {}, or add its folder to PATH, which is {}", name, path)));
}

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

  bool set_up() const {
    if (own_session ? ::setsid() < 0 : ::setpgid(0, 0) != 0) return false;
    if (!own_session) {
      if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return false;
      if (::getppid() != parent) ::_exit(128 + SIGTERM);  // the parent died before prctl took effect
    }
    for (int signal = 1; signal < NSIG; ++signal)
      ::signal(signal, SIG_DFL);  // fails for KILL and STOP, as it should
    sigset_t none;
    ::sigemptyset(&none);
    if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return false;
    if (folder != nullptr && ::chdir(folder) != 0) return false;
    if (mask) ::umask(*mask);
    // Kernels before 5.11 lack this flag; our own descriptors are O_CLOEXEC anyway.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    return ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
           ::dup2(err, STDERR_FILENO) >= 0;
  }
};

/// Writes without dying of SIGPIPE if the reader is gone.
void write_quietly(int fd, std::string_view text) {
  sigset_t pipe;
  sigset_t before;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  if (::write(fd, text.data(), text.size()) < 0 && errno == EPIPE && ::sigismember(&before, SIGPIPE) == 0) {
    constexpr timespec kNow{};
    ::sigtimedwait(&pipe, nullptr, &kNow);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// The child's process id; `argv` and `environment` end with a null.
Result<pid_t> fork_and_exec(const char* program, const char* const* argv, const char* const* environment,
                            const ChildSetup& setup, std::string_view name) {
  // exec closes the child's end; if exec fails, the child writes its errno there.
  TRY_ASSIGN(auto failure, make_pipe(name));
  const pid_t child = ::fork();
  if (child < 0) return fail(cannot_run(name, std::strerror(errno)));
  if (child == 0) {
    if (setup.set_up()) {
      ::execve(program, const_cast<char* const*>(argv), const_cast<char* const*>(environment));
    }
    constexpr int kCannotExecute = 127;
    const int reason = errno;
    write_quietly(failure.write.get(), {reinterpret_cast<const char*>(&reason), sizeof(reason)});
    ::_exit(kCannotExecute);
  }
  failure.write = Fd();
  int reason = 0;
  ssize_t count = 0;
  while ((count = ::read(failure.read.get(), &reason, sizeof(reason))) < 0 && errno == EINTR) {
  }
  if (count == 0) return child;
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return fail(cannot_run(name, std::strerror(reason)));
}

/// Starts the program with all descriptors closed but stdin, stdout and stderr.
Result<pid_t> start(const ProcessSpec& spec, ChildSetup setup) {
  if (spec.argv.empty()) return fail(environment_error("cannot run a program: no name was given"));
  const std::string& name = spec.argv.front();
  const EnvironmentBlock environment(spec);
  TRY_ASSIGN(const auto program, program_in(name, environment.path()));
  if (spec.umask) setup.mask = static_cast<mode_t>(*spec.umask);
  if (spec.folder) {
    std::error_code code;
    if (!std::filesystem::is_directory(*spec.folder, code)) {
      return fail(
          cannot_run(name, fmt::format("its working folder {} does not exist", spec.folder->string())));
    }
    setup.folder = spec.folder->c_str();
  }
  std::vector<const char*> argv;
  argv.reserve(spec.argv.size() + 1);
  for (const auto& argument : spec.argv) argv.push_back(argument.c_str());
  argv.push_back(nullptr);

  return fork_and_exec(program.c_str(), argv.data(), environment.data(), setup, name);
}

/// True if a process of the group is still running, not just a zombie nobody has waited for (proc(5), stat).
bool group_has_living(pid_t group) {
  std::error_code code;
  for (std::filesystem::directory_iterator at("/proc", code); at != std::filesystem::directory_iterator();
       at.increment(code)) {
    if (!parse_u64(at->path().filename().string())) continue;
    const auto stat = read_file(at->path() / "stat");
    const auto name_end = stat ? stat->rfind(") ") : std::string::npos;
    if (name_end == std::string::npos) continue;
    const auto fields = split(std::string_view(*stat).substr(name_end + 2), ' ');  // state, parent, group, …
    if (fields.size() > 2 && fields[0] != "Z" && fields[0] != "X" && fields[2] == std::to_string(group))
      return true;
  }
  return false;
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
    if (spec_.timeout) {
      timeout_.expires_after(*spec_.timeout);
      timeout_.async_wait([this](error_code code) {
        if (!code) end(outcome_.timed_out);
      });
    }
    const std::stop_callback on_stop(std::move(stop),
                                     [this] { asio::post(io_, [this] { end(outcome_.cancelled); }); });
    io_.run();
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
    TRY_ASSIGN(const auto in, make_input(spec_.input, name));
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
    return {};
  }

  void read(Pipe& pipe) {
    pipe.from.async_read_some(asio::buffer(pipe.buffer), [this, &pipe](error_code code, std::size_t size) {
      take(pipe, {pipe.buffer.data(), size});
      if (!code) return read(pipe);
      pipe.open = false;
      if (!pipe.line.empty()) give_line(pipe, std::exchange(pipe.line, {}));
      go_on();
    });
  }

  void take(Pipe& pipe, std::string_view bytes) {
    constexpr std::size_t kLongestLine = std::size_t{1} << 20;  // longer ones are passed on in parts
    if (spec_.capture) pipe.kept += bytes;
    if (!spec_.on_line) return;
    for (auto newline = bytes.find('\n'); newline != std::string_view::npos; newline = bytes.find('\n')) {
      pipe.line += bytes.substr(0, newline);
      bytes.remove_prefix(newline + 1);
      give_line(pipe, std::exchange(pipe.line, {}));
    }
    pipe.line += bytes;
    if (pipe.line.size() >= kLongestLine) give_line(pipe, std::exchange(pipe.line, {}));
  }

  void give_line(const Pipe& pipe, const std::string& line) { spec_.on_line(pipe.stream, line); }

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
      if (!pipe->line.empty()) give_line(*pipe, std::exchange(pipe->line, {}));
    }
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

std::unique_ptr<ProcessRunner> make_process_runner() {
  return std::make_unique<BoostProcessRunner>();
}

}  // namespace launch

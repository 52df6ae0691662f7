#include "base/child.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.hpp"

extern char** environ;

namespace launch {
namespace {

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

/// See ChildSetup.
bool set_up(const ChildSetup& setup) {
  if (setup.own_session ? ::setsid() < 0 : ::setpgid(0, 0) != 0) return false;
  if (!setup.own_session) {
    if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return false;
    if (::getppid() != setup.parent) ::_exit(128 + SIGTERM);  // the parent died before prctl took effect
  }
  for (int signal = 1; signal < NSIG; ++signal)
    ::signal(signal, SIG_DFL);  // fails for KILL and STOP, as it should
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return false;
  if (setup.folder != nullptr && ::chdir(setup.folder) != 0) return false;
  if (setup.mask) ::umask(*setup.mask);
  // Kernels before 5.11 lack this flag; our own descriptors are O_CLOEXEC anyway.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  return ::dup2(setup.in, STDIN_FILENO) >= 0 && ::dup2(setup.out, STDOUT_FILENO) >= 0 &&
         ::dup2(setup.err, STDERR_FILENO) >= 0;
}

/// The child's process id; `argv` and `environment` end with a null.
Result<pid_t> fork_and_exec(const char* program, const char* const* argv, const char* const* environment,
                            const ChildSetup& setup, std::string_view name) {
  // exec closes the child's end; if exec fails, the child writes its errno there.
  TRY_ASSIGN(auto failure, make_pipe(name));
  const pid_t child = ::fork();
  if (child < 0) return fail(cannot_run(name, std::strerror(errno)));
  if (child == 0) {
    if (set_up(setup)) {
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

}  // namespace

Error cannot_run(std::string_view program, std::string_view reason) {
  return environment_error(fmt::format("cannot run {}: {}", printable(program), reason));
}

Result<Fd> above_stdio(int fd, std::string_view program) {
  Fd own(fd);
  if (!own) return fail(cannot_run(program, std::strerror(errno)));
  if (own.get() > STDERR_FILENO) return own;
  Fd moved(::fcntl(own.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) return fail(cannot_run(program, std::strerror(errno)));
  return moved;
}

Result<PipeEnds> make_pipe(std::string_view program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(cannot_run(program, std::strerror(errno)));
  Fd write(ends[1]);
  TRY_ASSIGN(auto read, above_stdio(ends[0], program));
  TRY_ASSIGN(write, above_stdio(write.release(), program));
  return PipeEnds{std::move(read), std::move(write)};
}

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

QuietPipes::QuietPipes() {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before_);
}

QuietPipes::~QuietPipes() {
  if (::sigismember(&before_, SIGPIPE) == 0) {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    constexpr timespec kNow{};
    ::sigtimedwait(&pipe, nullptr, &kNow);
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void write_quietly(int fd, std::string_view text) {
  const QuietPipes quiet;
  (void)!::write(fd, text.data(), text.size());
}

Result<pid_t> start(const ProcessSpec& spec, ChildSetup setup) {
  if (spec.argv.empty()) return fail(environment_error("cannot run a program: no name was given"));
  const std::string& name = spec.argv.front();
  const EnvironmentBlock environment(spec);
  TRY_ASSIGN(const auto program, program_in(name, environment.path()));
  if (spec.umask) setup.mask = static_cast<mode_t>(*spec.umask);
  if (spec.outlives) setup.own_session = true;
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

}  // namespace launch

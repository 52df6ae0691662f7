#include "base/process.hpp"

#include <atomic>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch {
namespace {

using namespace std::chrono_literals;
using test::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;

ProcessSpec shell(std::string script) {
  return {.argv = {"sh", "-c", std::move(script)}};
}

ProcessOutcome run(const ProcessSpec& spec, std::stop_token stop = {}) {
  auto outcome = make_process_runner()->run(spec, std::move(stop));
  EXPECT_TRUE(outcome) << outcome.error().text();
  return outcome.value_or(ProcessOutcome{});
}

std::string error_of(const ProcessSpec& spec) {
  const auto outcome = make_process_runner()->run(spec);
  return outcome ? "no error" : outcome.error().text();
}

/// Waits until the condition holds; false after ten seconds.
template <class Condition>
bool eventually(Condition&& holds) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// True if it is alive and not a zombie.
bool lives(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  return stat && stat->find(") Z") == std::string::npos;
}

pid_t pid_in(const std::filesystem::path& file) {
  pid_t pid = 0;
  const auto there = eventually([&] {
    const auto text = read_file(file);
    pid = text && text->ends_with('\n') ? static_cast<pid_t>(parse_u64(trim(*text)).value_or(0)) : 0;
    return pid != 0;
  });
  EXPECT_TRUE(there) << file;
  return pid;
}

TEST(Process, GivesBothStreamsAndTheExitCode) {
  const auto outcome = run(shell("echo one; echo two >&2; exit 7"));
  EXPECT_EQ(outcome.out, "one\n");
  EXPECT_EQ(outcome.err, "two\n");
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_FALSE(outcome.ok());
  EXPECT_TRUE(run({.argv = {"true"}}).ok());
}

TEST(Process, PassesArgumentsUntouched) {
  const auto outcome = run({.argv = {"printf", "<%s>", "a b", "$HOME", "'\"", "", "*"}});
  EXPECT_EQ(outcome.out, "<a b><$HOME><'\"><><*>");
}

TEST(Process, CountsASignalFrom128) {
  const auto outcome = run(shell("kill -SEGV $$"));
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_EQ(outcome.exit_code, 128 + SIGSEGV);
}

TEST(Process, DrainsBothPipesAndFeedsStdinAtOnce) {
  constexpr std::size_t kSize = 4 << 20;
  auto spec = shell("exec 3<&0; cat <&3 & head -c 4194304 /dev/zero >&2; wait");
  spec.input = std::string(kSize, 'x');
  const auto outcome = run(spec);
  EXPECT_TRUE(outcome.out == spec.input) << outcome.out.size();
  EXPECT_EQ(outcome.err.size(), kSize);
}

TEST(Process, StdinEndsAfterTheInput) {
  EXPECT_EQ(run({.argv = {"cat"}}).out, "");
  EXPECT_EQ(run({.argv = {"cat"}, .input = "a\nb"}).out, "a\nb");
  EXPECT_TRUE(run({.argv = {"true"}, .input = std::string(1 << 20, 'x')}).ok())
      << "who does not read does no harm";
}

TEST(Process, GivesLinesAsTheyComeFromTheCallingThread) {
  const auto self = std::this_thread::get_id();
  std::vector<std::string> seen;
  auto spec = shell("echo a; printf 'b\\r\\n\\n'; sleep 0.05; echo c >&2; sleep 0.05; printf d");
  spec.capture = false;
  spec.on_line = [&](Stream stream, std::string_view line) {
    EXPECT_EQ(std::this_thread::get_id(), self);
    seen.push_back(fmt::format("{}:{}", stream == Stream::out ? "out" : "err", line));
  };
  const auto outcome = run(spec);
  EXPECT_THAT(seen, ElementsAre("out:a", "out:b\r", "out:", "err:c", "out:d"));
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST(Process, SetsAndUnsetsVariables) {
  ASSERT_EQ(::setenv("LAUNCH_TEST_GONE", "here", 1), 0);
  ASSERT_EQ(::setenv("LAUNCH_TEST_KEPT", "kept", 1), 0);
  auto spec = shell("echo ${LAUNCH_TEST_GONE-unset} $LAUNCH_TEST_KEPT $LAUNCH_TEST_NEW");
  spec.environment = {{"LAUNCH_TEST_NEW", "new"}};
  spec.unset = {"LAUNCH_TEST_GONE"};
  EXPECT_EQ(run(spec).out, "unset kept new\n");
  ::unsetenv("LAUNCH_TEST_GONE");
  ::unsetenv("LAUNCH_TEST_KEPT");
}

TEST(Process, ACleanOneGetsNothingButItsOwnVariables) {
  ProcessSpec spec{.argv = {"/usr/bin/env"}, .environment = {{"ONE", "1"}, {"TWO", "a=b"}}};
  EXPECT_THAT(run(spec).out, HasSubstr("PATH="));
  spec.clean = true;
  EXPECT_EQ(run(spec).out, "ONE=1\nTWO=a=b\n");
  spec.unset = {"ONE"};
  EXPECT_EQ(run(spec).out, "TWO=a=b\n");
  spec.environment.clear();
  EXPECT_EQ(run(spec).out, "");
  spec.argv = {"env"};
  EXPECT_EQ(run(spec).exit_code, 0) << "it is found without PATH";
}

TEST(Process, RunsInItsFolder) {
  const Scratch scratch;
  ProcessSpec spec{.argv = {"pwd"}};
  spec.folder = scratch.path();
  EXPECT_EQ(run(spec).out, scratch.path().string() + "\n");
}

TEST(Process, LooksUpTheProgramInTheChildsPath) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "launch-test-program", "#!/bin/sh\necho found $0\n", 0755));
  ProcessSpec spec{.argv = {"launch-test-program"}};
  spec.environment = {{"PATH", "/nowhere:" + scratch.path().string()}};
  EXPECT_EQ(run(spec).out, "found " + (scratch / "launch-test-program").string() + "\n");
}

TEST(Process, SaysWhatCannotBeStarted) {
  ProcessSpec missing{.argv = {"launch-test-missing", "x"}};
  missing.environment = {{"PATH", "/nowhere"}};
  EXPECT_EQ(error_of(missing),
            "error: cannot run launch-test-missing: no such program in PATH\n"
            "\n"
            "hint: install launch-test-missing, or add its folder to PATH, which is /nowhere\n");
  EXPECT_EQ(error_of({.argv = {"/nowhere/program"}}),
            "error: cannot run /nowhere/program: No such file or directory\n");
  EXPECT_EQ(error_of({.argv = {"/etc/passwd"}}), "error: cannot run /etc/passwd: Permission denied\n");
  EXPECT_EQ(error_of({}), "error: cannot run a program: no name was given\n");
  ProcessSpec folder{.argv = {"true"}};
  folder.folder = "/nowhere";
  EXPECT_EQ(error_of(folder), "error: cannot run true: its working folder /nowhere does not exist\n");
  EXPECT_EQ(make_process_runner()->guard({"launch-test-missing"}).error().message(),
            "cannot run launch-test-missing: no such program in PATH");
}

TEST(Process, GivesTheChildNothingElseOfThisProcess) {
  const Scratch scratch;
  const Fd open_here(::open((scratch / "file").c_str(), O_RDWR | O_CREAT, 0600));  // without O_CLOEXEC
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const auto ignored_before = ::signal(SIGINT, SIG_IGN);
  const auto outcome =
      run(shell("ls -l /proc/self/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status; "
                "read pid comm state parent group rest </proc/self/stat; echo $(($group - $$))"));
  ::signal(SIGINT, ignored_before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(outcome.out, Not(HasSubstr(scratch.path().string())));
  EXPECT_THAT(outcome.out, HasSubstr("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0\n"));
}

TEST(Process, LeaksNoDescriptors) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = open_files();
  run(shell("echo x"));
  error_of({.argv = {"/nowhere/program"}});
  EXPECT_EQ(open_files(), before);
}

TEST(Process, EndsTheWholeGroupWhenItsTimeIsOver) {
  const Scratch scratch;
  auto spec = shell(fmt::format("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; echo before; wait",
                                (scratch / "pid").string()));
  spec.timeout = 200ms;
  const auto outcome = run(spec);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_FALSE(outcome.cancelled);
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.exit_code, 128 + SIGTERM);
  EXPECT_EQ(outcome.out, "before\n");
  EXPECT_FALSE(lives(pid_in(scratch / "pid")));
}

TEST(Process, KillsWhatIgnoresSigterm) {
  auto spec = shell("trap '' TERM; echo ready; while :; do sleep 1000; done");
  spec.grace = 50ms;
  std::stop_source source;
  spec.on_line = [&](Stream, std::string_view) { source.request_stop(); };
  const auto outcome = run(spec, source.get_token());
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
}

TEST(Process, LetsTheChildCleanUpWithinTheGraceTime) {
  auto spec = shell("trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  spec.grace = 10s;
  std::stop_source source;
  spec.on_line = [&](Stream, std::string_view) { source.request_stop(); };
  const auto outcome = run(spec, source.get_token());
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "ready\ncleaned\n");
}

TEST(Process, StopEndsGrandchildrenThatOutliveTheirParent) {
  const Scratch scratch;
  // The leader ends at the first signal or before; its child holds the pipes and ignores SIGTERM.
  auto spec =
      shell(fmt::format("(trap '' TERM; exec sleep 1000) & echo $! >{0}.new; mv {0}.new {0}; exec true",
                        (scratch / "pid").string()));
  spec.grace = 50ms;
  std::stop_source source;
  std::jthread stopper([&] {
    pid_in(scratch / "pid");
    source.request_stop();
  });
  const auto outcome = run(spec, source.get_token());
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_TRUE(eventually([&] { return !lives(pid_in(scratch / "pid")); }));
}

TEST(Process, DoesNotWaitAfterAStopForWhoLeftTheGroupWithThePipe) {
  const Scratch scratch;
  auto spec = shell(
      fmt::format("setsid sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait", (scratch / "pid").string()));
  spec.grace = 50ms;
  std::stop_source source;
  std::jthread stopper([&] {
    pid_in(scratch / "pid");
    source.request_stop();
  });
  EXPECT_TRUE(run(spec, source.get_token()).cancelled);
  ::kill(pid_in(scratch / "pid"), SIGKILL);
}

TEST(Process, AStopBeforeTheStartStartsNothing) {
  const Scratch scratch;
  std::stop_source source;
  source.request_stop();
  const auto outcome = run({.argv = {"touch", (scratch / "file").string()}}, source.get_token());
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_FALSE(std::filesystem::exists(scratch / "file"));
}

TEST(Process, RunsFromSeveralThreadsAtOnce) {
  std::vector<std::jthread> threads;
  threads.reserve(8);
  std::atomic<int> good = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&good, thread] {
      for (int i = 0; i < 5; ++i) {
        const auto text = fmt::format("{} {}", thread, i);
        if (run({.argv = {"cat"}, .input = text}).out == text) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 40);
}

/// Runs the body in a separate process, which must end itself, and returns its pid.
template <class Body>
pid_t in_process(Body&& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    body();
    ::_exit(0);
  }
  ::setpgid(pid, pid);
  return pid;
}

TEST(Process, TheChildIsEndedWhenThisProcessIsKilled) {
  const Scratch scratch;
  const auto pid = in_process([&] {
    run(shell(fmt::format("echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000", (scratch / "pid").string())));
  });
  const auto child = pid_in(scratch / "pid");
  ASSERT_TRUE(lives(child));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return !lives(child); }));
}

TEST(Process, AChildThatOutlivesGoesOnWhenThisProcessAndItsGroupAreKilled) {
  const Scratch scratch;
  const auto pid = in_process([&] {
    auto spec =
        shell(fmt::format("echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000", (scratch / "pid").string()));
    spec.outlives = true;
    run(spec);
  });
  const auto child = pid_in(scratch / "pid");
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(::getsid(child), child) << "no signal of another group or session reaches it";
  EXPECT_TRUE(lives(child));
  EXPECT_EQ(::kill(child, SIGTERM), 0);
  EXPECT_TRUE(eventually([&] { return !lives(child); }));
}

TEST(Process, ItsArgumentsAreFound) {
  const auto name = fmt::format("launch-test-{}-n0", ::getpid());
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execlp("sh", "sh", "-c", "kill -STOP $$", name.c_str(), nullptr);
    ::_exit(1);
  }
  ::waitpid(pid, nullptr, WUNTRACED);
  EXPECT_TRUE(a_process_has_argument(name));
  EXPECT_TRUE(a_process_has_argument(name.substr(0, name.size() - 2)));
  EXPECT_FALSE(a_process_has_argument(name.substr(1))) << "arguments begin with the text";
  EXPECT_FALSE(a_process_has_argument(name + "0"));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_FALSE(a_process_has_argument(name));
}

constexpr auto kGuardScript =
    "echo started >{0}/started; read line; [ \"$line\" = done ] || echo acted >{0}/acted; echo ended "
    ">{0}/ended";

std::vector<std::string> guard_argv(const Scratch& scratch) {
  return {"sh", "-c", fmt::format(fmt::runtime(kGuardScript), scratch.path().string())};
}

TEST(Guard, ActsWhenThisProcessAndItsGroupAreKilled) {
  const Scratch scratch;
  const auto pid = in_process([&] {
    auto guard = make_process_runner()->guard(guard_argv(scratch));
    // A program that runs meanwhile must not hold the guard's pipe open.
    run(shell(fmt::format("trap '' TERM; echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000",
                          (scratch / "pid").string())));
  });
  const auto child = pid_in(scratch / "pid");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(scratch / "started"); }));
  EXPECT_FALSE(std::filesystem::exists(scratch / "acted"));
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(scratch / "ended"); }));
  EXPECT_TRUE(std::filesystem::exists(scratch / "acted"));
  ::kill(child, SIGKILL);
}

TEST(Guard, DoesNothingWhenDismissed) {
  const Scratch scratch;
  auto guard = make_process_runner()->guard(guard_argv(scratch));
  ASSERT_TRUE(guard) << guard.error().text();
  (*guard)->dismiss();
  EXPECT_TRUE(std::filesystem::exists(scratch / "ended")) << "dismiss waits for its end";
  EXPECT_FALSE(std::filesystem::exists(scratch / "acted"));
}

TEST(Guard, ActsWhenItIsDroppedWithoutBeingDismissed) {
  const Scratch scratch;
  ASSERT_TRUE(make_process_runner()->guard(guard_argv(scratch)));
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(scratch / "ended"); }));
  EXPECT_TRUE(std::filesystem::exists(scratch / "acted"));
}

TEST(Guard, DismissingOneThatEndedByItselfIsHarmless) {
  auto guard = make_process_runner()->guard({"true"});
  ASSERT_TRUE(guard);
  (*guard)->dismiss();
}

}  // namespace
}  // namespace launch

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "train/rank_line.hpp"
#include "unit/base/scratch.hpp"

namespace launch::train {
namespace {

/// What stands for torchrun: blocks signals, sends some to node.sh, and says which came back.
constexpr std::string_view kTorchrunPython = R"(import os, signal, sys
signals = {signal.SIGTERM, signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
ignored = [s.name for s in (signal.SIGUSR1, signal.SIGUSR2) if signal.getsignal(s) == signal.SIG_IGN]
print("ignores", *ignored)
for name in sys.argv[1:]:
    os.kill(os.getppid(), getattr(signal, name))
    got = signal.sigtimedwait([signal.SIGTERM], 0.3)
    print(name, "gives", got and signal.Signals(got.si_signo).name)
sys.exit(7)
)";

class NodeScript : public testing::Test {
 protected:
  /// `sh node.sh COMMAND…`
  ProcessOutcome run(std::vector<std::string> command) {
    EXPECT_TRUE(write_file(disk_, scratch_.path() / "node.sh", rank_files().back().text));
    EXPECT_TRUE(write_file(disk_, scratch_.path() / "t.py", kTorchrunPython));
    ProcessSpec spec;
    spec.argv = {"sh", (scratch_.path() / "node.sh").string()};
    for (auto& word : command) spec.argv.push_back(std::move(word));
    spec.timeout = std::chrono::seconds(60);
    auto outcome = make_process_runner()->run(spec);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
  }
  ProcessOutcome signalled(std::vector<std::string> signals) {
    signals.insert(signals.begin(), {"python3", (scratch_.path() / "t.py").string()});
    return run(std::move(signals));
  }

  test::Scratch scratch_;
  RealDisk disk_;
};

TEST_F(NodeScript, AsLongAsALaunchWatchesOnlyTheStopSignalEndsTorchrun) {
  ASSERT_TRUE(write_file(disk_, scratch_.path() / "control", ""));
  const auto outcome = signalled({"SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT", "SIGHUP", "SIGPWR"});
  EXPECT_EQ(outcome.out,
            "ignores SIGUSR1 SIGUSR2\n"
            "SIGUSR1 gives None\nSIGUSR2 gives None\n"
            "SIGTERM gives None\nSIGINT gives None\nSIGHUP gives None\nSIGPWR gives SIGTERM\n");
  EXPECT_EQ(outcome.exit_code, 7) << "a signal to node.sh is none to torchrun, and its code is torchrun's";
}

TEST_F(NodeScript, WithoutALaunchSignalsThatEndAProgramEndTorchrun) {
  for (const std::string first : {"SIGTERM", "SIGINT", "SIGHUP", "SIGPWR"}) {
    EXPECT_EQ(signalled({"SIGUSR1", first, "SIGTERM", "SIGINT"}).out,
              "ignores SIGUSR1 SIGUSR2\nSIGUSR1 gives None\n" + first +
                  " gives SIGTERM\nSIGTERM gives None\nSIGINT gives None\n")
        << "a second would make torchrun leave its ranks while they save";
  }
}

TEST_F(NodeScript, ASignalThatEndsTorchrunIsItsCode) {
  const auto outcome = run({"sh", "-c", "kill -9 $$"});
  EXPECT_EQ(outcome.exit_code, 137);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(NodeScript, ATorchrunThatIsNotThereIsNamed) {
  const auto outcome = run({"no-such-torchrun", "--nnodes"});
  EXPECT_EQ(outcome.exit_code, 127);
  EXPECT_EQ(outcome.err, "node.sh: no-such-torchrun: executable file not found in PATH\n");
}

}  // namespace
}  // namespace launch::train

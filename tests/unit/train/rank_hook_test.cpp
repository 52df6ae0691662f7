#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/train/rank_script_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

/// A way to end, and what is found out about it.
struct Death {
  const char* name;
  const char* code;
  std::string sentence;
  std::string kind;
  int returned = 1;
  std::string without_hook = {};  ///< the sentence, where that differs
};

void PrintTo(const Death& death, std::ostream* out) {
  *out << death.name;
}

const std::string kRaised = "rank 5 on node 0 raised ";
const std::string kLostPeer = "rank 5 on node 0 lost its connection to another rank: ";
const std::string kExited = "rank 5 on node 0 exited with code ";
const std::string kKilled = "rank 5 on node 0 was killed by ";

std::vector<Death> deaths() {
  return {
      {"Raise", "raise ValueError('no')", kRaised + "ValueError: no", "exception"},
      {"LongOutputAfterwards",
       "import atexit, sys\n"
       "atexit.register(lambda: [print('bye', i, file=sys.stderr) for i in range(100)])\n"
       "raise ValueError('no')",
       kRaised + "ValueError: no", "exception", 1, kExited + "1"},
      {"Chained", "try:\n  {}['a']\nexcept KeyError as e:\n  raise RuntimeError('no a') from e",
       kRaised + "RuntimeError: no a", "exception"},
      {"PeerLostFirst",
       "try:\n  raise RuntimeError('[/gloo/transport/tcp/pair.cc:5] Connection closed by peer')\n"
       "except RuntimeError:\n  raise ValueError('cannot go on')",
       "rank 5 on node 0 lost its connection to another rank: RuntimeError: [/gloo/transport/tcp/pair.cc:5] "
       "Connection closed by peer",
       "connection"},
      {"PeerLostFirstAndHidden",
       "try:\n  raise RuntimeError('[/gloo/x] Connection closed by peer')\n"
       "except RuntimeError:\n  raise ValueError('cannot go on') from None",
       kLostPeer + "RuntimeError: [/gloo/x] Connection closed by peer", "connection", 1,
       kRaised + "ValueError: cannot go on"},
      {"PeerLostByAChild",
       "import subprocess, sys\n"
       "subprocess.run([sys.executable, '-c',\n"
       "                \"raise RuntimeError('[/gloo/x] Connection closed ' + 'by peer')\"], check=True)",
       kLostPeer + "RuntimeError: [/gloo/x] Connection closed by peer", "connection"},
      {"PeerLostAndSaid",
       "import sys\nprint('failed: [/gloo/x] Connection closed by peer', file=sys.stderr)\n"
       "print('bye', file=sys.stderr); sys.exit(1)",
       kLostPeer + "failed: [/gloo/x] Connection closed by peer", "connection"},
      {"PeerLostAndHandledAtExit",
       "import sys\ntry:\n  raise RuntimeError('[/gloo/x] Connection closed by peer')\n"
       "except RuntimeError:\n  sys.exit(1)",
       kLostPeer + "RuntimeError: [/gloo/x] Connection closed by peer", "connection", 1, kExited + "1"},
      {"PeerLostManyLinesAgo",
       "import os, sys, time\nprint('[/gloo/x] Connection closed by peer', file=sys.stderr)\n"
       "time.sleep(0.2)\nfor i in range(60): print('going on', i)\nos._exit(1)",
       kExited + "1", "exit"},
      {"HandledManyLinesAgo",
       "import os, sys, time, traceback\ntry:\n  {}['a']\nexcept KeyError:\n  traceback.print_exc()\n"
       "time.sleep(0.2)\nfor i in range(60): print('going on', i)\nos._exit(1)",
       kExited + "1", "exit"},
      {"HandledSecondsAgo",
       "import os, time, traceback\ntry:\n  {}['a']\nexcept KeyError:\n  traceback.print_exc()\n"
       "time.sleep(2.1); os._exit(1)",
       kExited + "1", "exit", 1, kRaised + "KeyError: 'a'"},
      {"TracebacksInPieces",
       "import os, sys, time\n"
       "for part in ['Traceback (most recent call last):\\n', '  File \"t.py\", line 1\\n',\n"
       "             'RuntimeError: [/gloo/x] Connection closed by peer\\n', '\\n',\n"
       "             'During handling of the above exception, another exception occurred:\\n', '\\n',\n"
       "             'Traceback (most recent call last):\\n  File \"t.py\", line 3\\nValue', 'Error: "
       "no\\n']:\n"
       "  sys.stderr.write(part); time.sleep(0.05)\n"
       "os._exit(1)",
       "rank 5 on node 0 lost its connection to another rank: RuntimeError: [/gloo/x] Connection closed by "
       "peer",
       "connection"},
      {"ALongLineInPieces",
       "import os, sys, time\n"
       "for part in ['Traceback (most recent call last):\\n  File \"t.py\", line 3\\n', 'ValueError: no' + "
       "'x' * 6000,\n"
       "             'y' * 6000 + '\\n']:\n"
       "  sys.stderr.write(part); time.sleep(0.1)\n"
       "os._exit(1)",
       kRaised + "ValueError: no" + std::string(486, 'x'), "exception"},
      {"Group", "raise ExceptionGroup('step', [ValueError('a'), KeyError('b')])",
       kRaised + "ExceptionGroup: step (2 sub-exceptions): ValueError: a", "exception", 1,
       kRaised + "ExceptionGroup: step (2 sub-exceptions)"},
      {"HandledAndThenExit",
       "import sys, traceback\ntry:\n  {}['a']\nexcept KeyError:\n  traceback.print_exc()\n"
       "for i in range(9): print('going on', file=sys.stderr)\nsys.exit(3)",
       kExited + "3", "exit", 3},
      {"PrintedAndThenExit",
       "import sys, traceback\ntry:\n  raise ValueError('no')\nexcept ValueError:\n  traceback.print_exc()\n "
       " "
       "sys.exit(1)",
       kExited + "1: ValueError: no", "exit", 1, kRaised + "ValueError: no"},
      {"ExitWithText", "import sys; sys.exit('no data in /data')", kExited + "1: no data in /data", "exit", 1,
       kExited + "1"},
      {"ExitWithTextAndSlowExitHandlers",
       "import atexit, sys, time\natexit.register(time.sleep, 1.1)\nsys.exit('no data in /data')",
       kExited + "1: no data in /data", "exit", 1, kExited + "1"},
      {"ExitThatWasCaught",
       "import sys\ntry:\n  sys.exit('no data')\nexcept SystemExit:\n  pass\nraise SystemExit(3)",
       kExited + "3", "exit", 3},
      {"ExitAfterAWarning", "import sys, warnings\nwarnings.warn('torch.foo is deprecated')\nsys.exit(1)",
       kExited + "1", "exit"},
      {"ExitAfterABar", "import sys\nsys.stderr.write('\\r 50%|## |\\r100%|####|\\n')\nsys.exit(1)",
       kExited + "1", "exit"},
      {"ExitAfterALineOfStdout",
       "import sys, time\nprint('loading', file=sys.stderr)\ntime.sleep(0.2)\nprint('no data'); sys.exit(1)",
       kExited + "1", "exit"},
      {"ExitLongAfterALine",
       "import sys, time\nprint('loading', file=sys.stderr)\ntime.sleep(1.1); sys.exit(1)", kExited + "1",
       "exit"},
      {"Arguments", "import argparse; argparse.ArgumentParser('t.py').parse_args()",
       kExited + "2: t.py: error: unrecognized arguments: an arg", "exit", 2, kExited + "2"},
      {"ExitAtOnce", "import os, sys; print('x', file=sys.stderr); os._exit(5)", kExited + "5", "exit", 5},
      {"Abort", "import os; os.abort()", kKilled + "SIGABRT", "signal", 134},
      {"TerminateOfCpp",
       "import os, sys\n"
       "sys.stderr.write(\"terminate called after throwing an instance of 'std::bad_alloc'\\n  what():  \"\n"
       "                 \"std::bad_alloc\\n\")\n"
       "os.abort()",
       kKilled + "SIGABRT: std::bad_alloc: std::bad_alloc", "signal", 134},
      {"BadPointer", "import ctypes; ctypes.string_at(0)", kKilled + "SIGSEGV", "signal", 139},
      {"KilledByHand", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", kKilled + "SIGKILL",
       "signal", 137},
      {"MissingModule", "import no_such_module",
       kRaised + "ModuleNotFoundError: No module named 'no_such_module'", "exception"},
      {"Syntax", "def f(:\n  pass", kRaised + "SyntaxError: invalid syntax (t.py, line 1)", "exception", 1,
       kRaised + "SyntaxError: invalid syntax"},
      {"KeyboardInterrupt", "raise KeyboardInterrupt", kRaised + "KeyboardInterrupt", "exception", 130,
       kKilled + "SIGINT"},
      {"AnotherProgram", "import os; os.execv('/bin/sh', ['sh', '-c', 'exit 9'])", kExited + "9", "exit", 9},
      {"ExceptionInAThreadThenExit",
       "import sys, threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); sys.exit(1)",
       kExited + "1: ZeroDivisionError: division by zero", "exit", 1, kExited + "1"},
      {"ExceptionInAThreadThenItsOwn",
       "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()\nraise "
       "ValueError('no')",
       kRaised + "ValueError: no", "exception"},
      {"Recursion", "def f(): return f()\nf()", kRaised + "RecursionError: maximum recursion depth exceeded",
       "exception"},
      {"Memory", "raise MemoryError", kRaised + "MemoryError", "exception"},
      {"Unicode", "raise ValueError('Größe \\u2260 \\U0001f600 \\x1b')",
       kRaised + "ValueError: Größe \u2260 \U0001f600 \x1b", "exception"},
      {"ExceptHookReplaced",
       "import sys\nsys.excepthook = lambda *a: print('a box of red lines', file=sys.stderr)\nraise "
       "ValueError('no')",
       kRaised + "ValueError: no", "exception", 1, kExited + "1"},
      {"HookCalledByHand",
       "import sys\ntry:\n  {}['a']\nexcept KeyError:\n  sys.excepthook(*sys.exc_info())\n"
       "for i in range(9): print('going on', file=sys.stderr)\nsys.exit(4)",
       kExited + "4", "exit", 4},
      {"DataLoaderWorker",
       "class ValueError(ValueError): pass\n"
       "raise ValueError('Caught ValueError in DataLoader worker process 0.\\nOriginal Traceback (most "
       "recent call "
       "last):\\n  File \"w.py\", line 3\\nValueError: bad sample\\n')",
       kRaised + "ValueError: bad sample (in DataLoader worker process 0)", "exception", 1,
       kRaised + "ValueError: bad sample"},
      {"SpawnedProcess",
       "raise ValueError('\\n\\n-- Process 1 terminated with the following error:\\nTraceback (most recent "
       "call "
       "last):\\n  File \"w.py\", line 3\\nKeyError: 3\\n')",
       kRaised + "ValueError: KeyError: 3 (in process 1)", "exception", 1, kRaised + "KeyError: 3"},
      {"StrThatRaises", "class E(Exception):\n  def __str__(self): raise KeyError\nraise E",
       kRaised + "E: <exception str() failed>", "exception"},
      {"WithinRun",
       "import runpy, sys, os\nopen('/dev/null')\nrunpy.run_module('this', run_name='__main__')\nraise "
       "ValueError('no')",
       kRaised + "ValueError: no", "exception"},
  };
}

class RankDies : public RankScript, public testing::WithParamInterface<Death> {};

TEST_P(RankDies, AndItIsKnownHow) {
  const auto& death = GetParam();
  const auto outcome = run(death.code);
  EXPECT_EQ(outcome.signal != 0 ? 128 + outcome.signal : outcome.exit_code, death.returned);
  ASSERT_EQ(ended_.size(), 1U);
  const auto cause = cause_of(ended_[0]);
  EXPECT_EQ(cause.sentence(), death.sentence);
  EXPECT_EQ(kind_name(cause.kind), death.kind);
  EXPECT_EQ(cause.code, death.returned);
}

TEST_P(RankDies, AndWithoutTheHookItIsKnownAsFarAsItCanBe) {
  const auto& death = GetParam();
  run(death.code, Hooked::no);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(cause_of(ended_[0]).sentence(), death.without_hook.empty() ? death.sentence : death.without_hook);
  EXPECT_TRUE(failed_.empty());
}

INSTANTIATE_TEST_SUITE_P(Ways, RankDies, testing::ValuesIn(deaths()),
                         [](const auto& info) { return info.param.name; });

TEST_F(RankScript, AnExceptionIsToldBeforeExitHandlersThatTakeTime) {
  run("import atexit, time\natexit.register(lambda: time.sleep(0.5))\nraise ValueError('no')\n");
  ASSERT_EQ(failed_.size(), 1U);
  EXPECT_GE(event().time - failed_[0].event.time, 0.5);
  EXPECT_EQ(event().exception->time, failed_[0].event.time);
}

TEST_F(RankScript, WhatItTellsIsNeverMixedWithAnotherRanksLine) {
  constexpr std::size_t kAtomic = 4096;  // PIPE_BUF
  for (const auto hooked : {Hooked::yes, Hooked::no}) {
    ended_.clear();
    run("import sys\n"
        "for word in ('terminate called', 'what(): ', 'CUDA error:', 'ncclRemoteError', 'Fatal Python "
        "error'):\n"
        "  print(word, '\\u2260' * 3000, file=sys.stderr)\n"
        "try:\n"
        "  raise KeyError('\\u2260' * 3000)\n"
        "except KeyError as error:\n"
        "  raise ValueError('\\u2260' * 3000) from error\n",
        hooked);
    EXPECT_LT(longest_, kAtomic);
    ASSERT_EQ(ended_.size(), 1U);
    EXPECT_EQ(event().exception->raised.type, "ValueError");
    EXPECT_EQ(event().exception->chain.size(), 1U);
  }
}

TEST_F(RankScript, SysExitIsAsItWouldBe) {
  run("import sys\n"
      "try: sys.exit(1, 2)\n"
      "except TypeError: pass\n"
      "for status in ((), (None,), (4,), ('no',), ([5],)):\n"
      "    try: sys.exit(*status)\n"
      "    except SystemExit as error: print(repr(error.code), error.__context__)\n"
      "print(sys.exit.__name__, sys.exit.__module__)\n");
  EXPECT_THAT(shown_, ElementsAre("out [0.5] None None", "out [0.5] None None", "out [0.5] 4 None",
                                  "out [0.5] 'no' None", "out [0.5] [5] None", "out [0.5] exit sys"));
  EXPECT_EQ(event().code, 0);
}

TEST_F(RankScript, AVictimsWordsComeWithTheExceptionThatIsNotOfItself) {
  run("import atexit, subprocess, sys, time\n"
      "atexit.register(time.sleep, 0.3)\n"
      "subprocess.run([sys.executable, '-c', \"raise RuntimeError('[/gloo/x] Connection closed ' + "
      "'by peer')\"],\n"
      "               check=True)\n");
  ASSERT_EQ(failed_.size(), 1U);
  EXPECT_EQ(cause_of(failed_[0]).kind, CauseKind::connection);
}

TEST_F(RankScript, WritesIntoNoFileThatTheScriptOpenedInPlaceOfThePipe) {
  run("import os\n"
      "os.chdir(os.path.dirname(__file__))\n"
      "os.closerange(3, 99)\n"
      "kept = [open(f'kept{i}', 'w') for i in range(9)]\n"
      "raise ValueError('no')\n");
  EXPECT_EQ(cause_of(ended_.at(0)).sentence(), "rank 5 on node 0 raised ValueError: no");
  for (int i = 0; i < 9; ++i) {
    const auto text = read_file(scratch_.path() / ("kept" + std::to_string(i)));
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "");
  }
}

TEST_F(RankScript, TheScriptDoesNotSeeTheHook) {
  environment_["PYTHONPATH"] = (scratch_.path() / "own").string();
  std::filesystem::create_directories(scratch_.path() / "own");
  ASSERT_TRUE(write_file(scratch_.path() / "own" / "sitecustomize.py", "import sys\nsys.mine = __file__\n"));
  run("import os, sys, sitecustomize\n"
      "print(sys.mine == sitecustomize.__file__ == os.environ['PYTHONPATH'] + '/sitecustomize.py')\n"
      "print([p for p in sys.path if 'hook' in p], [n for n in os.environ if 'LAUNCH' in n])\n"
      "def inherited(fd):\n"
      "  try: return fd > 2 and os.get_inheritable(fd)\n"
      "  except OSError: pass\n"
      "print([fd for fd in map(int, os.listdir('/proc/self/fd')) if inherited(fd)], __name__, sys.argv[1:])\n"
      "sys.stdout.flush()\n"
      "os.system(sys.executable + ' -c \"import sys; print(sys.mine[-16:])\"')\n"
      "if os.fork() == 0: raise ValueError('of a child')\n"
      "os.wait()\n");
  EXPECT_THAT(std::vector(shown_.begin(), shown_.begin() + 4),
              ElementsAre("out [0.5] True", "out [0.5] [] []", "out [0.5] [] __main__ ['an arg']",
                          "out [0.5] sitecustomize.py"));
  EXPECT_TRUE(failed_.empty());
  EXPECT_EQ(event().code, 0);
}

TEST_F(RankScript, ASitecustomizeThatRaisesDoesAsItWould) {
  environment_["PYTHONPATH"] = (scratch_.path() / "own").string();
  std::filesystem::create_directories(scratch_.path() / "own");
  for (const auto* code :
       {"1 / 0\n", "import no_such_module\n", "import sys; sys.stderr.write('mine\\n')\n"}) {
    ASSERT_TRUE(write_file(scratch_.path() / "own" / "sitecustomize.py", code));
    std::vector<std::string> shown;
    for (const auto hooked : {Hooked::yes, Hooked::no}) {
      shown_.clear();
      run("print('runs')\n", hooked);
      std::erase_if(shown_,
                    [](const auto& line) { return line.starts_with("err [0] "); });  // of rank.py itself
      if (hooked == Hooked::yes) shown = shown_;
    }
    EXPECT_THAT(shown, testing::UnorderedElementsAreArray(shown_));
    EXPECT_THAT(shown, testing::Contains("out [0.5] runs"));
  }
}

/// Starts rank.py, and half a second later asks it for the stacks of the rank.
constexpr std::string_view kAsks =
    "import threading, rank, time\n"
    "start = rank.Rank.start\n"
    "def asked(self):\n"
    "    start(self)\n"
    "    def ask():\n"
    "        time.sleep(0.5)\n"
    "        self.ask_for_stacks()\n"
    "    threading.Thread(target=ask).start()\n"
    "rank.Rank.start = asked\n"
    "rank.main()\n";

TEST_F(RankScript, TellsTheStacksOfARankThatHangs) {
  start_with(kAsks);
  run("import time\n"
      "def load():\n"
      "    time.sleep(1)\n"
      "load()\n");
  ASSERT_GE(stacks_.size(), 3U);
  EXPECT_THAT(stacks_[stacks_.size() - 2], testing::EndsWith("t.py\", line 3 in load"));
  EXPECT_EQ(event().code, 0);
}

TEST_F(RankScript, TellsWhatARankIsHandlingAsItCleansUp) {
  start_with(kAsks);
  run("import time\n"
      "try: raise ValueError('loss is NaN') from KeyError('a')\n"
      "finally: time.sleep(1)\n");
  ASSERT_GE(stacks_.size(), 2U);
  EXPECT_THAT(stacks_[1], testing::EndsWith("t.py\", line 3 in <module>")) << "not the hook's own function";
  const auto handling = mux_.handling(0, 5);
  ASSERT_TRUE(handling);
  EXPECT_EQ(handling->raised.message, "loss is NaN");
  EXPECT_EQ(handling->chain.size(), 1U);
  EXPECT_THAT(handling->lines, testing::Contains("ValueError: loss is NaN"));
  EXPECT_EQ(event().exception->raised.message, "loss is NaN");
  EXPECT_FALSE(event().handled);
}

TEST_F(RankScript, IsHandlingNothingInAStep) {
  start_with(kAsks);
  run("import time\n"
      "try: {}['a']\n"
      "except KeyError: pass\n"
      "began = time.monotonic()\n"
      "time.sleep(1)\n"
      "print(time.monotonic() - began >= 1)\n");
  EXPECT_FALSE(mux_.handling(0, 5));
  EXPECT_THAT(shown_, ElementsAre("out [0.5] True"));
}

/// The same, with a RAS of NCCL on a port of its own; `says` is Python for what it answers.
std::string asks_with_ras(const std::string& says) {
  return "import os, socket, threading\n"
         "server = socket.create_server(('127.0.0.1', 0))\n"
         "os.environ['NCCL_RAS_ADDR'] = '127.0.0.1:%d' % server.getsockname()[1]\n"
         "def serve():\n"
         "    client = server.accept()[0]\n"
         "    asked = client.recv(100)\n" +
         says + "threading.Thread(target=serve, daemon=True).start()\n" + std::string(kAsks);
}

TEST_F(RankScript, TellsWhatNcclKnowsOfRanksThatDiffer) {
  start_with(
      asks_with_ras("    client.sendall(b'NCCL version 2.28.9\\n#0-0 (8a0c) OK\\n' + asked +\n"
                    "        b'#0-1 (8a0d) MISMATCH\\n'\n"
                    "        b'  Communicator ranks have different AllReduce operation counts\\n'\n"
                    "        b'  3 ranks have launched up to operation 52\\n'\n"
                    "        b'  Rank 1 has launched up to operation 51 -- GPU 1 managed by process 7\\n')\n"
                    "    client.close()\n"));
  run("import time\ntime.sleep(1.5)\n");
  EXPECT_THAT(ras_, testing::ElementsAre("#0-1 (8a0d) MISMATCH",
                                         "  Communicator ranks have different AllReduce operation counts",
                                         "  3 ranks have launched up to operation 52",
                                         "  Rank 1 has launched up to operation 51"));
  mux_.flush();
  EXPECT_THAT(read_file(scratch_.path() / "node0.rank5.log").value_or(""),
              testing::HasSubstr("NCCL's RAS:\n#0-1"));
}

TEST_F(RankScript, WithoutNcclThereIsNothingToTell) {
  start_with(asks_with_ras("    client.close()\n"));
  ras_ = {"not told"};
  run("import time\ntime.sleep(1.5)\n");
  EXPECT_THAT(ras_, testing::IsEmpty());
}

TEST_F(RankScript, TheKernelsCountTellsWhetherMemoryWasTheReason) {
  start_with(
      "import os, rank, rank_evidence\n"
      "here = os.path.dirname(__file__)\n"
      "rank_evidence.Memory.FILES = (('/none', '/none'), (here + '/before', here + '/limit'))\n"
      "rank.main()\n");
  ASSERT_TRUE(write_file(scratch_.path() / "limit", "2000000\n"));
  // cgroup v2, and v1 after it.
  for (const auto* events : {"low 0\noom 2\noom_kill {}\noom_group_kill 0\n", "under_oom 0\noom_kill {}\n"}) {
    for (const auto& [kills, sentence] : std::map<std::string, std::string>{
             {"3", "rank 5 on node 0 was killed by SIGKILL"},
             {"4",
              "rank 5 on node 0 was killed by the kernel's OOM killer: the container's limit is 2.0 MB"}}) {
      ended_.clear();
      ASSERT_TRUE(write_file(scratch_.path() / "before", replace_all(events, "{}", "3")));
      ASSERT_TRUE(write_file(scratch_.path() / "then", replace_all(events, "{}", kills)));
      run("import os, signal\n"
          "os.chdir(os.path.dirname(__file__))\n"
          "os.rename('then', 'before')\n"
          "os.kill(os.getpid(), signal.SIGKILL)\n");
      ASSERT_EQ(ended_.size(), 1U);
      EXPECT_EQ(cause_of(ended_[0]).sentence(), sentence);
    }
  }
}

TEST_F(RankScript, ARankThatIsSlowToEndSurvivesTheQuestion) {
  // The question, sent whatever the hook has told, comes while C's exit handler sleeps for as many seconds as
  // the code.
  start_with(
      "import rank_evidence\nrank_evidence.Hook.ended = property(lambda self: False, lambda *_: None)\n" +
      std::string(kAsks));
  run("import ctypes, sys\n"
      "libc = ctypes.CDLL(None)\n"
      "libc.on_exit(libc.sleep, None)\n"
      "sys.exit(2)\n");
  EXPECT_EQ(event().signal, 0);
  EXPECT_EQ(event().code, 2);
}

TEST_F(RankScript, AsksNoOtherProgramForStacks) {
  start_with(kAsks);
  run("import os\nos.execv('/bin/sleep', ['sleep', '1'])\n");
  EXPECT_THAT(stacks_, testing::IsEmpty());
  EXPECT_EQ(event().code, 0);
  EXPECT_EQ(event().signal, 0);
}

}  // namespace
}  // namespace launch::train

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "fakes/fake_work.hpp"
#include "train/preflight_line.hpp"
#include "unit/base/scratch.hpp"

namespace launch::train {
namespace {

/// Runs Python code beside the files of the check. They use torch only inside their parts.
class PreflightScript : public testing::Test {
 protected:
  /// What it printed.
  std::string run(const std::string& code) {
    for (const auto& file : preflight_files()) {
      EXPECT_TRUE(write_file(work_.disk, scratch_.path() / file.name, file.text));
    }
    EXPECT_TRUE(write_file(work_.disk, scratch_.path() / "t.py", code));
    ProcessSpec spec{.argv = {"python3", (scratch_.path() / "t.py").string()}};
    spec.timeout = std::chrono::seconds(60);
    const auto outcome = make_process_runner()->run(spec);
    EXPECT_TRUE(outcome) << outcome.error().text();
    EXPECT_EQ(outcome->exit_code, 0) << outcome->err;
    return outcome->out;
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
};

/// Lines of NCCL's log, and what they say.
struct Log {
  std::string name;
  std::string lines;
  std::string found;  ///< as Python prints it
};

TEST_F(PreflightScript, ReadsNcclsLog) {
  const std::vector<Log> logs{
      {"one node, NVLink",
       "h:57:57 [0] NCCL INFO NCCL version 2.28.9+cuda13.0\n"
       "h:57:91 [0] NCCL INFO NET/IB : No device found.\n"
       "h:57:91 [0] NCCL INFO NET/IB : Using [RO]; OOB eth0:10.0.2.15<0>\n"
       "h:57:91 [0] NCCL INFO NET/Socket : Using [0]eth0:10.0.2.15<0>\n"
       "h:57:91 [0] NCCL INFO Initialized NET plugin Socket\n"
       "h:57:95 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/CUMEM\n"
       "h:57:95 [0] NCCL INFO Channel 01/0 : 0[0] -> 1[1] via P2P/CUMEM/read\n",
       "{'transports': ['P2P/CUMEM'], 'interfaces': ['eth0'], 'version': '2.28.9'}"},
      {"shared memory", "h:57:95 [0] NCCL INFO Channel 00 : 0[0] -> 1[1] via SHM/direct/direct\n",
       "{'transports': ['SHM/direct']}"},
      {"sockets between nodes",
       "h:57:91 [0] NCCL INFO NET/Socket : Using [0]eth0:198.19.4.34<0> [1]eth1:10.1.0.4<0>\n"
       "h:57:95 [0] NCCL INFO Channel 00/0 : 1[0] -> 0[0] [receive] via NET/Socket/0\n"
       "h:57:95 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[0] [send] via NET/Socket/1/Shared\n",
       "{'transports': ['NET/Socket'], 'interfaces': ['eth0', 'eth1']}"},
      {"InfiniBand with GPUDirect",
       "h:57:91 [0] NCCL INFO NET/IB : Using [0]mlx5_0:1/IB [1]mlx5_1:1/IB [RO]; OOB eth0:10.0.0.7<0>\n"
       "h:57:95 [0] NCCL INFO Channel 00/0 : 8[0] -> 0[0] [receive] via NET/IB/0/GDRDMA\n"
       "h:57:95 [0] NCCL INFO Channel 01/0 : 8[0] -> 0[0] [receive] via NET/IB/1(3)/GDRDMA/Shared\n"
       "h:57:95 [0] NCCL INFO Channel 02/0 : 8[0] -> 0[0] [send] via NET/IB/1/Shared\n",
       "{'transports': ['NET/IB/GDRDMA', 'NET/IB'], 'hcas': ['mlx5_0:1', 'mlx5_1:1']}"},
      {"the network of a plugin",
       "h:57:95 [0] NCCL INFO Channel 00/0 : 8[0] -> 0[0] [receive] via NET/AWS Libfabric/0/GDRDMA\n"
       "h:57:95 [0] NCCL INFO CollNet 00/0 : 0 [send] via COLLNET/SHARP/0/GDRDMA\n"
       "h:57:95 [0] NCCL INFO Connected NVLS tree\n",
       "{'transports': ['NET/AWS Libfabric/GDRDMA', 'COLLNET/SHARP/GDRDMA', 'NVLS']}"},
      {"the last warnings",
       "h:57:91 [0] a.cc:1 NCCL WARN one\nh:57:91 [0] a.cc:2 (ncclInit) NCCL WARN two\n"
       "h:57:91 [0] b.cc:3 NCCL WARN Bootstrap : no socket interface found\nh:57:91 [0] b.cc:4 NCCL WARN "
       "four\n",
       "{'warnings': ['two', 'Bootstrap : no socket interface found', 'four']}"},
      {"nothing", "", "{}"},
  };
  std::string found;
  for (const auto& log : logs) {
    ASSERT_TRUE(write_file(work_.disk, scratch_.path() / log.name, log.lines));
    found += log.name + ": " + log.found + "\n";
  }
  std::string names;
  for (const auto& log : logs) names += "'" + log.name + "', ";
  EXPECT_EQ(
      run("import os, preflight_work\n"
          "folder = os.path.dirname(os.path.abspath(__file__))\n"
          "for name in (" +
          names + "):\n    print(name + ':', preflight_work.found_in_log(os.path.join(folder, name)))\n"),
      found);
  EXPECT_EQ(run("import preflight_work\nprint(preflight_work.found_in_log('/nowhere'))\n"), "{}\n");
}

/// The rounds of a check in which these groups work: `works` is Python.
std::string rounds_of(int world, int per_node, const std::string& works) {
  return "import preflight_rounds\n"
         "rounds = preflight_rounds.rounds(" +
         std::to_string(world) + ", " + std::to_string(per_node) +
         ", 'gloo')\n"
         "good = None\n"
         "while True:\n"
         "    try:\n"
         "        turn = rounds.send(good)\n"
         "    except StopIteration:\n"
         "        break\n"
         "    print(turn['kind'], *('-'.join(map(str, group)) for group in turn['groups']))\n"
         "    good = {rank for group in turn['groups'] for rank in group if " +
         works + "}\n";
}

TEST_F(PreflightScript, HasTheRoundsThatAreNeeded) {
  EXPECT_EQ(run(rounds_of(1, 1, "True")), "alone 0\n");
  EXPECT_EQ(run(rounds_of(4, 2, "True")), "alone 0 1 2 3\nall 0-1-2-3\n");
  EXPECT_EQ(run(rounds_of(2, 1, "rank != 1")), "alone 0 1\n");
  EXPECT_EQ(run(rounds_of(2, 1, "len(group) == 1")), "alone 0 1\nall 0-1\n");
  EXPECT_EQ(run(rounds_of(3, 3, "len(group) == 1")),
            "alone 0 1 2\nall 0-1-2\ninside 1-2\ninside 0-2\ninside 0-1\n");
  EXPECT_EQ(run(rounds_of(4, 1, "len(group) == 1")),
            "alone 0 1 2 3\nall 0-1-2-3\npairs 0-3 1-2\npairs 0-2 1-3\npairs 0-1 2-3\n");
  EXPECT_EQ(run(rounds_of(4, 2, "len(group) < 4")),
            "alone 0 1 2 3\nall 0-1-2-3\nnode 0-1 2-3\npairs 0-2 1-3\n");
  EXPECT_EQ(
      run(rounds_of(6, 3, "len(group) < 3 or group == [0, 1, 2]")),
      "alone 0 1 2 3 4 5\nall 0-1-2-3-4-5\nnode 0-1-2 3-4-5\npairs 0-3 1-4 2-5\ninside 4-5\ninside 3-5\n"
      "inside 3-4\n");
}

TEST_F(PreflightScript, MeetsAFewOfManyNodes) {
  const auto text =
      run("import preflight_rounds\n"
          "for count in (8, 9, 1000):\n"
          "    rounds = preflight_rounds.meetings(count)\n"
          "    pairs = [tuple(pair) for one in rounds for pair in one]\n"
          "    partners = [sum(place in pair for pair in pairs) for place in range(count)]\n"
          "    once = all(len({place for pair in one for place in pair}) == 2 * len(one) for one in rounds)\n"
          "    print(count, len(rounds), min(partners), max(partners), once and len(pairs) == "
          "len(set(pairs)))\n");
  EXPECT_EQ(text, "8 7 7 7 True\n9 3 2 3 True\n1000 3 3 3 True\n");
}

/// A part of a check that does this, watched for so many seconds.
std::string watched(const std::string& code, const std::string& limit, const std::string& others = "False") {
  return "import os, preflight, signal, time\n"
         "preflight.SETTLE = 0.1\n"
         "def work(report):\n"
         "    report(step=1, at='working')\n" +
         code + "found = preflight.watch(preflight.Part(work), " + limit + ", lambda: " + others +
         ")\n"
         "found.pop('seconds')\n"
         "print(found)\n";
}

TEST_F(PreflightScript, SaysHowAPartEnds) {
  EXPECT_EQ(run(watched("    report(ok=True)\n", "60")), "{'step': 1, 'at': 'working', 'ok': True}\n");
  EXPECT_EQ(
      run(watched("    raise ValueError('no')\n", "60")),
      "{'step': 1, 'at': 'working', 'ok': False, 'why': 'error', 'error': {'type': 'ValueError', 'mro': "
      "['ValueError', 'Exception', 'BaseException', 'object'], 'message': 'no'}}\n");
  EXPECT_EQ(run(watched("    os.kill(os.getpid(), signal.SIGSEGV)\n", "60")),
            "{'step': 1, 'at': 'working', 'ok': False, 'why': 'died', 'status': -11}\n");
  EXPECT_EQ(run(watched("    os._exit(3)\n", "60")),
            "{'step': 1, 'at': 'working', 'ok': False, 'why': 'died', 'status': 3}\n");
  EXPECT_EQ(run(watched("    os.kill(os.getpid(), signal.SIGSTOP)\n", "0.5")),
            "{'step': 1, 'at': 'working', 'ok': False, 'why': 'hang'}\n");
  EXPECT_EQ(run(watched("    os.kill(os.getpid(), signal.SIGSTOP)\n", "60", "True")),
            "{'step': 1, 'at': 'working', 'ok': False, 'why': 'ended'}\n");
}

TEST(PreflightLines, AreOfTheCheckOnlyIfTheySaySo) {
  PreflightFindings findings;
  for (const auto* line : {"hello", "@preflight", "@preflight [1]", "@preflight {", "@preflight null"})
    EXPECT_FALSE(read_preflight_line(0, line, findings)) << line;
  EXPECT_TRUE(read_preflight_line(0, R"(@preflight {"part": 99999999, "ok": true})", findings));
  EXPECT_TRUE(read_preflight_line(0, R"(@preflight {"part": -1, "round": "x", "bandwidth": 3})", findings));
  EXPECT_TRUE(findings.parts.empty());
  EXPECT_TRUE(read_preflight_line(
      3, R"(@preflight {"part": 1, "ok": 1, "why": 2, "bandwidth": [[1], ["a", "b"], 2], "error": "x"})",
      findings));
  EXPECT_EQ(findings.parts.at(1).at(3).end, PreflightPart::End::error);
  EXPECT_TRUE(findings.parts.at(1).at(3).bandwidth.empty());
}

}  // namespace
}  // namespace launch::train

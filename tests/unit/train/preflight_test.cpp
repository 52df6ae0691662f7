#include "train/preflight.hpp"

#include <map>
#include <ostream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using Groups = std::vector<std::vector<int>>;
/// What ranks found that did not just work: the members of their lines.
using Others = std::map<int, std::string>;

const std::string kEnded = R"("ok": false, "why": "ended", "step": 0, "at": "connecting")";
const std::string kHung = R"("ok": false, "why": "hang", "step": 0, "at": "connecting")";
const std::string kDied =
    R"("ok": false, "why": "died", "status": -11, "step": 1, "at": "the first all-reduce")";
const std::string kLost =
    R"("ok": false, "why": "error", "step": 1, "error": {"type": "torch.distributed.DistBackendError",
    "mro": ["torch.distributed.DistBackendError"],
    "message": "NCCL error in: NCCLUtils.cpp:94\nncclRemoteError: A call failed\nLast error:\nsocketProgress: Connection closed by remote peer n1<32>"})";

std::string error(const std::string& message) {
  return fmt::format(
      R"("ok": false, "why": "error", "step": 0, "at": "connecting",
      "error": {{"type": "RuntimeError", "mro": ["RuntimeError"], "message": "{}"}})",
      message);
}

const std::string kNoAddress = error(
    "[enforce fail at /pytorch/third_party/gloo/gloo/transport/tcp/device.cc:84] ifa != nullptr. Unable to "
    "find address for: wrong0");

/// A check and what its ranks say.
class Check {
 public:
  Check(int nodes, int gpus_per_node, std::map<std::string, std::string> variables = {}) {
    project::Recipe recipe;
    recipe.name = "demo";
    recipe.train.command = {"train.py"};
    recipe.train.nodes = nodes;
    recipe.train.env = std::move(variables);
    PlanRequest request;
    request.run = "demo-1";
    plan = plan_local(
               recipe, request,
               {.cpus = 8,
                .memory = std::uint64_t{8} << 30,
                .gpus = gpus_of(static_cast<std::size_t>(nodes) * static_cast<std::size_t>(gpus_per_node))})
               .value();
    for (int rank = 0; rank < plan.world_size(); ++rank)
      say(rank, fmt::format(R"({{"hello": "n{}"}})", rank / plan.rendezvous.ranks_per_node));
  }

  Check& say(int rank, const std::string& json) {
    EXPECT_TRUE(read_preflight_line(rank, "@preflight " + json, found)) << json;
    return *this;
  }
  Check& round(const std::string& kind, const Groups& groups, const Others& others = {}) {
    std::vector<std::string> texts;
    for (const auto& group : groups) texts.push_back(fmt::format("[{}]", fmt::join(group, ", ")));
    const auto number = found.rounds.size();
    say(0, fmt::format(R"({{"round": {}, "kind": "{}", "groups": [{}], "limit": 30}})", number, kind,
                       fmt::join(texts, ", ")));
    for (const auto& group : groups) {
      for (const int rank : group) {
        const auto other = others.find(rank);
        say(rank, fmt::format(R"({{"part": {}, {}}})", number,
                              other == others.end() ? R"("ok": true)" : other->second));
      }
    }
    return *this;
  }
  Check& alone(const Others& others = {}) {
    Groups groups;
    for (int rank = 0; rank < plan.world_size(); ++rank) groups.push_back({rank});
    return round("alone", groups, others);
  }
  Check& all(const Others& others = {}) {
    std::vector<int> group;
    for (int rank = 0; rank < plan.world_size(); ++rank) group.push_back(rank);
    return round("all", {group}, others);
  }
  Check& over() { return say(0, R"({"over": true, "silent": []})"); }

  Preflight judge() const { return judge_preflight(plan, found); }

  Plan plan;
  PreflightFindings found;
};

/// All ranks of an all-reduce, of which some failed by themselves and the others were given up.
Others ended_but(int world, const Others& others) {
  auto all = others;
  for (int rank = 0; rank < world; ++rank) all.emplace(rank, kEnded);
  return all;
}
Others hung_but(int world, const Others& others) {
  auto all = others;
  for (int rank = 0; rank < world; ++rank) all.emplace(rank, kHung);
  return all;
}

struct Case {
  std::string name;
  Check check;
  std::string blame;
  std::vector<int> ranks;
  std::vector<int> nodes;
  std::string message;
  std::string hint;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

const std::string kFirewall = " connects the nodes, and that no firewall blocks them";
const std::string kP2p =
    "set NCCL_P2P_DISABLE=1 in [train] env: if that works, the links between the GPUs are the reason";

std::vector<Case> starts() {
  Check nobody(2, 0);
  nobody.found.hosts.clear();
  Check one_missing(3, 0);
  one_missing.found.hosts.erase(2);
  return {
      {"nobody starts",
       nobody,
       "start",
       {0, 1},
       {0, 1},
       "no rank started: torchrun's nodes did not meet at n0:29500",
       "check that every node reaches n0:29500"},
      {"one does not start",
       one_missing,
       "start",
       {2},
       {2},
       "rank 2 on node 2 did not start",
       "check that every node reaches n0:29500"},
      {"one does not get ready",
       Check(3, 0).say(0, R"({"over": true, "silent": [1]})"),
       "start",
       {1},
       {1},
       "rank 1 on node 1 did not get ready: torch takes too long to load, or n0:29500 cannot be reached",
       "check that every node reaches n0:29500"},
      {"one stops answering",
       Check(3, 0).alone().all(hung_but(3, {})).say(0, R"({"over": true, "silent": [1]})"),
       "rank",
       {1},
       {1},
       "rank 1 on node 1 stopped answering",
       "look for a hung process on node 1, or a lost connection to n0:29500"},
      {"rank 0, which leads, stops answering",
       Check(3, 0).alone(),
       "rank",
       {0},
       {0},
       "rank 0 on node 0 stopped answering",
       "look for a hung process on node 0, or a lost connection to n0:29500"},
  };
}

std::vector<Case> alone() {
  return {
      {"a GPU fails",
       Check(2, 4).alone({{6, error("CUDA error: uncorrectable ECC error encountered\\nmore")}}).over(),
       "device",
       {6},
       {1},
       "GPU 6 of node 1 (rank 6) fails alone: CUDA error: uncorrectable ECC error encountered",
       "run `nvidia-smi` on node 1, and train without the GPUs that fail"},
      {"a GPU hangs",
       Check(2, 1)
           .alone({{1, R"("ok": false, "why": "hang", "step": 0, "at": "finding its device")"}})
           .over(),
       "device",
       {1},
       {1},
       "GPU 1 of node 1 (rank 1) fails alone: no answer within 30 s (finding its device)",
       "run `nvidia-smi` on node 1, and train without the GPUs that fail"},
      {"a rank on the CPU dies",
       Check(2, 0).alone({{1, kDied}}).over(),
       "device",
       {1},
       {1},
       "rank 1 on node 1 fails alone: killed by SIGSEGV (the first all-reduce)",
       ""},
      {"all fail",
       Check(3, 2)
           .alone({{0, error("a")},
                   {1, error("b")},
                   {2, error("c")},
                   {3, error("d")},
                   {4, error("e")},
                   {5, error("f")}})
           .over(),
       "device",
       {0, 1, 2, 3, 4, 5},
       {0, 1, 2},
       "GPU 0 of node 0 (rank 0) fails alone: a; GPU 1 of node 0 (rank 1) fails alone: b; GPU 2 of node 1 "
       "(rank 2) "
       "fails alone: c; GPU 3 of node 1 (rank 3) fails alone: d; 2 more",
       "run `nvidia-smi` on node 0, node 1 and node 2, and train without the GPUs that fail"},
  };
}

std::vector<Case> inside() {
  const Groups nodes{{0, 1, 2}, {3, 4, 5}};
  return {
      {"all of a node",
       Check(2, 2)
           .alone()
           .all(hung_but(4, {}))
           .round("node", {{0, 1}, {2, 3}}, {{2, kHung}, {3, kHung}})
           .round("pairs", {{0, 2}, {1, 3}})
           .over(),
       "inside",
       {2, 3},
       {1},
       "the ranks of node 1 do not reach each other: no answer within 30 s (connecting)",
       kP2p},
      {"one rank of a node",
       Check(2, 3)
           .alone()
           .all(hung_but(6, {}))
           .round("node", nodes, {{3, kHung}, {4, kHung}, {5, kHung}})
           .round("pairs", {{0, 3}, {1, 4}, {2, 5}})
           .round("inside", {{4, 5}}, {{4, kHung}, {5, kHung}})
           .round("inside", {{3, 5}}, {{3, kHung}, {5, kHung}})
           .round("inside", {{3, 4}})
           .over(),
       "inside",
       {5},
       {1},
       "GPU 5 of node 1 (rank 5) does not reach the other ranks of its node: no answer within 30 s "
       "(connecting)",
       kP2p},
      {"one rank of a node, which says why",
       Check(2, 3)
           .alone()
           .all(ended_but(6, {{5, error("CUDA error: no P2P")}}))
           .round("node", nodes, {{3, kEnded}, {4, kEnded}, {5, error("CUDA error: no P2P")}})
           .over(),
       "inside",
       {5},
       {1},
       "GPU 5 of node 1 (rank 5) does not reach the other ranks of its node: CUDA error: no P2P",
       kP2p},
      {"one link of a node",
       Check(2, 3)
           .alone()
           .all(hung_but(6, {}))
           .round("node", nodes, {{3, kHung}, {4, kHung}, {5, kHung}})
           .round("inside", {{4, 5}}, {{4, kHung}, {5, kHung}})
           .round("inside", {{3, 5}})
           .round("inside", {{3, 4}})
           .over(),
       "inside",
       {3, 4, 5},
       {1},
       "GPU 4 of node 1 (rank 4) and GPU 5 of node 1 (rank 5) do not reach each other: no answer within 30 s "
       "(connecting)",
       kP2p},
      {"the only node",
       Check(1, 2).alone().all(hung_but(2, {})).over(),
       "inside",
       {0, 1},
       {0},
       "the ranks of node 0 do not reach each other: no answer within 30 s (connecting)",
       kP2p},
      {"nothing anywhere",
       Check(2, 2)
           .alone()
           .all(hung_but(4, {}))
           .round("node", {{0, 1}, {2, 3}}, hung_but(4, {}))
           .round("pairs", {{0, 2}, {1, 3}}, hung_but(4, {}))
           .over(),
       "network",
       {0, 1, 2, 3},
       {0, 1},
       "not even the ranks of one node reach each other: no answer within 30 s (connecting)",
       "check that the interface of NCCL_SOCKET_IFNAME==eth0" + kFirewall},
  };
}

/// The pairs of four nodes with one rank each, of which those with `bad` fail.
Check& four_nodes(Check& check, const Others& found_by_bad) {
  for (const auto& groups : {Groups{{0, 3}, {1, 2}}, Groups{{0, 2}, {1, 3}}, Groups{{0, 1}, {2, 3}}}) {
    Others others;
    for (const auto& group : groups) {
      for (const auto& [bad, found] : found_by_bad) {
        if (group[0] == bad || group[1] == bad) {
          others.emplace(group[0] == bad ? group[1] : group[0], kEnded);
          others.insert_or_assign(bad, found);
        }
      }
    }
    check.round("pairs", groups, others);
  }
  return check.over();
}

std::vector<Case> between() {
  Check wrong_interface(4, 0);
  wrong_interface.alone().all(ended_but(4, {{2, kNoAddress + R"(, "interfaces": ["wrong0"])"}}));
  four_nodes(wrong_interface, {{2, kNoAddress}});
  Check cut_off(4, 1);
  cut_off.found.hosts[2] = "gpu-host-7";
  cut_off.alone().all(hung_but(4, {{2, kHung + R"(, "hcas": ["mlx5_0:1"])"}}));
  four_nodes(cut_off, {{2, kHung}});
  Check two_cut_off(4, 0);
  two_cut_off.alone().all(hung_but(4, {}));
  for (const auto& groups : {Groups{{0, 3}, {1, 2}}, Groups{{0, 2}, {1, 3}}})
    two_cut_off.round("pairs", groups, hung_but(4, {}));
  two_cut_off.round("pairs", {{0, 1}, {2, 3}}, {{2, kHung}, {3, kHung}}).over();
  Check nothing(4, 0);
  nothing.alone().all(hung_but(4, {}));
  four_nodes(nothing, {{0, kHung}, {1, kHung}, {2, kHung}, {3, kHung}});
  const Groups nodes{{0, 1}, {2, 3}, {4, 5}};
  const auto three_nodes = [&](std::vector<Others> failing) {
    Check check(3, 2);
    check.alone().all(hung_but(6, {})).round("node", nodes);
    check.round("pairs", {{2, 4}, {3, 5}}, failing[0]);
    check.round("pairs", {{0, 4}, {1, 5}}, failing[1]);
    return check.round("pairs", {{0, 2}, {1, 3}}, failing[2]).over();
  };
  const Others fourth{{4, kHung}};
  return {
      {"an interface that one does not have",
       wrong_interface,
       "node",
       {2},
       {2},
       "node 2 reaches no other node, while the others reach each other: Unable to find address for: wrong0",
       "check the interface wrong0 of node 2 (GLOO_SOCKET_IFNAME)"},
      {"a host that nobody reaches",
       cut_off,
       "node",
       {2},
       {2},
       "node 2 (gpu-host-7) reaches no other node, while the others reach each other: no answer within 30 s "
       "(connecting)",
       "check the HCAs of node 2 (gpu-host-7): mlx5_0:1"},
      {"two hosts that nobody reaches",
       two_cut_off,
       "node",
       {2, 3},
       {2, 3},
       "node 2 and node 3 reach no other node, while the others reach each other: no answer within 30 s "
       "(connecting)",
       "check the network of node 2 and node 3"},
      {"no host reaches another",
       nothing,
       "network",
       {0, 1, 2, 3},
       {0, 1, 2, 3},
       "no node reaches another: no answer within 30 s (connecting)",
       "check that the interface of GLOO_SOCKET_IFNAME=eth0" + kFirewall},
      {"all of a host with several ranks",
       three_nodes({{{2, kHung}, {4, kHung}, {3, kHung}, {5, kHung}},
                    {{0, kHung}, {4, kHung}, {1, kHung}, {5, kHung}},
                    {}}),
       "node",
       {4, 5},
       {2},
       "node 2 reaches no other node, while the others reach each other: no answer within 30 s (connecting)",
       "check the network of node 2"},
      {"the NIC of one rank",
       three_nodes({{{2, kHung}, {4, kHung}}, {{0, kHung}, {4, kHung}}, {}}),
       "node",
       {4},
       {2},
       "rank 4 on node 2 reaches no other node, while the others reach each other: no answer within 30 s "
       "(connecting)",
       "check the network of node 2"},
      {"one connection",
       three_nodes({{{2, kHung}, {4, kHung}}, {}, {}}),
       "network",
       {2, 4},
       {1, 2},
       "rank 2 on node 1 and rank 4 on node 2 do not reach each other, while others do: no answer within 30 "
       "s "
       "(connecting)",
       "check that the interface of NCCL_SOCKET_IFNAME==eth0" + kFirewall},
      {"two nodes",
       Check(2, 0).alone().all({{0, kHung}, {1, kHung}}).over(),
       "network",
       {0, 1},
       {0, 1},
       "no node reaches another: no answer within 30 s (connecting)",
       "check that the interface of GLOO_SOCKET_IFNAME=eth0" + kFirewall},
      {"two nodes, of which one says why",
       Check(2, 0).alone().all({{0, kEnded}, {1, kNoAddress}}).over(),
       "node",
       {1},
       {1},
       "node 1 cannot join the others: Unable to find address for: wrong0",
       "check the network of node 1"},
      {"two nodes with HCAs",
       Check(2, 1, {{"NCCL_IB_HCA", "=mlx5_0"}}).alone().all({{0, kLost}, {1, kHung}}).over(),
       "network",
       {0, 1},
       {0, 1},
       "no node reaches another: socketProgress: Connection closed by remote peer n1<32>",
       "check that these HCAs of all nodes are on one network: NCCL_IB_HCA==mlx5_0"},
  };
}

std::vector<Case> together() {
  const auto pairs = [](Check check) {
    four_nodes(check, {});
    return check;
  };
  const std::string begin = "an all-reduce over all 4 ranks fails, though every two nodes reach each other: ";
  const std::string sockets =
      R"("ok": true, "transports": ["SHM/direct", "NET/Socket"], "interfaces": ["eth0"], "warnings": ["no device"])";
  return {
      {"one says why",
       pairs(Check(4, 0).alone().all(ended_but(4, {{3, error("Too many open files")}}))),
       "together",
       {3},
       {3},
       begin + "rank 3 on node 3: Too many open files",
       ""},
      {"one does not come as far",
       pairs(Check(4, 0).alone().all(
           hung_but(4, {{0, R"("ok": false, "why": "hang", "step": 1, "at": "the first all-reduce")"},
                        {1, R"("ok": false, "why": "hang", "step": 1, "at": "the first all-reduce")"},
                        {3, R"("ok": false, "why": "hang", "step": 1, "at": "the first all-reduce")"}}))),
       "together",
       {2},
       {2},
       begin + "rank 2 on node 2: no answer within 30 s (connecting)",
       ""},
      {"all hang",
       pairs(Check(4, 0).alone().all(hung_but(4, {}))),
       "together",
       {},
       {},
       begin + "rank 0 on node 0: no answer within 30 s (connecting)",
       ""},
      {"sockets in place of HCAs",
       Check(2, 1, {{"NCCL_IB_HCA", "=mlx5_0,mlx5_1"}}).alone().all({{0, sockets}, {1, sockets}}).over(),
       "transport",
       {0, 1},
       {0, 1},
       "NCCL uses sockets (eth0), though HCAs were chosen (NCCL_IB_HCA==mlx5_0,mlx5_1), and finds none: no "
       "device",
       "check that the nodes see these HCAs (`ibv_devinfo`, /dev/infiniband) and may lock memory (`ulimit "
       "-l`), or "
       "unset NCCL_IB_HCA to use sockets"},
  };
}

class Preflights : public testing::TestWithParam<Case> {};

TEST_P(Preflights, AreJudgedByEvidence) {
  const auto& expected = GetParam();
  const auto result = expected.check.judge();
  EXPECT_EQ(blame_name(result.blame), expected.blame);
  EXPECT_EQ(result.ranks, expected.ranks);
  EXPECT_EQ(result.nodes, expected.nodes);
  EXPECT_EQ(result.message, expected.message);
  EXPECT_EQ(result.hint, expected.hint);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name;
  bool begins = true;
  for (const char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = std::isalnum(static_cast<unsigned char>(c)) == 0;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Start, Preflights, testing::ValuesIn(starts()), name_of);
INSTANTIATE_TEST_SUITE_P(Alone, Preflights, testing::ValuesIn(alone()), name_of);
INSTANTIATE_TEST_SUITE_P(Inside, Preflights, testing::ValuesIn(inside()), name_of);
INSTANTIATE_TEST_SUITE_P(Between, Preflights, testing::ValuesIn(between()), name_of);
INSTANTIATE_TEST_SUITE_P(Together, Preflights, testing::ValuesIn(together()), name_of);

TEST(PreflightThatWorks, OverSocketsThatWereChosen) {
  const std::string sockets = R"("ok": true, "transports": ["NET/Socket"], "interfaces": ["eth0"])";
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"NCCL_NET", "SOCKET"}, {"NCCL_IB_DISABLE", "0x1"}}) {
    const auto result = Check(2, 1, {{"NCCL_IB_HCA", "=mlx5_0"}, {name, value}})
                            .alone()
                            .all({{0, sockets}, {1, sockets}})
                            .over()
                            .judge();
    EXPECT_TRUE(result.works()) << name << ": " << result.message;
  }
}

TEST(PreflightThatWorks, NamesRcclOnGpusOfAmd) {
  Check check(2, 1);
  check.plan.vendor = amd_gpus_of(1).vendor;
  const std::string works = R"("ok": true, "transports": ["NET/Socket"], "interfaces": ["eth0"])";
  EXPECT_EQ(check.alone().all({{0, works}, {1, works}}).over().judge().message,
            "an all-reduce over 2 ranks works: RCCL over NET/Socket (eth0)");
}

TEST(PreflightThatWorks, SaysOverWhatAndHowFastTheSlowestRankWas) {
  const std::string fast =
      R"("ok": true, "transports": ["TCP"], "interfaces": ["eth0"],
         "bandwidth": [[1048576, 0.2], [16777216, 0.5]])";
  const std::string slow =
      R"("ok": true, "transports": ["TCP"], "interfaces": ["eth0"],
         "bandwidth": [[1048576, 0.1], [16777216, 0.31]])";
  auto result = Check(2, 0).alone().all({{0, fast}, {1, slow}}).over().judge();
  EXPECT_TRUE(result.works());
  EXPECT_EQ(result.message,
            "an all-reduce over 2 ranks works: gloo over TCP (eth0), 0.31 GB/s bus bandwidth at 16 MiB");
  result.seconds = 6;
  EXPECT_EQ(
      write_preflight(result),
      R"({"works":true,"blame":null,"nodes":[],"ranks":[],"message":")" + result.message +
          R"(","hint":null,"backend":"gloo","version":null,"transports":["TCP"],"interfaces":["eth0"],)"
          R"("hcas":[],"bandwidth":[{"bytes":1048576,"gb_per_s":0.1},{"bytes":16777216,"gb_per_s":0.31}],)"
          R"("seconds":6.0})");
}

TEST(PreflightThatWorks, NamesTheHcasThatNcclUses) {
  const std::string first =
      R"("ok": true, "version": "2.28.9", "transports": ["P2P/CUMEM", "NET/IB/GDRDMA"], "interfaces": ["eth0"],
         "hcas": ["mlx5_0:1", "mlx5_1:1"], "bandwidth": [[1073741824, 371.4]])";
  const auto result =
      Check(2, 1, {{"NCCL_IB_HCA", "=mlx5_0,mlx5_1"}}).alone().all({{0, first}, {1, first}}).over().judge();
  EXPECT_EQ(result.message,
            "an all-reduce over 2 ranks works: NCCL 2.28.9 over P2P/CUMEM and NET/IB/GDRDMA (mlx5_0:1 and "
            "mlx5_1:1), "
            "371 GB/s bus bandwidth at 1024 MiB");
}

TEST(PreflightThatWorks, TakesSocketsThatAreMeant) {
  const std::string sockets = R"("ok": true, "transports": ["NET/Socket"], "interfaces": ["eth0"])";
  const std::vector<std::map<std::string, std::string>> meant{
      {}, {{"NCCL_IB_HCA", "^mlx5_0"}}, {{"NCCL_IB_HCA", "=mlx5_0"}, {"NCCL_IB_DISABLE", "1"}}};
  for (const auto& variables : meant)
    EXPECT_TRUE(Check(2, 1, variables).alone().all({{0, sockets}, {1, sockets}}).over().judge().works());
}

TEST(PreflightThatWorks, OfOneRankIsNoAllReduce) {
  const auto result = Check(1, 0).alone().over().judge();
  EXPECT_TRUE(result.works());
  EXPECT_EQ(result.message, "1 rank works alone");
}

TEST(PreflightThatFails, IsAnErrorOfTheEnvironment) {
  const auto error =
      preflight_error({.blame = PreflightBlame::device, .message = "no", .hint = "run nvidia-smi"});
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_EQ(error.text(), "error: preflight failed: no\n\nhint: run nvidia-smi\n");
}

TEST(PreflightReasons, AreOneLineWithoutPlacesInSources) {
  const std::vector<std::pair<std::string, std::string>> reasons{
      {"[enforce fail at /p/gloo/transport/tcp/device.cc:84] ifa != nullptr. Unable to find address for: "
       "wrong0",
       "Unable to find address for: wrong0"},
      {"[/p/gloo/transport/tcp/pair.cc:525] Read error [127.0.0.1]:2: Connection reset by peer\nmore",
       "Read error [127.0.0.1]:2: Connection reset by peer"},
      {"[rank 1] sleeps", "[rank 1] sleeps"},
      {"NCCL error in: x.cpp:94\nncclInternalError: Internal check failed.\nLast error:\nBootstrap : no "
       "socket "
       "interface found",
       "Bootstrap : no socket interface found"},
      {"", "ValueError"}};
  for (const auto& [message, reason] : reasons)
    EXPECT_EQ(short_reason({.type = "ValueError", .message = message}), reason);
}

TEST(PreflightPlans, RunTheCheckInTheSameContainers) {
  const auto plan = Check(2, 0).plan;
  const auto check = preflight_plan(plan);
  EXPECT_EQ(check.run, plan.run);
  EXPECT_THAT(argv_of(check, check.nodes[1]),
              testing::ElementsAre("sh", "/run/launch/node.sh", "torchrun", "--nnodes", "2", "--node-rank",
                                   "1", "--nproc-per-node", "1", "--master-addr", "n0", "--master-port",
                                   "29500", "/run/launch/rank.py", "/run/launch/preflight.py", "gloo"));
}

}  // namespace
}  // namespace launch::train

#include "train/rendezvous_cause.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/sockets.hpp"

namespace launch::train {
namespace {

using State = TcpSocket::State;

constexpr std::string_view kTables =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n"
    "   1: 6338C6C6:A3F0 6238C6C6:733C 02 00000000:00000001 01:00000000 00000000     0        0 2 2 0\n"
    "  sl  local_address                         remote_address                        st tx_queue\n"
    "   0: 0000000000000000FFFF00006338C6C6:A3F1 0000000000000000FFFF00006238C6C6:733C 01 0:0 0:0 0\n"
    "nonsense: x y z\n";

TEST(Sockets, AreReadFromTheKernelsTables) {
  const auto sockets = read_tcp_sockets(kTables);
  ASSERT_EQ(sockets.size(), 3U);
  EXPECT_EQ(sockets[0].local_port, 8080);
  EXPECT_EQ(sockets[0].state, State::listening);
  EXPECT_EQ(sockets[1].remote_port, 29500);
  EXPECT_EQ(sockets[1].state, State::connecting);
  EXPECT_EQ(sockets[2].remote_port, 29500);
  EXPECT_EQ(sockets[2].state, State::established);
  EXPECT_TRUE(read_tcp_sockets("").empty());
}

TEST(Sockets, TellHowFarANodeHasCome) {
  EXPECT_EQ(reach_of({{29500, 0, State::listening}}, 29500, true), Reach::listening);
  EXPECT_EQ(reach_of({{29501, 0, State::listening}}, 29500, true), Reach::idle);
  EXPECT_EQ(reach_of({{5, 29500, State::established}}, 29500, false), Reach::joined);
  EXPECT_EQ(reach_of({{5, 29500, State::connecting}}, 29500, false), Reach::trying);
  EXPECT_EQ(reach_of({{5, 29500, State::other}, {6, 1, State::established}}, 29500, false), Reach::idle);
}

struct Missing {
  std::string name;
  std::vector<NodeReport> nodes;
  std::string sentence;
  std::string hint;
  int node = 0;
};

class AMissingNode : public testing::TestWithParam<Missing> {};

TEST_P(AMissingNode, IsNamedWithTheReason) {
  const auto cause = rendezvous_cause(GetParam().nodes, "n0:29500", std::chrono::seconds(120));
  EXPECT_EQ(cause.kind, CauseKind::rendezvous);
  EXPECT_EQ(cause.node, GetParam().node);
  EXPECT_EQ(cause.sentence(), "the ranks had not started after 2 min 0 s: " + GetParam().sentence);
  EXPECT_EQ(cause.hint, GetParam().hint);
  EXPECT_EQ(cause.code, 3);
}

const std::string kMore = "; or allow more time with `--rendezvous-timeout SECONDS`";

INSTANTIATE_TEST_SUITE_P(
    Rendezvous, AMissingNode,
    testing::Values(
        Missing{"DoesNotRun",
                {{0, false, Reach::listening}, {1, false, Reach::joined}, {2, false, Reach::absent}},
                "node 2 does not run",
                "the engine has not started its container, or the container has ended: look at its log",
                2},
        Missing{"IsTheHead",
                {{0, false, Reach::idle}, {1, false, Reach::idle}},
                "torchrun on node 0 does not listen at n0:29500",
                "read its output: it may still be importing torch from a slow disk" + kMore,
                0},
        Missing{"GetsNoAnswer",
                {{0, false, Reach::listening}, {1, false, Reach::trying}, {2, false, Reach::idle}},
                "node 1 gets no answer from n0:29500",
                "packets are dropped: look for a firewall between the nodes, or a wrong address",
                1},
        Missing{"HasNotTried",
                {{0, false, Reach::listening}, {1, false, Reach::idle}, {2, false, Reach::idle}},
                "nodes 1 and 2 have not reached n0:29500",
                "check the address and the port: torchrun is refused, or still imports torch there" + kMore,
                1},
        Missing{"CannotBeAsked",
                {{0, true}, {1, false}},
                "node 1 has not started its ranks",
                "check that its container runs and can reach n0:29500" + kMore,
                1},
        Missing{"IsNone",
                {{0, false, Reach::listening}, {1, false, Reach::joined}},
                "all nodes have reached n0:29500, but nodes 0 and 1 have started no rank",
                "read the output of torchrun, which is waiting there" + kMore,
                0}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace launch::train

#include "fabric/lint.hpp"

#include <map>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/mentions.hpp"
#include "fabric/settings.hpp"

namespace launch::fabric {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "3: NCCL_NET=IB"; "?" for a value that is passed on or computed.
std::vector<std::string> mentions(FileKind kind, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& each : find_mentions(kind, text)) {
    out.push_back(fmt::format("{}: {}={}{}", each.line, each.name, each.value.value_or("?"),
                              each.problem.empty() ? "" : " (" + each.problem + ")"));
  }
  return out;
}

TEST(KindOfFile, IsByNameAndContent) {
  EXPECT_EQ(kind_of_file("/etc/nccl.conf", ""), FileKind::conf);
  EXPECT_EQ(kind_of_file("/root/.nccl.conf", "x"), FileKind::conf);
  EXPECT_EQ(kind_of_file("images/demo/Dockerfile.cuda", ""), FileKind::dockerfile);
  EXPECT_EQ(kind_of_file("Containerfile", ""), FileKind::dockerfile);
  EXPECT_EQ(kind_of_file("env.txt", "HOME=/root\nNCCL_NET=IB\n"), FileKind::environment);
  EXPECT_EQ(kind_of_file("job.sh", "#!/bin/sh\nNCCL_NET=IB\n"), FileKind::script);
  EXPECT_EQ(kind_of_file("empty", ""), FileKind::script);
}

TEST(Mentions, OfScriptsAreAssignmentsAndWhatIsPassedOn) {
  EXPECT_THAT(
      mentions(FileKind::script,
               "export NCCL_NET=IB; NCCL_IB_TC='41' run\n"
               "mpirun -x NCCL_DEBUG -x NCCL_IB_SL=\"0\" a\n"
               "docker run -e NCCL_ALGO=Ring --env NCCL_PROTO img\n"
               "if [ \"$NCCL_NET\" = x ]; then echo ${NCCL_ALGO:-x} $NCCL_ALGO: NCCL_ALGO; fi\n"
               "# NCCL_NET=comment\n"
               "#SBATCH --export=NCCL_NET=Socket,OTHER=1\n"
               "NCCL_IB_HCA==mlx5_0 MY_NCCL_NET=1 NCCL_SOCKET_IFNAME=$IF\n"
               "setenv NCCL_NET IB; if ($?x) setenv NCCL_IB_SL\t'0'\n"
               "NCCL_IB_HCA==\"mlx5_0\" ARGS=\"-x NCCL_NET=IB\" \"-x NCCL_ALGO=Ring\"\n"),
      ElementsAre("1: NCCL_NET=IB", "1: NCCL_IB_TC=41", "2: NCCL_DEBUG=?", "2: NCCL_IB_SL=0",
                  "3: NCCL_ALGO=Ring", "3: NCCL_PROTO=?", "6: NCCL_NET=Socket", "7: NCCL_IB_HCA==mlx5_0",
                  "7: NCCL_SOCKET_IFNAME=?", "8: NCCL_NET=IB", "8: NCCL_IB_SL=0", "9: NCCL_IB_HCA==mlx5_0",
                  "9: NCCL_NET=IB", "9: NCCL_ALGO=Ring"));
}

TEST(Mentions, OfYamlAndPython) {
  EXPECT_THAT(mentions(FileKind::script,
                       "env:\n- name: NCCL_NET\n  value: \"IB\"\n- name: NCCL_IB_HCA\n  valueFrom: x\n"
                       "vars: { NCCL_IB_TC: 41, NCCL_IB_SL: \"0\" }\nNCCL_ALGO: {{ algo }}\n"
                       "os.environ[\"NCCL_DEBUG\"] = \"INFO\"\nos.environ.setdefault('NCCL_PROTO', 'LL')\n"
                       "print(os.environ[\"NCCL_NET\"])\n"
                       "if os.environ[\"NCCL_DEBUG\"] == \"X\": pass\n"),
              ElementsAre("2: NCCL_NET=IB", "4: NCCL_IB_HCA=?", "6: NCCL_IB_TC=41", "6: NCCL_IB_SL=0",
                          "7: NCCL_ALGO=?", "8: NCCL_DEBUG=INFO", "9: NCCL_PROTO=LL"));
}

TEST(Mentions, OfListsOfNamesAndValues) {
  EXPECT_THAT(
      mentions(
          FileKind::script,
          "env:\n  - name: \"NCCL_NET\"\n    value: \"IB\"\n  - name: 'NCCL_IB_SL'\n    # why\n"
          "    value: 'three'\n  - value: 41\n    # why\n    name: NCCL_IB_TC\n"
          "  - name: NCCL_IB_HCA\n    value: mlx5_0,mlx5_1\n  - { name: \"NCCL_ALGO\", value: \"Ring\" }\n"
          "  - name: NCCL_PROTO\n    valueFrom: x\n"
          "[{\"name\": \"NCCL_DEBUG\", \"value\": \"WARN\"}]\n"
          "{\n\"name\": \"NCCL_NTHREADS\",\n\"value\": \"256\"\n}\n"),
      ElementsAre("2: NCCL_NET=IB", "4: NCCL_IB_SL=three", "9: NCCL_IB_TC=41",
                  "10: NCCL_IB_HCA=mlx5_0,mlx5_1", "12: NCCL_ALGO=Ring", "13: NCCL_PROTO=?",
                  "15: NCCL_DEBUG=WARN", "17: NCCL_NTHREADS=256"));
}

TEST(Mentions, OfLaunchersAndOtherShells) {
  EXPECT_THAT(
      mentions(
          FileKind::script,
          "mpirun -genv NCCL_NET IB -env NCCL_IB_TC '41' a\n: \"${NCCL_IB_SL:=three}\" ${NCCL_ALGO=Ring}\n"
          "set -gx NCCL_PROTO LL; set --export NCCL_DEBUG WARN\n"
          "srun --container-env=NCCL_NET,OTHER,NCCL_IB_TC --export=ALL,NCCL_ALGO a\n"
          "set -e; echo NCCL_NET IB\n"
          "#SBATCH --export=ALL,NCCL_IB_HCA=mlx5_1,mlx5_2,NCCL_NET=IB,HOME\n"),
      ElementsAre(
          "1: NCCL_NET=IB", "1: NCCL_IB_TC=41", "2: NCCL_IB_SL=three", "2: NCCL_ALGO=Ring",
          "3: NCCL_PROTO=LL", "3: NCCL_DEBUG=WARN", "4: NCCL_NET=?", "4: NCCL_IB_TC=?", "4: NCCL_ALGO=?",
          "6: NCCL_IB_HCA=mlx5_1 (Slurm ends the value at the comma before \"mlx5_2\": export it in the "
          "script instead)",
          "6: NCCL_NET=IB"));
}

TEST(Mentions, OfLinesWrittenWithEscapes) {
  EXPECT_THAT(mentions(FileKind::dockerfile,
                       "RUN echo -e \"NCCL_DEBUG=WARN\\nNCCL_SOCKET_IFNAME==eth0\" > /etc/nccl.conf\n"
                       "RUN printf 'NCCL_IB_GID_INDEX=3\\nNCCL_IB_HCAA=x\\n' >> /etc/nccl.conf\n"),
              ElementsAre("1: NCCL_DEBUG=WARN", "1: NCCL_SOCKET_IFNAME==eth0", "2: NCCL_IB_GID_INDEX=3",
                          "2: NCCL_IB_HCAA=x"));
}

TEST(Mentions, KeepTheCarriageReturnsThatTheirReaderKeeps) {
  EXPECT_THAT(
      mentions(FileKind::script, "#!/bin/bash\r\nexport NCCL_ALGO=Ring\r\n"),
      ElementsAre("2: NCCL_ALGO=Ring\r (the shell keeps the carriage return at the end of NCCL_ALGO's "
                  "value: end lines with \"\\n\" alone, as dos2unix does)"));
  EXPECT_THAT(mentions(FileKind::conf, "NCCL_ALGO=Ring\r\nNCCL_DEBUG=WARN\n"),
              ElementsAre("1: NCCL_ALGO=Ring\r (most releases of NCCL keep the carriage return at the end of "
                          "NCCL_ALGO's value: end lines with \"\\n\" alone, as dos2unix does)",
                          "2: NCCL_DEBUG=WARN"));
  EXPECT_THAT(mentions(FileKind::script, "env:\r\n  NCCL_ALGO: Ring\r\n"), ElementsAre("2: NCCL_ALGO=Ring"));
}

TEST(Mentions, OfDockerfiles) {
  EXPECT_THAT(
      mentions(FileKind::dockerfile,
               "FROM a\nENV NCCL_NET=IB NCCL_IB_TC=41 \\\n    NCCL_IB_SL=0\nENV NCCL_DEBUG INFO\nARG NCCL_X\n"
               "ENV NCCL_ALGO \"Ring\"\n"),
      ElementsAre("2: NCCL_NET=IB", "2: NCCL_IB_TC=41", "3: NCCL_IB_SL=0", "4: NCCL_DEBUG=INFO",
                  "5: NCCL_X=?", "6: NCCL_ALGO=Ring"));
}

TEST(Mentions, OfNcclConfAreTakenAsNcclTakesThem) {
  EXPECT_THAT(
      mentions(
          FileKind::conf,
          "# NCCL_NET=IB\nexport NCCL_NET=IB\nNCCL_DEBUG = WARN\nNCCL_IB_HCA=\"=mlx5_0\"\nNCCL_IB_SL=0 \n"
          "NCCL_IB_TC=41\nOTHER=1\nno value\n"),
      ElementsAre(
          "2: NCCL_NET=IB (NCCL takes \"export NCCL_NET\" for the variable's name, since nccl.conf is not "
          "a shell script: write NCCL_NET=…)",
          "3: NCCL_DEBUG= WARN (NCCL takes \"NCCL_DEBUG \" for the variable's name: remove the white "
          "space)",
          "4: NCCL_IB_HCA=\"=mlx5_0\" (NCCL keeps the quotes in the value of NCCL_IB_HCA: remove them)",
          "5: NCCL_IB_SL=0  (NCCL keeps the white space in the value of NCCL_IB_SL: remove it)",
          "6: NCCL_IB_TC=41"));
}

TEST(Matches, AreByPrefixUnlessExact) {
  const std::vector<std::string> names = {"mlx5_0", "mlx5_1", "mlx5_10"};
  EXPECT_THAT(matches("mlx5_1", names), ElementsAre("mlx5_1", "mlx5_10"));
  EXPECT_THAT(matches("=mlx5_1:1", names), ElementsAre("mlx5_1"));
  EXPECT_THAT(matches("^mlx5_1", names), ElementsAre("mlx5_0"));
  EXPECT_THAT(matches("^=mlx5_1", names), ElementsAre("mlx5_0", "mlx5_10"));
  EXPECT_THAT(matches("mlx4", names), IsEmpty());
}

std::vector<std::string> linted(std::string_view text, const NcclVersion& version = kNewestNccl) {
  std::vector<std::string> out;
  for (const auto& each : lint("a.env", text, version, nullptr)) {
    out.push_back((each.severity == Finding::Severity::error ? "error: " : "warning: ") + each.text);
  }
  return out;
}

TEST(Lint, KnowsReleases) {
  EXPECT_THAT(linted("NCCL_IB_FIFO_TC=84\n", {2, 18, 3}),
              ElementsAre("warning: NCCL 2.18.3 does not read NCCL_IB_FIFO_TC (added in 2.22.3)"));
  EXPECT_THAT(linted("NCCL_IB_FIFO_TC=84\n"), IsEmpty());
  EXPECT_THAT(
      linted("NCCL_IB_CUDA_SUPPORT=1\n"),
      ElementsAre("error: NCCL stopped reading NCCL_IB_CUDA_SUPPORT in 2.4.2; use NCCL_NET_GDR_LEVEL"));
}

TEST(Lint, SaysWhatCannotBeSet) {
  EXPECT_THAT(linted("NCCL_NET_MAX_REQUESTS=64\nNCCL_SINGLE_RING_THRESHOLD=1\n"),
              ElementsAre("error: NCCL never reads NCCL_NET_MAX_REQUESTS; it is a constant, which cannot be "
                          "set",
                          "error: NCCL never reads NCCL_SINGLE_RING_THRESHOLD; NCCL chooses the algorithm by "
                          "itself"));
}

TEST(Lint, MindsDebugging) {
  EXPECT_THAT(linted("NCCL_P2P_DISABLE=1\nNCCL_DEBUG=WARN\n"),
              ElementsAre("warning: NCCL_P2P_DISABLE is a debugging variable, which NCCL's guide says "
                          "not to keep in scripts"));
}

TEST(Lint, DoesNotMindWhatAPlatformAsksFor) {
  EXPECT_THAT(linted("NCCL_IB_PCI_RELAXED_ORDERING=1\n"), IsEmpty());
  EXPECT_THAT(linted("NCCL_IB_PCI_RELAXED_ORDERING=0\n"),
              ElementsAre("warning: NCCL_IB_PCI_RELAXED_ORDERING is a debugging variable, which NCCL's "
                          "guide says not to keep in scripts"));
}

TEST(Lint, SaysWhatAPrefixTakes) {
  EXPECT_THAT(
      linted("NCCL_IB_HCA=mlx5_1:1\nNCCL_SOCKET_IFNAME=eth0\n"),
      ElementsAre("warning: NCCL_IB_HCA: \"mlx5_1\" is a prefix that also matches mlx5_10; write exact "
                  "names after \"=\"",
                  "warning: NCCL_SOCKET_IFNAME: \"eth0\" is a prefix that also matches eth0.100; write "
                  "exact names after \"=\""));
}

TEST(Lint, NamesWhatADevicesPrefixReallyMatches) {
  EXPECT_THAT(linted("NCCL_IB_HCA=mlx5_0\nNCCL_IB_HCA=bnxt_re0,mlx5_bond_0\nNCCL_IB_HCA=^mlx5\n"), IsEmpty());
  for (const auto& [value, matches] : std::map<std::string, std::string>{
           {"mlx5", "matches mlx5_0 and mlx5_1"},
           {"mlx5_", "matches mlx5_0 and mlx5_1"},
           {"mlx", "matches mlx5_0 and mlx5_1"},
           {"efa", "matches efa_0 and efa_1"},
           {"bnxt_re", "matches bnxt_re0 and bnxt_re1"},
           {"mlx5_10", "also matches mlx5_100"},
           {"rdmap0s6", "also matches rdmap0s60"},
       }) {
    EXPECT_THAT(linted("NCCL_IB_HCA=" + value + "\n"),
                ElementsAre("warning: NCCL_IB_HCA: \"" + value + "\" is a prefix that " + matches +
                            "; write exact names after \"=\""));
  }
}

TEST(Lint, SaysWhatAPrefixLeavesOut) {
  EXPECT_THAT(
      linted("NCCL_IB_HCA=^mlx5_1\nNCCL_IB_HCA=^=mlx5_1\nNCCL_IB_HCA=^mlx\n"),
      ElementsAre("warning: NCCL_IB_HCA: \"mlx5_1\" is a prefix that also matches mlx5_10; write exact "
                  "names after \"^=\""));
  Topology machine;
  for (const auto* name : {"mlx5_0", "mlx5_1", "mlx5_10"}) machine.hcas.push_back({.name = name});
  const auto found = lint("a.env", "NCCL_IB_HCA=^mlx5_1,mlx4_0\nNCCL_IB_HCA=^=mlx5_1\nNCCL_IB_HCA=^mlx5_0,\n",
                          kNewestNccl, &machine);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].text,
      "NCCL_IB_HCA: \"mlx5_1\" is a prefix that matches 2 devices: mlx5_1 and mlx5_10; write exact names "
      "after \"^=\"");
}

TEST(Lint, KnowsTheWordsOfLists) {
  std::vector<std::string> errors;
  for (const auto& line :
       linted("NCCL_ALGO=Rng\nNCCL_ALGO=^tree\nNCCL_ALGO=ring,CollNetDirect\n"
              "NCCL_ALGO=allreduce:tree,nvls;broadcast:^ring;ring\nNCCL_ALGO=allreduse:tree\n"
              "NCCL_PROTO=Simpel\nNCCL_PROTO=^LL128,ll\nNCCL_DEBUG_SUBSYS=INIT,P2P\n"
              "NCCL_DEBUG_SUBSYS=^coll\nNCCL_DEBUG_SUBSYS=INTI\nNCCL_DEBUG_SUBSYS=INIT, NET\n")) {
    if (line.starts_with("error: "))
      errors.push_back(line.substr(0, line.find("expected")) + line.substr(line.rfind(", found")));
  }
  EXPECT_THAT(
      errors,
      ElementsAre("error: NCCL_ALGO: , found \"Rng\"", "error: NCCL_ALGO: , found \"allreduse\"",
                  "error: NCCL_PROTO: , found \"Simpel\"", "error: NCCL_DEBUG_SUBSYS: , found \"INTI\"",
                  "error: NCCL_DEBUG_SUBSYS: , found \" NET\""));
  EXPECT_THAT(linted("NCCL_PROTO=Simpel\n"),
              ElementsAre("error: NCCL_PROTO: expected LL, LL128 or Simple, found \"Simpel\""));
}

TEST(Lint, ReadsListsAsNcclDoes) {
  EXPECT_THAT(linted("NCCL_SOCKET_IFNAME=^docker,lo\n"), IsEmpty());
  EXPECT_THAT(
      linted("NCCL_IB_HCA==mlx5_0,=mlx5_1\n"),
      ElementsAre("error: NCCL_IB_HCA: \"=\" in the middle of the list is part of a name: write it once, "
                  "at the start"));
}

TEST(Settings, ThatComeFirstHold) {
  const auto settings = resolve({{"HOME", "/root"}, {"NCCL_DEBUG", "WARN"}},
                                {{"~/.nccl.conf", "NCCL_DEBUG=INFO\nNCCL_IB_TC=1\nNCCL_IB_TC=2\n"},
                                 {"/etc/nccl.conf", "NCCL_IB_TC=3\nNCCL_IB_SL=4\nHOME=x\n"}});
  std::vector<std::string> shown;
  for (const auto& each : settings) {
    auto text = fmt::format("{}={} {}", each.name, each.value, each.origin);
    for (const auto& hidden : each.hidden) text += fmt::format(", {} {}", hidden.value, hidden.origin);
    shown.push_back(text);
  }
  EXPECT_THAT(shown,
              ElementsAre("NCCL_DEBUG=WARN the environment, INFO ~/.nccl.conf", "NCCL_IB_SL=4 /etc/nccl.conf",
                          "NCCL_IB_TC=1 ~/.nccl.conf, 2 ~/.nccl.conf, 3 /etc/nccl.conf"));
}

}  // namespace
}  // namespace launch::fabric

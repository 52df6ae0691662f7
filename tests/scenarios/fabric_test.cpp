// The whole output for each machine of tests/data/fabric; LAUNCH_TEST_UPDATE=1 rewrites the expected texts.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/files.hpp"
#include "fakes/machine_tree.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

std::filesystem::path folder() {
  return std::filesystem::path(LAUNCH_TEST_DATA) / "fabric";
}

std::vector<std::string> machines() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() == ".tree") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Makes the machine in the scenario's folder "machine"; the command line for it.
std::vector<std::string> arguments_for(const Scenario& scenario, const std::string& name) {
  const auto text = read_file(folder() / (name + ".tree")).value();
  const auto more = fakes::expand_machine(text, scenario.place("machine"));
  std::vector<std::string> arguments = {"fabric", "--sysfs", "machine"};
  for (const auto word : split(more, ' ')) {
    if (!word.empty()) arguments.emplace_back(word);
  }
  return arguments;
}

class FabricMachine : public ::testing::TestWithParam<std::string> {};

TEST_P(FabricMachine, HasTheExpectedEnvironment) {
  const Scenario scenario;
  const auto done = scenario.launch(arguments_for(scenario, GetParam()));
  EXPECT_EQ(done.code, 0);
  const auto shown = done.out + done.err;
  const auto file = folder() / (GetParam() + ".txt");
  if (std::getenv("LAUNCH_TEST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(file, shown));
  }
  EXPECT_EQ(shown, read_file(file).value_or("")) << "LAUNCH_TEST_UPDATE=1 writes " << file;
}

TEST_P(FabricMachine, IsTheSameWhenRecorded) {
  const Scenario scenario;
  auto arguments = arguments_for(scenario, GetParam());
  const auto original = scenario.launch(arguments);
  const auto recorded = scenario.launch({"fabric", "--sysfs", "machine", "--record", "copy"});
  EXPECT_EQ(recorded.code, 0);
  EXPECT_EQ(recorded.err, "");
  std::replace(arguments.begin(), arguments.end(), std::string("machine"), std::string("copy"));
  const auto again = scenario.launch(arguments);
  EXPECT_EQ(again.out, original.out);
  EXPECT_EQ(again.err, original.err);
}

INSTANTIATE_TEST_SUITE_P(Trees, FabricMachine, ::testing::ValuesIn(machines()),
                         [](const auto& info) { return replace_all(info.param, "-", "_"); });

TEST(FabricMachines, AreAtLeastFourteen) {
  EXPECT_GE(machines().size(), 14U);
}

TEST(FabricScenario, AsJson) {
  const Scenario scenario;
  auto arguments = arguments_for(scenario, "two-ethernets");
  arguments.emplace_back("--json");
  const auto done = scenario.launch(arguments);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"root":"machine","nccl":"2.30.7","head":"10.20.0.1","machine":{"vendor":"Supermicro",)"
      R"("product":"SYS-740GP-TNRT","board":"X12DPG-QT6","asset_tag":null},"preset":null,"gpus":[{"name":)"
      R"("NVIDIA A100 PCIe 40GB","pci":{"address":"0000:98:00.0","numa":1,"switch":"0000:97:01.0"}}],)"
      R"("hcas":[],"interfaces":[{"name":"eno1","kind":"physical","up":true,"megabits":1000,"driver":"igb",)"
      R"("master":null,"lower":[],"addresses":["192.168.7.20"],"pci":{"address":"0000:04:00.0","numa":0,)"
      R"("switch":"0000:00:1c.0"}},{"name":"enp65s0f0","kind":"physical","up":true,"megabits":100000,)"
      R"("driver":"ice","master":null,"lower":[],"addresses":["10.20.0.7"],"pci":{"address":"0000:41:00.0",)"
      R"("numa":0,"switch":"0000:40:01.0"}},{"name":"lo","kind":"loopback","up":false,"megabits":null,)"
      R"("driver":null,"master":null,"lower":[],"addresses":[],"pci":{"address":null,"numa":null,)"
      R"("switch":null}}],"shared_addresses":[],"interface":"enp65s0f0","variables":[{"name":"NCCL_SOCKET_IFNAME","value":)"
      R"("=enp65s0f0","reason":"it routes to the head, 10.20.0.1","source":null},{"name":)"
      R"("GLOO_SOCKET_IFNAME","value":"enp65s0f0","reason":"the same interface for gloo, which expects an exact name",)"
      R"("source":null}],"left_alone":[{"name":"NCCL_IB_HCA","reason":"this machine has no HCA"},)"
      R"({"name":"NCCL_NET","reason":)"
      R"("without HCAs, NCCL uses sockets by default"}],"settings":[],"warnings":[]})"
      "\n");
}

TEST(FabricScenario, APageNeedsNothingElse) {
  const Scenario scenario;
  auto arguments = arguments_for(scenario, "dgx-h100");
  arguments.insert(arguments.end(), {"--html", "page.html"});
  const auto done = scenario.launch(arguments);
  EXPECT_EQ(done.code, 0);
  const auto page = scenario.read("page.html");
  EXPECT_THAT(page, HasSubstr("<svg "));
  EXPECT_THAT(page, HasSubstr("NUMA node 1"));
  EXPECT_THAT(page, HasSubstr("PCI bridge 0000:15:01.0"));
  EXPECT_THAT(page, HasSubstr("<g class=\"chosen\"><title>mlx5_11: InfiniBand 400 Gb/s, ACTIVE</title>"));
  EXPECT_THAT(page, HasSubstr("<g class=\"left\"><title>mlx5_1: InfiniBand 200 Gb/s, ACTIVE</title>"));
  EXPECT_THAT(page, HasSubstr("<code>NCCL_NET=IB</code>"));
  // No script, and no address but the name space of SVG.
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("href=")));
  EXPECT_THAT(replace_all(page, "http://www.w3.org/2000/svg", ""), Not(HasSubstr("://")));
}

TEST(FabricScenario, NamesOfAMachineCannotWriteIntoThePage) {
  const Scenario scenario;
  fakes::expand_machine("sys/class/dmi/id/product_name = <script>alert(1)</script>\n",
                        scenario.place("machine"));
  EXPECT_EQ(scenario.launch({"fabric", "--sysfs", "machine", "--html", "page.html"}).code, 0);
  EXPECT_THAT(scenario.read("page.html"), Not(HasSubstr("<script")));
  EXPECT_THAT(scenario.read("page.html"), HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(FabricScenario, WhatIsSetAlreadyStays) {
  const Scenario scenario;
  auto arguments = arguments_for(scenario, "dgx-h100");
  scenario.write("machine/etc/nccl.conf",
                 "# site\nNCCL_IB_HCA=mlx5\nNCCL_NET_PLUGIN=sharp\nNCCL_DEBUG=WARN\n");
  const auto done = scenario.launch(arguments);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, HasSubstr("  NCCL_IB_HCA                 already set to \"mlx5\" by /etc/nccl.conf; "
                                  "\"=mlx5_0,mlx5_3,mlx5_4,mlx5_5,mlx5_6,mlx5_9,mlx5_10,mlx5_11\" would suit "
                                  "this machine\n"));
  EXPECT_THAT(done.out, HasSubstr("NCCL_NET_PLUGIN is set to \"sharp\" by /etc/nccl.conf, and a plugin names "
                                  "its own network\n"));
  EXPECT_THAT(done.out, HasSubstr("\nset already\n  NCCL_DEBUG=WARN  by /etc/nccl.conf\n"));
}

TEST(FabricScenario, APresetByName) {
  const Scenario scenario;
  auto arguments = arguments_for(scenario, "gb200");
  arguments.insert(arguments.end(), {"--preset", "coreweave-gb200"});
  const auto done = scenario.launch(arguments);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out,
              HasSubstr("machine  NVIDIA GB200 NVL, treated as CoreWeave GB200 (--preset coreweave-gb200)"
                        "\n"));
  EXPECT_THAT(done.out, HasSubstr("  NCCL_MNNVL_ENABLE=1\n      CoreWeave GB200: NVLink spans the nodes of a "
                                  "rack\n      source: CoreWeave documentation, NCCL configuration reference "
                                  "(recorded 2026-11-26)\n"));
  arguments.back() = "none";
  EXPECT_THAT(scenario.launch(arguments).out, HasSubstr("machine  NVIDIA GB200 NVL\n"));
}

TEST(FabricScenario, OfThisMachineTheEnvironmentComesFirst) {
  Scenario scenario;
  scenario.write("own.conf", "NCCL_IB_TC=8\nNCCL_DEBUG=INFO\n");
  scenario.set("NCCL_DEBUG", "WARN");
  scenario.set("NCCL_CONF_FILE", scenario.place("own.conf").string());
  const auto done = scenario.launch({"fabric"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out,
              HasSubstr("  NCCL_DEBUG=WARN  by the environment, before \"INFO\" of [ROOT]/own.conf\n"));
  EXPECT_THAT(done.out, HasSubstr("  NCCL_IB_TC=8  by [ROOT]/own.conf\n"));
}

TEST(FabricScenario, Mistakes) {
  const Scenario scenario;
  scenario.write("empty/file", "");
  const auto combined = [](const std::string& one, const std::string& other) {
    return "error: " + one + " cannot be combined with " + other +
           "\n\nhint: run `launch fabric --help` to list the options\n";
  };
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--sysfs", "empty"},
       "error: empty is not the root of a recorded tree: it has no folder sys\n\n"
       "hint: run `launch fabric --record DIR` on the machine in question\n"},
      {{"--head", "node0"},
       "error: --head: expected an address of IPv4 or IPv6, found \"node0\"\n\nhint: run `getent hosts "
       "node0`\n"},
      {{"--nccl", "new"}, "error: --nccl: expected a release such as 2.30.7, found \"new\"\n"},
      {{"--preset", "moon"},
       "error: unknown preset \"moon\": expected none, aws-efa, gcp-a3-mega, gcp-a3-high, gcp-a3-ultra, "
       "azure-nd-v4, azure-nd-v5, oci-a100, oci-h100, coreweave-gb200, coreweave, ethernet-100g, gb200-nvl "
       "or "
       "dgx\n"},
      {{"--record", "empty"}, "error: empty already exists\n\nhint: name a new folder\n"},
      {{"--lint", "x", "--head", "10.0.0.1"}, combined("--head", "--lint")},
      {{"--lint", "x", "--preset", "dgx"}, combined("--preset", "--lint")},
      {{"--record", "new", "--head", "10.0.0.1"}, combined("--head", "--record")},
      {{"--record", "new", "--preset", "dgx"}, combined("--preset", "--record")},
      {{"--record", "new", "--nccl", "2.27.3"}, combined("--nccl", "--record")},
      {{"demo", "--nccl", "2.27.3"}, combined("LOCK", "--nccl")},
      {{"--lint", "missing"}, "error: cannot read [ROOT]/missing: No such file or directory\n"},
  };
  for (const auto& [arguments, error] : cases) {
    std::vector<std::string> line = {"fabric"};
    line.insert(line.end(), arguments.begin(), arguments.end());
    const auto done = scenario.launch(line);
    EXPECT_EQ(done.err, error);
    EXPECT_EQ(done.code, 2);
  }
}

/// A lock of torch and NCCL, if it has one.
std::string lock_of(const std::string& accelerator, const std::string& nccl) {
  const auto package = [](const std::string& name, const std::string& version) {
    return "[[packages]]\nname = \"" + name + "\"\nversion = \"" + version +
           "\"\n[[packages.wheels]]\nname = \"" + replace_all(name, "-", "_") + "-" + version +
           "-py3-none-any.whl\"\nurl = \"https://pypi.example/" + name +
           ".whl\"\nsize = 1\n[packages.wheels.hashes]\nsha256 = \"" + std::string(64, 'a') + "\"\n";
  };
  return "lock-version = \"1.0\"\ncreated-by = \"launch\"\nrequires-python = \"==3.12.*\"\nenvironments = "
         "[]\n" +
         (nccl.empty() ? "" : package("nvidia-nccl-cu12", nccl)) + package("torch", "2.8.0") +
         "[tool.launch]\nrecipe-digest = \"sha256:" + std::string(64, 'b') +
         "\"\nchannel = \"stable\"\ncuda = \"" + accelerator + "\"\nplatforms = [\"linux-x86_64\"]\n";
}

TEST(FabricScenario, NcclOfALock) {
  const Scenario scenario;
  fakes::expand_machine(read_file(folder() / "laptop.tree").value(), scenario.place("machine"));
  scenario.write("recipes/any.toml", "");
  const auto shown = [&](const std::string& accelerator, const std::string& nccl) {
    scenario.write("lockfiles/pylock.demo.toml", lock_of(accelerator, nccl));
    const auto done = scenario.launch({"fabric", "demo", "--sysfs", "machine"});
    const auto row = done.out.find("NCCL ");
    return done.err + (row == std::string::npos ? "" : done.out.substr(row, done.out.find('\n', row) - row));
  };
  EXPECT_EQ(shown("cu128", "2.27.3"), "NCCL     2.27.3, of the lock demo");
  EXPECT_EQ(shown("cu128", ""), "NCCL     2.30.7, assumed since the lock demo does not name its release");
  EXPECT_EQ(
      shown("rocm6.4", ""),
      "NCCL     RCCL of ROCm 6.4, which reads NCCL's variables and its own, named RCCL_…; those of NCCL "
      "2.30.7 are assumed");
  EXPECT_EQ(shown("cpu", ""), "error: the lock demo is for cpu, without NCCL\n");
}

TEST(FabricScenario, AnAbsoluteLinkIsRecorded) {
  const Scenario scenario;
  fakes::expand_machine(
      "sys/class/dmi/id/product_name = X\netc/nccl.conf -> /opt/site/nccl.conf\nopt/site/nccl.conf = "
      "NCCL_IB_TC=41\n",
      scenario.place("machine"));
  EXPECT_EQ(scenario.launch({"fabric", "--sysfs", "machine", "--record", "copy"}).out,
            "recorded 2 files and 1 link in copy\n");
  EXPECT_THAT(scenario.launch({"fabric", "--sysfs", "copy"}).out,
              HasSubstr("set already\n  NCCL_IB_TC=41  by /etc/nccl.conf\n"));
}

TEST(FabricScenario, UnknownIsNull) {
  const Scenario scenario;
  fakes::expand_machine(
      "sys/class/infiniband/x0/ports/1/rate = fast\nsys/class/infiniband/x0/node_type = 1\n",
      scenario.place("machine"));
  const auto done = scenario.launch({"fabric", "--sysfs", "machine", "--json"});
  EXPECT_THAT(done.out,
              HasSubstr(R"("machine":{"vendor":null,"product":null,"board":null,"asset_tag":null})"));
  EXPECT_THAT(done.out, HasSubstr(R"("ports":[{"port":1,"state":null,"link_layer":null,"gigabits":null,)"
                                  R"("chosen":false,"reason":"its link layer is unknown"}])"));
  EXPECT_THAT(scenario.launch({"fabric", "--sysfs", "machine"}).out,
              HasSubstr("  x0  unknown, unknown  -  its link layer is unknown\n"));
}

TEST(FabricScenario, OneEfaDevice) {
  const Scenario scenario;
  fakes::expand_machine(
      "sys/devices/pci0000:00/0000:00:06.0/vendor = 0x1d0f\n"
      "sys/devices/pci0000:00/0000:00:06.0/infiniband/rdmap0s6/ports/1/state = 4: ACTIVE\n"
      "sys/devices/pci0000:00/0000:00:06.0/infiniband/rdmap0s6/device -> ../../../0000:00:06.0\n"
      "sys/class/infiniband/rdmap0s6 -> ../../devices/pci0000:00/0000:00:06.0/infiniband/rdmap0s6\n",
      scenario.place("machine"));
  EXPECT_THAT(scenario.launch({"fabric", "--sysfs", "machine"}).out,
              HasSubstr("\n  1 EFA device, rdmap0s6: for the plugin aws-ofi-nccl\n"));
}

constexpr const char* kJob = R"(#!/bin/bash
#SBATCH --export=ALL,NCCL_DEBUG=TRACE
# export NCCL_TIMEOUT=1 is a comment
export NCCL_SOCKET_IFNAME=ib
export NCCL_IB_HCA=mlx5_1
export NCCL_TIMEOUT=1800
export NCCL_ASYNC_ERROR_HANDLING=1
export NCCL_IB_DISABEL=0
export NCCL_SHM_DISABLE=true
export NCCL_IB_TIMEOUT=$TIMEOUT
mpirun -x NCCL_MIN_CHANNELS -x NCCL_P2P_LEVEL=NVLINK echo "$NCCL_NOTHING"
export NCCL_NET=IB NCCL_FASTRAK_CTRL_DEV=eth0 NCCL_VERSION=2.27
)";

TEST(FabricScenario, LintOfAJobScript) {
  const Scenario scenario;
  scenario.write("job.sh", kJob);
  const auto done = scenario.launch({"fabric", "--lint", "job.sh"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(
      done.out,
      "job.sh:2: warning: NCCL_DEBUG=TRACE prints a lot from each rank: use WARN unless you are debugging\n"
      "job.sh:4: warning: NCCL_SOCKET_IFNAME: \"ib\" is a prefix that matches ib0 and ib1; write exact names "
      "after \"=\"\n"
      "job.sh:5: warning: NCCL_IB_HCA: \"mlx5_1\" is a prefix that also matches mlx5_10; write exact names "
      "after \"=\"\n"
      "job.sh:6: error: NCCL never reads NCCL_TIMEOUT; use the timeout argument of "
      "torch.distributed.init_process_group\n"
      "job.sh:7: error: NCCL never reads NCCL_ASYNC_ERROR_HANDLING; use TORCH_NCCL_ASYNC_ERROR_HANDLING\n"
      "job.sh:8: error: NCCL never reads NCCL_IB_DISABEL; did you mean NCCL_IB_DISABLE?\n"
      "job.sh:9: error: NCCL_SHM_DISABLE: expected a number, found \"true\", which NCCL reads as 0\n"
      "job.sh:11: error: NCCL never reads NCCL_MIN_CHANNELS; use NCCL_MIN_NCHANNELS\n"
      "job.sh:11: error: NCCL_P2P_LEVEL: expected LOC, NVL, PIX, PXB, PHB or SYS, found \"NVLINK\", which "
      "NCCL "
      "ignores\n"
      "6 errors and 3 warnings in 1 file\n");
}

TEST(FabricScenario, LintAgainstAMachine) {
  const Scenario scenario;
  fakes::expand_machine(read_file(folder() / "dgx-h100.tree").value(), scenario.place("machine"));
  scenario.write("a.env", "NCCL_IB_HCA=mlx5_1,mlx5_12\nNCCL_SOCKET_IFNAME=eno\n");
  scenario.write("b.env", "NCCL_IB_HCA==mlx5_1\nNCCL_SOCKET_IFNAME=^lo\nHOME=/root\n");
  const auto done = scenario.launch({"fabric", "--sysfs", "machine", "--lint", "a.env", "--lint", "b.env"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      "a.env:1: warning: NCCL_IB_HCA: \"mlx5_1\" is a prefix that matches 3 devices: mlx5_1, mlx5_10 and "
      "mlx5_11; write exact names after \"=\"\n"
      "a.env:1: error: NCCL_IB_HCA: \"mlx5_12\" matches no device of this machine\n"
      "1 error and 1 warning in 2 files\n");
}

TEST(FabricScenario, LintWithoutErrorsSucceeds) {
  const Scenario scenario;
  scenario.write("nccl.conf", "NCCL_DEBUG=INFO\nNCCL_SOCKET_IFNAME==eth0\n");
  const auto done = scenario.launch({"--json", "fabric", "--lint", "nccl.conf"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            R"({"schema":1,"files":1,"findings":[{"file":"nccl.conf","line":1,"severity":"warning","text":)"
            R"("NCCL_DEBUG=INFO prints a lot from each rank: use WARN unless you are debugging"}]})"
            "\n");
}

}  // namespace
}  // namespace launch::scenarios

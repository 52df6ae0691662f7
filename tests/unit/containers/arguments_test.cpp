#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "containers/builder.hpp"
#include "fakes/values.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

EngineInfo with_pids_limit(EngineInfo info) {
  info.pids_limit = true;
  return info;
}

RunSpec node() {
  RunSpec spec;
  spec.name = "launch-r1-n0";
  spec.image = "localhost/launch/demo:latest";
  spec.argv = {"torchrun", "--nnodes", "2", "train.py"};
  spec.environment = {{"NCCL_DEBUG", "WARN"}, {"A", "b c"}};
  spec.labels = {{"launch.run", "r1"}};
  spec.mounts = {{"/data", "/data", true}, {"/out", "/out", false}};
  spec.network = "launch-r1";
  spec.hostname = "n0";
  spec.address = "198.19.0.2";
  spec.hosts = {{"n0", "198.19.0.2"}, {"n1", "198.19.0.3"}};
  spec.shm_bytes = 1ULL << 30;
  spec.pids_limit = -1;
  spec.ulimits = {{"memlock", "-1:-1"}, {"nofile", "4096:4096"}};
  spec.devices = {"/dev/infiniband"};
  spec.stop_seconds = 2;
  spec.stop_signal = "SIGPWR";
  spec.gpus = specs::GpuSet::all();
  return spec;
}

TEST(RunArguments, Podman) {
  EXPECT_THAT(
      run_arguments(with_pids_limit(podman4()), node()),
      ElementsAre("run", "--rm", "--init", "--pull", "never", "--log-driver", "none", "--name",
                  "launch-r1-n0", "--hostname", "n0", "--network", "launch-r1", "--ip", "198.19.0.2",
                  "--add-host", "n0:198.19.0.2", "--add-host", "n1:198.19.0.3", "--label", "launch.run=r1",
                  "--shm-size", "1073741824", "--pids-limit", "-1", "--ulimit", "memlock=-1:-1", "--device",
                  "/dev/infiniband", "--stop-timeout", "2", "--stop-signal", "SIGPWR", "--device",
                  "nvidia.com/gpu=all", "--mount", "type=bind,source=/data,target=/data,readonly", "--mount",
                  "type=bind,source=/out,target=/out", "--env", "A=b c", "--env", "NCCL_DEBUG=WARN",
                  "--entrypoint", "", "localhost/launch/demo:latest", "torchrun", "--nnodes", "2",
                  "train.py"));
}

TEST(RunArguments, HaveNoHiddenValues) {
  auto spec = node();
  spec.hidden = {{"TOKEN", "s3cret"}};
  auto expected = run_arguments(podman4(), node());
  const auto at = std::find(expected.begin(), expected.end(), "--entrypoint");
  expected.insert(expected.insert(at, "TOKEN"), "--env");
  EXPECT_EQ(run_arguments(podman4(), spec), expected);
}

TEST(RunArguments, ProxiesOfTheMachineAreKeptOutWhereTheEnginePassesThemOn) {
  auto spec = node();
  spec.without_proxies = true;
  EXPECT_THAT(run_arguments(podman4(), spec), testing::Contains("--http-proxy=false"));
  EXPECT_EQ(run_arguments(docker28(), spec), run_arguments(docker28(), node()));
}

TEST(RunArguments, TheGroupsThatMayUseADevice) {
  auto spec = node();
  spec.device_groups = {44, 993};
  const auto options = [&](const EngineInfo& info) {
    const auto arguments = run_arguments(info, spec);
    std::string out;
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
      if (arguments[i] == "--group-add") out += arguments[i + 1] + " ";
    }
    return out;
  };
  EXPECT_EQ(options(docker28()), "44 993 ");
  auto podman = podman4();
  EXPECT_EQ(options(podman), "44 993 ");
  podman.rootless = true;
  EXPECT_EQ(options(podman), "keep-groups ");
  spec.device_groups.clear();
  EXPECT_EQ(options(podman), "");
}

TEST(RunArguments, TheCallersUserInAContainer) {
  auto spec = node();
  spec.caller = UserIds{1001, 1002};
  auto info = podman4();
  EXPECT_EQ(run_arguments(info, spec), run_arguments(info, node())) << "as root nobody is mapped";
  info.rootless = true;
  const auto arguments = run_arguments(info, spec);
  const auto option = std::find(arguments.begin(), arguments.end(), "--userns");
  ASSERT_NE(option, arguments.end());
  EXPECT_EQ(*(option + 1), "keep-id:uid=1001,gid=1002");
  info.version = "4.2.0";
  EXPECT_EQ(run_arguments(info, spec), run_arguments(info, node())) << "it cannot do that yet";
}

TEST(RunArguments, FoldersThatGetALabel) {
  RunSpec spec;
  spec.image = "i";
  spec.mounts = {{"/a", "/x", true, true}, {"/b:c", "/y", false, true}};
  EXPECT_THAT(run_arguments(podman4(), spec),
              testing::IsSupersetOf({"type=bind,source=/a,target=/x,readonly,relabel=shared",
                                     "type=bind,source=/b:c,target=/y,relabel=shared"}));
  EXPECT_THAT(run_arguments(docker28(), spec), testing::IsSupersetOf({"--volume", "/a:/x:ro,z", "--mount",
                                                                      "type=bind,source=/b:c,target=/y"}));
}

TEST(RunArguments, Podman5IsAskedTheSameWay) {
  auto info = with_pids_limit(podman4());
  info.version = "5.4.2";
  EXPECT_EQ(run_arguments(info, node()), run_arguments(with_pids_limit(podman4()), node()));
}

TEST(RunArguments, DockerHasItsOwnWordForGpusAndLimits) {
  auto expected = run_arguments(with_pids_limit(podman4()), node());
  const auto cdi = std::find(expected.begin(), expected.end(), "nvidia.com/gpu=all");
  *(cdi - 1) = "--gpus";
  *cdi = "all";
  // podman's containers may open as many files as podman itself.
  const auto memlock = std::find(expected.begin(), expected.end(), "memlock=-1:-1");
  expected.insert(memlock + 1, {"--ulimit", "nofile=4096:4096"});
  EXPECT_THAT(run_arguments(with_pids_limit(docker28()), node()), ElementsAreArray(expected));
}

TEST(RunArguments, Gpus) {
  struct Case {
    specs::GpuSet gpus;
    std::vector<std::string> podman;
    std::vector<std::string> docker;
  };
  const std::vector<Case> cases{
      {specs::GpuSet::none(), {}, {}},
      {specs::GpuSet::all(), {"--device", "nvidia.com/gpu=all"}, {"--gpus", "all"}},
      {specs::GpuSet::of_count(2),
       {"--device", "nvidia.com/gpu=0", "--device", "nvidia.com/gpu=1"},
       {"--gpus", "\"device=0,1\""}},
      {specs::GpuSet::of_devices({"0", "GPU-5f3c"}),
       {"--device", "nvidia.com/gpu=0", "--device", "nvidia.com/gpu=GPU-5f3c"},
       {"--gpus", "\"device=0,GPU-5f3c\""}},
  };
  for (const auto& [gpus, podman, docker] : cases) {
    RunSpec spec;
    spec.image = "i";
    spec.gpus = gpus;
    const auto arguments = [](std::vector<std::string> options) {
      options.insert(options.begin(), {"run", "--rm", "--init", "--pull", "never", "--log-driver", "none"});
      options.insert(options.end(), {"--entrypoint", "", "i"});
      return options;
    };
    EXPECT_EQ(run_arguments(podman4(), spec), arguments(podman)) << gpus.text();
    EXPECT_EQ(run_arguments(docker28(), spec), arguments(docker)) << gpus.text();
  }
}

TEST(RunArguments, NoPidsLimitWhereTheEngineMayNotSetOne) {
  const auto arguments = run_arguments(podman4(), node());
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "--pids-limit"), 0);
}

TEST(RunArguments, CommasAndQuotesInMountsAreQuotedAsCsv) {
  RunSpec spec;
  spec.image = "i";
  spec.mounts = {{"/a,b:\"c\"", "/x", false}};
  EXPECT_THAT(run_arguments(podman4(), spec),
              testing::Contains("type=bind,\"source=/a,b:\"\"c\"\"\",target=/x"));
}

BuildSpec demo_build() {
  BuildSpec spec;
  spec.context = "/ctx";
  spec.dockerfile = "/images/demo/Dockerfile";
  spec.tag = "localhost/launch/demo:latest";
  spec.timestamp = 1730000000;
  spec.platform = fakes::x86();
  spec.annotations = {{"launch.lock", "sha256:ab"}};
  return spec;
}

TEST(BuildArguments, Podman4) {
  EXPECT_THAT(build_arguments(podman4(), demo_build(), "/tmp/id"),
              ElementsAre("build", "--format", "oci", "--layers=true", "--pull=missing", "--timestamp",
                          "1730000000", "--identity-label=false", "--annotation", "launch.lock=sha256:ab",
                          "--platform", "linux/amd64", "--iidfile", "/tmp/id", "--tag",
                          "localhost/launch/demo:latest", "--file", "/images/demo/Dockerfile", "/ctx"));
}

TEST(BuildArguments, FromScratchAndWithoutWhatAnOldPodmanLacks) {
  const auto info = info_of("podman", "4.3.1", {"build --timestamp"});
  auto spec = demo_build();
  spec.from_scratch = true;
  spec.annotations.clear();
  EXPECT_THAT(
      build_arguments(info, spec, "/tmp/id"),
      ElementsAre("build", "--format", "oci", "--layers=true", "--pull=missing", "--timestamp", "1730000000",
                  "--no-cache", "--platform", "linux/amd64", "--iidfile", "/tmp/id", "--tag",
                  "localhost/launch/demo:latest", "--file", "/images/demo/Dockerfile", "/ctx"));
}

TEST(BuildArguments, PodmanIsToldWhatItsWorkingContainersAreKnownBy) {
  auto spec = demo_build();
  spec.mark = "launch.build.1";
  const auto arguments = build_arguments(podman4(), spec, "/tmp/id");
  const auto secret = std::find(arguments.begin(), arguments.end(), "--secret");
  ASSERT_NE(secret, arguments.end());
  EXPECT_EQ(*(secret + 1), "id=launch.build.1,src=/dev/null");
  const auto docker = build_arguments(docker28(), spec, "/tmp/id");
  EXPECT_EQ(std::count(docker.begin(), docker.end(), "--secret"), 0);
}

TEST(BuildArguments, DockerBuildx) {
  EXPECT_THAT(build_arguments(docker28(), demo_build(), "/tmp/id"),
              ElementsAre("buildx", "build", "--provenance=false", "--sbom=false", "--output",
                          "type=docker,rewrite-timestamp=true", "--build-arg", "SOURCE_DATE_EPOCH=1730000000",
                          "--platform", "linux/amd64", "--iidfile", "/tmp/id", "--tag",
                          "localhost/launch/demo:latest", "--file", "/images/demo/Dockerfile", "/ctx"));
}

TEST(BuildArguments, DockersContainerdStoreKeepsTimes) {
  const auto arguments = build_arguments(info_of("docker", "26.1.5", {"buildx", "containerd image store"}),
                                         demo_build(), "/tmp/id");
  EXPECT_EQ(arguments.at(5), "type=docker");
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "--metadata-file"), 1);
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "--iidfile"), 0);
}

TEST(BuildArguments, DockerWithoutBuildx) {
  const auto info = info_of("docker", "28.2.2");
  EXPECT_THAT(build_arguments(info, demo_build(), "/tmp/id"),
              ElementsAre("build", "--platform", "linux/amd64", "--iidfile", "/tmp/id", "--tag",
                          "localhost/launch/demo:latest", "--file", "/images/demo/Dockerfile", "/ctx"));
}

TEST(RunArguments, AConfinedContainerHasNoCapabilities) {
  auto spec = node();
  const auto before = run_arguments(podman4(), spec);
  spec.confined = true;
  auto arguments = run_arguments(podman4(), spec);
  const std::vector<std::string> options{"--cap-drop", "ALL", "--security-opt", "no-new-privileges"};
  const auto at = std::search(arguments.begin(), arguments.end(), options.begin(), options.end());
  ASSERT_NE(at, arguments.end());
  arguments.erase(at, at + 4);
  EXPECT_EQ(arguments, before);
}

}  // namespace
}  // namespace launch::containers

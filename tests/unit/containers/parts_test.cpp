#include "containers/parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "containers/cdi.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// As `nvidia-ctk cdi generate` of 1.17 writes it for two GPUs, shortened.
constexpr std::string_view kYaml = R"(---
cdiVersion: 0.5.0
containerEdits:
  deviceNodes:
  - path: /dev/nvidiactl
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  hooks:
  - args:
    - nvidia-cdi-hook
    - update-ldcache
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  mounts:
  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.159.04
    hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.159.04
    options:
    - ro
devices:
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
  name: "0"
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia1
  name: "1"
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
    - path: /dev/nvidia1
  name: all
kind: nvidia.com/gpu
)";

TEST(CdiSpecs, AreReadAsYamlAndJson) {
  const auto yaml = parse_cdi(kYaml);
  EXPECT_THAT(yaml.devices, ElementsAre("0", "1", "all"));
  EXPECT_THAT(yaml.files, ElementsAre("/usr/lib/x86_64-linux-gnu/libcuda.so.580.159.04"));
  const auto json = parse_cdi(
      R"({"kind":"nvidia.com/gpu","devices":[{"name":"0","containerEdits":{"deviceNodes":[{"path":"/dev/x"}]}}],)"
      R"("containerEdits":{"mounts":[{"hostPath":"/lib/a","containerPath":"/lib/b"}]}})");
  EXPECT_THAT(json.devices, ElementsAre("0"));
  EXPECT_THAT(json.files, ElementsAre("/lib/a"));
}

TEST(CdiSpecs, OfOtherKindsHaveNone) {
  for (const auto* text :
       {"", "kind: example.com/net\ndevices:\n- name: a\n", R"({"kind":"x","devices":[{"name":"a"}]})", "{",
        "{\"kind\": \"nvidia.com/gpu\", \"devices\": 7}", "\"", "kind: \"\n- name:"}) {
    EXPECT_THAT(parse_cdi(text).devices, IsEmpty()) << text;
  }
}

class Parts : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text = "") {
    ASSERT_TRUE(write_file(root_ / name, text));
  }
  /// "init: catatonit in …", with "; fix: …" if it needs one.
  std::vector<std::string> of(const EngineInfo& info, int gpus = 0) {
    std::vector<std::string> out;
    for (const auto& part : parts_of(info, runner_, {.root = root_.path(), .gpus = gpus})) {
      out.push_back(part.what + ": " + part.found + (part.fix.empty() ? "" : "; fix: " + part.fix));
    }
    return out;
  }

  test::Scratch root_;
  fakes::FakeRunner runner_;
};

TEST_F(Parts, OfPodmanAreThere) {
  write("usr/libexec/podman/catatonit");
  write("usr/lib/podman/netavark");
  write("usr/lib/podman/aardvark-dns");
  runner_.on("podman info --format json", {0, R"({"host": {"networkBackend": "netavark"}})"});
  EXPECT_THAT(of(podman4()), ElementsAre("init: catatonit in /usr/libexec/podman",
                                         "network: netavark and aardvark-dns in /usr/lib/podman"));
  std::filesystem::remove(root_ / "usr/lib/podman/aardvark-dns");
  EXPECT_THAT(of(podman4()),
              Contains("network: netavark in /usr/lib/podman; no aardvark-dns, which runs do not "
                       "need: nodes know each other's addresses"));
}

TEST_F(Parts, OfPodmanAreMissing) {
  runner_.on("podman info --format json", {0, R"({"host": {"networkBackend": "netavark"}})"});
  EXPECT_THAT(of(podman4()),
              ElementsAre("init: catatonit, which `podman run --init` needs, is not installed; fix: install "
                          "catatonit: apt-get install catatonit",
                          "network: netavark, which podman needs for runs' networks, is not installed; "
                          "fix: install netavark: apt-get install netavark"));
}

TEST_F(Parts, OfCniAreItsPlugins) {
  write("usr/bin/catatonit");
  runner_.on("podman info --format json", {0, R"({"host": {"networkBackend": "cni"}})"});
  EXPECT_THAT(of(podman4()),
              ElementsAre("init: catatonit in /usr/bin",
                          "network: podman uses CNI, but its plugins are not installed; fix: install them: "
                          "apt-get install containernetworking-plugins"));
  write("opt/cni/bin/bridge");
  EXPECT_THAT(of(podman4()), Contains("network: CNI plugins in /opt/cni/bin"));
}

TEST_F(Parts, OfPodmanWithGpusAreACdiSpecification) {
  write("usr/bin/catatonit");
  const std::string fix = "; fix: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml";
  const auto cdi = [&](int gpus) { return of(podman4(), gpus).back(); };
  EXPECT_EQ(cdi(2), "CDI: no specification in /etc/cdi or /var/run/cdi names this machine's GPUs" + fix);
  write("etc/cdi/nvidia.yaml", kYaml);
  EXPECT_EQ(cdi(2),
            "CDI: the GPU specification is for another driver: "
            "/usr/lib/x86_64-linux-gnu/libcuda.so.580.159.04 does not exist" +
                fix);
  write("usr/lib/x86_64-linux-gnu/libcuda.so.580.159.04");
  EXPECT_EQ(cdi(2), "CDI: names all 2 GPUs");
  EXPECT_EQ(cdi(4), "CDI: the specification does not name nvidia.com/gpu=2, 3" + fix);
  write("var/run/cdi/more.json", R"({"kind": "nvidia.com/gpu", "devices": [{"name": "2"}, {"name": "3"}]})");
  EXPECT_EQ(cdi(4), "CDI: names all 4 GPUs");
}

TEST_F(Parts, OfRootlessPodmanWithDevicesAreTheCallersGroups) {
  auto engine = podman4();
  const auto groups = [&](const std::string& runtime) {
    fakes::FakeRunner runner;
    runner.on("podman info --format json",
              {0, R"({"host": {"ociRuntime": {"name": ")" + runtime + R"("}}})"});
    for (const auto& part : parts_of(engine, runner, {.root = root_.path(), .device_groups = true})) {
      if (part.what == "groups") return part.found + (part.fix.empty() ? "" : "; fix: " + part.fix);
    }
    return std::string("none");
  };
  EXPECT_EQ(groups("runc"), "none") << "root gives the numbers of groups";
  engine.rootless = true;
  EXPECT_EQ(groups("crun"), "crun keeps them for containers");
  EXPECT_EQ(groups("runc"),
            "AMD GPUs need crun, which keeps the caller's groups, but podman uses runc; fix: install crun: "
            "apt-get install crun, and set runtime = \"crun\" in containers.conf");
}

TEST_F(Parts, OfDockerWithGpusAreNvidiasHook) {
  EXPECT_THAT(of(docker28()), IsEmpty());
  EXPECT_THAT(of(docker28(), 1),
              ElementsAre("GPU hook: nvidia-container-runtime-hook, which docker needs for --gpus, is not "
                          "installed; fix: install NVIDIA's container toolkit, then: sudo nvidia-ctk runtime "
                          "configure --runtime=docker"));
  write("usr/bin/nvidia-container-runtime-hook");
  EXPECT_THAT(of(docker28(), 1), ElementsAre("GPU hook: nvidia-container-runtime-hook in /usr/bin"));
}

TEST_F(Parts, OfAnEngineElsewhereAreUnknown) {
  auto info = podman4();
  info.elsewhere = "it is the client of a remote service";
  EXPECT_THAT(of(info, 2), IsEmpty());
}

}  // namespace
}  // namespace launch::containers

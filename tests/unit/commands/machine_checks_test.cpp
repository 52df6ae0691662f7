#include "commands/machine_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/files.hpp"
#include "fakes/machine_tree.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::commands {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kQuery =
    "nvidia-smi "
    "--query-gpu=index,uuid,driver_version,compute_cap,name,memory.used,memory.total,mig.mode.current,pci."
    "bus_id"
    " --format=csv,noheader,nounits";

class MachineChecks : public ::testing::Test {
 protected:
  MachineChecks() { machine_.root = root_.path(); }

  void add(std::string_view files) { fakes::expand_machine(files, root_.path()); }
  void lock(const std::string& name) {
    machine_.locks.push_back(
        {name, project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12")).lock});  // of cu128
  }
  /// "WHAT: VALUE [ORIGIN]", with "!" before it if it is missing and "; fix: …" for each hint.
  std::vector<std::string> checked() {
    std::vector<std::string> out;
    for (const auto& each : check_machine(machine_, runner_, {})) {
      auto line = (each.missing ? "!" : "") + each.what + ": " + each.value + " [" + each.origin + "]";
      for (const auto& hint : each.hints) line += "; fix: " + hint;
      out.push_back(line);
    }
    return out;
  }

  test::Scratch root_;
  CheckedMachine machine_;
  fakes::FakeRunner runner_;
};

TEST_F(MachineChecks, AMachineWithoutAnythingHasNothingToCheck) {
  lock("demo");
  EXPECT_THAT(checked(), IsEmpty());
  EXPECT_THAT(runner_.asked(), IsEmpty());
}

TEST_F(MachineChecks, TheDriverAgainstTheFloorsOfTheLocks) {
  machine_.gpus = 1;
  EXPECT_THAT(checked(), ElementsAre("!driver: unknown: nvidia-smi does not report it [nvidia-smi]; fix: run "
                                     "`nvidia-smi` to see why; the driver must be loaded and its tools "
                                     "installed"));
  runner_.on(kQuery, {.out = "0, GPU-a, 580.159.04, 9.0, NVIDIA H100 80GB HBM3\n"});
  EXPECT_THAT(checked(), ElementsAre("driver: 580.159.04 [nvidia-smi]"));
  lock("demo");
  EXPECT_THAT(checked(), ElementsAre("driver: 580.159.04, new enough for the lock demo [nvidia-smi]"));
  lock("other");
  EXPECT_THAT(checked(), ElementsAre("driver: 580.159.04, new enough for the locks demo and other "
                                     "[nvidia-smi]"));
}

TEST_F(MachineChecks, ADriverThatIsTooOldIsMissing) {
  machine_.gpus = 1;
  lock("demo");
  runner_.on(kQuery, {.out = "0, GPU-a, 470.256.02, 8.0\n"});
  EXPECT_THAT(checked(),
              ElementsAre("!driver: lock demo: this machine has the NVIDIA driver 470.256.02, but the locked "
                          "torch is built for CUDA 12.8, which needs 525.60.13 or newer [nvidia-smi]; fix: "
                          "install a driver of at least 525.60.13, or lock a torch for an older CUDA"));
}

TEST_F(MachineChecks, GpusOfAmdNeedTheirDevice) {
  machine_.device = "/dev/kfd";
  EXPECT_THAT(checked(), ElementsAre("!device: /dev/kfd, which containers need for the GPUs, does not exist "
                                     "[/dev/kfd]; fix: load the driver: sudo modprobe amdgpu"));
  add("dev/kfd = x\n");
  EXPECT_THAT(checked(), ElementsAre("device: this user may use /dev/kfd [/dev/kfd]"));
  if (::geteuid() == 0) return;  // who may use anything
  std::filesystem::permissions(root_.path() / "dev/kfd", std::filesystem::perms::none);
  EXPECT_THAT(checked(),
              ElementsAre("!device: this user may not use /dev/kfd [/dev/kfd]; fix: sudo usermod -aG "
                          "render,video $USER, and log in again"));
}

TEST_F(MachineChecks, NvSwitchesNeedTheFabricManager) {
  add("sys/bus/pci/devices/0000:05:00.0/vendor = 0x10de\nsys/bus/pci/devices/0000:05:00.0/class = "
      "0x068000\n");
  EXPECT_THAT(
      checked(),
      ElementsAre("NVSwitch: unknown whether nvidia-fabricmanager is active: systemctl did not answer "
                  "[systemctl]"));
  runner_.on("systemctl is-active nvidia-fabricmanager", {.exit_code = 3, .out = "inactive\n"});
  EXPECT_THAT(checked(), ElementsAre("!NVSwitch: nvidia-fabricmanager is inactive: CUDA fails with error 802 "
                                     "until it runs [systemctl]; fix: sudo systemctl enable --now "
                                     "nvidia-fabricmanager"));
}

TEST_F(MachineChecks, NvSwitchesAreKnownByTheirDriverToo) {
  add("proc/driver/nvidia-nvswitch/devices/0000:05:00.0 = x\n");
  runner_.on("systemctl is-active nvidia-fabricmanager", {.out = "active\n"});
  EXPECT_THAT(checked(), ElementsAre("NVSwitch: nvidia-fabricmanager is active [systemctl]"));
}

TEST_F(MachineChecks, RdmaNeedsLockedMemory) {
  machine_.locked_memory = 8388608;
  EXPECT_THAT(checked(), IsEmpty()) << "without RDMA";
  add("sys/class/infiniband/mlx5_0/ports/1/state = 4: ACTIVE\n");
  EXPECT_THAT(checked(),
              ElementsAre("memlock: 8.4 MB, but RDMA needs it unlimited [ulimit -Hl]; fix: add `* - memlock "
                          "unlimited` to /etc/security/limits.d/rdma.conf, and log in again"));
  machine_.locked_memory = std::nullopt;
  EXPECT_THAT(checked(), ElementsAre("memlock: unlimited, as RDMA needs it [ulimit -Hl]"));
}

TEST_F(MachineChecks, APortThatIsInUseIsSaid) {
  add("proc/net/tcp =   sl  local_address rem_address   st tx_queue rx_queue\\n"
      "   0: 0100007F:733C 00000000:0000 01 00000000:00000000\\n"
      "   1: 00000000:733D 00000000:0000 0A 00000000:00000000\n");
  EXPECT_THAT(checked(), IsEmpty()) << "connected, and another port";
  add("proc/net/tcp6 =    0: 00000000000000000000000000000000:733C 00000000000000000000000000000000:0000 0A "
      "0\n");
  EXPECT_THAT(checked(), ElementsAre("port: 29500 is in use on this machine; containers with their own "
                                     "network can still use it [/proc/net/tcp6]; fix: use another --port for "
                                     "runs that share this machine's network"));
}

TEST_F(MachineChecks, TheEnginesParts) {
  machine_.engine = *containers::engine_named("podman");
  machine_.gpus = 1;
  add("usr/bin/catatonit = x\n");
  runner_.on(kQuery, {.out = "0, GPU-a, 580.159.04, 9.0\n"});
  EXPECT_THAT(checked(),
              ElementsAre("driver: 580.159.04 [nvidia-smi]", "init: catatonit in /usr/bin [podman]",
                          "!CDI: no specification in /etc/cdi or /var/run/cdi names this machine's GPUs "
                          "[podman]; fix: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"));
}

}  // namespace
}  // namespace launch::commands

// Workflows called one after the other as functions, as another workflow calls them.
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands/build.hpp"
#include "commands/check.hpp"
#include "commands/fetch.hpp"
#include "commands/lock.hpp"
#include "commands/render.hpp"
#include "commands/verify.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/files.hpp"
#include "fakes/index_server.hpp"
#include "fakes/machine_tree.hpp"
#include "fakes/registry.hpp"
#include "unit/base/scratch.hpp"

namespace launch::commands {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The machine's runner, with this nvidia-smi.
class WithGpus final : public ProcessRunner {
 public:
  WithGpus(std::unique_ptr<ProcessRunner> inner, std::string answer)
      : inner_(std::move(inner)), answer_(std::move(answer)) {}
  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token stop) override {
    if (spec.argv.front() != "nvidia-smi") return inner_->run(spec, std::move(stop));
    ProcessOutcome outcome;
    outcome.out = answer_;
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& argv) override {
    return inner_->guard(argv);
  }

 private:
  std::unique_ptr<ProcessRunner> inner_;
  std::string answer_;
};

class Workflows : public ::testing::Test {
 protected:
  Workflows() {
    write("recipes/demo.toml",
          "python = \"3.11\"\n[torch]\nchannel = \"index\"\npackages = [\"torch\"]\n"
          "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n[verify]\nscan = [\"src\"]\n");
    write("src/train.py", "from torch import Module\n");
    write("launch.toml",
          fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\ninsecure = true\n",
                      registry_.location()));
    write("engine/fault", "");
    write("bin/podman", fmt::format("#!/bin/sh\nFAKE_PODMAN='{}' exec '{}/podman' \"$@\"\n",
                                    (folder_ / "engine").string(), LAUNCH_FAKE_ENGINE));
    std::filesystem::permissions(folder_ / "bin/podman", std::filesystem::perms::owner_all);
    registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    offer("2.3.1", "class Module: pass\n");
  }

  void write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file(folder_ / name, text));
  }
  void offer(const std::string& version, const std::string& init) {
    index_.add({.name = "torch", .version = version, .files = {{"torch/__init__.py", init}}});
  }
  Context context() {
    return {.environment = environment_,
            .runner = *runner_,
            .disk = disk_,
            .clock = clock_,
            .reporter = reporter_,
            .make_http =
                [this](net::HttpOptions options) {
                  return net::make_http_client(std::move(options), environment_, clock_, disk_);
                },
            .folder = folder_.path(),
            .folder_is_root = true,
            .stop = stop_.get_token()};
  }
  Result<BuildDocument> build_demo() {
    return build({.recipe = "demo", .engine = folder_ / "bin/podman"}, context());
  }
  /// Locks and builds a torch of CUDA 12.8; the image's torch sees this many GPUs.
  void build_for_cuda(int gpus) {
    index_.add({.name = "torch",
                .version = "2.3.1",
                .requires_dist = {"nvidia-cuda-runtime-cu12"},
                .files = {{"torch/__init__.py", ""}}});
    index_.add({.name = "nvidia-cuda-runtime-cu12", .version = "12.8.57"});
    write("src/train.py", "");
    const auto recipe = *read_file(folder_ / "recipes/demo.toml");
    if (recipe.find("smoke") == std::string::npos)
      write("recipes/demo.toml", recipe + "smoke = [\"true\"]\n");
    write("engine/site/torch.py", fmt::format("__version__ = '2.3.1+cu128'\nclass version:\n  cuda = '12.8'\n"
                                              "class cuda:\n  device_count = lambda: {}\n",
                                              gpus));
    ASSERT_TRUE(lock({.recipe = "demo"}, context()));
    const auto built = build_demo();
    ASSERT_TRUE(built) << built.error().text();
  }
  /// On a machine with two GPUs, of which nvidia-smi says this.
  Result<VerifyDocument> verify_demo(const std::string& nvidia_smi, int gpus = 2) {
    runner_ = std::make_unique<WithGpus>(make_process_runner(), nvidia_smi);
    for (int i = 0; i < gpus; ++i) write(fmt::format("machine-{}/dev/nvidia{}", gpus, i), "");
    return verify_on(fmt::format("machine-{}", gpus));
  }
  Result<VerifyDocument> verify_on(const std::string& machine) {
    return verify({.recipe = "demo", .engine = folder_ / "bin/podman", .machine = folder_ / machine},
                  context(), [](std::string_view) {});
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  static std::string version_of(const Result<LockDocument>& locked) {
    if (!locked) return locked.error().text();
    return locked->resolution.lock.packages.front().version.text();
  }

  test::Scratch folder_;
  fakes::IndexServer index_;
  fakes::Registry registry_;
  Environment environment_{{{"HOME", folder_ / "home"},
                            {"UV_NO_CONFIG", "1"},
                            {"PIP_CONFIG_FILE", "/dev/null"},
                            {"LAUNCH_INDEX_URL", index_.url()},
                            {"LAUNCH_STORE", folder_ / "store/wheels"}}};
  std::unique_ptr<ProcessRunner> runner_ = make_process_runner();
  RealDisk disk_;
  SystemClock clock_;
  fakes::FakeReporter reporter_;
  std::stop_source stop_;
};

TEST_F(Workflows, LockCheckAndBuild) {
  const auto locked = lock({.recipe = "demo"}, context());
  ASSERT_TRUE(locked) << locked.error().text();
  EXPECT_EQ(version_of(locked), "2.3.1");
  EXPECT_TRUE(locked->is_new);
  EXPECT_TRUE(locked->changed);

  const auto checked = check({.wheels = LockedWheels{.name = "demo"}}, context());
  ASSERT_TRUE(checked) << checked.error().text();
  EXPECT_FALSE(checked->fails());
  EXPECT_EQ(checked->platforms.front().wheels.front().version, "2.3.1");

  const auto built = build_demo();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(built->engine, "podman");
  EXPECT_EQ(built->reference(), "localhost/launch/demo@" + built->outcome.image.digest->text());
  EXPECT_FALSE(built->outcome.up_to_date);
  ASSERT_EQ(built->layers.size(), 1U);
  EXPECT_THAT(built->layers.front().wheels, ElementsAre("torch-2.3.1-py3-none-any.whl"));
  EXPECT_TRUE(build_demo()->outcome.up_to_date);
  EXPECT_THAT(reporter_.warnings, IsEmpty());
}

/// The workflow of `bump`: the newest lock is used only if the code passes with it.
TEST_F(Workflows, ANewerLockThatDoesNotPassTheCheck) {
  ASSERT_TRUE(lock({.recipe = "demo"}, context()));
  offer("2.4.0", "");
  const auto newest = lock({.recipe = "demo", .write = false, .upgrade = true}, context());
  EXPECT_EQ(version_of(newest), "2.4.0");
  EXPECT_TRUE(newest->changed);
  EXPECT_EQ(version_of(lock({.recipe = "demo"}, context())), "2.3.1") << "nothing was written";

  ASSERT_TRUE(lock({.recipe = "demo", .upgrade = true}, context()));
  const auto checked = check({.wheels = LockedWheels{.name = "demo"}}, context());
  ASSERT_TRUE(checked) << checked.error().text();
  EXPECT_TRUE(checked->fails());
  const auto& name = checked->platforms.front().names.front();
  EXPECT_EQ(name.requirement.text(), "torch:Module");
  EXPECT_EQ(name.answer.reason, "torch/__init__.py of torch 2.4.0 has no Module");
}

TEST_F(Workflows, ABuildSaysThatTheDockerfileOfTheProjectIsOld) {
  ASSERT_TRUE(lock({.recipe = "demo"}, context()));
  const auto rendered = render({.recipe = "demo"}, context());
  ASSERT_TRUE(rendered) << rendered.error().text();
  EXPECT_TRUE(rendered->changed());
  offer("2.4.0", "");
  ASSERT_TRUE(lock({.recipe = "demo", .upgrade = true}, context()));
  EXPECT_TRUE(render({.recipe = "demo", .write = false}, context())->changed());
  const auto built = build_demo();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(reporter_.warnings,
              ElementsAre("images/demo/Dockerfile is out of date and is not used: the image is built from "
                          "recipe and lock; run `launch render demo`"));
}

TEST_F(Workflows, WhatIsFetchedIsNotFetchedByTheBuild) {
  ASSERT_TRUE(lock({.recipe = "demo"}, context()));
  const auto fetched = fetch({.lock = "demo", .to = "house"}, context());
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->downloaded, 1U);
  EXPECT_THAT(fetched->folders, ElementsAre("house"));
  EXPECT_TRUE(exists("house/torch-2.3.1-py3-none-any.whl"));
  index_.fail_file("torch-2.3.1-py3-none-any.whl", {.status = 500});
  EXPECT_TRUE(build_demo());
}

constexpr const char* kGpus =
    "0, GPU-a, 550.54.15, 9.0, NVIDIA H100\n1, GPU-b, 550.54.15, 9.0, NVIDIA H100\n";

TEST_F(Workflows, AVerificationUsesTheGpusOfTheMachine) {
  build_for_cuda(2);
  const auto verified = verify_demo(kGpus);
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_TRUE(verified->verified());
  EXPECT_THAT(verified->found.text(), testing::EndsWith(" with 2 × NVIDIA H100, driver 550.54.15"));
  EXPECT_THAT(*read_file(folder_ / "engine/asked"),
              testing::HasSubstr(R"("--device", "nvidia.com/gpu=all", "--entrypoint")"));
  EXPECT_TRUE(exists("lockfiles/demo.verified.json"));
}

TEST_F(Workflows, AVerificationWhoseTorchDoesNotSeeAllGpusFails) {
  for (const auto& [seen, text] : {std::pair{0, "no GPU"}, std::pair{1, "1 GPU"}}) {
    build_for_cuda(seen);
    const auto verified = verify_demo(kGpus);
    ASSERT_TRUE(verified) << verified.error().text();
    ASSERT_EQ(verified->problems.size(), 1U);
    EXPECT_EQ(verified->problems.front().text,
              fmt::format("torch sees {} in the container, but this machine has 2", text));
    EXPECT_FALSE(exists("lockfiles/demo.verified.json"));
  }
}

TEST_F(Workflows, AVerificationWithoutAGpuReplacesNoneWithGpus) {
  build_for_cuda(2);
  ASSERT_TRUE(verify_demo(kGpus));
  const auto record = *read_file(folder_ / "lockfiles/demo.verified.json");
  const auto verified = verify_demo("", 0);
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_TRUE(verified->verified());
  EXPECT_EQ(*read_file(folder_ / "lockfiles/demo.verified.json"), record);
  EXPECT_THAT(
      reporter_.notes.back(),
      testing::ContainsRegex("^lockfiles/demo.verified.json is kept as it is: verified on [-0-9]+ with 2 × "
                             "NVIDIA H100, driver 550.54.15$"));
}

TEST_F(Workflows, AVerificationWithGpusThatNvidiaSmiDoesNotName) {
  build_for_cuda(2);
  const auto verified = verify_demo("");
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_THAT(verified->found.text(), testing::EndsWith(" with 2 × unknown GPU, driver unknown"));
}

TEST_F(Workflows, AVerificationGivesAmdsGpusByTheirDevices) {
  const std::string version = "2.9.0.dev20250606+rocm6.4";
  fakes::IndexServer channel({.json = false, .hashes = false, .missing = 403, .root = "/nightly/rocm6.4"});
  channel.add({.name = "torch", .version = version, .files = {{"torch/__init__.py", ""}}});
  write("launch.toml", fmt::format("{}[channel]\nurl = \"{}\"\n", *read_file(folder_ / "launch.toml"),
                                   channel.server().url()));
  write("src/train.py", "");
  auto recipe = *read_file(folder_ / "recipes/demo.toml") + "smoke = [\"true\"]\n";
  recipe = replace_all(recipe, "channel = \"index\"", "channel = \"nightly\"\ncuda = \"rocm6.4\"");
  write("recipes/demo.toml", recipe);
  write("engine/site/torch.py", "__version__ = '" + version +
                                    "'\nclass version:\n  cuda = None\n  hip = '6.4.43482'\n"
                                    "class cuda:\n  device_count = lambda: 1\n");
  const auto locked = lock({.recipe = "demo"}, context());
  ASSERT_TRUE(locked) << locked.error().text();
  const auto built = build_demo();
  ASSERT_TRUE(built) << built.error().text();
  ASSERT_TRUE(verify_on("machine"));
  EXPECT_EQ(reporter_.notes.back(), "verifying without a GPU: this machine has no AMD GPU");
  fakes::expand_machine(
      "sys/class/kfd/kfd/topology/nodes/1/properties = simd_count 1216\\ngfx_target_version 90402\n",
      folder_ / "machine");
  const auto verified = verify_on("machine");
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_THAT(verified->found.text(), testing::EndsWith(" with AMD gfx942, driver unknown"));
  EXPECT_THAT(*read_file(folder_ / "engine/asked"),
              testing::HasSubstr(R"("--device", "/dev/kfd", "--device", "/dev/dri")"));
}

TEST_F(Workflows, AVerificationRefusesADriverThatIsTooOld) {
  build_for_cuda(2);
  const auto verified = verify_demo("0, GPU-a, 470.256.02, 8.0, NVIDIA A100\n");
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().kind(), ErrorKind::environment);
  EXPECT_EQ(
      verified.error().message(),
      "this machine has the NVIDIA driver 470.256.02, but the locked torch is built for CUDA 12.8, which "
      "needs 525.60.13 or newer");
}

TEST_F(Workflows, AStopChangesNothing) {
  stop_.request_stop();
  EXPECT_FALSE(lock({.recipe = "demo"}, context()));
  EXPECT_FALSE(exists("lockfiles"));
}

}  // namespace
}  // namespace launch::commands

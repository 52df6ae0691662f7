#include "image/trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/values.hpp"
#include "image/scripts.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// An engine that records its calls and gives one answer, with the word of the trial if all is well.
class OneAnswer final : public ProcessRunner {
 public:
  ProcessOutcome answer;
  bool ends_early = false;
  std::vector<std::vector<std::string>> calls;

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    calls.push_back(spec.argv);
    if (spec.argv[1] == "run") {
      auto said = answer;
      const auto word = std::find(spec.argv.begin(), spec.argv.end(), "--word");
      if (answer.exit_code == 0 && !ends_early) said.out += *(word + 1) + "\n";
      return said;
    }
    ProcessOutcome listed;  // of containers that a killed trial left
    if (spec.argv[1] == "ps" && calls.size() == 1) listed.out = left;
    return listed;
  }
  std::string left;
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }
};

class TryImage : public testing::Test {
 protected:
  std::string outcome(const specs::Platform& platform = *specs::Platform::of_this_machine()) {
    const auto tags =
        platform == fakes::x86() ? "cp312-cp312-manylinux_2_17_x86_64" : "cp312-cp312-manylinux_2_17_aarch64";
    const auto lock = project::test::lock_of(
        {project::test::package("filelock", "3.18", 1), project::test::package("numpy", "2.2.6", 1, tags),
         project::test::package("torch", "2.8.0.dev20250606+cu128", 1)},
        project::test::base("ubuntu 24.04", "3.12"));
    const auto recipe = project::test::recipe(R"(python = "3.12"
platforms = ["linux-x86_64", "linux-aarch64"]
packages = ["numpy>=2", "only-elsewhere; sys_platform == 'win32'"]
[torch]
channel = "nightly"
cuda = "cu128"
packages = ["torch"]
)");
    const containers::Engine engine(*containers::engine_named("podman"), runner_, {}, work_);
    const auto tried =
        try_image(engine, fakes::digest('a'), {recipe, lock}, platform, scratch_.path(), work_);
    if (tried) return "works";
    kind_ = tried.error().kind();
    return tried.error().text();
  }

  std::string mark() const {
    return Digest::of((scratch_ / "builds/trial-demo").string()).hex().substr(0, 32);
  }

  test::Scratch scratch_;
  OneAnswer runner_;
  fakes::FakeWork work_;
  ErrorKind kind_ = ErrorKind::input;
};

constexpr const char* kHint =
    "\n\nhint: use `--no-run` to skip the trial, if a package needs more than a container without GPUs\n";

TEST_F(TryImage, RunsItsInterpreterOnceWithoutNetwork) {
  EXPECT_EQ(outcome(), "works");
  ASSERT_EQ(runner_.calls.size(), 2U);
  auto argv = runner_.calls.back();
  const auto script = std::find(argv.begin(), argv.end(), kTrialScript);
  ASSERT_NE(script, argv.end());
  ASSERT_EQ(script[1], "--word");
  EXPECT_THAT(script[2], testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(std::vector(script + 3, argv.end()),
              ElementsAre("filelock==3.18", "numpy==2.2.6", "torch==2.8.0.dev20250606+cu128", "--", "numpy",
                          "torch"));
  argv.erase(script, argv.end());
  const std::string name = "launch-trial-aaaaaaaaaaaa-";
  const auto named =
      std::find_if(argv.begin(), argv.end(), [&](auto& word) { return word.starts_with(name); });
  ASSERT_NE(named, argv.end());
  *named = name + "TIME";
  EXPECT_EQ(shell_line(argv),
            "podman run --rm --pull never --log-driver none --name launch-trial-aaaaaaaaaaaa-TIME "
            "--network none --label launch.trial=" +
                mark() + " --cap-drop ALL --security-opt no-new-privileges --entrypoint '' sha256:" +
                std::string(64, 'a') + " /opt/venv/bin/python3 -c");
}

TEST_F(TryImage, RemovesTheContainerOfAKilledTrial) {
  runner_.left = "launch-trial-old\n";
  EXPECT_EQ(outcome(), "works");
  ASSERT_EQ(runner_.calls.size(), 3U);
  EXPECT_EQ(shell_line(runner_.calls[0]),
            "podman ps --all --filter label=launch.trial=" + mark() + " --format '{{.Names}}'");
  EXPECT_EQ(shell_line(runner_.calls[1]), "podman rm --force --time 0 launch-trial-old");
}

/// A container of a trial that was killed may keep its name.
TEST_F(TryImage, HasANameOfItsOwnEachTime) {
  EXPECT_EQ(outcome(), "works");
  work_.clock.sleep(std::chrono::milliseconds(1), {});
  EXPECT_EQ(outcome(), "works");
  EXPECT_NE(runner_.calls.at(1), runner_.calls.at(3));
}

TEST_F(TryImage, ThatFailsQuotesTheContainer) {
  runner_.answer = {.exit_code = 1,
                    .signal = 0,
                    .timed_out = false,
                    .cancelled = false,
                    .out = "torch 2.8 is not installed\n\n",
                    .err = "killed\n"};
  EXPECT_EQ(outcome(),
            "error: the new image of demo does not work: a trial in it exited with code 1\n"
            "  torch 2.8 is not installed\n  killed" +
                std::string(kHint));
  EXPECT_EQ(kind_, ErrorKind::no);
}

TEST_F(TryImage, ThatEndsEarlyIsNoSuccess) {
  runner_.ends_early = true;
  EXPECT_EQ(
      outcome(),
      "error: the new image of demo does not work: a trial in it exited with code 0 before it was done" +
          std::string(kHint));
  EXPECT_EQ(kind_, ErrorKind::no);
  runner_.answer.out = runner_.calls.back().at(runner_.calls.back().size() - 7) + "\n";  // an earlier word
  ASSERT_EQ(runner_.answer.out.size(), 33U);
  work_.clock.sleep(std::chrono::milliseconds(1), {});
  EXPECT_EQ(
      outcome(),
      "error: the new image of demo does not work: a trial in it exited with code 0 before it was done\n  " +
          std::string(trim(runner_.answer.out)) + kHint);
}

TEST_F(TryImage, ThatFailsQuotesTheLastLinesOnly) {
  runner_.answer.exit_code = 139;
  std::string last;
  for (int i = 1; i <= 50; ++i) {
    runner_.answer.out += "line " + std::to_string(i) + "\n \n";
    if (i > 30) last += "\n  line " + std::to_string(i);
  }
  EXPECT_EQ(outcome(),
            "error: the new image of demo does not work: a trial in it exited with code 139" + last + kHint);
}

TEST_F(TryImage, OfAnotherPlatformIsOnlyNoted) {
  const auto other = *specs::Platform::of_this_machine() == fakes::x86() ? fakes::arm() : fakes::x86();
  EXPECT_EQ(outcome(other), "works");
  EXPECT_THAT(runner_.calls, IsEmpty());
  EXPECT_THAT(work_.reporter.notes,
              ElementsAre("the image is for " + other.text() + " and was not tried here"));
}

TEST_F(TryImage, CanBeStopped) {
  runner_.answer.exit_code = 143;
  runner_.answer.cancelled = true;
  EXPECT_EQ(outcome(), "error: stopped while trying the image\n");
  EXPECT_EQ(kind_, ErrorKind::environment);
}

}  // namespace
}  // namespace launch::image

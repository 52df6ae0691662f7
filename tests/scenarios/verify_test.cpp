#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');
const std::string kWithoutGpu = "verifying without a GPU: the lock's torch uses none\n";
constexpr const char* kRecord = "lockfiles/demo.verified.json";

std::string version_file(const std::string& commit, const std::string& cuda = "None") {
  return fmt::format("cuda = {}\nhip = None\ngit_version = '{}'\n", cuda, commit);
}

/// The demo's project with an image in the fake podman, which runs what is verified on this machine.
class VerifyScenario : public ::testing::Test {
 protected:
  VerifyScenario() {
    demo_.index.add({.name = "torch",
                     .version = "2.3.1",
                     .files = {{"torch/__init__.py", "class Module: pass\n"},
                               {"torch/version.py", version_file(kCommit)}}});
    smoke(R"(["python3", "-c", "import torch"])");
    install("2.3.1+cpu");
    EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
    EXPECT_EQ(demo_.launch({"build", "demo"}).code, 0);
  }
  void SetUp() override {
    if (scenario_.exists("/dev/nvidia0")) GTEST_SKIP() << "these tests are of a machine without a GPU";
  }

  /// The recipe with this smoke test.
  void smoke(const std::string& command) {
    demo_.recipe();
    const auto recipe = scenario_.read("recipes/demo.toml");
    if (command.empty()) return;
    scenario_.write("recipes/demo.toml",
                    replace_all(recipe, "[verify]\n", "[verify]\nsmoke = " + command + "\n"));
  }
  /// The image's torch.
  void install(const std::string& version, const std::string& of_build = version_file(kCommit),
               const std::string& init = "class Module: pass\n") {
    scenario_.write("engine/site/torch/__init__.py",
                    fmt::format("from . import version\n__version__ = '{}'\n{}", version, init));
    scenario_.write("engine/site/torch/version.py", of_build);
    scenario_.write("engine/site/torch-2.3.1.dist-info/METADATA",
                    fmt::format("Metadata-Version: 2.1\nName: torch\nVersion: 2.3.1\n"));
    scenario_.write("engine/site/torch-2.3.1.dist-info/top_level.txt", "torch\n");
  }
  Outcome verify(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"verify", "demo"});
    auto outcome = demo_.launch(arguments);
    outcome.out = hide_times(outcome.out);
    outcome.err = hide_times(outcome.err);
    return outcome;
  }
  static std::string hide_times(std::string text) {
    text = std::regex_replace(text, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "[UTC]");
    text = std::regex_replace(text, std::regex("\"seconds\":[0-9.e-]+"), "\"seconds\":[SECONDS]");
    return std::regex_replace(text, std::regex("verified on [0-9]{4}-[0-9]{2}-[0-9]{2}"),
                              "verified on [DAY]");
  }
  /// What podman was last asked to run.
  std::string last_run() const {
    std::string found;
    const auto asked = scenario_.read("engine/asked");
    for (const auto line : lines(asked)) {
      if (line.starts_with("[\"run\"")) found = line;
    }
    return found;
  }

  DemoProject demo_;
  Scenario& scenario_ = demo_.scenario;
};

const std::string kVerified = "torch 2.3.1+cpu, commit " + kCommit +
                              "\n"
                              "1 name in 1 file: all can be imported\n"
                              "smoke test in [TIME]: python3 -c 'import torch'\n"
                              "demo is verified on [DAY] without a GPU\n";

TEST_F(VerifyScenario, AnImageThatIsAsItShouldBe) {
  const auto done = verify();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, kVerified);
  EXPECT_EQ(done.err, kWithoutGpu + "lockfiles/demo.verified.json is written\n");
  EXPECT_EQ(hide_times(DemoProject::hide_digests(scenario_.read(kRecord))),
            R"({
  "schema": 1,
  "recipe": "demo",
  "lock": "sha256:[SHA256]",
  "image": {
    "id": "sha256:[SHA256]",
    "digest": "sha256:[SHA256]",
    "platform": "linux-x86_64"
  },
  "torch": {
    "version": "2.3.1+cpu",
    "cuda": null,
    "hip": null,
    "git_version": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  },
  "smoke": [
    "python3",
    "-c",
    "import torch"
  ],
  "names": 1,
  "gpus": [],
  "driver": null,
  "engine": "podman 4.3.1",
  "time": "[UTC]"
}
)");
  EXPECT_THAT(last_run(), HasSubstr(R"("--network", "none")"));
  EXPECT_THAT(last_run(), Not(HasSubstr("localhost/launch")));
  EXPECT_THAT(scenario_.files("engine/running"), IsEmpty());
}

TEST_F(VerifyScenario, Json) {
  auto done = verify({"--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out,
              testing::StartsWith(
                  R"({"schema":1,"recipe":"demo","verified":true,"problems":[],"missing":[],"files":1,)"
                  R"("smoke":{"code":0,"seconds":[SECONDS],"output":[]},"git_version":")" +
                  kCommit + R"(","found":{"schema":1,"recipe":"demo","lock":"sha256:[SHA256]")"));
  EXPECT_THAT(
      done.out,
      EndsWith(R"("time":"[UTC]"},"record":"lockfiles/demo.verified.json","kept":false,"removed":false})"
               "\n"));
  smoke(R"(["sh", "-c", "echo it is broken; exit 7"])");
  scenario_.write("src/train.py", "import os\nfrom torch import Module, Gone\n");
  done = verify({"--json"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(
      done.out,
      testing::StartsWith(
          R"({"schema":1,"recipe":"demo","verified":false,"problems":[{"kind":"name","text":"src/train.py:2: torch:Gone: )"
          R"(AttributeError: module 'torch' has no attribute 'Gone'"},{"kind":"smoke","text":"the smoke test exited )"
          R"(with code 7"}],"missing":[{"name":"torch:Gone","reason":"AttributeError: module 'torch' has no attribute )"
          R"('Gone'","uses":[{"file":"src/train.py","line":2}]}],"files":1,"smoke":{"code":7,"seconds":[SECONDS],)"
          R"("output":["it is broken"]},)"));
  EXPECT_THAT(done.out, EndsWith(R"("record":null,"kept":false,"removed":true})"
                                 "\n"));
}

/// An image that is not as it should be.
struct Wrong {
  std::string name;
  std::string version = "2.3.1+cpu";
  std::string of_build = version_file(kCommit);
  std::string init = "class Module: pass\n";
  std::string smoke = R"(["python3", "-c", "import torch"])";
  std::string said = {};     ///< of the container, on stderr
  std::string problem = {};  ///< on stdout
};

TEST_F(VerifyScenario, AnImageThatIsNotAsItShouldBe) {
  const std::vector<Wrong> all = {
      {.name = "Version",
       .version = "2.3.0+cpu",
       .problem = "torch.__version__ is 2.3.0+cpu, expected 2.3.1\n"},
      {.name = "Commit",
       .of_build = version_file(kOther),
       .problem = "torch.version.git_version is " + kOther + ", expected " + kCommit + "\n"},
      {.name = "Name",
       .init = "",
       .problem = "src/train.py:1: torch:Module: AttributeError: module 'torch' has no attribute 'Module'\n"},
      {.name = "Smoke",
       .smoke = R"(["sh", "-c", "echo one; echo two >&2; exit 7"])",
       .said = "one\ntwo\n",
       .problem = "the smoke test exited with code 7\n"},
      {.name = "KilledSmoke",
       .smoke = R"(["sh", "-c", "kill -SEGV $$"])",
       .problem = "the smoke test exited with code 139\n"},
      {.name = "NoSuchSmoke",
       .smoke = R"(["no-such-program"])",
       .problem = "smoke test: cannot start no-such-program: No such file or directory\n"},
      {.name = "DiesInTorch",
       .init = "import os\nos._exit(9)\n",
       .problem = "the container exited with code 9 while importing torch\n"},
  };
  ASSERT_EQ(verify().code, 0);
  const auto record = scenario_.read(kRecord);
  for (const auto& wrong : all) {
    SCOPED_TRACE(wrong.name);
    scenario_.write(kRecord, record);
    smoke(wrong.smoke);
    install(wrong.version, wrong.of_build, wrong.init);
    const auto done = verify();
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.out, wrong.problem + "demo is not verified\n");
    EXPECT_EQ(done.err,
              kWithoutGpu + wrong.said +
                  "warning: lockfiles/demo.verified.json said that this lock is verified; it was removed\n");
    EXPECT_FALSE(scenario_.exists(kRecord));
    EXPECT_THAT(scenario_.files("engine/running"), IsEmpty());
  }
}

TEST_F(VerifyScenario, ATorchThatCannotBeImported) {
  install("2.3.1+cpu", version_file(kCommit),
          "raise ImportError('libcudart.so.12: no such file\\n  (dlopen)')\n");
  const auto done = verify();
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "torch cannot be imported: ImportError: libcudart.so.12: no such file\ndemo is not verified\n");
  EXPECT_THAT(done.err, HasSubstr("\nImportError: libcudart.so.12: no such file\n"));
  EXPECT_THAT(done.err, Not(HasSubstr("was removed"))) << "there was no record";
}

TEST_F(VerifyScenario, NamesThatTheCodeCanDoWithoutMayBeMissing) {
  scenario_.write(
      "src/train.py",
      "from typing import TYPE_CHECKING\n"
      "try:\n    from torch import New as Module\nexcept ImportError:\n    from torch import Module\n"
      "if TYPE_CHECKING:\n    from torch import Typed\n"
      "from torch import Extra  # launch: optional\n");
  EXPECT_EQ(verify().code, 0);
  install("2.3.1+cpu", version_file(kCommit), "");
  const auto done = verify();
  EXPECT_EQ(done.code, 1) << "no alternative exists";
  EXPECT_EQ(done.out,
            "src/train.py:3: torch:New: AttributeError: module 'torch' has no attribute 'New'\n"
            "src/train.py:5: torch:Module: AttributeError: module 'torch' has no attribute 'Module'\n"
            "demo is not verified\n");
}

TEST_F(VerifyScenario, WithoutASmokeTestOfItsOwn) {
  smoke("");
  auto done = verify();
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(
      done.out,
      HasSubstr(
          "smoke test in [TIME]: what is locked is installed, and what the recipe lists can be imported\n"));
  EXPECT_THAT(scenario_.read(kRecord), HasSubstr("\"smoke\": null"));
  scenario_.write("engine/site/torch-2.3.1.dist-info/METADATA",
                  "Metadata-Version: 2.1\nName: torch\nVersion: 2.2\n");
  done = verify();
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("torch is 2.2, expected 2.3.1\n"));
  EXPECT_EQ(done.out, "the smoke test exited with code 1\ndemo is not verified\n");
}

TEST_F(VerifyScenario, ACommitThatNobodyKnows) {
  std::filesystem::remove_all(scenario_.place("store"));
  const auto done = verify();
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, testing::StartsWith("torch 2.3.1+cpu, commit " + kCommit +
                                            " (unknown in the lock: the store does not have its wheel)\n"));
}

TEST_F(VerifyScenario, AnImageOfAnotherLockOrNone) {
  demo_.index.add({.name = "torch", .version = "2.4.0", .files = {{"torch/__init__.py", ""}}});
  ASSERT_EQ(verify().code, 0);
  ASSERT_EQ(demo_.launch({"lock", "demo", "--upgrade"}).code, 0);
  const auto record = scenario_.read(kRecord);
  auto done = verify();
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(
      done.err,
      "error: the image localhost/launch/demo:latest was built from another lock: it has sha256:[SHA256], "
      "the lock is sha256:[SHA256]\n\nhint: run `launch build demo`\n");
  std::filesystem::remove_all(scenario_.place("engine/images"));
  done = verify();
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "error: podman has no image localhost/launch/demo:latest\n\nhint: run `launch build demo`\n");
  EXPECT_EQ(scenario_.read(kRecord), record) << "it is of the earlier lock, and still true";
}

TEST_F(VerifyScenario, ALockWithoutTorch) {
  demo_.index.add({.name = "tool", .version = "1.0"});
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\npackages = [\"tool\"]\n[lock]\nwheels = \"path\"\n[image]\npython = "
                  "\"base\"\nfrom = \"docker.io/library/debian:12\"\n[verify]\nsmoke = [\"true\"]\n");
  EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  EXPECT_EQ(demo_.launch({"build", "demo"}).code, 0);
  const auto done = verify();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "verifying without a GPU: the lock has no torch\nlockfiles/demo.verified.json is written\n");
}

TEST_F(VerifyScenario, AnImageWithOtherFilesThanTheProjectHas) {
  const std::string other =
      "the image localhost/launch/demo:latest was built from other files than the project has now";
  demo_.recipe("copy = [{ from = \"src\" }]\n");
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  const std::vector<std::string> train = {"train", "demo", "--env", "image"};
  EXPECT_EQ(verify().code, 0);
  EXPECT_THAT(demo_.launch(train).err, Not(HasSubstr(other)));
  const auto code = scenario_.read("src/train.py");
  scenario_.write("src/train.py", code + "# edited\n");
  for (const auto& done : {verify(), demo_.launch(train)}) {
    EXPECT_EQ(done.code, 3);
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.err.substr(done.err.find("error: ")),
              "error: " + other + "\n\nhint: run `launch build demo`\n");
  }
  scenario_.write("src/train.py", code);
  EXPECT_EQ(verify().code, 0);
  const auto recipe = scenario_.read("recipes/demo.toml");
  scenario_.write("recipes/demo.toml", recipe + "mounts = [{ from = \"src/out\", to = \"/out\" }]\n");
  EXPECT_EQ(verify().code, 0) << "what no image reads";
  scenario_.write("src/out/step10", "");
  EXPECT_EQ(verify().err, "error: " + other +
                              "\n\nhint: list \"src/out\" in .dockerignore: each run may change it, and the "
                              "image copies it\nhint: run `launch build demo`\n");
  scenario_.write(".dockerignore", "src/out\n");
  EXPECT_EQ(verify().code, 0);
  scenario_.write("src/.env", "TOKEN=1\n");
  const auto done = verify();
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("1 file looks like a secret: src/.env\n"
                                  "  while comparing the project's files with those of the image "
                                  "localhost/launch/demo:latest\n"));
}

TEST_F(VerifyScenario, WhatIsMissingOnThisMachine) {
  demo_.scenario.set("PATH", "/nonexistent");
  auto done = verify();
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, "error: podman is not installed\n\nhint: install podman: apt-get install podman\n");
  done = demo_.launch({"verify", "other"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: no recipe \"other\" in recipes\n\nhint: existing recipes: demo\n");
  std::filesystem::remove_all(scenario_.place("src"));
  done = verify();
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: src: no such file or folder\n");
}

TEST_F(VerifyScenario, AnEngineThatCannotStartTheContainer) {
  ASSERT_EQ(verify().code, 0);
  scenario_.write("engine/fault", "no-space");
  const auto done = verify();
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("no space left on device\n"));
  EXPECT_TRUE(scenario_.exists(kRecord)) << "nothing is known of the image";
}

TEST_F(VerifyScenario, WhatNoStageReadsMakesNothingOutOfDate) {
  ASSERT_EQ(demo_.launch({"render", "demo"}).code, 0);
  ASSERT_EQ(verify().code, 0);
  const auto locks = scenario_.files("lockfiles");
  const auto images = scenario_.files("images");
  scenario_.write("token", "s3cret");
  const auto recipe = scenario_.read("recipes/demo.toml");
  const std::string command = "command = [\"train.py\"]\ngpus = 0\n";
  ASSERT_THAT(recipe, EndsWith("[train]\n" + command));
  const auto before = recipe.substr(0, recipe.size() - command.size());
  std::vector<std::string> recipes{
      "# a comment\n" + replace_all(recipe, "\n", "   # another\n\n"),
      before + "command = [\"other.py\", \"-x\"]\ngpus = 0\n",
      before + "gpus = 0\ncommand = [\"train.py\"]\n",
      replace_all(recipe, "[image]\n", "[train]\n" + command + "[image]\n").substr(0, recipe.size()),
      before + "gpus = \"0,\"\ncommand = [\"train.py\"]\n",
  };
  for (const auto* key : {"nodes = 3", "grace = 5", "workdir = \"/tmp\"", "ranks-per-node = 2",
                          "secrets = { A = \"token\" }", "env = { A = \"1\" }",
                          "mounts = [{ from = \"src\", to = \"/src\", read-only = true, relabel = true }]"}) {
    recipes.push_back(recipe + key + "\n");
  }
  for (const auto& changed : recipes) {
    scenario_.write("recipes/demo.toml", changed);
    EXPECT_EQ(demo_.launch({"lock", "demo", "--check"}).code, 0) << changed;
    EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0) << changed;
    EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 0) << changed;
    EXPECT_EQ(demo_.launch({"build", "demo"}).err, "localhost/launch/demo is up to date\n") << changed;
    EXPECT_THAT(hide_times(demo_.launch({"train", "demo", "--dry-run", "--gpus", "0"}).err),
                HasSubstr("verified on [DAY] without a GPU\n"))
        << changed;
    EXPECT_EQ(scenario_.files("lockfiles"), locks) << changed;
    EXPECT_EQ(scenario_.files("images"), images) << changed;
  }
}

TEST_F(VerifyScenario, ThatIsInterruptedLeavesNothing) {
  ASSERT_EQ(verify().code, 0);
  const auto record = scenario_.read(kRecord);
  smoke(fmt::format(R"(["sh", "-c", "kill -INT $(cat '{}'); sleep 60"])", scenario_.place("pid").string()));
  const auto done =
      scenario_.run({"sh", "-c", std::string("echo $$ > pid; exec ") + LAUNCH_PROGRAM + " verify demo"});
  EXPECT_EQ(done.code, 130);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, kWithoutGpu + "interrupted; nothing was verified\n");
  EXPECT_EQ(scenario_.read(kRecord), record);
  EXPECT_THAT(scenario_.files("engine/running"), IsEmpty());
}

TEST_F(VerifyScenario, LockSaysWhetherTheLockIsVerified) {
  const std::string locked = "locked 1 package (";
  EXPECT_THAT(demo_.launch({"lock", "demo"}).err, EndsWith("lockfiles/pylock.demo.toml is unchanged\n"));
  ASSERT_EQ(verify().code, 0);
  auto done = demo_.launch({"lock", "demo"});
  EXPECT_THAT(hide_times(done.err), EndsWith("lockfiles/pylock.demo.toml is unchanged\n"
                                             "verified on [DAY] without a GPU\n"));
  EXPECT_THAT(hide_times(demo_.launch({"lock", "demo", "--check"}).err),
              EndsWith("verified on [DAY] without a GPU\n"));
  EXPECT_THAT(hide_times(demo_.launch({"lock", "demo", "--json"}).out),
              EndsWith(R"("verified":{"time":"[UTC]","gpus":[],"driver":null,"image_id":"sha256:[SHA256]"}})"
                       "\n"));
  EXPECT_EQ(demo_.launch({"lock", "demo", "--quiet"}).err, "");
  demo_.index.add({.name = "torch", .version = "2.4.0", .files = {{"torch/__init__.py", ""}}});
  EXPECT_THAT(demo_.launch({"lock", "demo", "--upgrade", "--check"}).err,
              EndsWith("run `launch lock demo --upgrade` to update it\n"));
  done = demo_.launch({"lock", "demo", "--upgrade"});
  EXPECT_THAT(done.err, EndsWith("not verified yet: run `launch verify demo`\n"));
  EXPECT_THAT(demo_.launch({"lock", "demo", "--json"}).out, EndsWith("\"verified\":null}\n"));
  scenario_.write(kRecord, "{}");
  EXPECT_THAT(
      demo_.launch({"lock", "demo"}).err,
      HasSubstr("warning: lockfiles/demo.verified.json: expected schema 1, found null; the lock counts as "
                "not verified\n"));
}

TEST_F(VerifyScenario, TrainSaysWhetherLockAndImageAreVerified) {
  const auto said = [this] { return hide_times(demo_.launch({"train", "demo", "--dry-run"}).err); };
  const std::string cpu = "this machine has no NVIDIA GPU: one rank per node, on the CPU with gloo\n";
  EXPECT_EQ(said(), cpu + "not verified: run `launch verify demo`\n");
  ASSERT_EQ(verify().code, 0);
  EXPECT_EQ(said(), cpu + "verified on [DAY] without a GPU\n");
  demo_.launch({"train", "demo"});
  std::string run;
  for (const auto& [name, text] : scenario_.files("state/runs")) {
    if (name.ends_with("run.json")) run = text;
  }
  EXPECT_THAT(
      hide_times(run),
      HasSubstr(
          "  \"verified\": {\n    \"time\": \"[UTC]\",\n    \"gpus\": [],\n    \"driver\": null\n  },\n"));
  const auto recipe = scenario_.read("recipes/demo.toml");
  scenario_.write("recipes/demo.toml", replace_all(recipe, "[verify]\n", "env = { A = \"b\" }\n[verify]\n"));
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  EXPECT_EQ(
      said(),
      cpu + "this image is not verified, but another image of this lock is: run `launch verify demo`\n");
}

TEST_F(VerifyScenario, AnotherSmokeTestMustBePassedFirst) {
  ASSERT_EQ(verify().code, 0);
  smoke(R"(["python3", "-c", "pass"])");
  const std::string changed =
      "lockfiles/pylock.demo.toml was verified on [DAY] without a GPU, with a smoke test other than the "
      "recipe's current one\n";
  EXPECT_THAT(hide_times(demo_.launch({"train", "demo", "--dry-run"}).err),
              AllOf(HasSubstr(changed), EndsWith("not verified: run `launch verify demo`\n")));
  EXPECT_THAT(hide_times(demo_.launch({"lock", "demo"}).err), HasSubstr(changed));
  ASSERT_EQ(verify().code, 0);
  EXPECT_THAT(hide_times(demo_.launch({"train", "demo", "--dry-run"}).err),
              EndsWith("verified on [DAY] without a GPU\n"));
}

TEST_F(VerifyScenario, DiffSaysWhichLockIsVerified) {
  const auto git = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-c", "user.name=a", "-c", "user.email=a@host.example"});
    const auto done = scenario_.run(arguments);
    ASSERT_EQ(done.code, 0) << done.err;
  };
  const auto diff = [this](std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"diff", "git:HEAD", "demo"});
    return hide_times(demo_.launch(more).out);
  };
  git({"init", "--quiet"});
  git({"add", "lockfiles"});
  git({"commit", "--quiet", "-m", "one"});
  EXPECT_EQ(diff(),
            "no difference between git:HEAD:lockfiles/pylock.demo.toml and lockfiles/pylock.demo.toml\n"
            "neither is verified\n");
  ASSERT_EQ(verify().code, 0);
  EXPECT_THAT(diff(), EndsWith("\ngit:HEAD:lockfiles/pylock.demo.toml is not verified\n"
                               "lockfiles/pylock.demo.toml is verified on [DAY] without a GPU\n"));
  git({"add", "lockfiles"});
  git({"commit", "--quiet", "-m", "two"});
  demo_.index.add({.name = "torch",
                   .version = "2.4.0",
                   .files = {{"torch/__init__.py", ""}, {"torch/version.py", version_file(kOther)}}});
  ASSERT_EQ(demo_.launch({"lock", "demo", "--upgrade"}).code, 0);
  EXPECT_THAT(diff(), EndsWith("\ngit:HEAD:lockfiles/pylock.demo.toml is verified on [DAY] without a GPU\n"
                               "lockfiles/pylock.demo.toml is not verified\n"));
  EXPECT_THAT(diff({"--format", "markdown"}),
              HasSubstr("\n| verified | `verified on [DAY] without a GPU` | not verified |\n"));
  EXPECT_THAT(diff({"--json"}),
              HasSubstr(R"("verified":{"before":{"time":"[UTC]","gpus":[],"driver":null,"image_id":)"
                        R"("sha256:[SHA256]"},"after":null}})"));
}

}  // namespace
}  // namespace launch::scenarios

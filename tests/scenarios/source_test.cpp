// Packages that are built from source: lock, fetch and build with the fake engine.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "fakes/source_archive.hpp"
#include "fakes/wheel.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using ::testing::HasSubstr;

class SourceScenario : public ::testing::Test {
 protected:
  SourceScenario() {
    for (const auto* tool : {"pip", "setuptools", "wheel"}) demo_.index.add({.name = tool, .version = "1.0"});
    demo_.index.add({.name = "rouge-score", .version = "0.0.4"});
    offer("0.1.2");
    recipe("[lock.build.rouge-score]\n");
    build_to({.name = "rouge_score", .version = "0.1.2"});
  }

  void offer(const std::string& version) {
    demo_.index.add_file("rouge-score", fmt::format("rouge_score-{}.tar.gz", version),
                         fakes::make_source_archive({.name = "rouge_score", .version = version}));
  }
  void recipe(const std::string& tables, const std::string& lock = "[lock]\nwheels = \"path\"\n") const {
    demo_.scenario.write("recipes/demo.toml",
                         "python = \"3.11\"\npackages = [\"rouge-score\"]\n" + lock + tables +
                             "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n");
  }
  void build_to(const fakes::WheelSpec& spec) const {
    demo_.scenario.write("engine/wheels/" + fakes::wheel_file_name(spec), fakes::make_wheel(spec));
  }
  void fault(const std::string& word) const { demo_.scenario.write("engine/fault", word); }
  int runs() const {
    int count = 0;
    for (const auto line : lines(demo_.scenario.read("engine/asked")))
      count += line.starts_with("[\"run\"") ? 1 : 0;
    return count;
  }

  DemoProject demo_;
};

constexpr const char* kBuilding =
    "building rouge-score 0.1.2 from source in a container (needs pip 1.0, setuptools 1.0 and wheel 1.0)\n";

TEST_F(SourceScenario, AptInstallsWhatABuildNeedsFromTheSitesArchive) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  const auto archives = [&] {
    std::vector<std::string> found;
    for (const auto line : lines(demo_.scenario.read("lockfiles/pylock.demo.toml"))) {
      if (line.starts_with("archive = ") || line.starts_with("snapshot = "))
        found.emplace_back(line.substr(0, line.find("T")));
    }
    return found;
  };
  EXPECT_THAT(archives(), testing::ElementsAre(testing::StartsWith("snapshot = ")));
  demo_.scenario.write("launch.toml", demo_.scenario.read("launch.toml") + "[apt]\ndebian = \"live\"\n");
  offer("0.1.3");
  std::filesystem::remove_all(demo_.scenario.place("engine/wheels"));
  build_to({.name = "rouge_score", .version = "0.1.3"});
  const auto done = demo_.launch({"lock", "demo", "--upgrade", "rouge-score"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(archives(), testing::ElementsAre("archive = \"live\"", "archive = \"live\""))
      << "of the build, and of the lock";
}

TEST_F(SourceScenario, WithoutATableTheOlderVersionIsLockedAndSaysSo) {
  recipe("");
  const auto done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(
      done.err,
      HasSubstr("warning: rouge-score 0.1.2 has only a source archive, so rouge-score 0.0.4 is locked: add "
                "[lock.build.rouge-score] to the recipe to build it from source in a container, or pin the "
                "version that you want\n"));
  EXPECT_EQ(runs(), 0);
}

TEST_F(SourceScenario, LocksOnceAndThenNothingIsBuilt) {
  auto done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr(kBuilding));
  EXPECT_THAT(done.err, HasSubstr("locked 1 package ("));
  EXPECT_EQ(runs(), 1);
  const auto text = demo_.scenario.read("lockfiles/pylock.demo.toml");
  EXPECT_THAT(text, HasSubstr("path = \"wheels/rouge_score-0.1.2.tar.gz\"\n"));
  EXPECT_THAT(text, HasSubstr("path = \"wheels/rouge_score-0.1.2-py3-none-any.whl\"\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("127.0.0.1"))) << "a lock by path names no host";
  demo_.index.add({.name = "setuptools", .version = "2.0"});
  done = demo_.launch({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, testing::EndsWith("lockfiles/pylock.demo.toml is unchanged\n"));
  EXPECT_EQ(runs(), 1);
  EXPECT_FALSE(demo_.scenario.exists("store/contexts/build")) << "nothing is left of the build";
}

TEST_F(SourceScenario, AnotherStoreBuildsItAgain) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  demo_.index.add({.name = "setuptools", .version = "2.0"});
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("other/wheels").string());
  auto done = demo_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err.substr(0, std::string(kBuilding).size()), kBuilding) << done.err;
  EXPECT_EQ(runs(), 2);
  EXPECT_EQ(Digest::of(demo_.scenario.read("lockfiles/wheels/rouge_score-0.1.2-py3-none-any.whl")),
            Digest::of(fakes::make_wheel({.name = "rouge_score", .version = "0.1.2"})));
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("third/wheels").string());
  done = demo_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 0) << "beside the lock is the wheel now";
  EXPECT_EQ(runs(), 2);
}

TEST_F(SourceScenario, AnIndexWithTheWheelSavesTheBuild) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  demo_.index.add({.name = "rouge_score", .version = "0.1.2"});
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("other/wheels").string());
  demo_.scenario.set("XDG_CACHE_HOME", demo_.scenario.place("other/cache").string());
  const auto done = demo_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(runs(), 1);
}

TEST_F(SourceScenario, OtherBytesAreAnErrorThatShowsBothDigests) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  build_to({.name = "rouge_score", .version = "0.1.2", .files = {{"rouge_score/new.py", "x = 1\n"}}});
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("other/wheels").string());
  const auto done = demo_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            std::string(kBuilding) +
                "error: rouge-score 0.1.2 builds to other bytes here than in the lock: expected "
                "rouge_score-0.1.2-py3-none-any.whl with sha256 [SHA256], found "
                "rouge_score-0.1.2-py3-none-any.whl with sha256 [SHA256]\n\n"
                "hint: take the wheel from the machine that made the lock, and put it at "
                "wheels/rouge_score-0.1.2-py3-none-any.whl beside the lock or into a find-links folder\n"
                "hint: or run `launch lock --upgrade` with the recipe to lock the wheel of this machine\n");
}

TEST_F(SourceScenario, ABuildThatFails) {
  fault("wheel-fails");
  std::string log;
  for (int i = 1; i <= 30; ++i) log += fmt::format("line {}\n", i);
  demo_.scenario.write("engine/log", log + "ModuleNotFoundError: No module named 'torch'\n");
  const auto done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 2);
  std::string shown;
  for (int i = 12; i <= 30; ++i) shown += fmt::format("  line {}\n", i);
  EXPECT_EQ(done.err,
            std::string(kBuilding) +
                "error: rouge-score 0.1.2 cannot be built from source: the build exited with code 1\n" +
                shown +
                "  ModuleNotFoundError: No module named 'torch'\n"
                "  while resolving demo for Python 3.11 on linux-x86_64\n\n"
                "hint: it imports torch while it is built: set isolation = false under "
                "[lock.build.rouge-score]\n"
                "hint: the whole output is in [ROOT]/store/source-builds/rouge-score-0.1.2.log\n");
  EXPECT_EQ(demo_.scenario.read("store/source-builds/rouge-score-0.1.2.log"),
            log + "ModuleNotFoundError: No module named 'torch'\n");
  EXPECT_FALSE(demo_.scenario.exists("lockfiles"));
}

TEST_F(SourceScenario, TheEngineIsAskedToConfineTheBuild) {
  recipe("[lock.build.rouge-score]\nenv = { MAX_JOBS = \"3\", A = \"b c\" }\n");
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  std::string run;
  for (const auto line : lines(demo_.scenario.read("engine/asked"))) {
    if (line.starts_with("[\"run\"")) run = line;
  }
  EXPECT_THAT(run, HasSubstr("\"--network\", \"none\", \"--label\", \"launch.source-build="));
  EXPECT_THAT(run, HasSubstr("\"--cap-drop\", \"ALL\", \"--security-opt\", \"no-new-privileges\""));
  EXPECT_THAT(run, HasSubstr(",target=/build/in,readonly\""));
  EXPECT_THAT(run, HasSubstr("\"A=b c\""));
  EXPECT_THAT(run, HasSubstr("\"MAX_JOBS=3\""));
  EXPECT_THAT(run, HasSubstr("\"SOURCE_DATE_EPOCH=1700000000\""));
  EXPECT_THAT(run, HasSubstr("\"/usr/local/bin/python3.11\", \"-I\", \"/build/in/build_wheel.py\", "
                             "\"rouge_score-0.1.2.tar.gz\", \"rouge_score-0.1.2\"]"));
}

TEST_F(SourceScenario, AnImageHasTheWheel) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("other/wheels").string());
  const auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr(kBuilding));
}

class GitScenario : public SourceScenario {
 protected:
  GitScenario() {
    demo_.scenario.write("repository/setup.py", "raise SystemExit(1)\n");
    git({"init", "--quiet"});
    git({"add", "."});
    git({"-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "--quiet", "--message", "one"});
    commit_ = std::string(trim(git({"rev-parse", "HEAD"})));
    demo_.scenario.hide(commit_, "[COMMIT]");
    demo_.scenario.hide(commit_.substr(0, 12), "[SHORT]");
    build_to({.name = "ours", .version = "1.0"});
  }
  std::string git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"git", "-C", demo_.scenario.place("repository").string()});
    const auto done = demo_.scenario.run(arguments);
    EXPECT_EQ(done.code, 0) << done.err;
    return done.out;
  }
  void recipe(const std::string& commit) const {
    demo_.scenario.write(
        "recipes/demo.toml",
        fmt::format("python = \"3.11\"\npackages = [\"ours @ git+file://{}@{}\"]\n"
                    "[lock.build.ours]\n[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n",
                    demo_.scenario.place("repository").string(), commit));
  }
  std::string commit_;
};

TEST_F(GitScenario, ACommitIsBuiltAndBuiltAgainElsewhere) {
  recipe(commit_);
  auto done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err,
              HasSubstr("building ours [SHORT] from source in a container (needs pip 1.0, setuptools 1.0 and "
                        "wheel 1.0)\nlocked 1 package ("));
  EXPECT_THAT(demo_.scenario.read("lockfiles/pylock.demo.toml"),
              HasSubstr(fmt::format("git = \"file://{}\"\ncommit = \"{}\"\n",
                                    demo_.scenario.place("repository").string(), commit_)));
  done = demo_.launch({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(runs(), 1);
  demo_.scenario.set("LAUNCH_STORE", demo_.scenario.place("other/wheels").string());
  done = demo_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(runs(), 2);
}

TEST_F(GitScenario, ACommitThatTheRepositoryLacks) {
  recipe(std::string(40, '0'));
  const auto done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "error: git cannot fetch the commit 0000000000000000000000000000000000000000 of "
            "file://[ROOT]/repository: "
            "fatal: not a tree object: 0000000000000000000000000000000000000000\n"
            "  while building ours from git\n");
  EXPECT_FALSE(demo_.scenario.exists("lockfiles"));
}

}  // namespace
}  // namespace launch::scenarios

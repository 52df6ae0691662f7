#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

const std::string kOldCommit(40, 'a');
const std::string kNewCommit(40, 'b');

std::string version_file(const std::string& commit) {
  return fmt::format("__version__ = 'x'\ngit_version = '{}'\n", commit);
}

/// The demo's project in a git repository: its first lock is committed with the tag "v1", its second is in
/// the work tree.
class DiffScenario : public ::testing::Test {
 protected:
  DiffScenario() {
    auto& index = demo_.index;
    index.add({.name = "torch",
               .version = "2.3.1",
               .requires_dist = {"gone"},
               .files = {{"torch/__init__.py", ""}, {"torch/version.py", version_file(kOldCommit)}}});
    index.add({.name = "gone", .version = "1.0"});
    git({"init", "--quiet"});
    lock();
    git({"add", "."});
    git({"-c", "user.name=a", "-c", "user.email=a@host.example", "commit", "--quiet", "-m", "one"});
    git({"tag", "v1"});
  }
  void git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "git");
    const auto done = demo_.scenario.run(arguments);
    ASSERT_EQ(done.code, 0) << done.err;
  }
  void lock() { ASSERT_EQ(demo_.launch({"lock", "demo", "--upgrade"}).code, 0); }
  /// A newer torch, with another dependency.
  void renew(const std::string& version = version_file(kNewCommit)) {
    demo_.index.add({.name = "torch",
                     .version = "2.4.0",
                     .requires_dist = {"fresh"},
                     .files = {{"torch/__init__.py", ""}, {"torch/version.py", version}}});
    demo_.index.add({.name = "fresh", .version = "3.0"});
    lock();
  }
  std::string to_fetch() const {
    return human_bytes(demo_.index.bytes("torch-2.4.0-py3-none-any.whl").size() +
                       demo_.index.bytes("fresh-3.0-py3-none-any.whl").size());
  }

  DemoProject demo_;
};

TEST_F(DiffScenario, TheSameLock) {
  const auto done = demo_.launch({"diff", "git:v1", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "no difference between git:v1:lockfiles/pylock.demo.toml and lockfiles/pylock.demo.toml\n"
            "neither is verified\n");
  EXPECT_EQ(done.err, "");
}

TEST_F(DiffScenario, AsText) {
  renew();
  const auto done = demo_.launch({"diff", "git:HEAD", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, fmt::format("fresh 3.0 added\n"
                                  "gone 1.0 removed\n"
                                  "torch 2.3.1 → 2.4.0\n"
                                  "2 files to fetch ({})\n"
                                  "commits of torch: https://github.com/pytorch/pytorch/compare/{}...{}\n"
                                  "neither is verified\n",
                                  to_fetch(), kOldCommit, kNewCommit));
  EXPECT_EQ(done.err, "");
}

TEST_F(DiffScenario, AsMarkdown) {
  renew();
  const auto done = demo_.launch({"diff", "git:v1:demo", "demo", "--format", "markdown"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, fmt::format("| | `git:v1:lockfiles/pylock.demo.toml` | `lockfiles/pylock.demo.toml` |\n"
                                  "|---|---|---|\n"
                                  "| fresh |  | `3.0` |\n"
                                  "| gone | `1.0` |  |\n"
                                  "| torch | `2.3.1` | `2.4.0` |\n"
                                  "| verified | not verified | not verified |\n"
                                  "\n"
                                  "2 files to fetch ({}) in `lockfiles/pylock.demo.toml`.\n"
                                  "\n"
                                  "Commits of torch: <https://github.com/pytorch/pytorch/compare/{}...{}>\n",
                                  to_fetch(), kOldCommit, kNewCommit));
}

TEST_F(DiffScenario, AsJson) {
  renew();
  const auto done = demo_.launch({"diff", "demo", "git:v1:lockfiles/pylock.demo.toml", "--json"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      fmt::format(
          R"({{"schema":1,"before":"lockfiles/pylock.demo.toml","after":"git:v1:lockfiles/pylock.demo.toml",)"
          R"("same":false,"changes":{{"properties":[],"packages":[)"
          R"({{"name":"fresh","change":"removed","before":"3.0","after":null}},)"
          R"({{"name":"gone","change":"added","before":null,"after":"1.0"}},)"
          R"({{"name":"torch","change":"version","before":"2.4.0","after":"2.3.1"}}],)"
          R"("fetch":{{"files":2,"bytes":{},"unknown_sizes":0}}}},)"
          R"("torch":{{"before":"{}","after":"{}","url":"https://github.com/pytorch/pytorch/compare/{}...{}"}},)"
          R"("verified":{{"before":null,"after":null}}}})"
          "\n",
          demo_.index.bytes("torch-2.3.1-py3-none-any.whl").size() +
              demo_.index.bytes("gone-1.0-py3-none-any.whl").size(),
          kNewCommit, kOldCommit, kNewCommit, kOldCommit));
}

TEST_F(DiffScenario, CommitsAreReadOnThisMachineIfPossible) {
  ASSERT_EQ(demo_.launch({"fetch", "demo"}).code, 0);
  renew();
  ASSERT_EQ(demo_.launch({"fetch", "demo"}).code, 0);
  demo_.index.server().forget_requests();
  const auto done = demo_.launch({"diff", "git:v1", "demo", "--offline"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, testing::HasSubstr(kOldCommit + "..." + kNewCommit));
  EXPECT_TRUE(demo_.index.server().requests().empty());
}

TEST_F(DiffScenario, CommitsThatCannotBeRead) {
  renew("git_version = 'Unknown'\n");
  auto done = demo_.launch({"diff", "git:v1", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, testing::EndsWith(
                            "\ncommits of torch: unknown (torch/version.py of torch 2.4.0 names no commit)\n"
                            "neither is verified\n"));
  demo_.index.hide("torch-2.3.1-py3-none-any.whl");
  demo_.scenario.set("XDG_CACHE_HOME", demo_.scenario.place("new-cache").string());
  done = demo_.launch({"diff", "git:v1", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, testing::EndsWith("\ncommits of torch: unknown (torch-2.3.1-py3-none-any.whl is no "
                                          "longer on [INDEX])\nneither is verified\n"));
}

TEST_F(DiffScenario, OtherBytesAndOtherPlaces) {
  auto text = demo_.scenario.read("lockfiles/pylock.demo.toml");
  demo_.scenario.write("other/pylock.toml", replace_all(text, "path = \"wheels/gone", "path = \"house/gone"));
  auto done = demo_.launch({"diff", "demo", "other/pylock.toml"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "gone 1.0: the same wheels from another place\nnothing to fetch\nneither is verified\n");

  demo_.scenario.write("other/pylock.toml", replace_all(text, demo_.index.sha256("gone-1.0-py3-none-any.whl"),
                                                        std::string(64, 'c')));
  done = demo_.launch({"diff", "demo", "other/pylock.toml", "--format", "markdown"});
  EXPECT_THAT(done.out,
              testing::HasSubstr("\n| gone | `1.0` | `1.0` (other bytes under the same name) |\n"
                                 "| verified | not verified | not verified |\n\n1 file to fetch ("));
}

/// A command line that cannot be answered.
struct Refusal {
  std::string name;
  std::vector<std::string> arguments;
  std::string err;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class ADiffOf : public DiffScenario, public ::testing::WithParamInterface<Refusal> {};

TEST_P(ADiffOf, IsRefused) {
  auto arguments = GetParam().arguments;
  arguments.insert(arguments.begin(), "diff");
  const auto done = demo_.launch(arguments);
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, GetParam().err);
}

INSTANTIATE_TEST_SUITE_P(
    DiffScenario, ADiffOf,
    ::testing::Values(
        Refusal{
            "ARevisionThatDoesNotExist",
            {"git:v9", "demo"},
            "error: git cannot read lockfiles/pylock.demo.toml at the revision \"v9\": fatal: invalid object "
            "name 'v9'.\n"},
        Refusal{"AFileThatWasNotThere",
                {"git:v1:other", "demo"},
                "error: git cannot read lockfiles/pylock.other.toml at the revision \"v1\": fatal: path "
                "'lockfiles/pylock.other.toml' does not exist in 'v1'\n"},
        Refusal{"AnOptionInPlaceOfARevision",
                {"git:--textconv", "demo"},
                "error: expected git:REV or git:REV:LOCK, found \"git:--textconv\"\n"
                "\n"
                "hint: for example git:HEAD~1:demo, or git:v1.2\n"},
        Refusal{"NoRevision",
                {"demo", "git:"},
                "error: expected git:REV or git:REV:LOCK, found \"git:\"\n"
                "\n"
                "hint: for example git:HEAD~1:demo, or git:v1.2\n"},
        Refusal{"TwoRevisionsWithoutALock",
                {"git:v1", "git:HEAD"},
                "error: neither git:v1 nor git:HEAD names a lock\n"
                "\n"
                "hint: name it: `launch diff git:v1:NAME git:HEAD:NAME`\n"},
        Refusal{"ALockThatDoesNotExist",
                {"demo", "lockfiles/pylock.other.toml"},
                "error: lock not found: lockfiles/pylock.other.toml\n"
                "\n"
                "hint: run `launch lock other`\n"},
        Refusal{"TwoFormats",
                {"demo", "demo", "--json", "--format", "markdown"},
                "error: --json cannot be combined with --format markdown\n"}),
    [](const auto& info) { return info.param.name; });

TEST(DiffOutsideAProject, OfLocksOfOtherTools) {
  Scenario scenario;
  scenario.set("LAUNCH_INDEX_URL", "http://127.0.0.1:9/simple");
  scenario.set("UV_NO_CONFIG", "1");
  std::filesystem::remove(scenario.place("recipes"));
  const auto lock = [](const std::string& version) {
    return "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"lib\"\n[packages.vcs]\ntype = "
           "\"git\"\nurl = \"https://host.example/lib.git\"\ncommit-id = \"" +
           version + "\"\n";
  };
  scenario.write("pylock.a.toml", lock("0123"));
  scenario.write("pylock.b.toml", lock("4567"));
  const auto done = scenario.launch({"diff", "pylock.a.toml", "pylock.b.toml"});
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "lib git+https://host.example/lib.git@0123 → git+https://host.example/lib.git@4567\n"
            "nothing to fetch\nneither is verified\n");
}

}  // namespace
}  // namespace launch::scenarios

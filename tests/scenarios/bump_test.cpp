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
using testing::StartsWith;

constexpr const char* kLock = "lockfiles/pylock.demo.toml";
constexpr const char* kRecord = "lockfiles/demo.verified.json";

/// The demo's project on a nightly channel. The fake engine's containers have the torch of `install`.
class BumpScenario : public ::testing::Test {
 protected:
  BumpScenario() {
    scenario_.set("LAUNCH_CHANNEL_URL", channel_.server().url());
    scenario_.hide(channel_.server().url(), "[CHANNEL]");
    scenario_.write("recipes/demo.toml", recipe(""));
    offer("20250604", 'a');
    install("20250604", 'a');
    EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
    EXPECT_EQ(demo_.launch({"build", "demo"}).code, 0);
    EXPECT_EQ(demo_.launch({"verify", "demo"}).code, 0);
  }
  void SetUp() override {
    if (scenario_.exists("/dev/nvidia0")) GTEST_SKIP() << "these tests are of a machine without a GPU";
  }

  static std::string recipe(const std::string& torch) {
    return fmt::format(
        "python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cpu\"\npackages = [\"torch\"]\n{}"
        "[lock]\nwheels = \"path\"\n[image]\nfrom = \"docker.io/library/debian:12\"\npython = \"base\"\n"
        "[verify]\nscan = [\"src\"]\nsmoke = [\"python3\", \"-c\", \"import torch\"]\n",
        torch);
  }
  static std::string version_file(char commit) {
    return fmt::format("cuda = None\nhip = None\ngit_version = '{}'\n", std::string(40, commit));
  }
  /// A nightly on the channel.
  void offer(const std::string& day, char commit, const std::string& init = "class Module: pass\n") {
    channel_.add({.name = "torch",
                  .version = fmt::format("2.9.0.dev{}+cpu", day),
                  .files = {{"torch/__init__.py", init}, {"torch/version.py", version_file(commit)}}});
    scenario_.set("XDG_CACHE_HOME",
                  scenario_.place("cache-" + day).string());  // pages may be kept for a while
  }
  void install(const std::string& day, char commit, const std::string& init = "class Module: pass\n") {
    scenario_.write("engine/site/torch/__init__.py",
                    fmt::format("from . import version\n__version__ = '2.9.0.dev{}+cpu'\n{}", day, init));
    scenario_.write("engine/site/torch/version.py", version_file(commit));
  }
  Outcome bump(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"bump", "demo"});
    auto outcome = demo_.launch(arguments);
    outcome.out = std::regex_replace(outcome.out, std::regex("verified on [0-9]{4}-[0-9]{2}-[0-9]{2}"),
                                     "verified on [DAY]");
    outcome.out =
        std::regex_replace(outcome.out, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "[UTC]");
    return outcome;
  }
  /// The page that compares two commits.
  static std::string compare(char before, char after) {
    return fmt::format("https://github.com/pytorch/pytorch/compare/{}...{}", std::string(40, before),
                       std::string(40, after));
  }
  std::string lock() const { return scenario_.read(kLock); }

  DemoProject demo_;
  Scenario& scenario_ = demo_.scenario;
  fakes::IndexServer channel_{{.json = false, .hashes = false, .missing = 403, .root = "/nightly/cpu"}};
};

TEST_F(BumpScenario, TheNewestNightlyThatWorksReplacesLockDockerfileAndRecord) {
  offer("20250605", 'b');
  offer("20250606", 'c', "Other = 1\n");
  install("20250605", 'b');
  const auto done = bump();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out,
            "torch 2.9.0.dev20250606+cpu fails at check:\n"
            "  src/train.py:1: torch.Module: torch/__init__.py of torch 2.9.0.dev20250606+cpu has no Module\n"
            "broken since torch 2.9.0.dev20250606+cpu; torch 2.9.0.dev20250605+cpu works\n"
            "commits in between: " +
                compare('b', 'c') +
                "\n"
                "src/train.py:1: torch.Module has no fallback: it was not found anywhere in torch "
                "2.9.0.dev20250606+cpu\n"
                "date of the nightly 2025-06-04 → 2025-06-05\n"
                "torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250605+cpu\n"
                "1 file to fetch (1.2 kB)\n"
                "commits of torch: " +
                compare('a', 'b') +
                "\n"
                "torch 2.9.0.dev20250604+cpu is verified on [DAY] without a GPU\n"
                "torch 2.9.0.dev20250605+cpu is verified on [DAY] without a GPU\n"
                "demo moved to torch 2.9.0.dev20250605+cpu: built and verified\n");
  EXPECT_EQ(
      done.err,
      "torch 2.9.0.dev20250606+cpu fails at check: src/train.py:1: torch.Module: torch/__init__.py of torch "
      "2.9.0.dev20250606+cpu has no Module\n"
      "verifying without a GPU: the lock's torch uses none\n");
  EXPECT_THAT(lock(), HasSubstr("version = \"2.9.0.dev20250605+cpu\""));
  EXPECT_THAT(scenario_.read(kRecord), HasSubstr("2.9.0.dev20250605+cpu"));
  EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 0);
  EXPECT_EQ(demo_.launch({"lock", "demo", "--check"}).code, 0);
  EXPECT_THAT(scenario_.files("state/bump"), IsEmpty()) << "no candidate is kept";

  const auto before = scenario_.files("lockfiles");
  const auto again = bump();
  EXPECT_EQ(again.code, 1) << "there is a newer one, and it does not work";
  EXPECT_EQ(scenario_.files("lockfiles"), before);
}

TEST_F(BumpScenario, TheNewestLockIsUpToDate) {
  const auto done = bump();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "demo is up to date (verified)\n");
  scenario_.write("src/train.py", "from torch import Gone\n");
  std::filesystem::remove(scenario_.place(kRecord));
  const auto broken = bump();
  EXPECT_EQ(broken.code, 1);
  EXPECT_EQ(broken.out,
            "torch 2.9.0.dev20250604+cpu fails at check:\n"
            "  src/train.py:1: torch.Gone: torch/__init__.py of torch 2.9.0.dev20250604+cpu has no Gone\n"
            "demo was not moved: nothing newer works\n");
}

TEST_F(BumpScenario, IfNothingNewerWorksNothingChanges) {
  offer("20250605", 'b', "Other = 1\n");
  offer("20250606", 'c');
  const auto before = scenario_.files("lockfiles");
  const auto images = scenario_.files("engine/images");
  auto done = bump();
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      "torch 2.9.0.dev20250606+cpu fails at verify:\n"
      "  torch.__version__ is 2.9.0.dev20250604+cpu, expected 2.9.0.dev20250606+cpu\n"
      "  torch.version.git_version is " +
          std::string(40, 'a') + ", expected " + std::string(40, 'c') +
          "\n"
          "torch 2.9.0.dev20250605+cpu fails at check:\n"
          "  src/train.py:1: torch.Module: torch/__init__.py of torch 2.9.0.dev20250605+cpu has no Module\n"
          "broken since torch 2.9.0.dev20250605+cpu; torch 2.9.0.dev20250604+cpu works\n"
          "commits in between: " +
          compare('a', 'b') +
          "\n"
          "src/train.py:1: torch.Module has no fallback: it was not found anywhere in torch "
          "2.9.0.dev20250605+cpu\n"
          "demo was not moved: nothing newer works\n");
  EXPECT_EQ(scenario_.files("lockfiles"), before);
  EXPECT_FALSE(scenario_.exists("images/demo/Dockerfile"));
  EXPECT_EQ(scenario_.files("engine/images"), images) << "the recipe's image is that of the lock";
  EXPECT_EQ(demo_.launch({"verify", "demo"}).code, 0);

  install("20250606", 'c');
  done = bump();
  EXPECT_EQ(done.code, 1) << "what failed is not tried again";
  EXPECT_THAT(done.out, StartsWith("torch 2.9.0.dev20250606+cpu fails at verify (in an earlier bump):\n"));
  done = bump({"--again"});
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_THAT(lock(), HasSubstr("version = \"2.9.0.dev20250606+cpu\""));
}

TEST_F(BumpScenario, OnlySoManyNightliesAreTried) {
  offer("20250605", 'b');
  offer("20250606", 'c', "Other = 1\n");
  const auto done = bump({"--tries", "1"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, EndsWith("demo was not moved: none of the nightlies tried works\n"));
}

TEST_F(BumpScenario, WithoutBuildingNoEngineIsAsked) {
  offer("20250606", 'c');
  const auto asked = scenario_.read("engine/asked");
  const auto done = bump({"--no-build"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, EndsWith("demo moved to torch 2.9.0.dev20250606+cpu: not built\n"));
  EXPECT_EQ(scenario_.read("engine/asked"), asked);
  EXPECT_THAT(lock(), HasSubstr("version = \"2.9.0.dev20250606+cpu\""));
}

TEST_F(BumpScenario, AnEngineThatFailsEndsItAndChangesNothing) {
  offer("20250606", 'c');
  const auto before = scenario_.files("lockfiles");
  scenario_.write("engine/fault", "broken");
  const auto done = bump();
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("database is locked"));
  EXPECT_EQ(scenario_.files("lockfiles"), before);
}

TEST_F(BumpScenario, Markdown) {
  offer("20250605", 'b', "class Module: pass\ndef later(): pass\n");
  offer("20250606", 'c', "Other = 1\n");
  scenario_.write("src/later.py", "def use():\n    from torch import later\n");
  install("20250605", 'b', "class Module: pass\ndef later(): pass\n");
  const auto done = bump({"--format", "markdown"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, R"(## demo moved to torch 2.9.0.dev20250605+cpu: built and verified

| | `torch 2.9.0.dev20250604+cpu` | `torch 2.9.0.dev20250605+cpu` |
|---|---|---|
| date of the nightly | `2025-06-04` | `2025-06-05` |
| torch | `2.9.0.dev20250604+cpu` | `2.9.0.dev20250605+cpu` |
| verified | `verified on [DAY] without a GPU` | `verified on [DAY] without a GPU` |

1 file to fetch (1.2 kB) in `torch 2.9.0.dev20250605+cpu`.

Commits of torch: <)" + compare('a', 'b') +
                          R"(>

### Names that the code needs

| name | before | now | used in |
|---|---|---|---|
| `torch.later` | no | yes | `src/later.py:2` |

### What does not work

| build | fails at | why |
|---|---|---|
| `torch 2.9.0.dev20250606+cpu` | check | `src/train.py:1: torch.Module: torch/__init__.py of torch 2.9.0.dev20250606+cpu has no Module`<br>`src/later.py:2: torch.later: torch/__init__.py of torch 2.9.0.dev20250606+cpu has no later` |

Broken since `torch 2.9.0.dev20250606+cpu`; `torch 2.9.0.dev20250605+cpu` works. Commits of torch in between: <)" +
                          compare('b', 'c') + R"(>

### Fallbacks

- `src/later.py:2: torch.later has no fallback: it was not found anywhere in torch 2.9.0.dev20250606+cpu`
- `src/train.py:1: torch.Module has no fallback: it was not found anywhere in torch 2.9.0.dev20250606+cpu`
)");
}

TEST_F(BumpScenario, AnImportThatMovedHasAFallback) {
  const std::string package = "class Module: pass\n";
  const auto offer_tensor = [&](const std::string& day, char commit, const std::string& module) {
    channel_.add({.name = "torch",
                  .version = fmt::format("2.9.0.dev{}+cpu", day),
                  .files = {{"torch/__init__.py", package},
                            {module, "class Shard: pass\n"},
                            {"torch/version.py", version_file(commit)}}});
    scenario_.set("XDG_CACHE_HOME", scenario_.place("cache-" + day).string());
  };
  offer_tensor("20250605", 'b', "torch/_tensor.py");
  offer_tensor("20250606", 'c', "torch/tensor.py");
  scenario_.write("src/train.py", "from torch._tensor import Shard\nfrom torch import Module\n");
  const auto* const patch =
      "--- a/src/train.py\n+++ b/src/train.py\n@@ -1,2 +1,5 @@\n"
      "-from torch._tensor import Shard\n"
      "+try:\n+    from torch.tensor import Shard\n+except ImportError:\n"
      "+    from torch._tensor import Shard\n from torch import Module\n";
  auto done = bump({"--no-build", "--format", "markdown"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out,
              EndsWith("\n\n### Fallbacks\n\nWith this patch (`git apply`), the imports work with both:"
                       "\n\n```diff\n" +
                       std::string(patch) + "```\n"));
  scenario_.write("fallbacks.patch", patch);
  EXPECT_EQ(scenario_.run({"git", "apply", "fallbacks.patch"}).code, 0);
  done = bump({"--no-build"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, EndsWith("demo moved to torch 2.9.0.dev20250606+cpu: not built\n"));
}

TEST_F(BumpScenario, Json) {
  offer("20250606", 'c');
  install("20250606", 'c');
  const auto done = bump({"--json"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"recipe":"demo","lock":"lockfiles/pylock.demo.toml","answer":"moved","verified":true,)"
      R"("tries":[{"date":"2025-06-06","torch":"2.9.0.dev20250606+cpu","failed":null,"reasons":[],)"
      R"("remembered":false}],"more":false,"diff":{"schema":1,"before":"torch 2.9.0.dev20250604+cpu",)"
      R"("after":"torch 2.9.0.dev20250606+cpu","same":false,"changes":{"properties":[{"key":"date",)"
      R"("before":"2025-06-04","after":"2025-06-06"}],"packages":[{"name":"torch","change":"version",)"
      R"("before":"2.9.0.dev20250604+cpu","after":"2.9.0.dev20250606+cpu"}],"fetch":{"files":1,)"
      R"("bytes":1193,"unknown_sizes":0}},"torch":{"before":")" +
          std::string(40, 'a') + R"(","after":")" + std::string(40, 'c') + R"(","url":")" +
          compare('a', 'c') +
          R"("},"verified":{"before":{"time":"[UTC]","gpus":[],"driver":null,"image_id":"sha256:[SHA256]"},)"
          R"("after":{"time":"[UTC]","gpus":[],"driver":null,"image_id":"sha256:[SHA256]"}}},"names":[],)"
          R"("broken":null,"fallbacks":null,"dockerfile":"images/demo/Dockerfile"})"
          "\n");
}

TEST_F(BumpScenario, MistakesAreErrors) {
  scenario_.write("recipes/demo.toml", recipe("date = \"2025-06-04\"\n"));
  auto done = bump();
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "error: recipes/demo.toml pins the nightly: date = \"2025-06-04\"\n"
            "\n"
            "hint: remove the date, or replace it with as-of to get the newest nightly up to a day\n");
  done = bump({"--tries", "0"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: --tries 0: expected 1 or more\n");
  done = bump({"--json", "--format", "text"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: --json cannot be combined with --format text\n");
}

}  // namespace
}  // namespace launch::scenarios

// `launch lock` with --upgrade PACKAGES, --date, --as-of and --explain.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/index_server.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

constexpr const char* kLocked = "locked 3 packages (2.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n";

/// demo is locked with app, leaf and torch of the nightly of 2025-06-04; since then there are newer ones.
class UpgradeScenario : public ::testing::Test {
 protected:
  UpgradeScenario() {
    scenario_.set("LAUNCH_INDEX_URL", demo_.index.url());
    scenario_.set("LAUNCH_CHANNEL_URL", channel_.server().url());
    scenario_.hide(channel_.server().url(), "[CHANNEL]");
    recipe("");
    add_torch("20250604");
    demo_.index.add({.name = "app", .version = "1.0", .requires_dist = {"leaf<3"}});
    demo_.index.add({.name = "leaf", .version = "1.0"});
    EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
    add_torch("20250605");
    add_torch("20250606");
    for (const auto* version : {"2.0", "3.0"}) demo_.index.add({.name = "leaf", .version = version});
  }
  void add_torch(const std::string& digits) {
    channel_.add({.name = "torch", .version = fmt::format("2.9.0.dev{}+cpu", digits)});
  }
  /// Writes the recipe with this line in [torch].
  void recipe(const std::string& line) {
    scenario_.write(
        "recipes/demo.toml",
        fmt::format("python = \"3.11\"\npackages = [\"app\"]\n[torch]\nchannel = \"nightly\"\n"
                    "cuda = \"cpu\"\npackages = [\"torch\"]\n{}\n[lock]\nwheels = \"path\"\n[image]\n"
                    "from = \"docker.io/library/debian:12\"\n",
                    line));
  }
  /// A command that must change nothing in the project.
  Outcome refused(const std::vector<std::string>& arguments) {
    const auto before = scenario_.files("lockfiles");
    auto outcome = demo_.launch(arguments);
    EXPECT_EQ(scenario_.files("lockfiles"), before);
    return outcome;
  }

  DemoProject demo_;
  Scenario& scenario_ = demo_.scenario;
  fakes::IndexServer channel_{{.json = false, .hashes = false, .missing = 403, .root = "/nightly/cpu"}};
};

TEST_F(UpgradeScenario, OnePackage) {
  auto done = refused({"lock", "demo", "--upgrade", "leaf", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, std::string(kLocked) +
                          "lockfiles/pylock.demo.toml is out of date:\n"
                          "  leaf 1.0 → 2.0\n"
                          "run `launch lock demo --upgrade leaf` to update it\n");
  done = demo_.launch({"lock", "--upgrade", "demo", "Leaf", "app"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "app stays at 1.0: it is the newest with a wheel for Python 3.11 on linux-x86_64\n" +
                          std::string(kLocked) +
                          "lockfiles/pylock.demo.toml has changed:\n"
                          "  leaf 1.0 → 2.0\n"
                          "not verified yet: run `launch verify demo`\n");
  done = demo_.launch({"lock", "demo", "--upgrade", "leaf", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(
      done.out,
      testing::HasSubstr(R"("stayed":[{"name":"leaf","version":"2.0","reason":"app 1.0 requires leaf<3"}])"));
}

TEST_F(UpgradeScenario, TheNightly) {
  const auto done = demo_.launch({"lock", "demo", "--upgrade", "torch"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, std::string(kLocked) +
                          "lockfiles/pylock.demo.toml has changed:\n"
                          "  date of the nightly 2025-06-04 → 2025-06-06\n"
                          "  torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250606+cpu\n"
                          "not verified yet: run `launch verify demo`\n");
}

TEST_F(UpgradeScenario, ADateInPlaceOfNone) {
  auto done = demo_.launch({"lock", "demo", "--date", "2025-06-05"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, std::string(kLocked) +
                          "--date 2025-06-05 chose the nightly of 2025-06-05, which the lock keeps until "
                          "--upgrade\n"
                          "lockfiles/pylock.demo.toml has changed:\n"
                          "  date of the nightly 2025-06-04 → 2025-06-05\n"
                          "  torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250605+cpu\n"
                          "not verified yet: run `launch verify demo`\n");
  done = refused({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 0);
  done = refused({"lock", "demo", "--check", "--as-of", "2025-06-07"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, testing::EndsWith("run `launch lock demo --as-of 2025-06-07` to update it\n"));
}

TEST_F(UpgradeScenario, ADateInPlaceOfTheRecipes) {
  recipe("date = \"2025-06-04\"");
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  auto done = demo_.launch({"lock", "demo", "--as-of", "2025-06-05"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            std::string(kLocked) +
                "warning: --as-of 2025-06-05 replaced what the recipe demo asks for, the nightly of "
                "2025-06-04: until the recipe asks for it, `launch lock demo --check` fails, and so do "
                "commands that need an up-to-date lock\n"
                "lockfiles/pylock.demo.toml has changed:\n"
                "  date of the nightly 2025-06-04 → 2025-06-05\n"
                "  torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250605+cpu\n");
  done = refused({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, testing::HasSubstr("\n  date of the nightly 2025-06-05 → 2025-06-04\n"));
  done = refused({"render", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "error: lockfiles/pylock.demo.toml is out of date: it has the nightly of 2025-06-05, and "
            "recipes/demo.toml asks for that of 2025-06-04\n"
            "\n"
            "hint: run `launch lock demo`\n");
  recipe("date = \"2025-06-05\"");
  EXPECT_EQ(demo_.launch({"render", "demo"}).code, 0) << "the recipe asks for that nightly now";
}

TEST_F(UpgradeScenario, Explained) {
  demo_.index.add({.name = "extra", .version = "1.0"});
  auto done = refused({"lock", "demo", "--explain", "leaf"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "leaf 1.0 from [INDEX]\n"
            "  why it is here: demo requires app; app 1.0 requires leaf<3\n"
            "  why 1.0: the lock has it, and it still fits\n"
            "  for 2.0: run `launch lock demo --upgrade leaf`\n");
  EXPECT_EQ(done.err, "");
  done = refused({"lock", "demo", "--explain", "torch"});
  EXPECT_EQ(done.out,
            "torch 2.9.0.dev20250604+cpu from [CHANNEL]/nightly/cpu\n"
            "  why it is here: demo requires torch\n"
            "  why 2.9.0.dev20250604+cpu: it is of the nightly of 2025-06-04, which the lock has\n"
            "  for a newer version: run `launch lock demo --upgrade torch`\n");
  done = refused({"lock", "demo", "--explain", "leaf", "--upgrade", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.out,
      "{\"schema\":1,\"package\":\"leaf\",\"needed\":true,\"reasons\":[{\"platforms\":[\"linux-x86_64\"],"
      "\"version\":\"2.0\",\"index\":\"[INDEX]\",\"chain\":[{\"by\":\"demo\",\"requirement\":\"app\"},"
      "{\"by\":\"app 1.0\",\"requirement\":\"leaf<3\"}],\"required_by\":[{\"by\":\"app 1.0\","
      "\"requirement\":\"leaf<3\"}],\"why\":\"app 1.0 requires leaf<3\",\"newer\":\"3.0\",\"blocked_by\":"
      "[{\"by\":\"app 1.0\",\"requirement\":\"leaf<3\"}],\"for_newer\":null}],\"only_if\":[]}\n");
}

TEST_F(UpgradeScenario, ExplainedThoughNotNeeded) {
  demo_.index.add({.name = "app",
                   .version = "1.0",
                   .requires_dist = {"leaf<3", "speed>=1; extra == 'fast'"},
                   .provides_extra = {"fast"}});
  ASSERT_EQ(demo_.launch({"lock", "demo", "--upgrade"}).code, 0);
  auto done = refused({"lock", "demo", "--explain", "speed"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "speed is not needed by demo\n"
            "  these requirements do not hold here:\n"
            "  app 1.0 requires speed>=1; extra == \"fast\"\n");
  done = refused({"lock", "demo", "--explain", "leef"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, "leef is not needed by demo\n");
  EXPECT_EQ(done.err, "did you mean leaf?\n");
}

/// A command line that is refused.
struct Refusal {
  std::string name;
  std::vector<std::string> arguments;
  std::string err;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class AnUpgradeWith : public UpgradeScenario, public ::testing::WithParamInterface<Refusal> {};

TEST_P(AnUpgradeWith, IsRefused) {
  auto arguments = GetParam().arguments;
  arguments.insert(arguments.begin(), {"lock", "demo"});
  const auto done = refused(arguments);
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, GetParam().err);
}

INSTANTIATE_TEST_SUITE_P(
    UpgradeScenario, AnUpgradeWith,
    ::testing::Values(
        Refusal{"AnUnknownPackage",
                {"--upgrade", "leav"},
                "error: neither lockfiles/pylock.demo.toml nor the recipe demo has a package \"leav\"\n"
                "\n"
                "hint: did you mean leaf?\n"},
        Refusal{"APackageAndNoUpgrade",
                {"leaf"},
                "error: packages can be named only with --upgrade\n"
                "\n"
                "hint: run `launch lock demo --upgrade leaf`\n"},
        Refusal{"ADateThatIsNone",
                {"--date", "2025-02-30"},
                "error: --date: expected a day such as 2025-06-06, found \"2025-02-30\"\n"}),
    [](const auto& info) { return info.param.name; });

TEST_F(UpgradeScenario, ADateOfAnotherChannelIsRefused) {
  demo_.recipe();
  const auto done = refused({"lock", "demo", "--date", "2025-06-05"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "error: a date chooses a nightly, but the recipe demo takes torch from the channel \"index\"\n");
}

}  // namespace
}  // namespace launch::scenarios

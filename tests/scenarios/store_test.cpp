#include <atomic>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTorch = "torch-2.3.1-py3-none-any.whl";

class StoreScenario : public ::testing::Test {
 protected:
  StoreScenario() {
    EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
    EXPECT_EQ(demo_.launch({"fetch", "demo"}).code, 0);
  }
  /// The file of torch in the store.
  fs::path stored() const {
    for (const auto& entry : fs::recursive_directory_iterator(demo_.scenario.place("store/wheels/sha256")))
      if (entry.path().filename() == kTorch) return entry.path();
    return {};
  }
  /// Nobody has used it for 40 days.
  void age() const {
    const timespec old{std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) - 40 * 86400,
                       0};
    const timespec times[2] = {old, old};
    ASSERT_EQ(::utimensat(AT_FDCWD, stored().parent_path().c_str(), times, 0), 0);
  }
  static std::string without_day(const std::string& text) {
    return std::regex_replace(text, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}"), "[DAY]");
  }
  static std::string without_digest(const std::string& text) {
    return std::regex_replace(without_day(text), std::regex("[0-9a-f]{12}"), "[SHA256]");
  }

  DemoProject demo_;
};

TEST_F(StoreScenario, List) {
  auto done = demo_.launch({"store", "list"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(without_digest(done.out),
            "SIZE   LAST USED   SHA256        NAME\n"
            "876 B  [DAY]  [SHA256]  torch-2.3.1-py3-none-any.whl\n");
  EXPECT_EQ(done.err, "1 file (876 B) in [ROOT]/store/wheels\n");
  done = demo_.launch({"store", "list", "--json"});
  EXPECT_EQ(std::regex_replace(without_day(done.out), std::regex("T[0-9:]{8}Z|/[0-9a-f]{2}/"), "…"),
            "{\n"
            "  \"schema\": 1,\n"
            "  \"folder\": \"[ROOT]/store/wheels\",\n"
            "  \"files\": [\n"
            "    {\n"
            "      \"name\": \"torch-2.3.1-py3-none-any.whl\",\n"
            "      \"sha256\": \"[SHA256]\",\n"
            "      \"size\": 876,\n"
            "      \"last_used\": \"[DAY]…\",\n"
            "      \"path\": \"[ROOT]/store/wheels/sha256…[SHA256]/torch-2.3.1-py3-none-any.whl\"\n"
            "    }\n"
            "  ],\n"
            "  \"unfinished\": {\n"
            "    \"count\": 0,\n"
            "    \"bytes\": 0\n"
            "  },\n"
            "  \"unpacked\": {\n"
            "    \"trees\": 0,\n"
            "    \"bytes\": 0,\n"
            "    \"environments\": 0\n"
            "  }\n"
            "}\n");
}

TEST_F(StoreScenario, Verify) {
  auto done = demo_.launch({"store", "verify"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "1 file (876 B) in [ROOT]/store/wheels verified in [TIME]\n");

  const auto file = stored();
  demo_.scenario.write(fs::relative(file, demo_.scenario.root()), "damaged");
  demo_.scenario.hide(file.parent_path().parent_path().filename().string() + "/", "");
  done = demo_.launch({"store", "verify"});
  EXPECT_EQ(done.code, 1);
  const auto shown = "[ROOT]/store/wheels/sha256/[SHA256]/torch-2.3.1-py3-none-any.whl";
  EXPECT_EQ(done.out, fmt::format("{}: expected sha256 [SHA256], found sha256 [SHA256]\n", shown));
  EXPECT_EQ(done.err,
            fmt::format(
                "error: 1 of 1 file in [ROOT]/store/wheels is damaged\n\nhint: remove what is damaged; it is "
                "fetched or unpacked again when needed: rm {}\n",
                shown));
  done = demo_.launch({"store", "verify", "--json"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, ::testing::HasSubstr("\"found\": \"sha256 [SHA256]\""));
}

TEST_F(StoreScenario, GcKeepsWhatALockNeeds) {
  age();
  auto done = demo_.launch({"store", "gc"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "removed nothing; kept 1 unused file for 1 lock\n");
  EXPECT_FALSE(stored().empty());

  fs::remove(demo_.scenario.place("lockfiles/pylock.demo.toml"));
  done = demo_.launch({"store", "gc", "--unused-for", "50"});
  EXPECT_EQ(done.err, "removed nothing\n");
  done = demo_.launch({"store", "gc", "--dry-run"});
  EXPECT_EQ(without_digest(done.out),
            "SIZE   LAST USED   SHA256        NAME\n"
            "876 B  [DAY]  [SHA256]  torch-2.3.1-py3-none-any.whl\n");
  EXPECT_EQ(done.err, "would remove 1 file, freeing 0 B\n") << "lockfiles/wheels has a hard link";
  EXPECT_FALSE(stored().empty());

  fs::remove_all(demo_.scenario.place("lockfiles/wheels"));
  done = demo_.launch({"store", "gc"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "removed 1 file, freeing 876 B\n");
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(demo_.launch({"store", "list"}).err, "0 files (0 B) in [ROOT]/store/wheels\n");
}

TEST_F(StoreScenario, GcAsJson) {
  age();
  const auto done = demo_.launch({"store", "gc", "--json"});
  EXPECT_EQ(done.out,
            "{\n"
            "  \"schema\": 1,\n"
            "  \"folder\": \"[ROOT]/store/wheels\",\n"
            "  \"dry_run\": false,\n"
            "  \"removed\": [],\n"
            "  \"unfinished\": 0,\n"
            "  \"trees\": 0,\n"
            "  \"kept\": 1,\n"
            "  \"freed\": 0,\n"
            "  \"locks\": [\n"
            "    \"[ROOT]/lockfiles/pylock.demo.toml\"\n"
            "  ]\n"
            "}\n");
}

TEST_F(StoreScenario, GcRemovesNothingWhenALockCannotBeRead) {
  age();
  demo_.scenario.write("lockfiles/pylock.demo.toml", "lock-version = 1\n");
  const auto done = demo_.launch({"store", "gc"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(
      done.err,
      "error: [ROOT]/lockfiles/pylock.demo.toml:1:16: lock-version: expected a string, found an integer\n"
      "  while collecting the files that a lock needs\n"
      "\n"
      "hint: locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that made "
      "it\n");
  EXPECT_FALSE(stored().empty());
}

TEST_F(StoreScenario, BadUsage) {
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "store");
    const auto done = demo_.launch(arguments);
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.out, "");
    return done.err;
  };
  EXPECT_EQ(error({}), "error: ACTION is required\n\nhint: run `launch store --help` to list the options\n");
  EXPECT_EQ(error({"list", "--dry-run"}), "error: --dry-run can only be used with `launch store gc`\n");
  EXPECT_EQ(error({"verify", "--unused-for", "3"}),
            "error: --unused-for can only be used with `launch store gc`\n");
  EXPECT_EQ(error({"gc", "--unused-for", "-1"}), "error: --unused-for -1: expected 0 or more days\n");
}

// Several locks at once, of wheels whose digests the index does not give, into one store.
TEST(OneStore, TakesManyLocksAtOnce) {
  fakes::IndexServer index({.hashes = false});
  fakes::Registry registry;
  registry.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
  std::vector<std::string> files;
  for (const auto* name : {"a", "b", "c"}) files.push_back(index.add({.name = name, .version = "1.0"}));
  const Scenario home;
  constexpr int kLocks = 8;
  std::vector<std::unique_ptr<Scenario>> projects;
  for (int i = 0; i < kLocks; ++i) {
    auto& project = *projects.emplace_back(std::make_unique<Scenario>());
    project.set("LAUNCH_INDEX_URL", index.url());
    project.set("UV_NO_CONFIG", "1");
    project.set("LAUNCH_STORE", home.place("store").string());
    project.write("launch.toml",
                  fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\ninsecure = true\n",
                              registry.location()));
    project.write("recipes/demo.toml",
                  "python = \"3.11\"\npackages = [\"a\", \"b\", \"c\"]\n[image]\npython = \"base\"\n"
                  "from = \"docker.io/library/debian:12\"\n");
  }
  std::vector<Outcome> outcomes(kLocks);
  {
    std::vector<std::jthread> locks;
    for (int i = 0; i < kLocks; ++i)
      locks.emplace_back([&, i] { outcomes.at(i) = projects.at(i)->launch({"lock", "demo"}); });
  }
  const auto lock = projects.front()->read("lockfiles/pylock.demo.toml");
  for (const auto& file : files) EXPECT_THAT(lock, ::testing::HasSubstr(index.sha256(file)));
  for (int i = 0; i < kLocks; ++i) {
    EXPECT_EQ(outcomes.at(i).code, 0) << outcomes.at(i).err;
    EXPECT_EQ(projects.at(i)->read("lockfiles/pylock.demo.toml"), lock);
  }
  EXPECT_EQ(projects.front()->launch({"fetch", "demo"}).code, 0);
}

}  // namespace
}  // namespace launch::scenarios

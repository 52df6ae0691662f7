#include <csignal>
#include <ostream>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

class LockScenario : public ::testing::Test {
 protected:
  LockScenario() {
    scenario_.set("LAUNCH_INDEX_URL", index_.url());
    scenario_.set("UV_NO_CONFIG", "1");
    scenario_.hide(index_.url(), "[INDEX]");
    scenario_.hide(index_.server().url(), "[SERVER]");
    scenario_.hide(registry_.location(), "[REGISTRY]");
    scenario_.write("launch.toml", fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\n"
                                               "insecure = true\n",
                                               registry_.location()));
    registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    index_.add({.name = "app", .version = "1.0", .requires_dist = {"leaf>=2"}});
    index_.add({.name = "leaf", .version = "1.0"});
    index_.add({.name = "leaf", .version = "2.0"});
    recipe("\"app\"");
  }

  void recipe(const std::string& packages, const std::string& more = "") {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"3.11\"\npackages = [{}]\n{}\n[lock]\nwheels = \"path\"\n"
                                "[image]\nfrom = \"docker.io/library/debian:12\"\n",
                                packages, more));
  }
  std::string lock() const { return scenario_.read("lockfiles/pylock.demo.toml"); }
  /// Of the base image in the lock.
  std::string base_digest() const {
    std::smatch match;
    const auto text = lock();
    EXPECT_TRUE(std::regex_search(text, match, std::regex("\ndigest = \"(sha256:[0-9a-f]{64})\"")));
    return match[1];
  }

  // A command that must fail, and change nothing in the project.
  Outcome refused(const std::vector<std::string>& arguments) {
    const auto before = scenario_.files("lockfiles");
    auto outcome = scenario_.launch(arguments);
    EXPECT_EQ(scenario_.files("lockfiles"), before) << "files from before are untouched";
    return outcome;
  }

  Scenario scenario_;
  fakes::IndexServer index_;
  fakes::Registry registry_;
};

TEST_F(LockScenario, LocksOnceAndThenNothingChanges) {
  auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is new\n");
  const auto text = lock();
  done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is unchanged\n");
  EXPECT_EQ(lock(), text);
  done = scenario_.launch({"lock", "demo", "--json"});
  EXPECT_EQ(done.out,
            "{\"schema\":1,\"lock\":\"lockfiles/pylock.demo.toml\",\"changed\":false,"
            "\"changes\":{\"properties\":[],\"packages\":[],\"fetch\":{\"files\":0,\"bytes\":0,"
            "\"unknown_sizes\":0}},\"packages\":[{\"name\":\"app\",\"version\":\"1.0\",\"index\":"
            "null},{\"name\":\"leaf\",\"version\":\"2.0\",\"index\":null}],\"date\":null,\"passed_over\":[],"
            "\"ruled_out\":[],\"source_only\":[],\"held_back\":[],\"yanked\":[],\"unknown_extras\":[],"
            "\"moved\":[],\"stayed\":"
            "[],\"metadata_bytes\":0}\n");
}

TEST_F(LockScenario, KeepsWhatFitsUntilToldToUpgrade) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  index_.add({.name = "leaf", .version = "3.0"});
  const auto before = base_digest();
  const auto digest = registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.9"});
  EXPECT_EQ(scenario_.launch({"lock", "demo", "--check"}).code, 0);

  const std::string kLocked = "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n";
  const std::string changes = "  base image's digest " + before + " → " + digest + "\n  leaf 2.0 → 3.0\n";
  auto done = refused({"lock", "demo", "--check", "--upgrade"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, kLocked + "lockfiles/pylock.demo.toml is out of date:\n" + changes +
                          "run `launch lock demo --upgrade` to update it\n");
  done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, kLocked + "lockfiles/pylock.demo.toml has changed:\n" + changes);
}

TEST_F(LockScenario, TheDocumentHasTheChanges) {
  const auto changes = [](const std::string& out) {
    const auto begin = out.find("\"changes\":");
    return out.substr(begin, out.find(",\"packages\":[{\"name\":\"app\",\"version\"") - begin);
  };
  auto done = scenario_.launch({"lock", "demo", "--json"});
  EXPECT_THAT(
      changes(done.out),
      testing::AllOf(testing::HasSubstr(R"({"name":"leaf","change":"added","before":null,"after":"2.0"})"),
                     testing::HasSubstr(R"({"key":"python","before":null,"after":"==3.11.*"})"),
                     testing::EndsWith(fmt::format(R"("fetch":{{"files":2,"bytes":{},"unknown_sizes":0}}}})",
                                                   index_.bytes("app-1.0-py3-none-any.whl").size() +
                                                       index_.bytes("leaf-2.0-py3-none-any.whl").size()))));
  index_.add({.name = "leaf", .version = "3.0"});
  done = scenario_.launch({"lock", "demo", "--upgrade", "--json"});
  EXPECT_EQ(
      changes(done.out),
      fmt::format(R"("changes":{{"properties":[],"packages":[{{"name":"leaf","change":"version",)"
                  R"("before":"2.0","after":"3.0"}}],"fetch":{{"files":1,"bytes":{},"unknown_sizes":0}}}})",
                  index_.bytes("leaf-3.0-py3-none-any.whl").size()));
}

TEST_F(LockScenario, CheckOfALockThatIsNotThere) {
  const auto done = refused({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is missing\n"
            "run `launch lock demo` to update it\n");
}

/// A recipe that cannot be locked, after a valid one was locked.
struct BadRecipe {
  std::string name;
  std::string packages;
  std::string more;  ///< below `packages`
  std::string err;
};

void PrintTo(const BadRecipe& bad, std::ostream* out) {
  *out << bad.name;
}

class ARecipeWith : public LockScenario, public ::testing::WithParamInterface<BadRecipe> {};

TEST_P(ARecipeWith, ChangesNothing) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  recipe(GetParam().packages, GetParam().more);
  const auto done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, GetParam().err);
}

INSTANTIATE_TEST_SUITE_P(
    LockScenario, ARecipeWith,
    ::testing::Values(
        BadRecipe{"AnUnknownKey", "\"app\"", "package = []",
                  "error: recipes/demo.toml:3:1: package: unknown key; did you mean \"packages\"?\n"
                  "\n"
                  "hint: valid keys: extends, python, platforms, packages, from, torch, lock, index, image, "
                  "verify and train\n"},
        BadRecipe{"AWrongType", "\"app\"", "[train]\nnodes = \"two\"",
                  "error: recipes/demo.toml:4:9: [train] nodes: expected an integer, found a string\n"},
        BadRecipe{"APackageThatDoesNotExist", "\"app\", \"nowhere\"", "",
                  "error: the index [INDEX] has no project named nowhere\n"
                  "  while locking the recipe demo\n"},
        BadRecipe{"AnImpossibleSetOfRequirements", "\"app\", \"leaf<2\"", "",
                  "error: the requirements of demo cannot be met for Python 3.11 on linux-x86_64:\n"
                  "  Because demo requires app and app 1.0 requires leaf>=2, demo requires leaf>=2.\n"
                  "  And because demo requires leaf<2, the requirements of demo cannot be met.\n\nhint: "
                  "relax leaf<2 in the recipe\n"}),
    [](const auto& info) { return info.param.name; });

/// Answers of an index instead of a page of leaf.
struct IndexFault {
  std::string name;
  fakes::Reply reply = {};  ///< with `cut_off` not used
  bool cut_off = false;
  std::string error;  ///< without what was being done
  std::string hint;
};

void PrintTo(const IndexFault& fault, std::ostream* out) {
  *out << fault.name;
}

class AnIndexThat : public LockScenario, public ::testing::WithParamInterface<IndexFault> {};

TEST_P(AnIndexThat, ChangesNothing) {
  const auto& fault = GetParam();
  if (fault.cut_off) {
    index_.truncate_page("leaf");
  } else {
    index_.fail_page("leaf", fault.reply);
  }
  const auto done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, "error: " + fault.error +
                          "\n  while asking the index for leaf\n"
                          "  while resolving demo for Python 3.11 on linux-x86_64\n"
                          "\n"
                          "hint: " +
                          fault.hint + "\n");
}

const std::string kBrokenPage =
    "try again; if that does not help, the index (or a proxy in front of it) is broken: open the address in "
    "a browser, "
    "or "
    "set another index (`launch doctor` shows where this one comes from)";

INSTANTIATE_TEST_SUITE_P(
    LockScenario, AnIndexThat,
    ::testing::Values(
        IndexFault{.name = "Refuses",
                   .reply = {.status = 403},
                   .error = "the index page [INDEX]/leaf/ returned 403, expected 200",
                   .hint = "check the credentials for this index (netrc or proxy) and its address: `launch "
                           "doctor` shows where it comes from"},
        IndexFault{.name = "Fails",
                   .reply = {.status = 500},
                   .error = "the index page [INDEX]/leaf/ returned 500, expected 200",
                   .hint = "the index returned a server error; try again later, or set another index "
                           "(LAUNCH_INDEX_URL, pip's "
                           "index-url)"},
        IndexFault{.name = "AnswersGarbage",
                   .reply = {.body = "\x01\x02 hello", .content_type = "text/plain"},
                   .error = "the page [INDEX]/leaf/ is not an index page: expected JSON or HTML, found "
                            "text/plain",
                   .hint = kBrokenPage},
        IndexFault{.name = "IsCutOff",
                   .cut_off = true,
                   .error = "the page [INDEX]/leaf/ is truncated: its JSON ends after 207 bytes",
                   .hint = kBrokenPage}),
    [](const auto& info) { return info.param.name; });

TEST_F(LockScenario, InterruptedItWritesNothing) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  recipe("\"app\", \"slow\"");
  index_.server().on("/simple/slow/", [&](const fakes::SeenRequest&) {
    ::kill(std::stoi(scenario_.read("pid")), SIGINT);
    return fakes::Reply{.body = "never whole", .drip_pause = std::chrono::hours(1)};
  });
  const auto before = scenario_.files("lockfiles");
  const auto done =
      scenario_.run({"sh", "-c", std::string("echo $$ > pid; exec ") + LAUNCH_PROGRAM + " lock demo"});
  EXPECT_EQ(done.code, 130);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "interrupted; nothing was written\n");
  EXPECT_EQ(scenario_.files("lockfiles"), before);
}

/// Locks without a registry: none answers at the address in launch.toml.
class OutOfReach : public LockScenario {
 protected:
  static constexpr const char* kCuda = "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04";
  void lose_registry() {
    scenario_.write("launch.toml",
                    "[[registry]]\nprefix = \"docker.io\"\nlocation = \"127.0.0.1:1\"\n"
                    "insecure = true\n");
  }
  void base(const std::string& python, const std::string& from) {
    scenario_.write(
        "recipes/demo.toml",
        fmt::format("python = \"{}\"\npackages = [\"app\"]\n[image]\nfrom = \"{}\"\n", python, from));
  }
  static std::string refused_at(const std::string& path) {
    return fmt::format(
        "the registry cannot be reached: cannot fetch http://127.0.0.1:1/v2/{}: cannot connect to "
        "127.0.0.1:1: Connection refused",
        path);
  }
  static std::string notice(const std::string& warning, const std::string& python,
                            const std::string& became) {
    return fmt::format(
        "warning: {}\nlocked 2 packages (1.7 kB) for Python {} on linux-x86_64 in [TIME]\n{}\n", warning,
        python, became);
  }
};

TEST_F(OutOfReach, WhatTheTableDoesNotSayOfADigestIsSaid) {
  lose_registry();
  const auto locked = [&](const std::string& tag, const std::string& platforms) {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"3.12\"\nplatforms = [{}]\npackages = [\"app\"]\n[image]\n"
                                "from = \"docker.io/nvidia/cuda:{}\"\n",
                                platforms, tag));
    const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
    EXPECT_EQ(done.code, 0);
    return done.err.substr(0, done.err.find('\n'));
  };
  const auto warning = [](const std::string& tag) {
    return fmt::format(
        "warning: base image digest of docker.io/nvidia/cuda:{0} taken from launch's table, as {1}; the "
        "table "
        "does not say whether it serves linux/",
        tag, refused_at("nvidia/cuda/manifests/" + tag));
  };
  const std::string unsaid = "13.0.3-base-ubuntu24.04";
  EXPECT_EQ(locked(unsaid, "\"linux-x86_64\""), warning(unsaid) + "amd64");
  EXPECT_THAT(lock(), testing::Not(testing::HasSubstr("[tool.launch.base.platforms]")));
  const std::string index = "12.8.1-base-ubuntu24.04";
  EXPECT_EQ(locked(index, "\"linux-x86_64\", \"linux-aarch64\""), warning(index) + "arm64");
}

TEST_F(OutOfReach, TheBaseIsThatOfTheTable) {
  lose_registry();
  base("3.12", kCuda);
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, notice(fmt::format("base image digest of {} taken from launch's table, as {}", kCuda,
                                         refused_at("nvidia/cuda/manifests/12.8.1-base-ubuntu24.04")),
                             "3.12", "lockfiles/pylock.demo.toml is new"));
  EXPECT_THAT(lock(),
              testing::EndsWith("[tool.launch.base]\n"
                                "image = \"docker.io/nvidia/cuda\"\n"
                                "tag = \"12.8.1-base-ubuntu24.04\"\n"
                                "digest = \"sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab4"
                                "02d86e2\"\n"
                                "distribution = \"ubuntu 24.04\"\n"
                                "python = \"3.12\"\n"
                                "\n"
                                "[tool.launch.base.platforms]\n"
                                "\"linux/amd64\" = \"sha256:e711c99333fdfe8ae1e677b4972be6c5021f0128a1d31f775"
                                "c7e58d88921b6a9\"\n"));
  const auto again = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(again.err,
            "locked 2 packages (1.7 kB) for Python 3.12 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is unchanged\n");
}

TEST_F(OutOfReach, TheBaseIsThatOfThePreviousLock) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  const auto before = lock();
  lose_registry();
  const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            notice("base image digest of docker.io/library/debian:12 taken from the previous lock, as " +
                       refused_at("library/debian/manifests/12"),
                   "3.11", "lockfiles/pylock.demo.toml is unchanged"));
  EXPECT_EQ(lock(), before);
}

TEST_F(OutOfReach, TheBaseIsThatOfTheRecipe) {
  lose_registry();
  base("3.11", "docker.io/library/debian:12@sha256:" + std::string(64, 'd'));
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err,
              testing::StartsWith("warning: base image digest of docker.io/library/debian:12 taken from "
                                  "recipes/demo.toml, as the registry cannot be reached: "));
  EXPECT_THAT(lock(), testing::HasSubstr("digest = \"sha256:" + std::string(64, 'd') + "\"\n"));
}

TEST_F(OutOfReach, TheBaseIsLeftOpenAndFilledInLater) {
  const auto good = scenario_.read("launch.toml");
  lose_registry();
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, notice("base image digest of docker.io/library/debian:12 left open, as " +
                                 refused_at("library/debian/manifests/12") +
                                 "; to fill it in before the image is built, run `launch lock demo` once a "
                                 "registry is reachable ([[registry]] in launch.toml can name a mirror)",
                             "3.11", "lockfiles/pylock.demo.toml is new"));
  EXPECT_THAT(lock(),
              testing::EndsWith("[tool.launch.base]\nimage = \"docker.io/library/debian\"\ntag = \"12\"\n"
                                "distribution = \"debian 12\"\npython = \"3.11\"\n"));
  for (const auto* command : {"render", "build"}) {
    const auto asked = scenario_.launch({command, "demo"});
    EXPECT_EQ(asked.code, 2);
    EXPECT_EQ(asked.err,
              "error: the lock [ROOT]/lockfiles/pylock.demo.toml leaves the digest of the base image "
              "docker.io/library/debian:12 open\n\nhint: run `launch lock demo` to fill it in\n");
  }
  scenario_.write("launch.toml", good);
  const auto filled = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(filled.code, 0);
  EXPECT_THAT(filled.err, testing::HasSubstr("lockfiles/pylock.demo.toml has changed:\n"
                                             "  base image's digest none → sha256:"));
  EXPECT_EQ(scenario_.launch({"render", "demo"}).code, 0);
}

TEST_F(LockScenario, ARegistryWithoutTheImage) {
  scenario_.write(
      "recipes/demo.toml",
      "python = \"3.13\"\npackages = [\"app\"]\n[image]\nfrom = \"docker.io/library/debian:13\"\n");
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: base image digest of docker.io/library/debian:13 left open, as its registry does not "
            "have it; "
            "to fill it in before the image is built, run `launch lock demo` once a registry is reachable "
            "([[registry]] in launch.toml can name a mirror)\n"
            "locked 2 packages (1.7 kB) for Python 3.13 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is new\n");
}

TEST_F(LockScenario, ALockEditedIntoNonsense) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  const auto good = lock();
  scenario_.write("lockfiles/pylock.demo.toml", good + "[[packages]]\nname = 3\n");
  for (const std::string command : {"lock", "fetch"}) {
    const auto done = refused({command, "demo"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(
        done.err,
        "error: lockfiles/pylock.demo.toml:47:8: [[packages]] name: expected a string, found an integer\n"
        "\n"
        "hint: locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that "
        "made it\n");
  }
  const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: lockfiles/pylock.demo.toml:47:8: [[packages]] name: expected a string, found an "
            "integer; replacing it\n"
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml has changed\n");
  EXPECT_EQ(lock(), good);
}

TEST_F(LockScenario, ANightlyIsKeptUntilItsFilesAreGone) {
  fakes::IndexServer channel({.json = false, .hashes = false, .missing = 403, .root = "/nightly/cpu"});
  scenario_.set("LAUNCH_CHANNEL_URL", channel.server().url());
  scenario_.hide(channel.server().url(), "[CHANNEL]");
  scenario_.write(
      "recipes/demo.toml",
      "python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cpu\"\npackages = [\"torch\"]\n"
      "[image]\nfrom = \"docker.io/library/debian:12\"\n");
  const auto old = channel.add({.name = "torch", .version = "2.9.0.dev20250604+cpu"});
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  channel.add({.name = "torch", .version = "2.9.0.dev20250606+cpu"});
  channel.hide(old);
  const std::string kLocked = "locked 1 package (1.0 kB) for Python 3.11 on linux-x86_64 in [TIME]\n";
  scenario_.set("XDG_CACHE_HOME", scenario_.place("new-cache").string());  // a page may be kept for a while
  auto done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, kLocked + "lockfiles/pylock.demo.toml is unchanged\n");

  channel.fail_file(old, {.status = 403});
  done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(
      done.err,
      "error: the locked nightly of 2025-06-04 is no longer available: "
      "torch-2.9.0.dev20250604+cpu-py3-none-any.whl is neither on the page [CHANNEL]/nightly/cpu/torch/ nor "
      "at [CHANNEL]/files/torch-2.9.0.dev20250604%2Bcpu-py3-none-any.whl\n"
      "\n"
      "hint: run `launch lock demo --upgrade` to use the newest nightly, or set LAUNCH_CHANNEL_URL to a "
      "mirror that kept this one\n");
  done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, kLocked +
                          "lockfiles/pylock.demo.toml has changed:\n"
                          "  date of the nightly 2025-06-04 → 2025-06-06\n"
                          "  torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250606+cpu\n");
}

class FetchScenario : public LockScenario {
 protected:
  FetchScenario() { EXPECT_EQ(scenario_.launch({"lock", "demo"}).code, 0); }
  std::string stored(const std::string& file_name) const {
    const auto digest = index_.sha256(file_name);
    return fmt::format("[ROOT]/store/sha256/{}/{}/{}", digest.substr(0, 2), digest, file_name);
  }
  std::string wheel_json(const std::string& file_name) const {
    return fmt::format(R"({{"name":"{}","sha256":"{}","size":{},"path":"{}"}})", file_name,
                       index_.sha256(file_name), index_.bytes(file_name).size(), stored(file_name));
  }
  static constexpr const char* kApp = "app-1.0-py3-none-any.whl";
  static constexpr const char* kLeaf = "leaf-2.0-py3-none-any.whl";
};

TEST_F(FetchScenario, FillsTheStoreAndThePlaceBesideTheLock) {
  auto done = scenario_.launch({"fetch", "demo", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "fetched 2 wheels (1.7 kB) in [TIME]\n"
            "wheels are in lockfiles/wheels\n");
  EXPECT_EQ(
      done.out,
      fmt::format(
          R"({{"schema":1,"lock":"lockfiles/pylock.demo.toml","taken":0,"downloaded":2,"bytes":{},"wheels":[{},{}],)"
          R"("archives":[],"not_fetched":[]}})"
          "\n",
          index_.bytes(kApp).size() + index_.bytes(kLeaf).size(), wheel_json(kApp), wheel_json(kLeaf)));
  EXPECT_EQ(scenario_.read(std::string("lockfiles/wheels/") + kLeaf), index_.bytes(kLeaf));
  EXPECT_EQ(scenario_.read("lockfiles/wheels/.gitignore"), "*\n");

  index_.server().forget_requests();
  done = scenario_.launch({"fetch", "demo", "--to", "house"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "2 wheels (1.7 kB) of lockfiles/pylock.demo.toml are in the store, checked in [TIME]\n"
            "wheels are in house\n"
            "wheels are in lockfiles/wheels\n");
  EXPECT_TRUE(index_.server().requests().empty());
  EXPECT_EQ(scenario_.read(std::string("house/") + kLeaf), index_.bytes(kLeaf));
}

TEST_F(FetchScenario, OnAMachineWithoutANetworkFromTheFolderOfAnother) {
  ASSERT_EQ(scenario_.launch({"fetch", "demo", "--to", "house"}).code, 0);
  // The other machine has the project and the folder: no wheels beside the lock, no store, no index.
  std::filesystem::remove_all(scenario_.place("lockfiles/wheels"));
  scenario_.set("LAUNCH_STORE", scenario_.place("other-store").string());
  scenario_.set("LAUNCH_INDEX_URL", "http://127.0.0.1:9/simple");
  scenario_.set("XDG_CACHE_HOME", scenario_.place("new-cache").string());
  index_.server().forget_requests();
  auto done = refused({"fetch", "demo", "--from", "nowhere"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: folder not found: [ROOT]/nowhere\n");
  done = scenario_.launch({"fetch", "demo", "--from", "house", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "2 wheels came from house\n"
            "2 wheels (1.7 kB) of lockfiles/pylock.demo.toml are in the store, checked in [TIME]\n"
            "wheels are in lockfiles/wheels\n");
  EXPECT_THAT(done.out, testing::HasSubstr("\"taken\":2,\"downloaded\":0,\"bytes\":0,"));
  EXPECT_EQ(scenario_.read(std::string("lockfiles/wheels/") + kLeaf), index_.bytes(kLeaf));
  EXPECT_TRUE(index_.server().requests().empty());
  done = scenario_.launch({"fetch", "demo", "--from", "house"});
  EXPECT_EQ(done.err,
            "2 wheels (1.7 kB) of lockfiles/pylock.demo.toml are in the store, checked in [TIME]\n"
            "wheels are in lockfiles/wheels\n");
}

TEST_F(FetchScenario, AFolderWithOtherBytes) {
  scenario_.write(std::string("house/") + kLeaf, "something else");
  const auto done = refused({"fetch", "demo", "--from", "house"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, fmt::format("error: [ROOT]/house/{0} has the sha256 {1}, expected {2}\n"
                                  "\n"
                                  "hint: remove [ROOT]/house/{0} or replace it by the right file\n",
                                  kLeaf, sha256_hex("something else"), index_.sha256(kLeaf)));
}

TEST_F(FetchScenario, AWheelWhoseDigestDiffers) {
  const auto locked = index_.sha256(kLeaf);
  auto bytes = index_.bytes(kLeaf);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  index_.replace_bytes(kLeaf, bytes);
  const auto done = refused({"fetch", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            fmt::format("error: wrong digest of {0} from [SERVER]/files/{0}: expected sha256 {1}, got {2}\n"
                        "  while fetching {0}\n"
                        "\n"
                        "hint: the server's file is not the expected one; nothing was kept\n",
                        kLeaf, locked, sha256_hex(bytes)));
}

TEST_F(FetchScenario, AWheelThatIsGone) {
  index_.hide(kLeaf);
  scenario_.set("XDG_CACHE_HOME", scenario_.place("new-cache").string());  // a page may be kept for a while
  const auto done = refused({"fetch", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "error: leaf-2.0-py3-none-any.whl is no longer on [INDEX]\n"
            "\n"
            "hint: take the file from a store or wheel house that has it, and put it at "
            "wheels/leaf-2.0-py3-none-any.whl; or lock again with --upgrade\n");
}

/// A lock of another tool, with every kind of source.
class AnySourceScenario : public LockScenario {
 protected:
  AnySourceScenario() {
    index_.add_file("rouge-score", "rouge_score-0.1.2.tar.gz", kSource);
    index_.server().serve("/main.zip", {.body = kZip});
    scenario_.write(
        "lockfiles/pylock.any.toml",
        fmt::format(R"(lock-version = "1.0"
created-by = "test"
[[packages]]
name = "leaf"
version = "2.0"
sdist = {{ url = "http://127.0.0.1:9/leaf-2.0.tar.gz", hashes = {{ sha256 = "{3}" }} }}
wheels = [{{ url = "{0}", hashes = {{ sha256 = "{1}" }} }}]
[[packages]]
name = "rouge-score"
version = "0.1.2"
sdist = {{ path = "sources/rouge_score-0.1.2.tar.gz", size = 13, hashes = {{ sha256 = "{2}" }} }}
[[packages]]
name = "zipped"
archive = {{ url = "{4}/main.zip", hashes = {{ sha256 = "{3}" }} }}
[[packages]]
name = "cloned"
vcs = {{ type = "git", url = "https://host.example/cloned.git", commit-id = "0123abcd" }}
[[packages]]
name = "local"
directory = {{ path = "../a lib" }}
)",
                    index_.file_url("leaf-2.0-py3-none-any.whl"), index_.sha256("leaf-2.0-py3-none-any.whl"),
                    sha256_hex(kSource), sha256_hex(kZip), index_.server().url()));
  }
  static constexpr const char* kSource = "source archiv";
  static constexpr const char* kZip = "zip file";
};

TEST_F(AnySourceScenario, FetchesWhatItCanAndNamesTheRest) {
  auto done = scenario_.launch({"fetch", "lockfiles/pylock.any.toml", "--to", "house"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.err,
      fmt::format("fetched 3 files ({}) in [TIME]\n"
                  "2 of them are source archives, which pip and uv build to install: "
                  "rouge_score-0.1.2.tar.gz and zipped-main.zip\n"
                  "files are in house\n"
                  "files are in lockfiles/sources\n"
                  "warning: cloned is not fetched: pip and uv clone "
                  "git+https://host.example/cloned.git@0123abcd when they install the lock; for a machine "
                  "without a network, build its wheel: `pip wheel --no-deps -w house 'cloned @ "
                  "git+https://host.example/cloned.git@0123abcd'`\n"
                  "warning: local is not fetched: the lock names the folder ../a lib, which must be where "
                  "the lock is installed; or build its wheel there: `pip wheel --no-deps -w house '../a "
                  "lib'`\n",
                  human_bytes(index_.bytes("leaf-2.0-py3-none-any.whl").size() + 13 + 8)));
  EXPECT_EQ(scenario_.read("house/zipped-main.zip"), kZip);
  EXPECT_EQ(scenario_.read("house/rouge_score-0.1.2.tar.gz"), kSource);
  EXPECT_EQ(scenario_.read("lockfiles/sources/rouge_score-0.1.2.tar.gz"), kSource);
  EXPECT_FALSE(scenario_.exists("house/leaf-2.0.tar.gz")) << "it has a wheel";

  done = scenario_.launch({"fetch", "lockfiles/pylock.any.toml", "--json"});
  EXPECT_EQ(done.code, 0);
  const auto archive = [&](const std::string& name, const std::string& bytes) {
    const auto digest = sha256_hex(bytes);
    return fmt::format(R"({{"name":"{}","sha256":"{}","size":{},"path":"[ROOT]/store/sha256/{}/{}/{}"}})",
                       name, digest, name == "zipped-main.zip" ? 0 : bytes.size(), digest.substr(0, 2),
                       digest, name);
  };
  EXPECT_THAT(done.out, testing::EndsWith(fmt::format(
                            R"("archives":[{},{}],"not_fetched":[{{"name":"cloned","kind":"vcs",)"
                            R"("where":"git+https://host.example/cloned.git@0123abcd"}},)"
                            R"({{"name":"local","kind":"directory","where":"../a lib"}}]}})"
                            "\n",
                            archive("rouge_score-0.1.2.tar.gz", kSource), archive("zipped-main.zip", kZip))));
}

TEST_F(AnySourceScenario, TheStoreKeepsItsArchives) {
  ASSERT_EQ(scenario_.launch({"fetch", "lockfiles/pylock.any.toml"}).code, 0);
  const auto done = scenario_.launch({"store", "gc", "--unused-for", "0", "--dry-run"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, testing::Not(testing::HasSubstr("rouge"))) << done.err;
  EXPECT_THAT(done.out, testing::Not(testing::HasSubstr("zipped"))) << done.out;
}

TEST_F(AnySourceScenario, AnArchiveThatIsGone) {
  index_.hide("rouge_score-0.1.2.tar.gz");
  const auto done = refused({"fetch", "lockfiles/pylock.any.toml"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "error: rouge_score-0.1.2.tar.gz is no longer on [INDEX]\n"
            "\n"
            "hint: take the file from a store or wheel house that has it, and put it at "
            "sources/rouge_score-0.1.2.tar.gz; or lock again with --upgrade\n");
}

TEST_F(AnySourceScenario, OtherCommandsSayWhatTheyCannotUse) {
  const auto done = refused({"check", "lockfiles/pylock.any.toml", "recipes"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(
      done.err,
      "error: lockfiles/pylock.any.toml:8:1: [[packages]] wheels: rouge-score has no wheel, and only "
      "wheels are installed\n"
      "\n"
      "hint: locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that "
      "made it\n");
}

/// A lock with one wheel on the PyTorch channel, whose two hosts are reached through a proxy on this machine.
class ChannelFetchScenario : public FetchScenario {
 protected:
  ChannelFetchScenario() {
    scenario_.set("http_proxy", index_.server().url());
    scenario_.set("no_proxy", "127.0.0.1");
    scenario_.write("lockfiles/pylock.nightly.toml",
                    fmt::format("lock-version = \"1.0\"\ncreated-by = \"test\"\n[[packages]]\nname = "
                                "\"leaf\"\nversion = \"2.0\"\n[[packages.wheels]]\nurl = \"{}\"\nhashes = "
                                "{{sha256 = \"{}\"}}\n",
                                kFirst, index_.sha256(kLeaf)));
    index_.server().serve(kFirst, {.status = 403});
  }
  static constexpr const char* kFirst =
      "http://download.pytorch.org/whl/nightly/cpu/leaf-2.0-py3-none-any.whl";
  static constexpr const char* kOther =
      "http://download-r2.pytorch.org/whl/nightly/cpu/leaf-2.0-py3-none-any.whl";
};

TEST_F(ChannelFetchScenario, AWheelThatOneHostRefusesComesFromTheOther) {
  index_.server().serve(kOther, {.body = index_.bytes(kLeaf)});
  const auto done = scenario_.launch({"fetch", "nightly", "--to", "house"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, fmt::format("fetched 1 wheel ({}) in [TIME]\nwheels are in house\n",
                                  human_bytes(index_.bytes(kLeaf).size())));
  EXPECT_EQ(scenario_.read(std::string("house/") + kLeaf), index_.bytes(kLeaf));
}

TEST_F(ChannelFetchScenario, BothHostsAreNamedWhenBothRefuse) {
  index_.server().serve(kOther, {.status = 404});
  const auto done = refused({"fetch", "nightly"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            fmt::format("error: cannot download {}: the server answered 403; the channel's other host failed "
                        "as well: cannot download {}: the server answered 404\n"
                        "  while fetching {}\n"
                        "\n"
                        "hint: try again later; if the file was withdrawn, take it from a wheel store or a "
                        "wheel house that has it, or from a mirror (LAUNCH_CHANNEL_URL)\n",
                        kFirst, kOther, kLeaf));
}

TEST_F(FetchScenario, AFullDisk) {
  index_.add({.name = "large",
              .version = "1.0",
              .files = {{"large/data", std::string(300'000, 'x')}},
              .deflated = false});
  recipe("\"large\"");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  scenario_.write("store/keep", "");
  const auto done = scenario_.run({"unshare", "-rm", "sh", "-c",
                                   std::string("mount -t tmpfs -o size=128k none store || exit 77; exec ") +
                                       LAUNCH_PROGRAM + " fetch demo"});
  if (done.code == 77 || done.err.find("unshare") != std::string::npos)
    GTEST_SKIP() << "no mounts here: " << done.err;
  EXPECT_EQ(done.code, 3);
  const auto place = stored("large-1.0-py3-none-any.whl");
  EXPECT_EQ(
      done.err,
      fmt::format("error: cannot write {}.part: No space left on device\n"
                  "  while fetching large-1.0-py3-none-any.whl\n"
                  "\n"
                  "hint: free some space on the disk of {}, or choose another folder, and run the command "
                  "again\n",
                  place, place.substr(0, place.rfind('/'))));
  EXPECT_FALSE(scenario_.exists("lockfiles/wheels"));
}

}  // namespace
}  // namespace launch::scenarios

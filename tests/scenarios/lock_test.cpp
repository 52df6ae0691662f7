#include <csignal>
#include <ostream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

TEST_F(LockScenario, LocksOnceAndThenNothingChanges) {
  auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is new\n"
            "not verified yet: run `launch verify demo`\n");
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
            "[],\"images\":[],\"metadata_bytes\":0,\"verified\":null}\n");
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
  EXPECT_EQ(done.err, kLocked + "lockfiles/pylock.demo.toml has changed:\n" + changes +
                          "not verified yet: run `launch verify demo`\n");
}

TEST_F(LockScenario, TheDayOfTheLockStandsInForUploadTimes) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  const std::string key = "\nlocked = \"";
  auto text = lock();
  const auto day = text.find(key);
  ASSERT_NE(day, std::string::npos) << text;
  text.replace(day + key.size(), std::string_view("2026-11-28").size(), "2025-06-06");
  scenario_.write("lockfiles/pylock.demo.toml", text);
  EXPECT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  EXPECT_EQ(lock(), text) << "it is kept";
  EXPECT_EQ(scenario_.launch({"lock", "demo", "--upgrade"}).code, 0);
  EXPECT_THAT(lock(), testing::Not(testing::HasSubstr("2025-06-06")));
  // With a time of the index, there is no other.
  index_.set_upload_time("leaf-2.0-py3-none-any.whl", "2025-06-07T08:09:10Z");
  EXPECT_EQ(scenario_.launch({"lock", "demo", "--upgrade"}).code, 0);
  EXPECT_THAT(lock(), testing::AllOf(testing::Not(testing::HasSubstr(key)),
                                     testing::HasSubstr("upload-time = 2025-06-07T08:09:10Z")));
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

TEST_F(LockScenario, ALockEditedIntoNonsense) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  const auto good = lock();
  scenario_.write("lockfiles/pylock.demo.toml", good + "[[packages]]\nname = 3\n");
  for (const std::string command : {"lock", "fetch"}) {
    const auto done = refused({command, "demo"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(
        done.err,
        "error: lockfiles/pylock.demo.toml:49:8: [[packages]] name: expected a string, found an integer\n"
        "\n"
        "hint: locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that "
        "made it\n");
  }
  const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: lockfiles/pylock.demo.toml:49:8: [[packages]] name: expected a string, found an "
            "integer; replacing it\n"
            "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml has changed\n"
            "not verified yet: run `launch verify demo`\n");
  EXPECT_EQ(lock(), good);
}

TEST_F(LockScenario, ANightlyIsKeptUntilItsFilesAreGone) {
  fakes::IndexServer channel({.json = false, .hashes = false, .missing = 403, .root = "/nightly/cpu"});
  scenario_.set("LAUNCH_CHANNEL_URL", channel.server().url());
  scenario_.hide(channel.server().url(), "[CHANNEL]");
  scenario_.write(
      "recipes/demo.toml",
      "python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cpu\"\npackages = [\"torch\"]\n"
      "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n");
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
                          "  torch 2.9.0.dev20250604+cpu → 2.9.0.dev20250606+cpu\n"
                          "not verified yet: run `launch verify demo`\n");
}

}  // namespace
}  // namespace launch::scenarios

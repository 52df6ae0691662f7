#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

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
          R"("archives":[],"interpreters":[],"not_fetched":[]}})"
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
            fmt::format(
                "error: wrong digest of {0} from [SERVER]/files/{0}: expected sha256 {1}, got {2}\n"
                "  while fetching {0}\n"
                "\n"
                "hint: the server's file is not the expected one; nothing was kept\n"
                "hint: if this persists, exclude the version: add \"leaf!=2.0\" to constraints under [lock] "
                "of the recipe, and lock again\n",
                kLeaf, locked, sha256_hex(bytes)));
}

/// A package of an index of the recipe, in a lock by path.
class FetchFurtherIndex : public LockScenario {
 protected:
  FetchFurtherIndex() {
    further_.add({.name = "ours", .version = "1.0"});
    index_.add({.name = "ours", .version = "1.0", .requires_dist = {"someone-elses"}});
    recipe("\"ours\"", fmt::format("[[index]]\nurl = \"{}\"\npackages = [\"ours\"]\n", further_.url()));
    scenario_.hide(further_.url(), "[FURTHER]");
    EXPECT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  }
  static constexpr const char* kOurs = "ours-1.0-py3-none-any.whl";
  fakes::IndexServer further_;
};

TEST_F(FetchFurtherIndex, IsAskedForItsPackages) {
  const auto done = scenario_.launch({"fetch", "demo"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(scenario_.read(std::string("lockfiles/wheels/") + kOurs), further_.bytes(kOurs));
}

TEST_F(FetchFurtherIndex, IsNotKnownWithoutTheRecipe) {
  scenario_.write("recipes/demo.toml", "pyhton = \"3.11\"\n");
  const auto done = refused({"fetch", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(
      done.err,
      fmt::format(
          "warning: the further indexes of recipes/demo.toml are not asked: recipes/demo.toml:1:1: pyhton: "
          "unknown key; did you mean \"python\"?\n"
          "error: {0} is a different file now on [INDEX]: expected sha256 {1}, found {2}\n"
          "\n"
          "hint: take the file from a store or wheel house that has it, and put it at wheels/{0}; or lock "
          "again with --upgrade\n",
          kOurs, further_.sha256(kOurs), index_.sha256(kOurs)));
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
                       name, digest, bytes.size(), digest.substr(0, 2), digest, name);
  };
  EXPECT_THAT(done.out,
              testing::EndsWith(fmt::format(
                  R"("archives":[{},{}],"interpreters":[],"not_fetched":[{{"name":"cloned","kind":"vcs",)"
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

TEST_F(AnySourceScenario, CheckKnowsNoModulesOfPackagesWithoutAWheel) {
  scenario_.write("src/a.py", "import leaf, rouge_score, other\n");
  const auto done = scenario_.launch({"check", "lockfiles/pylock.any.toml", "src"});
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.out,
            "other: unknown (no locked wheel provides other, and the lock has no wheel of cloned, local, "
            "rouge-score "
            "or zipped)\n"
            "  src/a.py:1:27\n"
            "    import leaf, rouge_score, other\n"
            "                              ^^^^^\n"
            "rouge_score: unknown (rouge-score is locked without a wheel)\n"
            "  src/a.py:1:14\n"
            "    import leaf, rouge_score, other\n"
            "                 ^^^^^^^^^^^\n"
            "leaf 2.0: 3 names in 1 file: 1 yes, 0 no, 2 unknown\n");
  EXPECT_EQ(done.code, 0);
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

#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

/// What `launch lock` says of apt's packages, before what it says of every lock.
class AptOnDebian : public LockScenario {
 protected:
  AptOnDebian() {
    registry_.offer("library/debian", "12", {});  // whose Python is its distribution's
    scenario_.write("recipes/demo.toml", scenario_.read("recipes/demo.toml") + "apt = [\"g++\"]\n");
  }
  /// launch.toml names this archive, or none.
  void archive(const std::string& debian) {
    scenario_.write("launch.toml",
                    site_ + (debian.empty() ? "" : fmt::format("[apt]\ndebian = \"{}\"\n", debian)));
  }
  std::string said(std::initializer_list<std::string> more = {}) {
    std::vector<std::string> words = {"lock", "demo"};
    words.insert(words.end(), more);
    const auto done = scenario_.launch(words);
    EXPECT_EQ(done.code, 0);
    auto text = std::regex_replace(done.err, std::regex("[0-9]{8}T[0-9]{6}Z"), "[SNAPSHOT]");
    return text.substr(0, text.find("not verified yet"));
  }
  int check() { return scenario_.launch({"lock", "demo", "--check"}).code; }

  const std::string site_ = scenario_.read("launch.toml");
  const std::string locked_ = "locked 2 packages (1.7 kB) for Python 3.11 on linux-x86_64 in [TIME]\n";
  const std::string undated_ =
      "the versions of g++ are those of [SNAPSHOT], as no index gives the upload times of the locked "
      "packages";
  const std::string own_lists_ =
      "; if the lists of sources in docker.io/library/debian:12 name no dated archive of Debian, they are "
      "those "
      "of the day of the build\n";
};

TEST_F(AptOnDebian, InstallsFromTheArchiveThatTheBaseNames) {
  EXPECT_EQ(said(), undated_ + own_lists_ + locked_ + "lockfiles/pylock.demo.toml is new\n");
  EXPECT_THAT(lock(), testing::ContainsRegex("\nsnapshot = \"[0-9]{8}T[0-9]{6}Z\"\npython = "));
  EXPECT_EQ(check(), 0);
  ASSERT_EQ(scenario_.launch({"render", "demo"}).code, 0);
  EXPECT_THAT(scenario_.read("images/demo/Dockerfile"), testing::HasSubstr("#'$place'debian"));
  index_.set_upload_time("leaf-2.0-py3-none-any.whl", "2025-06-07T08:09:10Z");
  EXPECT_EQ(said({"--upgrade"}), "the versions of g++ are those of [SNAPSHOT]" + own_lists_ + locked_ +
                                     "lockfiles/pylock.demo.toml has changed\n");
  EXPECT_THAT(lock(), testing::HasSubstr("\nsnapshot = \"20250607T080910Z\"\n"));
}

TEST_F(AptOnDebian, ALockFromBeforeGetsItsTime) {
  said();
  const auto text = lock();
  scenario_.write("lockfiles/pylock.demo.toml",
                  std::regex_replace(text, std::regex("\nsnapshot = [^\n]*"), ""));
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(said(), undated_ + own_lists_ + locked_ + "lockfiles/pylock.demo.toml has changed\n");
  EXPECT_EQ(lock(), text);
}

TEST_F(AptOnDebian, InstallsFromTheArchiveThatTheSiteNames) {
  said();
  archive("http://ours.example/{archive}/{date}/");
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(said(), undated_ + "\n" + locked_ +
                        "lockfiles/pylock.demo.toml has changed:\n  archive of apt's packages none → "
                        "http://ours.example/{archive}/{date}\n");
  EXPECT_THAT(lock(), testing::ContainsRegex("\nsnapshot = \"[0-9]{8}T[0-9]{6}Z\"\narchive = "
                                             "\"http://ours.example/[{]archive[}]/[{]date[}]\"\n"));
  EXPECT_EQ(check(), 0);
  archive("");  // as on a machine whose site names none
  EXPECT_EQ(check(), 0);
  const auto before = lock();
  said();
  EXPECT_EQ(lock(), before);
  ASSERT_EQ(scenario_.launch({"render", "demo"}).code, 0);
  EXPECT_THAT(scenario_.read("images/demo/Dockerfile"), testing::HasSubstr("#http://ours.example/debian"));
  EXPECT_EQ(said({"--upgrade"}), undated_ + own_lists_ + locked_ +
                                     "lockfiles/pylock.demo.toml has changed:\n  archive of apt's packages "
                                     "http://ours.example/{archive}/{date} → none\n");
}

TEST_F(AptOnDebian, InstallsFromTheLiveArchiveOnPurpose) {
  said();
  archive("live");
  EXPECT_EQ(check(), 1);
  const std::string live =
      "the versions of g++ are those of the day of the build, as [apt] debian = \"live\" has them\n";
  EXPECT_EQ(said(), live + locked_ +
                        "lockfiles/pylock.demo.toml has changed:\n  archive of apt's packages none → live\n");
  EXPECT_THAT(lock(), testing::AllOf(testing::HasSubstr("\narchive = \"live\"\npython = "),
                                     testing::Not(testing::HasSubstr("\nsnapshot"))));
  archive("");
  EXPECT_EQ(check(), 0);
  EXPECT_EQ(said(), live + locked_ + "lockfiles/pylock.demo.toml is unchanged\n") << "on every machine";
  ASSERT_EQ(scenario_.launch({"render", "demo"}).code, 0);
  EXPECT_THAT(scenario_.read("images/demo/Dockerfile"), testing::HasSubstr("  apt-get update -q; \\\n"));
}

}  // namespace
}  // namespace launch::scenarios

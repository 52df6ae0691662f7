// Digests of images in locks.
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/standalone_demo.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

class LockedImages : public ::testing::Test {
 protected:
  std::string lock_text() { return demo_.scenario.read(kLock); }
  void expect_done(const std::vector<std::string>& arguments, const std::string& words) {
    const auto done = demo_.launch(arguments);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(std::regex_replace(done.err, std::regex("(locked 1 package|not verified yet: run) .*\n"), ""),
              words);
  }

  static constexpr const char* kLock = "lockfiles/pylock.demo.toml";
  StandaloneDemo demo_;
};

TEST_F(LockedImages, AreRecordedIfAsked) {
  expect_done({"lock", "demo"}, "lockfiles/pylock.demo.toml is new\n");
  const auto without = lock_text();
  EXPECT_THAT(without, Not(HasSubstr("tool.launch.images")));
  const auto digest = demo_.scenario.launch({"build", "demo", "--digest"});
  expect_done({"lock", "demo"}, "lockfiles/pylock.demo.toml is unchanged\n");
  expect_done({"lock", "demo", "--image"},
              "lockfiles/pylock.demo.toml has changed\n"
              "its image for linux-x86_64 is sha256:[SHA256]\n");
  EXPECT_THAT(lock_text(), testing::StartsWith(without + "\n[tool.launch.images]\nrender-digest = "));
  EXPECT_THAT(lock_text(), HasSubstr("\n[tool.launch.images.linux-x86_64]\nmanifest = \"" +
                                     digest.out.substr(0, digest.out.find('\n')) + "\"\nconfig = \"sha256:"));
  const auto with = lock_text();
  expect_done({"lock", "demo"}, "lockfiles/pylock.demo.toml is unchanged\n");
  expect_done({"lock", "demo", "--check"}, "lockfiles/pylock.demo.toml is unchanged\n");
  EXPECT_EQ(lock_text(), with);
  EXPECT_EQ(demo_.scenario.launch({"build", "demo", "--digest"}).out, digest.out)
      << "an image does not depend on whether the lock names it";
}

TEST_F(LockedImages, ThatCannotBeFetchedLeaveALockWithoutThem) {
  EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  const auto without = lock_text();
  demo_.index.server().serve("/python/cpython-3.11.9.tar.gz", {.status = 404});
  const auto done = demo_.launch({"lock", "demo", "--image"});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.err, HasSubstr("lockfiles/pylock.demo.toml is unchanged\n"));
  EXPECT_THAT(done.err, HasSubstr("error: "));
  EXPECT_EQ(lock_text(), without);
}

TEST_F(LockedImages, AreFetchedFor) {
  const auto done = demo_.launch({"--json", "lock", "demo", "--image"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("lockfiles/pylock.demo.toml is new\n"
                                  "its image for linux-x86_64 is sha256:[SHA256]\n"));
  EXPECT_THAT(
      done.out,
      HasSubstr(
          R"("images":[{"platform":"linux-x86_64","digest":"sha256:[SHA256]","image_id":"sha256:[SHA256]"}])"));
}

TEST_F(LockedImages, AreWhatBuildsMustGive) {
  demo_.recipe("python = \"standalone\"\ncopy = [{ from = \"src\" }]\n");
  EXPECT_EQ(demo_.launch({"lock", "demo", "--image"}).code, 0);
  demo_.scenario.write("src/train.py", "print('edited')\n");
  EXPECT_EQ(demo_.launch({"build", "demo", "--digest"}).code, 0)
      << "the project's files are not a part of it";
  const auto text = lock_text();
  const auto at = text.rfind("manifest = \"sha256:") + std::string("manifest = \"sha256:").size();
  auto changed = text;
  changed[at] = changed[at] == '0' ? '1' : '0';
  demo_.scenario.write(kLock, changed);
  const auto done = demo_.launch({"build", "demo", "--digest"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "error: the image of demo for linux-x86_64 is not the one that lockfiles/pylock.demo.toml names: "
            "expected sha256:[SHA256], found sha256:[SHA256]\n\n"
            "hint: if another version of launch recorded it, run `launch lock demo --image`\n");
  expect_done({"lock", "demo", "--image"},
              "lockfiles/pylock.demo.toml has changed\n"
              "its image for linux-x86_64 is sha256:[SHA256]\n");
  EXPECT_EQ(lock_text(), text);
}

TEST_F(LockedImages, AreDroppedWithTheLockThatTheyAreOf) {
  EXPECT_EQ(demo_.launch({"lock", "demo", "--image"}).code, 0);
  demo_.index.add(
      {.name = "torch", .version = "2.4.0", .files = {{"torch/__init__.py", "class Module: pass\n"}}});
  expect_done({"lock", "demo", "--upgrade"},
              "lockfiles/pylock.demo.toml has changed:\n  torch 2.3.1 → 2.4.0\n"
              "the lock no longer names its image; run `launch lock demo --image` to record it\n");
  EXPECT_THAT(lock_text(), Not(HasSubstr("tool.launch.images")));
}

TEST_F(LockedImages, DoNotMakeTheLockOfAnEditedImageOutOfDate) {
  EXPECT_EQ(demo_.launch({"lock", "demo", "--image"}).code, 0);
  demo_.recipe("python = \"standalone\"\nenv = { COLOUR = \"red\" }\n");
  expect_done({"lock", "demo", "--check"}, "lockfiles/pylock.demo.toml is unchanged\n");
  EXPECT_EQ(demo_.launch({"build", "demo", "--digest"}).code, 0);
  expect_done({"lock", "demo"},
              "lockfiles/pylock.demo.toml has changed\n"
              "its image for linux-x86_64 is sha256:[SHA256]\n");
}

TEST_F(LockedImages, ThatNothingDetermines) {
  demo_.recipe("python = \"standalone\"\napt = [\"gcc\"]\n");
  auto done = demo_.launch({"lock", "demo", "--image"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err,
              HasSubstr("error: the lock of demo cannot name its image: the engine installs packages of the "
                        "distribution, so its digest is known only after the build\n"));
  demo_.recipe();
  done = demo_.launch({"lock", "demo", "--image"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err,
              HasSubstr("error: the lock of demo cannot name its image: its Python is that of the base image "
                        "or its distribution, so its digest is known only after the build\n"));
}

}  // namespace
}  // namespace launch::scenarios

#include "image/user.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using archive::RootTree;
using testing::IsEmpty;

const std::string kPasswd = "root:x:0:0:root:/root:/bin/bash\nother:x:1000:1000::/home/other:/bin/sh\n";
const std::string kGroup = "root:x:0:\nother:x:1000:\n";
const std::string kTrainer = "trainer:x:1001:1001::/home/trainer:/bin/bash\n";

RootTree root(const std::string& passwd = kPasswd) {
  return {.files = {{"etc/passwd", {passwd, {0644, 0, 0}}}, {"etc/group", {kGroup, {0640, 0, 7}}}}};
}
RootTree root_with_shadow() {
  auto tree = root();
  tree.files["etc/shadow"] = {"root:*:19000:0:99999:7:::\n", {0640, 0, 42}};
  tree.files["etc/gshadow"] = {"root:*::", {0640, 0, 42}};
  return tree;
}

std::map<std::string, std::string> contents(const RootTree& tree, const std::string& user = "trainer") {
  std::map<std::string, std::string> out;
  const auto files = user_files(tree, user).value();
  for (const auto& file : files) out[file.member.path + (file.member.is_folder ? "/" : "")] = file.content;
  return out;
}

TEST(UserFiles, AddLinesToTheFilesOfTheBase) {
  const std::map<std::string, std::string> plain = {
      {"etc/passwd", kPasswd + kTrainer}, {"etc/group", kGroup + "trainer:x:1001:\n"}, {"home/trainer/", ""}};
  EXPECT_EQ(contents(root()), plain);
  auto more = plain;
  more["etc/shadow"] = "root:*:19000:0:99999:7:::\ntrainer:!:3652:0:99999:7:::\n";
  more["etc/gshadow"] = "root:*::\ntrainer:!::\n";
  EXPECT_EQ(contents(root_with_shadow()), more);
}

TEST(UserFiles, EndALineThatHasNoEnd) {
  EXPECT_EQ(contents(root("root:x:0:0:root:/root:/bin/bash"))["etc/passwd"],
            "root:x:0:0:root:/root:/bin/bash\n" + kTrainer);
  EXPECT_EQ(contents(root(""))["etc/passwd"], kTrainer);
}

TEST(UserFiles, KeepTheirAccessAndGiveTheHomeToTheUser) {
  const auto files = user_files(root_with_shadow(), "trainer").value();
  for (const auto& [member, content, source] : files) {
    if (member.is_folder) {
      EXPECT_EQ(member.permissions(), 0755U);
      EXPECT_EQ(member.owner, kUserId);
      EXPECT_EQ(member.group, kUserId);
    } else {
      const auto& access = root_with_shadow().files.at(member.path).access;
      EXPECT_EQ(member.permissions(), access.mode) << member.path;
      EXPECT_EQ(member.owner, access.owner) << member.path;
      EXPECT_EQ(member.group, access.group) << member.path;
    }
  }
  const auto fresh = user_files({}, "trainer").value();
  EXPECT_EQ(fresh.front().member.path, "etc/passwd");
  EXPECT_EQ(fresh.front().member.permissions(), 0644U);
}

TEST(UserFiles, AreNoneForAUserThatTheBaseHas) {
  EXPECT_THAT(user_files(root(), "other").value(), IsEmpty());
  EXPECT_FALSE(user_files(root(), "othe").value().empty());
  EXPECT_FALSE(user_files(root("others:x:7:7::/:/bin/sh\n"), "other").value().empty());
}

TEST(UserFiles, NeedAnIdThatIsFree) {
  const auto files = user_files(root(kPasswd + "ubuntu:x:1001:1001::/home/ubuntu:/bin/bash\n"), "trainer");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind(), ErrorKind::input);
  EXPECT_EQ(files.error().text(),
            "error: the base image has a user \"ubuntu\" with the ID 1001, which \"trainer\" would get\n\n"
            "hint: set user = \"ubuntu\" under [image]\n");
  EXPECT_TRUE(user_files(root("x:x:5:1001::/:/bin/sh\n"), "trainer")) << "1001 is only its group";
}

TEST(OwnerIds, AreNumbersOrThoseOfTheUser) {
  const auto ids = [](std::string_view owner) {
    const auto found = owner_ids(root(kPasswd + "svc:x:12:34::/:/bin/sh\n"), owner);
    return std::pair{found.user, found.group};
  };
  EXPECT_EQ(ids("0:0"), std::pair(0U, 0U));
  EXPECT_EQ(ids("12345:678"), std::pair(12345U, 678U));
  EXPECT_EQ(ids("svc"), std::pair(12U, 34U));
  EXPECT_EQ(ids("trainer"), std::pair(kUserId, kUserId));
}

/// Runs user_script by the real bash with all its paths below a folder.
class UserScript : public testing::Test {
 protected:
  ProcessOutcome run(const RootTree& tree, const std::string& user) {
    fs::remove_all(place_);
    fs::create_directories(place_ / "etc");
    fs::create_directories(place_ / "home");
    for (const auto& [path, file] : tree.files) EXPECT_TRUE(write_file(place_ / path, file.content));
    auto script = join(user_script(user), "");
    for (const std::string folder : {"/etc/", "/home/"}) {
      // The home in the line of passwd stays as it is.
      for (const std::string before : {" ", ">>"})
        script = replace_all(script, before + folder, before + place_.string() + folder);
    }
    script = replace_all(script, "chown ", "echo chown ");
    auto outcome =
        make_process_runner()->run({.argv = {"bash", "-euo", "pipefail", "-c", script}, .umask = 0022});
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
  }

  launch::test::Scratch scratch_;
  fs::path place_ = scratch_ / "root";
};

TEST_F(UserScript, DoesWhatTheFilesSay) {
  for (const auto& tree :
       {root(), root_with_shadow(), root("root:x:0:0:root:/root:/bin/bash"), root(""), RootTree{}}) {
    const auto outcome = run(tree, "trainer");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const auto& [path, content] : contents(tree)) {
      if (path.ends_with('/')) {
        EXPECT_TRUE(fs::is_directory(place_ / path));
      } else {
        EXPECT_EQ(read_file(place_ / path).value_or("none"), content) << path;
      }
    }
    EXPECT_EQ(fs::exists(place_ / "etc/shadow"), tree.files.contains("etc/shadow"));
    EXPECT_EQ(outcome.out, "chown 1001:1001 " + (place_ / "home/trainer").string() + "\n");
  }
}

TEST_F(UserScript, LeavesAUserThatTheBaseHas) {
  EXPECT_EQ(run(root(), "other").exit_code, 0);
  EXPECT_EQ(read_file(place_ / "etc/passwd").value(), kPasswd);
  EXPECT_FALSE(fs::exists(place_ / "home/other"));
}

TEST_F(UserScript, NeedsAnIdThatIsFree) {
  const auto outcome = run(root(kPasswd + "ubuntu:x:1001:1001::/home/ubuntu:/bin/bash\n"), "trainer");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "another user has the ID 1001\n");
}

}  // namespace
}  // namespace launch::image

#include "project/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/urls.hpp"
#include "fakes/values.hpp"

namespace launch::project {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LockedPackage package(const std::string& name, const std::string& version, char sha256 = 'a') {
  LockedPackage out;
  out.name = name;
  out.version = *specs::Version::parse(version);
  out.wheels.push_back({.file_name = name + "-" + version + "-py3-none-any.whl",
                        .url = {},
                        .path = "wheels/x",
                        .size = 1,
                        .sha256 = fakes::digest(sha256),
                        .upload_time = {}});
  return out;
}

std::vector<std::string> changes(std::vector<LockedPackage> before, std::vector<LockedPackage> after) {
  Lockfile old_lock;
  Lockfile new_lock;
  old_lock.packages = std::move(before);
  new_lock.packages = std::move(after);
  std::vector<std::string> texts;
  for (const auto& change : diff_packages(old_lock, new_lock)) texts.push_back(change_text(change));
  return texts;
}

TEST(LockDiff, NothingChanged) {
  EXPECT_THAT(changes({package("a", "1"), package("b", "2")}, {package("b", "2"), package("a", "1")}),
              IsEmpty());
}

TEST(LockDiff, VersionsComeAndGo) {
  EXPECT_THAT(changes({package("gone", "1"), package("torch", "2.14")},
                      {package("torch", "2.15"), package("new", "3")}),
              ElementsAre("gone 1 removed", "new 3 added", "torch 2.14 → 2.15"));
}

TEST(LockDiff, OtherBytesUnderOneName) {
  EXPECT_THAT(changes({package("torch", "2.14", 'a')}, {package("torch", "2.14", 'b')}),
              ElementsAre("torch 2.14: other bytes under the same name"));
}

TEST(LockDiff, WheelsOfAFurtherPlatform) {
  auto after = package("torch", "2.14");
  after.wheels.push_back(after.wheels[0]);
  after.wheels[1].file_name = "torch-2.14-cp312-cp312-linux_aarch64.whl";
  EXPECT_THAT(changes({package("torch", "2.14")}, {after}), ElementsAre("torch 2.14: other wheels"));
}

TEST(LockDiff, OneNameInTwoVersions) {
  EXPECT_THAT(changes({package("a", "1")}, {package("a", "1"), package("a", "2")}),
              ElementsAre("a 1 → 1 and 2"));
}

}  // namespace
}  // namespace launch::project

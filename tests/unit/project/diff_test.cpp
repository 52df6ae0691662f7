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

Lockfile lock_of(std::vector<LockedPackage> packages) {
  Lockfile lock;
  lock.packages = std::move(packages);
  return lock;
}

std::vector<std::string> changes(std::vector<LockedPackage> before, std::vector<LockedPackage> after) {
  std::vector<std::string> texts;
  for (const auto& change : diff_locks(lock_of(std::move(before)), lock_of(std::move(after))).packages)
    texts.push_back(change_text(change));
  return texts;
}

std::vector<std::string> properties(const Lockfile& before, const Lockfile& after) {
  std::vector<std::string> texts;
  for (const auto& property : diff_locks(before, after).properties) texts.push_back(property_text(property));
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

TEST(LockDiff, TheSameWheelsFromAnotherIndexOrPath) {
  auto after = package("torch", "2.14");
  after.wheels[0].path = "elsewhere/x";
  EXPECT_THAT(changes({package("torch", "2.14")}, {after}),
              ElementsAre("torch 2.14: the same wheels from another place"));
  after = package("torch", "2.14");
  after.index = "https://pypi.example/simple";
  EXPECT_THAT(changes({package("torch", "2.14")}, {after}),
              ElementsAre("torch 2.14: the same wheels from another place"));
}

TEST(LockDiff, SourcesWithoutVersions) {
  const auto at = [](const std::string& commit) {
    LockedPackage out;
    out.name = "lib";
    out.source =
        LockedSource{.kind = LockedSource::Kind::vcs, .where = "git+https://host.example/lib@" + commit};
    return out;
  };
  EXPECT_THAT(changes({at("a")}, {at("a")}), IsEmpty());
  EXPECT_THAT(changes({at("a")}, {at("b")}),
              ElementsAre("lib git+https://host.example/lib@a → git+https://host.example/lib@b"));
}

TEST(LockDiff, AnArchiveBesideWheelsIsNotCompared) {
  auto after = package("torch", "2.14");
  after.sdist = LockedFile{.file_name = "torch-2.14.tar.gz",
                           .url = {},
                           .path = "x",
                           .size = 9,
                           .sha256 = fakes::digest('c'),
                           .upload_time = {}};
  EXPECT_THAT(changes({package("torch", "2.14")}, {after}), IsEmpty());
  after.wheels.clear();
  EXPECT_THAT(changes({package("torch", "2.14")}, {after}), ElementsAre("torch 2.14: other wheels"));
  EXPECT_EQ(diff_locks(lock_of({package("torch", "2.14")}), lock_of({after})).bytes, 9U);
}

TEST(LockDiff, OneNameInTwoVersions) {
  EXPECT_THAT(changes({package("a", "1")}, {package("a", "1"), package("a", "2")}),
              ElementsAre("a 1 → 1 and 2"));
}

TEST(LockDiff, PropertiesOfTheWholeLock) {
  Lockfile before;
  before.requires_python = "==3.11.*";
  before.environments = {"one"};
  auto& old = before.provenance;
  old.channel = pytorch::Channel::nightly;
  old.cuda = fakes::accelerator("cu126");
  old.cuda_version = "12.6.3";
  old.date = fakes::day("2025-06-05");
  old.platforms = {fakes::x86()};
  old.base = BaseImage{.name = "docker.io/nvidia/cuda",
                       .tag = "12.6.3-base-ubuntu24.04",
                       .digest = fakes::digest('a'),
                       .platforms = {},
                       .driver_floor = "525.60.13",
                       .distribution = "ubuntu 24.04",
                       .python = fakes::python("3.12")};
  auto after = before;
  EXPECT_THAT(properties(before, after), IsEmpty());
  after.provenance.base->digest = fakes::digest('b');
  EXPECT_THAT(properties(before, after), ElementsAre("base image's digest " + fakes::digest('a').text() +
                                                     " → " + fakes::digest('b').text()));
  after.environments = {"two"};
  after.provenance.base = before.provenance.base;
  EXPECT_THAT(properties(before, after), ElementsAre("environments one → two"));

  after.requires_python = "==3.12.*";
  auto& provenance = after.provenance;
  provenance.cuda = fakes::accelerator("cu130");
  provenance.cuda_version = "13.0.2";
  provenance.date = fakes::day("2025-09-06");
  provenance.platforms = {fakes::x86(), fakes::arm()};
  provenance.base->tag = "13.0.2-base-ubuntu24.04";
  provenance.base->driver_floor = "580.65.06";
  provenance.base->digest = fakes::digest('b');
  EXPECT_THAT(
      properties(before, after),
      ElementsAre("build cu126 → cu130", "date of the nightly 2025-06-05 → 2025-09-06",
                  "CUDA 12.6.3 → 13.0.2", "driver floor 525.60.13 → 580.65.06", "Python ==3.11.* → ==3.12.*",
                  "platforms linux-x86_64 → linux-aarch64 and linux-x86_64",
                  "base image docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04 → "
                  "docker.io/nvidia/cuda:13.0.2-base-ubuntu24.04"));
}

TEST(LockDiff, OfLocksOfOtherToolsTheNightAndTheCudaOfTheirPackages) {
  const auto before =
      lock_of({package("nvidia-cuda-runtime-cu12", "12.8.57"), package("torch", "2.8.0.dev20250605+cu128")});
  const auto after =
      lock_of({package("nvidia-cuda-runtime", "13.0.48"), package("torch", "2.9.0.dev20250906+cu130")});
  EXPECT_THAT(properties(before, after), ElementsAre("date of the nightly 2025-06-05 → 2025-09-06",
                                                     "CUDA 12.8 → 13.0", "driver floor 525.60.13 → 580"));
}

TEST(LockDiff, WhatIsLeftToFetch) {
  auto torch = package("torch", "2.15", 'b');
  torch.wheels[0].size = 5000;
  auto twice = torch.wheels[0];
  twice.file_name = "torch-2.15-1-py3-none-any.whl";
  torch.wheels.push_back(twice);
  auto unknown = package("new", "3", 'c');
  unknown.wheels[0].size = 0;
  const auto diff = diff_locks(lock_of({package("torch", "2.14", 'a'), package("kept", "1", 'd')}),
                               lock_of({torch, unknown, package("renamed", "1", 'd')}));
  EXPECT_EQ(diff.to_fetch.size(), 2U) << "by content, not by name";
  EXPECT_EQ(diff.bytes, 5000U);
  EXPECT_EQ(diff.unknown_sizes, 1U);
}

}  // namespace
}  // namespace launch::project

#include "probe/wheel_lookup.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "store/store.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kIndex = "http://pypi.example/simple";
constexpr const char* kChannel = "http://pypi.example/whl";

project::LockedPackage torch_package(const project::LockedWheel& wheel) {
  project::LockedPackage package;
  package.name = "torch";
  package.version = *specs::Version::parse("2.3.1");
  package.wheels = {wheel};
  return package;
}

class WheelLookup : public testing::Test {
 protected:
  WheelLookup() : root_(fs::temp_directory_path() / fmt::format("launch-test-lookup-{}", ::getpid())) {
    site_.index_url = {fakes::url(kIndex), "test"};
    site_.channel_url = {fakes::url(kChannel), "test"};
  }
  ~WheelLookup() override { fs::remove_all(root_); }

  /// Offers wheels of torch on an index.
  void offer(const std::string& index,
             const std::vector<std::pair<std::string, std::string>>& versions_and_tags) {
    std::string page = "<!DOCTYPE html><html><body>\n";
    for (const auto& [version, tags] : versions_and_tags) {
      const fakes::WheelSpec spec{
          .name = "torch", .version = version, .files = {{"torch/__init__.py", "x = 1\n"}}, .tags = tags};
      const auto name = fakes::wheel_file_name(spec);
      http_.put("http://pypi.example/files/" + name, fakes::make_wheel(spec));
      page += fmt::format("<a href=\"http://pypi.example/files/{}\">{}</a><br/>\n", name, name);
    }
    http_.put(index + "/torch/", page + "</body></html>\n");
  }

  std::string found(const ReleaseQuery& query) {
    const auto opened = open_release(query, site_, store_, http_);
    return opened ? opened->asked.front().file_name + " as " + opened->wheels.front().label
                  : opened.error().text();
  }

  /// The index's files are in one folder.
  const LocateWheel locate_ = [](const project::LockedWheel& wheel) -> Result<specs::Url> {
    return fakes::url("http://pypi.example/files/" + wheel.file_name);
  };
  fs::path root_;
  project::Site site_;
  fakes::FakeWork work_;
  store::Store store_ = store::Store::open(root_ / "store", work_).value();
  fakes::MemoryHttp http_;
};

TEST_F(WheelLookup, AReleaseForTheNewestOrAChosenPython) {
  offer(kIndex, {{"2.3.1", "cp39-cp39-manylinux1_x86_64"},
                 {"2.3.1", "cp310-cp310-manylinux1_x86_64"},
                 {"2.3.1", "cp313-cp313t-manylinux1_x86_64"},
                 {"2.3.1", "cp312-cp312-macosx_11_0_arm64"},
                 {"2.4.0", "cp312-cp312-manylinux1_x86_64"}});
  EXPECT_EQ(found({.version = "2.3.1"}), "torch-2.3.1-cp310-cp310-manylinux1_x86_64.whl as torch 2.3.1");
  EXPECT_EQ(found({.version = "2.3.1", .python = fakes::python("3.9")}),
            "torch-2.3.1-cp39-cp39-manylinux1_x86_64.whl as torch 2.3.1");
  EXPECT_EQ(found({.version = "2.3.1", .python = fakes::python("3.12")}),
            "error: torch 2.3.1 has no wheel for Python 3.12 on linux-x86_64; it has wheels for 3.9, 3.10 "
            "and 3.13t\n");
}

TEST_F(WheelLookup, ANightlyByItsPublicVersionAndBuild) {
  offer(std::string(kChannel) + "/nightly/cu121", {{"2.5.0.dev20240617+cu121", "cp311-cp311-linux_x86_64"},
                                                   {"2.5.0.dev20240617+cpu", "cp312-cp312-linux_x86_64"}});
  EXPECT_EQ(found({.version = "2.5.0.dev20240617",
                   .channel = pytorch::Channel::nightly,
                   .cuda = fakes::accelerator("cu121")}),
            "torch-2.5.0.dev20240617+cu121-cp311-cp311-linux_x86_64.whl as torch 2.5.0.dev20240617+cu121");
}

TEST_F(WheelLookup, WhatIsNotThereIsSaid) {
  offer(kIndex, {{"2.3.1", "cp310-cp310-manylinux1_x86_64"}, {"2.10.0", "cp310-cp310-manylinux1_x86_64"}});
  EXPECT_EQ(found({.version = "9.9"}),
            "error: http://pypi.example/simple has no wheel of torch 9.9 for linux-x86_64\n\n"
            "hint: the newest versions there: 2.10.0, 2.3.1\n");
  EXPECT_EQ(found({.package = "nix", .version = "9.9"}),
            "error: http://pypi.example/simple has no project nix\n");
  EXPECT_THAT(found({.version = "nonsense!"}), StartsWith("error: "));
}

TEST_F(WheelLookup, ALockedWheelFromTheStoreNeedsNoNetwork) {
  const fakes::WheelSpec spec{
      .name = "torch", .version = "2.3.1", .files = {{"torch/__init__.py", "x = 1\n"}}};
  const auto bytes = fakes::make_wheel(spec);
  project::LockedWheel wheel;
  wheel.file_name = fakes::wheel_file_name(spec);
  wheel.path = "wheels/" + wheel.file_name;
  wheel.sha256 = Digest::of(bytes);
  wheel.size = bytes.size();
  ASSERT_TRUE(write_file(root_ / "in.whl", bytes));
  ASSERT_TRUE(store_.add(root_ / "in.whl", *wheel.sha256, wheel.file_name));
  project::Lockfile lock;
  lock.packages = {torch_package(wheel)};
  const auto opened = open_locked_wheels(lock, {"torch"}, locate_, store_, http_);
  ASSERT_TRUE(opened) << opened.error().text();
  ASSERT_EQ(opened->size(), 1U);
  EXPECT_EQ(opened->front().platform, fakes::x86());
  EXPECT_EQ(opened->front().asked.front().version, "2.3.1");
  EXPECT_THAT(http_.log(), IsEmpty());
  EXPECT_EQ(open_locked_wheels(lock, {"torhc"}, locate_, store_, http_).error().text(),
            "error: the lock has no wheel of torhc\n\nhint: did you mean torch?\n");
}

TEST_F(WheelLookup, ALockedWheelThatTheStoreLacksIsReadByRanges) {
  offer(kIndex, {{"2.3.1", "cp310-cp310-manylinux1_x86_64"}});
  project::LockedWheel wheel;
  wheel.file_name = "torch-2.3.1-cp310-cp310-manylinux1_x86_64.whl";
  wheel.url = fakes::url("http://pypi.example/files/" + wheel.file_name);
  const auto bytes = http_.fetch({.url = *wheel.url})->body;
  wheel.sha256 = Digest::of(bytes);
  wheel.size = bytes.size();
  project::Lockfile lock;
  lock.packages = {torch_package(wheel)};
  http_.forget_requests();
  const auto opened = open_locked_wheels(lock, {"torch"}, locate_, store_, http_);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_THAT(http_.log(), Each(StartsWith("GET " + wheel.url->text() + " ")));  // with a range each
}

TEST_F(WheelLookup, EachPlatformHasItsOwnWheels) {
  const auto locked = [&](const std::string& name, const std::string& version, const std::string& tags) {
    const fakes::WheelSpec spec{.name = name, .version = version, .tags = tags};
    const auto bytes = fakes::make_wheel(spec);
    project::LockedPackage package;
    package.name = name;
    package.version = *specs::Version::parse(version);
    auto& wheel = package.wheels.emplace_back();
    wheel.file_name = fakes::wheel_file_name(spec);
    wheel.url = fakes::url("http://pypi.example/files/" + wheel.file_name);
    wheel.sha256 = Digest::of(bytes);
    wheel.size = bytes.size();
    http_.put(wheel.url->text(), bytes);
    return package;
  };
  project::Lockfile lock;
  lock.provenance.platforms = {fakes::x86(), fakes::arm()};
  lock.packages = {locked("torch", "2.3.1", "cp310-cp310-manylinux_2_28_aarch64"),
                   locked("torch", "2.4.0", "cp310-cp310-manylinux_2_28_x86_64"),
                   locked("torchvision", "0.19.0", "cp310-cp310-manylinux_2_28_x86_64")};
  lock.packages[0].marker = "platform_machine == \"aarch64\"";
  lock.packages[1].marker = "platform_machine == \"x86_64\"";
  const auto opened = open_locked_wheels(lock, {"torch", "torchvision"}, locate_, store_, http_);
  ASSERT_TRUE(opened) << opened.error().text();
  std::string seen;
  for (const auto& each : *opened) {
    seen += each.platform.text() + ":";
    for (const auto& wheel : each.asked) seen += " " + wheel.file_name;
    for (const auto& package : each.missing) seen += " no " + package;
    seen += "\n";
  }
  EXPECT_EQ(seen,
            "linux-x86_64: torch-2.4.0-cp310-cp310-manylinux_2_28_x86_64.whl "
            "torchvision-0.19.0-cp310-cp310-manylinux_2_28_x86_64.whl\n"
            "linux-aarch64: torch-2.3.1-cp310-cp310-manylinux_2_28_aarch64.whl no torchvision\n");
  lock.provenance.platforms = {fakes::arm()};
  EXPECT_EQ(open_locked_wheels(lock, {"torchvision"}, locate_, store_, http_).error().text(),
            "error: the lock has no wheel of torchvision for linux-aarch64\n");
}

}  // namespace
}  // namespace launch::probe

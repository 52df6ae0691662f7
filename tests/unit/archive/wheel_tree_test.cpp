#include "archive/wheel_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;

class InstallWheels : public testing::Test {
 protected:
  /// A wheel of the package foo.
  fs::path wheel(const std::string& version, const std::map<std::string, std::string>& files) {
    const fakes::WheelSpec spec{.name = "foo", .version = version, .files = files};
    auto file = scratch_ / fakes::wheel_file_name(spec);
    EXPECT_TRUE(write_file(file, fakes::make_wheel(spec)));
    return file;
  }
  Result<InstalledWheel> install(const fs::path& file, const std::string& prefix,
                                 std::optional<InstalledWheel> earlier = {}) {
    InstalledWheel done{file, scratch_ / prefix, {}};
    TRY(install_wheels(
        std::vector<WheelPlace>{{file, done.prefix, std::move(earlier)}}, fakes::python("3.12"),
        "/opt/venv/bin/python3",
        [&](std::size_t, std::vector<TreeFile> files) {
          for (const auto& each : files) done.files.emplace(each.path, each.digest);
          return Result<void>();
        },
        work_));
    return done;
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  const std::string site_ = "lib/python3.12/site-packages/";
};

TEST_F(InstallWheels, AFileThatTheInstallerWritesIsNoLinkToAnotherTree) {
  const auto first = install(wheel("1", {{"foo-1.data/purelib/foo-2.dist-info/RECORD", "theirs"}}), "one");
  ASSERT_TRUE(first) << first.error().text();
  const auto hostile = wheel("2", {{"foo-2.data/purelib/foo-2.dist-info/RECORD", "theirs"}});
  const auto second = install(hostile, "two", *first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text(),
            "error: the wheel cannot be installed: \"" + site_ +
                "foo-2.dist-info/RECORD\" is listed twice\n  while unpacking foo-2-py3-none-any.whl\n");
  EXPECT_FALSE(fs::exists(scratch_ / "two")) << "nothing was written";
  EXPECT_EQ(read_file(first->prefix / site_ / "foo-2.dist-info/RECORD").value(), "theirs");
}

TEST_F(InstallWheels, OneThatIsRefusedKeepsTheOthersFromBeingWritten) {
  const std::vector<WheelPlace> places = {{wheel("1", {}), scratch_ / "one"},
                                          {wheel("2", {{"foo/.wh.a", ""}}), scratch_ / "two"}};
  const auto done = install_wheels(
      places, fakes::python("3.12"), "/opt/venv/bin/python3",
      [](std::size_t, const std::vector<TreeFile>&) { return Result<void>(); }, work_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), testing::HasSubstr("would remove files of an image"));
  EXPECT_FALSE(fs::exists(scratch_ / "one"));
  EXPECT_FALSE(fs::exists(scratch_ / "two"));
}

/// As where a file system cannot tell two paths of a wheel apart.
TEST_F(InstallWheels, WhatIsInTheWayOfAFileIsReplacedAndNotWrittenTo) {
  const auto first = install(wheel("1", {{"foo/a.txt", "old"}}), "one");
  ASSERT_TRUE(first) << first.error().text();
  const auto in_the_way = scratch_ / "two" / site_ / "foo/a.txt";
  fs::create_directories(in_the_way.parent_path());
  fs::create_hard_link(first->prefix / site_ / "foo/a.txt", in_the_way);
  ASSERT_TRUE(install(wheel("2", {{"foo/a.txt", "new"}}), "two", *first));
  EXPECT_EQ(read_file(in_the_way).value(), "new");
  EXPECT_EQ(read_file(first->prefix / site_ / "foo/a.txt").value(), "old");
}

}  // namespace
}  // namespace launch::archive

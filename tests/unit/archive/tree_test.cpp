#include "archive/tree.hpp"

#include <cerrno>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "fakes/faulty_disk.hpp"
#include "fakes/files.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;

class UnpackZip : public testing::Test {
 protected:
  UnpackZip() { fs::create_directory(root_); }
  ~UnpackZip() override { ::umask(before_); }

  std::string unpack(const std::vector<fakes::ZipSource>& sources) {
    EXPECT_TRUE(write_file(zip_, fakes::make_zip(sources)));
    const auto unpacked = unpack_zip(disk_, zip_, root_);
    return unpacked ? "unpacked" : unpacked.error().message();
  }
  unsigned mode(const std::string& path) const {
    return static_cast<unsigned>(fs::status(root_ / path).permissions());
  }

  test::Scratch scratch_;
  fs::path zip_ = scratch_ / "a.zip";
  fs::path root_ = scratch_ / "root";
  fakes::FaultyDisk disk_;
  mode_t before_ = ::umask(0022);
};

TEST_F(UnpackZip, WritesEveryFileWithTheSameMode) {
  ::umask(0077);
  EXPECT_EQ(unpack({{"lib/a/one.pyc", "one", true, 0777}, {"lib/empty/", ""}, {"two", "22", false, 0400}}),
            "unpacked");
  EXPECT_EQ(read_file(root_ / "lib/a/one.pyc").value(), "one");
  EXPECT_EQ(read_file(root_ / "two").value(), "22");
  EXPECT_EQ(mode("lib/a/one.pyc"), 0644U);
  EXPECT_EQ(mode("two"), 0644U);
  EXPECT_EQ(mode("lib/a"), 0755U);
  EXPECT_FALSE(fs::exists(root_ / "lib/empty"));
}

TEST_F(UnpackZip, GoesIntoFoldersThatExist) {
  fs::create_directories(root_ / "lib");
  EXPECT_EQ(unpack({{"lib/a", "new"}}), "unpacked");
  EXPECT_EQ(read_file(root_ / "lib/a").value(), "new");
}

TEST_F(UnpackZip, RefusesWhatALayerCannotHold) {
  EXPECT_EQ(unpack({{"a/link", "/etc/passwd", true, 0120777}}),
            "the wheel cannot be installed: \"a/link\" is a symbolic link; a wheel holds only files");
  EXPECT_EQ(
      unpack({{"a/.wh.x", ""}}),
      "the wheel cannot be installed: \"a/.wh.x\" would remove files of an image: names in it cannot start "
      "with .wh.");
  EXPECT_TRUE(fs::is_empty(root_));
  EXPECT_EQ(unpack_zip(disk_, zip_, root_).error().text(),
            "error: the wheel cannot be installed: \"a/.wh.x\" would remove files of an image: names in it "
            "cannot start with .wh.\n  while unpacking a.zip\n");
  for (const std::string outside : {"../x", "/x", "a/../../x"})
    EXPECT_NE(unpack({{outside, "x"}}), "unpacked");
  EXPECT_FALSE(fs::exists(scratch_ / "x"));
}

TEST_F(UnpackZip, OnAFullDiskIsAnErrorThere) {
  disk_.set({"write", "one", ENOSPC});
  EXPECT_EQ(unpack({{"lib/one", "1"}}),
            "cannot write " + (root_ / "lib/one").string() + ": No space left on device");
  disk_.set({"make_folder", "lib", EIO});
  EXPECT_EQ(unpack({{"lib/one", "1"}}),
            "cannot create the folder " + (root_ / "lib").string() + ": Input/output error");
}

}  // namespace
}  // namespace launch::archive

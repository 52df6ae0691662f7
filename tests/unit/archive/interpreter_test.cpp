#include "archive/interpreter.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;

class Interpreter : public testing::Test {
 protected:
  std::string unpack(std::vector<fakes::TarSource> members, bool with_python = true) {
    if (with_python) members.push_back({.name = "python/bin/python3", .content = "program", .mode = 0755});
    const auto file = scratch_.path() / "cpython-3.12.4.tar.gz";
    EXPECT_TRUE(write_file(file, fakes::gzip(fakes::make_tar(members))));
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    const auto unpacked = unpack_interpreter(file, folder_, work_);
    return unpacked ? "unpacked" : unpacked.error().message();
  }
  unsigned mode(const std::string& path) const {
    return static_cast<unsigned>(fs::status(folder_ / path).permissions());
  }

  launch::test::Scratch scratch_;
  fs::path folder_ = scratch_.path() / "context";
  fakes::FakeWork work_;
};

TEST_F(Interpreter, IsUnpackedWithItsLinks) {
  EXPECT_EQ(unpack({{.name = "python/lib/", .type = '5'},
                    {.name = "python/bin/python3.12", .content = "program", .mode = 0775},
                    {.name = "python/bin/python", .type = '2', .target = "python3.12"},
                    {.name = "python/lib/os.py", .content = "name = 'posix'", .mode = 0600},
                    {.name = "python/lib/again.py", .type = '1', .target = "python/lib/os.py"}}),
            "unpacked");
  EXPECT_EQ(read_file(folder_ / "python/bin/python").value(), "program");
  EXPECT_EQ(fs::read_symlink(folder_ / "python/bin/python"), "python3.12");
  EXPECT_EQ(mode("python/bin/python3.12"), 0755U);
  EXPECT_EQ(mode("python/lib/os.py"), 0644U);
  EXPECT_EQ(mode("python/lib"), 0755U);
  EXPECT_EQ(read_file(folder_ / "python/lib/again.py").value(), "name = 'posix'");
}

TEST_F(Interpreter, KeepsModesAndTimesAsInALayer) {
  const auto file = scratch_.path() / "cpython.tar.gz";
  ASSERT_TRUE(write_file(
      file,
      fakes::gzip(fakes::make_tar({{.name = "python/lib/", .type = '5', .mode = 0500},
                                   {.name = "python/lib/os.py", .content = "pass", .mode = 0640},
                                   {.name = "python/lib/again.py", .type = '1', .target = "python/lib/os.py"},
                                   {.name = "python/bin/python3", .content = "program", .mode = 0775}}))));
  fs::create_directory(folder_);
  ASSERT_TRUE(unpack_interpreter(file, folder_, work_, Attributes::archived));
  EXPECT_EQ(mode("python/lib"), 0700U) << "its owner can remove it";
  EXPECT_EQ(mode("python/lib/os.py"), 0640U);
  EXPECT_EQ(mode("python/bin/python3"), 0775U);
  EXPECT_EQ(fs::hard_link_count(folder_ / "python/lib/again.py"), 2U);
  EXPECT_EQ(fs::last_write_time(folder_ / "python/lib/os.py"),
            std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000))));
}

TEST_F(Interpreter, WhatLeadsOutIsRefused) {
  EXPECT_EQ(unpack({{.name = "other/x"}}), "not a usable interpreter: \"other/x\" is not below python/");
  EXPECT_EQ(unpack({{.name = "python/../x"}}),
            "not a usable interpreter: \"python/../x\" is not below python/");
  EXPECT_EQ(unpack({{.name = "/python/x"}}), "not a usable interpreter: \"/python/x\" is not below python/");
  EXPECT_EQ(
      unpack({{.name = "python/x", .type = '2', .target = "../../etc/passwd"}}),
      "not a usable interpreter: \"python/x\" is a link to \"../../etc/passwd\", which leads out of it");
  EXPECT_EQ(unpack({{.name = "python/x", .type = '2', .target = "/etc/passwd"}}),
            "not a usable interpreter: \"python/x\" is a link to \"/etc/passwd\", which leads out of it");
  EXPECT_EQ(unpack({{.name = "python/x", .type = '1', .target = "etc/passwd"}}),
            "not a usable interpreter: \"python/x\" is a hard link to \"etc/passwd\", which is not an "
            "earlier file of the archive");
  EXPECT_EQ(unpack({{.name = "python/x", .type = '6'}}),
            "not a usable interpreter: \"python/x\" is a device or a pipe");
  EXPECT_EQ(unpack({{.name = "python/lib/", .type = '5'},
                    {.name = "python/link", .type = '2', .target = "lib"},
                    {.name = "python/link/x", .content = "through the link"}}),
            "not a usable interpreter: \"python/link/x\" is below a link");
  EXPECT_EQ(unpack({{.name = "python/lib/", .type = '5'},
                    {.name = "python/link", .type = '2', .target = "lib"},
                    {.name = "python/link", .content = "in place of the link"}}),
            "not a usable interpreter: \"python/link\" takes the place of a link");
  EXPECT_FALSE(fs::exists(folder_ / "python/lib/x"));
  EXPECT_EQ(unpack({{.name = "python/p/q/b", .type = '2', .target = "../.."},
                    {.name = "python/p/q/c", .type = '2', .target = "b/.."},
                    {.name = "python/p/q/c/evil/", .type = '5'}}),
            "not a usable interpreter: \"python/p/q/c/evil/\" is below a link");
  EXPECT_FALSE(fs::exists(folder_ / "evil"));
}

TEST_F(Interpreter, IsCheckedByTheSameRulesWithoutWriting) {
  EXPECT_EQ(unpack({{.name = "python/lib/os.py", .content = "x"}}), "unpacked");
  const auto file = scratch_.path() / "cpython-3.12.4.tar.gz";
  EXPECT_TRUE(check_interpreter(file, work_));
  for (const auto& bad :
       std::vector<fakes::TarSource>{{.name = "other/x"},
                                     {.name = "python/.wh.x"},
                                     {.name = "python/x", .type = '6'},
                                     {.name = "python/x", .type = '2', .target = "../../y"},
                                     {.name = "python/x", .type = '1', .target = "python/y"}}) {
    const auto refused = unpack({bad});
    const auto checked = check_interpreter(file, work_);
    ASSERT_FALSE(checked) << bad.name;
    EXPECT_EQ(checked.error().message(), refused);
  }
  const auto none = unpack({{.name = "python/readme"}}, false);
  EXPECT_EQ(check_interpreter(file, work_).error().message(), none);
}

/// Its archive becomes a layer as it is.
TEST_F(Interpreter, WhatALayerWouldReadAsARemovalIsRefused) {
  for (const std::string name :
       {"python/.wh.lib", "python/lib/.wh..wh..opq", "python/.wh.lib/x", "./.wh.python"})
    EXPECT_EQ(unpack({{.name = name}}),
              "not a usable interpreter: \"" + name + "\" would remove files of an image");
  EXPECT_EQ(unpack({{.name = "python/.wh.x/", .type = '5'}}),
            "not a usable interpreter: \"python/.wh.x/\" would remove files of an image");
  EXPECT_EQ(unpack({{.name = "python/a.wh.b"}}), "unpacked");
}

TEST_F(Interpreter, OnAFullDiskIsAnError) {
  work_.disk.set({"symlink", "python/bin/python", ENOSPC});
  EXPECT_EQ(
      unpack({{.name = "python/bin/python", .type = '2', .target = "python3"}}),
      "cannot create the link " + (folder_ / "python/bin/python").string() + ": No space left on device");
  EXPECT_TRUE(work_.disk.struck());
}

TEST_F(Interpreter, AnArchiveOfSomethingElseIsRefused) {
  EXPECT_EQ(unpack({{.name = "python/readme", .content = "no program"}}, false),
            "cpython-3.12.4.tar.gz is not a usable interpreter: it has no python/bin/python3");
}

}  // namespace
}  // namespace launch::archive

#include "archive/source_archive.hpp"

#include <ostream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/source_archive.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

using fakes::TarSource;

class SourceArchiveTest : public ::testing::Test {
 protected:
  Result<SourceArchive> read(const std::string& bytes, const std::string& name = "demo-1.0.tar.gz") {
    EXPECT_TRUE(write_file(disk_, folder_ / name, bytes));
    return read_source_archive(folder_ / name);
  }
  std::string error(const std::string& bytes, const std::string& name = "demo-1.0.tar.gz") {
    const auto found = read(bytes, name);
    if (found) return "no error";
    EXPECT_EQ(found.error().kind(), ErrorKind::input);
    return found.error().text();
  }
  RealDisk disk_;
  test::Scratch folder_;
};

TEST_F(SourceArchiveTest, SaysWhatIsInATar) {
  const auto found = read(fakes::gzip(fakes::make_tar({
      {.name = "./demo-1.0/", .type = '5'},
      {.name = "./demo-1.0/PKG-INFO", .content = "Name: demo\n", .time = 1'600'000'000},
      {.name = "./demo-1.0/pyproject.toml", .content = "[build-system]\n", .time = 1'700'000'123},
      {.name = "./demo-1.0/setup.py", .content = std::string(10'000, 'x')},
      {.name = "./demo-1.0/demo.egg-info/PKG-INFO", .content = "Name: other\n"},
      {.name = "./demo-1.0/README", .type = '2', .target = "docs/README"},
  })));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->root, "demo-1.0");
  EXPECT_EQ(found->pkg_info, "Name: demo\n");
  EXPECT_EQ(found->pyproject, "[build-system]\n");
  EXPECT_TRUE(found->has_setup_py);
  EXPECT_EQ(found->newest, 1'700'000'123);
}

TEST_F(SourceArchiveTest, ReadsLongNamesOfBothKinds) {
  const std::string deep = "demo-1.0/" + std::string(150, 'd') + "/file";
  const auto found = read(fakes::gzip(fakes::make_tar({
      {.name = "pax_global_header", .content = "14 comment=ab\n", .type = 'g'},
      {.name = "././@LongLink", .content = deep + '\0', .type = 'L'},
      {.name = "cut", .content = "1"},
      {.name = "PaxHeaders/PKG-INFO", .content = "26 path=demo-1.0/PKG-INFO\n", .type = 'x'},
      {.name = "cut", .content = "Name: demo\n"},
  })));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->root, "demo-1.0");
  EXPECT_EQ(found->pkg_info, "Name: demo\n");
}

TEST_F(SourceArchiveTest, SaysWhatIsInAZip) {
  const auto found =
      read(fakes::make_zip({{"demo-1.0/PKG-INFO", "Name: demo\n"}, {"demo-1.0/setup.py", "import x\n"}}),
           "demo-1.0.zip");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->root, "demo-1.0");
  EXPECT_EQ(found->pkg_info, "Name: demo\n");
  EXPECT_EQ(found->pyproject, std::nullopt);
  EXPECT_TRUE(found->has_setup_py);
}

struct Hostile {
  std::string name;
  std::vector<TarSource> sources;
  std::string err;
};
void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << hostile.name;
}

class AHostileTar : public SourceArchiveTest, public ::testing::WithParamInterface<Hostile> {};

TEST_P(AHostileTar, IsRefused) {
  EXPECT_EQ(error(fakes::gzip(fakes::make_tar(GetParam().sources))),
            "error: " + GetParam().err + "\n  while reading demo-1.0.tar.gz\n");
}

INSTANTIATE_TEST_SUITE_P(
    All, AHostileTar,
    ::testing::Values(
        Hostile{"AbsolutePath",
                {{.name = "/etc/passwd"}},
                "not a usable source archive: \"/etc/passwd\" leads out of it"},
        Hostile{"ParentPath",
                {{.name = "demo/../../x"}},
                "not a usable source archive: \"demo/../../x\" leads out of it"},
        Hostile{"LinkOut",
                {{.name = "demo/x", .type = '2', .target = "../../etc"}},
                "not a usable source archive: \"demo/x\" is a link to \"../../etc\", which leads out of it"},
        Hostile{"AbsoluteLink",
                {{.name = "demo/x", .type = '2', .target = "/etc"}},
                "not a usable source archive: \"demo/x\" is a link to \"/etc\", which leads out of it"},
        Hostile{"HardLinkOut",
                {{.name = "demo/x", .type = '1', .target = "../x"}},
                "not a usable source archive: \"demo/x\" is a link to \"../x\", which leads out of it"},
        Hostile{"Pipe",
                {{.name = "demo/x", .type = '6'}},
                "not a usable source archive: \"demo/x\" is a device or a pipe"},
        Hostile{"TwoFolders",
                {{.name = "demo/x"}, {.name = "other/x"}},
                "not a usable source archive: expected one folder, found \"demo\" and \"other\""},
        Hostile{"BadPax",
                {{.name = "x", .content = "99 path=x\n", .type = 'x'}, {.name = "demo/x"}},
                "not a valid .tar.gz file: it has an invalid pax header"},
        Hostile{"LargeMetadata",
                {{.name = "demo/PKG-INFO", .content = std::string((16U << 20) + 1, ' ')}},
                "not a valid .tar.gz file: \"demo/PKG-INFO\" has 16.8 MB, expected at most 16.8 MB"}),
    [](const auto& each) { return each.param.name; });

TEST_F(SourceArchiveTest, RefusesWhatIsDamaged) {
  const auto whole =
      fakes::gzip(fakes::make_tar({{.name = "demo/setup.py", .content = std::string(5000, 'x')}}));
  const std::string end = "\n  while reading demo-1.0.tar.gz\n";
  EXPECT_EQ(error("no gzip"), "error: not a valid .tar.gz file: it is not compressed by gzip" + end);
  EXPECT_EQ(error(fakes::gzip("")), "error: not a valid .tar.gz file: it is empty" + end);
  EXPECT_EQ(error(fakes::gzip(std::string(600, 'x'))),
            "error: not a valid .tar.gz file: a header has a wrong checksum" + end);
  EXPECT_EQ(error(whole.substr(0, whole.size() - 20)),
            "error: not a valid .tar.gz file: it is truncated" + end);
}

TEST_F(SourceArchiveTest, RefusesABomb) {
  const auto zeros = std::string(std::size_t{300} << 20, '\0');
  EXPECT_EQ(
      error(fakes::gzip(fakes::make_tar({{.name = "demo/x", .content = zeros}}))),
      "error: not a valid .tar.gz file: it unpacks to more than 268.4 MB, the most that is accepted for its "
      "size\n  while reading demo-1.0.tar.gz\n");
}

}  // namespace
}  // namespace launch::archive

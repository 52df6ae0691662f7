#include "archive/tar_header.hpp"

#include <gtest/gtest.h>

#include "archive/tar.hpp"
#include "base/digest.hpp"
#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

/// What our reader says of a tar of this one member.
std::optional<TarEntry> read_back(const TarMember& member) {
  const test::Scratch scratch;
  EXPECT_TRUE(write_file(scratch / "a.tar.gz", fakes::gzip(tar_header(member) + tar_end())));
  std::optional<TarEntry> found;
  const TarVisitor visitor = {.enter = [&](const TarEntry& entry) -> Result<bool> {
                                found = entry;
                                return fail(input_error("enough"));
                              },
                              .take = [](const TarEntry&, std::string) { return Result<void>(); }};
  EXPECT_FALSE(read_tar_gz(scratch / "a.tar.gz", {1 << 20, 100, 100}, visitor));
  return found;
}

TEST(TarHeader, IsReadBack) {
  const std::string deep = std::string(100, 'd') + "/" + std::string(50, 'e');
  std::vector<std::string> paths = {"a",
                                    std::string(99, 'f'),
                                    std::string(100, 'f'),
                                    std::string(101, 'f'),
                                    deep + "/" + std::string(99, 'f'),
                                    deep + "/" + std::string(101, 'f'),
                                    deep + "x/y/z/" + deep + "/" + deep,
                                    "opt/\xc3\xa4\xe2\x82\xac/x",
                                    "a b\nc"};
  for (const auto& path : paths) {
    const auto file = read_back({.path = path, .size = 5, .time = 1'700'000'000});
    ASSERT_TRUE(file) << path;
    EXPECT_EQ(file->name, path);
    EXPECT_EQ(file->kind, TarEntry::Kind::file);
    EXPECT_EQ(file->size, 5U);
    EXPECT_EQ(file->time, 1'700'000'000);
    const auto folder = read_back({.path = path, .is_folder = true});
    ASSERT_TRUE(folder) << path;
    EXPECT_EQ(folder->name, path + "/");
    EXPECT_EQ(folder->kind, TarEntry::Kind::folder);
  }
}

TEST(TarHeader, HoldsSizesOfAnyLength) {
  for (const std::uint64_t size : {8589934591ULL, 8589934592ULL, 99999999999ULL}) {
    EXPECT_EQ(read_back({.path = "a", .size = size})->size, size);
    EXPECT_EQ(tar_header({.path = "a", .size = size}).size(), size < 8589934592ULL ? 512U : 1536U);
  }
}

TEST(TarHeader, IsUstarOwnedByRoot) {
  const auto header = tar_header({.path = "opt/tool", .executable = true, .size = 8, .time = 1});
  ASSERT_EQ(header.size(), 512U);
  EXPECT_EQ(header.substr(0, 9), std::string("opt/tool\0", 9));
  EXPECT_EQ(header.substr(100, 48),
            std::string("0000755\0000000000\0000000000\00000000000010\00000000000001\0", 48));
  EXPECT_EQ(header.substr(156, 1), "0");
  EXPECT_EQ(header.substr(257, 8), std::string("ustar\00000", 8));
  EXPECT_EQ(header.substr(265, 64), std::string(64, '\0'));  // no names of owners
  EXPECT_EQ(tar_header({.path = "opt/tool"}).substr(100, 7), "0000644");
  EXPECT_EQ(tar_header({.path = "opt", .is_folder = true}).substr(100, 7), "0000755");
}

TEST(TarHeader, HoldsLinksWithTheirTargets) {
  const std::vector<std::string> targets = {"python3",
                                            "/usr/bin/python3",
                                            "../a b",
                                            std::string(100, 't'),
                                            std::string(101, 't'),
                                            "../" + std::string(3000, 't'),
                                            "\xc3\xa4\xe2\x82\xac"};
  const std::vector<std::string> paths = {"opt/link", "opt/\xc3\xa4", std::string(300, 'p')};
  for (const auto& target : targets) {
    for (const auto& path : paths) {
      const auto link = read_back({.path = path, .time = 7, .link = target});
      ASSERT_TRUE(link) << target;
      EXPECT_EQ(link->name, path);
      EXPECT_EQ(link->target, target);
      EXPECT_EQ(link->kind, TarEntry::Kind::link);
      EXPECT_EQ(link->size, 0U);
      EXPECT_EQ(link->mode, 0777U);
      EXPECT_EQ(link->time, 7);
    }
  }
  EXPECT_EQ(tar_header({.path = "a", .link = std::string(100, 't')}).size(), 512U);
  EXPECT_EQ(tar_header({.path = "a", .link = std::string(101, 't')}).size(), 1536U);
}

TEST(TarHeader, HoldsOwnersGroupsAndModes) {
  for (const unsigned id : {0U, 1U, 1001U, 65534U, 2'097'151U, 2'097'152U, 4'294'967'295U}) {
    const auto owned = read_back({.path = "a", .owner = id, .group = id / 2});
    EXPECT_EQ(owned->owner, id);
    EXPECT_EQ(owned->group, id / 2);
  }
  EXPECT_EQ(read_back({.path = "a", .mode = 0})->mode, 0U);
  EXPECT_EQ(read_back({.path = "a", .executable = true, .mode = 0640})->mode, 0640U);
  EXPECT_EQ(read_back({.path = "tmp", .is_folder = true, .mode = 01777})->mode, 01777U);
  EXPECT_EQ(read_back({.path = "a", .executable = true})->mode, 0755U);
  EXPECT_EQ(read_back({.path = "a"})->mode, 0644U);
}

TEST(TarPadding, FillsABlock) {
  EXPECT_EQ(tar_padding(0).size(), 0U);
  EXPECT_EQ(tar_padding(1).size(), 511U);
  EXPECT_EQ(tar_padding(512).size(), 0U);
  EXPECT_EQ(tar_end().size(), 1024U);
}

}  // namespace
}  // namespace launch::archive

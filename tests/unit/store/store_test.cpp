#include "store/store.hpp"

#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"
#include "unit/store/files_below.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using std::chrono::sys_seconds;
using test::files_below;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Digest kA = Digest::of("content of a");
const Digest kB = Digest::of("content of b");

ino_t inode(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_ino;
}

std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

class StoreTest : public ::testing::Test {
 protected:
  fs::path root() const { return scratch_.path() / "store"; }
  Store open() { return Store::open(root(), work_).value(); }
  Store alone() { return Store::open_alone(root(), work_).value(); }

  fs::path add(const std::string& name, const std::string& content) {
    const auto file = scratch_.path() / "in" / name;
    EXPECT_TRUE(write_file(file, content));
    const auto added = open().add(file, Digest::of(content), name);
    EXPECT_TRUE(added) << added.error().text();
    fs::remove(file);  // so that the store has the only link
    return *added;
  }
  /// Its folder was last used at that time.
  static void used_at(const fs::path& folder, sys_seconds time) {
    const timespec at{time.time_since_epoch().count(), 0};
    const timespec times[2] = {at, at};
    for (const auto& entry : fs::directory_iterator(folder))
      ASSERT_EQ(::utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
    ASSERT_EQ(::utimensat(AT_FDCWD, folder.c_str(), times, 0), 0);
  }

  launch::test::Scratch scratch_;
  fakes::FakeWork work_;
  const sys_seconds now_{std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now())};
};

TEST_F(StoreTest, FilesArePlacedByContent) {
  const auto store = open();
  EXPECT_EQ(store.path_of(kA, "a.whl"), root() / "sha256" / kA.hex().substr(0, 2) / kA.hex() / "a.whl");
  EXPECT_EQ(store.path_of(kA, "../../../../a.whl"), store.path_of(kA, "a.whl"));
}

TEST_F(StoreTest, FindsWhatItHas) {
  EXPECT_EQ(*open().find(kA, "a.whl"), std::nullopt);
  const auto path = add("a.whl", "content of a");
  EXPECT_EQ(*open().find(kA, "a.whl"), path);
  EXPECT_EQ(*open().find(kB, "a.whl"), std::nullopt);
  EXPECT_EQ(*open().find(kA, "b.whl"), std::nullopt);
}

// Also where size and modification time are as they were.
TEST_F(StoreTest, AnyChangedByteIsNoticed) {
  const auto path = add("a.whl", "content of a");
  const auto time = fs::last_write_time(path);
  for (const std::string changed : {"content of A", "content of ", ""}) {
    ASSERT_TRUE(write_file(path, changed));
    fs::last_write_time(path, time);
    const auto found = open().find(kA, "a.whl");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().text(), "error: " + path.string() + " has the sha256 " + sha256_hex(changed) +
                                        ", expected " + kA.hex() +
                                        "\n\nhint: remove it; it is fetched again when needed: rm " +
                                        path.string() + "\n");
    EXPECT_EQ(found.error().kind(), ErrorKind::environment);
    EXPECT_EQ(*read_file(path), changed) << "the file is evidence and stays";
  }
}

TEST_F(StoreTest, PlacedFilesAreLinks) {
  const auto from = scratch_.path() / "from";
  const auto to = scratch_.path() / "x/to";
  ASSERT_TRUE(write_file(from, "new"));
  ASSERT_TRUE(place_file(work_.disk, from, to));
  EXPECT_EQ(inode(from), inode(to));
  ASSERT_TRUE(place_file(work_.disk, from, to));
  ASSERT_TRUE(write_file(to, "old"));
  ASSERT_TRUE(place_file(work_.disk, from, to));
  EXPECT_EQ(*read_file(to), "new");
  EXPECT_EQ(files_below(scratch_.path() / "x").size(), 1U) << "nothing is left over";
}

TEST_F(StoreTest, ListsFilesByNameWithTheirLastUse) {
  EXPECT_THAT(open().list()->files, IsEmpty());
  const auto b = add("b.whl", "content of b");
  const auto a = add("a.whl", "content of a");
  used_at(b.parent_path(), now_ - days(3));
  ASSERT_TRUE(write_file(root() / "sha256/ab" / std::string(64, 'a') / "c.whl.part", "half"));
  ASSERT_TRUE(write_file(root() / "sha256/ab" / std::string(64, 'a') / "c.whl.part.note", "half"));
  ASSERT_TRUE(write_file(root() / "sha256/README", "not of the store"));

  const auto contents = open().list();
  ASSERT_TRUE(contents) << contents.error().text();
  EXPECT_THAT(names_of(contents->files), ElementsAre("a.whl", "b.whl"));
  EXPECT_EQ(contents->files[0].digest, kA);
  EXPECT_EQ(contents->files[0].size, 12U);
  EXPECT_EQ(contents->files[0].path, a);
  EXPECT_EQ(contents->files[1].last_used, now_ - days(3));
  EXPECT_EQ(contents->unfinished, 1U);
  EXPECT_GT(contents->unfinished_bytes, 0U);
}

TEST_F(StoreTest, FindingAFileIsAUse) {
  const auto path = add("a.whl", "content of a");
  used_at(path.parent_path(), now_ - days(3));
  ASSERT_TRUE(open().find(kA, "a.whl"));
  EXPECT_GT(open().list()->files[0].last_used, now_ - days(1));
}

TEST_F(StoreTest, VerifyNamesWhatIsDamaged) {
  const auto a = add("a.whl", "content of a");
  add("b.whl", "content of b");
  EXPECT_THAT(*open().verify(open().list()->files, work_), IsEmpty());
  ASSERT_TRUE(write_file(a, "content of A"));
  const auto damaged = open().verify(open().list()->files, work_);
  ASSERT_TRUE(damaged) << damaged.error().text();
  ASSERT_EQ(damaged->size(), 1U);
  EXPECT_EQ(damaged->front().file.path, a);
  EXPECT_EQ(damaged->front().found, "sha256 " + sha256_hex("content of A"));
  EXPECT_EQ(work_.reporter.steps.back().total, 24U);

  const auto files = open().list()->files;
  fs::remove(a);
  EXPECT_EQ(open().verify(files, work_)->front().found,
            "cannot read " + a.string() + ": No such file or directory");
  work_.stop.request_stop();
  EXPECT_EQ(open().verify(files, work_).error().text(), "error: stopped before the whole store was read\n");
}

TEST_F(StoreTest, CollectRemovesWhatIsUnusedAndNotKept) {
  const auto a = add("a.whl", "content of a");
  const auto b = add("b.whl", "content of b");
  const auto c = add("c.whl", "content of c");
  used_at(a.parent_path(), now_ - days(40));
  used_at(b.parent_path(), now_ - days(40));
  const CollectRequest request{.keep = {kB}, .unused_since = now_ - days(30)};

  auto dry = request;
  dry.dry_run = true;
  const auto told = alone().collect(dry, work_);
  ASSERT_TRUE(told) << told.error().text();
  EXPECT_THAT(names_of(told->removed), ElementsAre("a.whl"));
  EXPECT_EQ(told->freed, 12U);
  EXPECT_TRUE(fs::exists(a));

  const auto collected = alone().collect(request, work_);
  ASSERT_TRUE(collected) << collected.error().text();
  EXPECT_THAT(names_of(collected->removed), ElementsAre("a.whl"));
  EXPECT_EQ(collected->kept, 1U);
  EXPECT_EQ(collected->freed, 12U);
  EXPECT_FALSE(fs::exists(a.parent_path()));
  EXPECT_THAT(names_of(open().list()->files), ElementsAre("b.whl", "c.whl"));
  EXPECT_THAT(alone().collect(request, work_)->removed, IsEmpty());
}

TEST_F(StoreTest, AFileWithAFurtherLinkFreesNothing) {
  const auto a = add("a.whl", "content of a");
  ASSERT_TRUE(place_file(work_.disk, a, scratch_.path() / "house/a.whl"));
  const auto collected = alone().collect({.unused_since = now_ + days(1)}, work_);
  EXPECT_EQ(collected->removed.size(), 1U);
  EXPECT_EQ(collected->freed, 0U);
  EXPECT_EQ(*read_file(scratch_.path() / "house/a.whl"), "content of a");
}

TEST_F(StoreTest, CollectRemovesWhatKilledProcessesLeft) {
  const auto kept = add("a.whl", "content of a");
  ASSERT_TRUE(write_file(kept.parent_path() / ".a.whl.123.1", "half a copy"));
  const auto part = root() / "sha256/ab" / std::string(64, 'a') / "c.whl.part";
  const auto incoming = root() / "incoming" / std::string(64, 'b') / "d.whl.part";
  ASSERT_TRUE(write_file(part, "half"));
  ASSERT_TRUE(write_file(incoming, "half"));
  EXPECT_EQ(alone().collect({.unused_since = now_ - days(30)}, work_)->unfinished, 0U)
      << "these can still be resumed";
  EXPECT_THAT(files_below(kept.parent_path()), ElementsAre("a.whl"));
  used_at(part.parent_path(), now_ - days(31));
  used_at(incoming.parent_path(), now_ - days(31));
  EXPECT_EQ(alone().collect({.unused_since = now_ - days(30)}, work_)->unfinished, 2U);
  EXPECT_THAT(files_below(root()), ElementsAre("a.whl"));
}

TEST_F(StoreTest, WhatCannotBeRemovedIsAnError) {
  const auto a = add("a.whl", "content of a");
  work_.disk.set({.call = "remove_all", .path = kA.hex(), .error = EROFS});
  EXPECT_EQ(alone().collect({.unused_since = now_ + days(1)}, work_).error().text(),
            "error: cannot remove " + a.parent_path().string() + ": Read-only file system\n");
}

TEST_F(StoreTest, CollectingWaitsForThoseWhoUseTheStore) {
  const auto store = std::make_unique<Store>(open());
  work_.stop.request_stop();
  EXPECT_EQ(Store::open_alone(root(), work_).error().text(), "error: stopped while waiting for the store\n");
}

TEST_F(StoreTest, UsingTheStoreWaitsForTheCollector) {
  SystemClock clock;
  const Work work{work_.disk, clock, work_.reporter};
  auto collector = std::make_unique<Store>(alone());
  std::jthread user([&] { EXPECT_TRUE(Store::open(root(), work)); });
  while (work_.reporter.count_of_notes() == 0) clock.sleep(std::chrono::milliseconds(1), {});
  collector.reset();
  user.join();
  EXPECT_THAT(work_.reporter.notes,
              ElementsAre("waiting for another launch that is using " + root().string()));
}

TEST_F(StoreTest, AStoreThatCannotBeWrittenCanBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const auto path = add("a.whl", "content of a");
  fs::permissions(root(), fs::perms::owner_read | fs::perms::owner_exec);
  fs::remove(root() / ".lock");
  const auto store = Store::open(root(), work_);
  fs::permissions(root(), fs::perms::owner_all);
  ASSERT_TRUE(store) << store.error().text();
  EXPECT_EQ(*store->find(kA, "a.whl"), path);
}

TEST_F(StoreTest, RemembersTheRootsThatExist) {
  const auto lock = scratch_.path() / "lockfiles/pylock.demo.toml";
  const auto lost = scratch_.path() / "lockfiles/pylock.lost.toml";
  for (const auto& path : {lock, lost}) {
    ASSERT_TRUE(write_file(path, ""));
    ASSERT_TRUE(open().add_root(path));
    ASSERT_TRUE(open().add_root(path));
  }
  EXPECT_THAT(*open().roots(), ElementsAre(lock, lost));
  fs::remove(lost);
  EXPECT_THAT(*open().roots(), ElementsAre(lock));
  EXPECT_EQ(files_below(root() / "roots").size(), 2U);
  ASSERT_TRUE(alone().collect({.unused_since = now_}, work_));
  EXPECT_EQ(files_below(root() / "roots").size(), 1U);
}

}  // namespace
}  // namespace launch::store

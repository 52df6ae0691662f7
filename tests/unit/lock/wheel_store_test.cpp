#include "lock/wheel_store.hpp"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/memory_http.hpp"
#include "lock/locate.hpp"
#include "unit/base/scratch.hpp"

namespace launch::lock {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

LockedWheel wheel_of(const std::string& name, const std::string& content) {
  return {.file_name = name + "-1.0-py3-none-any.whl",
          .url = "https://pypi.example/files/" + name + "-1.0-py3-none-any.whl",
          .path = {},
          .size = content.size(),
          .sha256 = sha256_hex(content),
          .upload_time = {}};
}

LockedWheel by_path(LockedWheel wheel) {
  wheel.url.reset();
  wheel.path = "wheels/" + wheel.file_name;
  return wheel;
}

ino_t inode(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_ino;
}

class WheelStoreTest : public ::testing::Test {
 protected:
  void serve(const LockedWheel& wheel, const std::string& content) { http_.put(*wheel.url, content); }
  std::vector<std::string> files_below(const fs::path& folder) const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().filename() != ".lock")
        files.push_back(entry.path().filename());
    }
    return files;
  }
  Result<WheelStore::Fetched> fetch(std::vector<LockedWheel> wheels) {
    return store_.fetch(wheels, scratch_.path() / "lockfiles", http_, {});
  }

  test::Scratch scratch_;
  WheelStore store_{scratch_.path() / "store"};
  fakes::MemoryHttp http_;
  const LockedWheel a_ = wheel_of("a", "content of a");
  const LockedWheel b_ = wheel_of("b", "content of b");
};

TEST_F(WheelStoreTest, LiesByContent) {
  EXPECT_EQ(store_.path_of(a_),
            scratch_.path() / "store/sha256" / a_.sha256.substr(0, 2) / a_.sha256 / "a-1.0-py3-none-any.whl");
  auto hostile = a_;
  hostile.file_name = "../../../../a-1.0-py3-none-any.whl";
  EXPECT_EQ(store_.path_of(hostile), store_.path_of(a_));
}

TEST_F(WheelStoreTest, FetchesWhatIsMissing) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  const auto first = fetch({a_});
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->present, 0U);
  EXPECT_EQ(first->downloaded, 1U);
  EXPECT_EQ(first->bytes, 12U);

  const auto second = fetch({b_, a_, b_});
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->downloaded, 1U);
  EXPECT_THAT(second->paths, ElementsAre(store_.path_of(b_), store_.path_of(a_), store_.path_of(b_)));
  EXPECT_THAT(http_.log(), ElementsAre("GET " + *a_.url, "GET " + *b_.url));

  const auto third = fetch({a_, b_});
  EXPECT_EQ(third->present, 2U);
  EXPECT_EQ(http_.log().size(), 2U);
}

TEST_F(WheelStoreTest, HandsOutOnlyWhatIsThere) {
  const auto none = store_.find(a_);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, std::nullopt);
  serve(a_, "content of a");
  ASSERT_TRUE(fetch({a_}));
  EXPECT_EQ(*store_.find(a_), store_.path_of(a_));
  const std::vector<LockedWheel> both = {b_, a_};
  EXPECT_THAT(*store_.find_all(both), ElementsAre(std::nullopt, store_.path_of(a_)));
}

// Also where size and modification time are as they were.
TEST_F(WheelStoreTest, AnyChangedByteIsNoticed) {
  serve(a_, "content of a");
  ASSERT_TRUE(fetch({a_}));
  const auto path = store_.path_of(a_);
  const auto time = fs::last_write_time(path);
  for (const std::string changed : {"content of A", "content of ", ""}) {
    ASSERT_TRUE(write_file(path, changed));
    fs::last_write_time(path, time);
    const std::string expected =
        "error: " + path.string() + " has other bytes than the lock says: expected sha256 " + a_.sha256 +
        ", got " + sha256_hex(changed) + "\n\nhint: remove it and fetch it again: rm " + path.string() +
        "; launch fetch LOCK\n";
    const auto found = store_.find(a_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().text(), expected);
    EXPECT_EQ(found.error().kind(), ErrorKind::world);
    EXPECT_EQ(fetch({b_, a_}).error().text(), expected);
    EXPECT_EQ(*read_file(path), changed) << "the file is evidence and stays";
  }
}

TEST_F(WheelStoreTest, ADownloadWithOtherBytesIsNotKept) {
  serve(a_, "content of A");
  serve(b_, "content of b");
  const auto fetched = fetch({a_, b_});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: " + *a_.url + " has the sha256 " + sha256_hex("content of A") +
                                        ", expected " + a_.sha256 +
                                        "\n  while fetching a-1.0-py3-none-any.whl\n");
  EXPECT_THAT(files_below(scratch_.path()), ElementsAre("b-1.0-py3-none-any.whl")) << "what was good is kept";
}

TEST_F(WheelStoreTest, TakesWheelsThatLieBesideTheLock) {
  const auto wheel = by_path(a_);
  const auto place = scratch_.path() / "lockfiles/wheels/a-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(place, "content of a"));
  const auto fetched = fetch({wheel});
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->present, 1U);
  EXPECT_EQ(inode(store_.path_of(wheel)), inode(place));
  EXPECT_THAT(http_.log(), IsEmpty());
}

TEST_F(WheelStoreTest, RefusesOtherBytesBesideTheLock) {
  const auto wheel = by_path(a_);
  const auto place = scratch_.path() / "lockfiles/wheels/a-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(place, "content of A"));
  EXPECT_EQ(fetch({wheel}).error().text(),
            "error: " + place.string() + " has other bytes than the lock says: expected sha256 " + a_.sha256 +
                ", got " + sha256_hex("content of A") + "\n\nhint: remove " + place.string() +
                " or put the right file there\n");
  EXPECT_THAT(files_below(scratch_.path() / "store"), IsEmpty());
}

TEST_F(WheelStoreTest, TakesFileUrls) {
  auto wheel = a_;
  wheel.url = "file://" + scratch_.path().string() + "/with%20space/a.whl";
  ASSERT_TRUE(write_file(scratch_.path() / "with space/a.whl", "content of a"));
  ASSERT_TRUE(fetch({wheel}));
  wheel = b_;
  wheel.url = "file://" + scratch_.path().string() + "/none.whl";
  EXPECT_EQ(fetch({wheel}).error().text(),
            "error: cannot read " + scratch_.path().string() + "/none.whl: No such file or directory\n");
}

// The PyTorch channel's two hosts: what one refuses the other may have.
class ChannelHostsTest : public WheelStoreTest {
 protected:
  ChannelHostsTest() {
    wheel_.url = kFirst;
    http_.put(kFirst, fakes::MemoryAnswer{.status = 403});
  }
  static constexpr const char* kFirst = "https://download.pytorch.org/whl/nightly/cpu/a-1.0-py3-none-any.whl";
  static constexpr const char* kOther =
      "https://download-r2.pytorch.org/whl/nightly/cpu/a-1.0-py3-none-any.whl";
  LockedWheel wheel_ = a_;
};

TEST_F(ChannelHostsTest, AWheelThatOneRefusesComesFromTheOther) {
  http_.put(kOther, "content of a");
  serve(b_, "content of b");
  const auto fetched = fetch({wheel_, b_});
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->downloaded, 2U);
  EXPECT_EQ(*read_file(store_.path_of(wheel_)), "content of a");
  EXPECT_EQ(http_.requests().size(), 3U) << "b is asked for once";
}

TEST_F(ChannelHostsTest, OtherBytesOnOneAreNoneOfTheOthers) {
  http_.put(kFirst, "content of A");
  http_.put(kOther, "content of a");
  const auto fetched = fetch({wheel_});
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(*read_file(store_.path_of(wheel_)), "content of a");
}

TEST_F(ChannelHostsTest, WhatEachAnsweredIsTold) {
  http_.put(kOther, fakes::MemoryAnswer{.status = 503});
  const auto fetched = fetch({wheel_});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(),
            fmt::format("error: {} answers 403; the channel's other host fails as "
                        "well: {} answers 503\n"
                        "  while fetching a-1.0-py3-none-any.whl\n"
                        "\n"
                        "hint: try again later; if the file was withdrawn, take it from "
                        "a wheel store or a wheel house that has it, or from a mirror "
                        "(LAUNCH_CHANNEL_URL)\n",
                        kFirst, kOther));
  EXPECT_EQ(fetched.error().kind(), ErrorKind::world);
}

TEST_F(WheelStoreTest, AWheelThatIsNowhere) {
  EXPECT_EQ(fetch({by_path(a_)}).error().text(),
            "error: a-1.0-py3-none-any.whl is not in the wheel store, and the lock names no URL for it\n"
            "\n"
            "hint: put the file where the lock says: wheels/a-1.0-py3-none-any.whl\n");
}

TEST_F(WheelStoreTest, ManyFetchersDownloadOnce) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  std::vector<std::jthread> fetchers;
  fetchers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    fetchers.emplace_back([&, i] {
      const WheelStore store(scratch_.path() / "store");
      const auto wheels = i % 2 == 0 ? std::vector{a_, b_} : std::vector{b_, a_};
      const auto fetched = store.fetch(wheels, scratch_.path(), http_, {});
      EXPECT_TRUE(fetched) << fetched.error().text();
    });
  }
  fetchers.clear();
  EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(WheelStoreTest, AStopEndsTheWaitForAnother) {
  const auto other = FileLock::acquire(store_.path_of(a_).parent_path() / ".lock");
  std::stop_source stop;
  stop.request_stop();
  const std::vector<LockedWheel> wheels = {a_};
  const auto fetched = store_.fetch(wheels, scratch_.path(), http_, {}, stop.get_token());
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: fetching was stopped\n");
}

TEST_F(WheelStoreTest, PlacedFilesAreLinks) {
  const auto from = scratch_.path() / "from";
  const auto to = scratch_.path() / "x/to";
  ASSERT_TRUE(write_file(from, "new"));
  ASSERT_TRUE(place_file(from, to));
  EXPECT_EQ(inode(from), inode(to));
  ASSERT_TRUE(place_file(from, to));
  ASSERT_TRUE(write_file(to, "old"));
  ASSERT_TRUE(place_file(from, to));
  EXPECT_EQ(*read_file(to), "new");
  EXPECT_EQ(files_below(scratch_.path() / "x").size(), 1U) << "nothing is left over";
}

class LocateTest : public WheelStoreTest {
 protected:
  LocateTest() {
    site_.index_url = {"https://user:secret@pypi.example/simple", "test"};
    site_.channel_url = {"https://channel.example/whl", "test"};
    nightly_.channel = "nightly";
    nightly_.cuda = "cu128";
  }
  void page(const std::string& index, const std::string& project, const std::string& links) {
    http_.put(index + "/" + project + "/", "<!DOCTYPE html><html><body>" + links + "</body></html>");
  }
  static std::string link(const LockedWheel& wheel, const std::string& sha256 = {}) {
    return "<a href=\"/f/" + wheel.file_name + (sha256.empty() ? "" : "#sha256=" + sha256) + "\">" +
           wheel.file_name + "</a>";
  }
  static constexpr const char* kGeneral = "https://user:secret@pypi.example/simple";
  static constexpr const char* kChannel = "https://channel.example/whl/nightly/cu128";

  Site site_;
  Provenance nightly_;
};

TEST_F(LocateTest, OnTheChannelFirstThenOnTheGeneralIndex) {
  page(kChannel, "a", link(a_));
  http_.put(std::string(kChannel) + "/b/", fakes::MemoryAnswer{.status = 403});
  page(kGeneral, "a", link(a_, sha256_hex("someone else's")));
  page(kGeneral, "b", link(b_, b_.sha256));
  auto untouched = a_;
  const auto wheels = locate_wheels({by_path(a_), by_path(b_), untouched}, nightly_, site_, http_);
  ASSERT_TRUE(wheels) << wheels.error().text();
  EXPECT_EQ((*wheels)[0].url, "https://channel.example/f/a-1.0-py3-none-any.whl");
  EXPECT_EQ((*wheels)[1].url, "https://pypi.example/f/b-1.0-py3-none-any.whl");
  EXPECT_EQ((*wheels)[2].url, untouched.url);
}

TEST_F(LocateTest, AWheelThatIsGone) {
  page(kChannel, "a", "");
  page(kGeneral, "a", link(b_));
  EXPECT_EQ(locate_wheels({by_path(a_)}, nightly_, site_, http_).error().text(),
            "error: a-1.0-py3-none-any.whl is no longer on https://channel.example/whl/nightly/cu128 or "
            "https://pypi.example/simple\n"
            "\n"
            "hint: take the file from a store or wheel house that has it, and put it at "
            "wheels/a-1.0-py3-none-any.whl; or lock again with --upgrade\n");
}

TEST_F(LocateTest, AWheelThatThePageNoLongerShows) {
  page(kChannel, "a", "");
  page(kChannel, "b", "");
  page(kGeneral, "a", "");
  page(kGeneral, "b", "");
  const auto of_build = std::string(kChannel) + "/" + a_.file_name;
  const auto of_all = "https://channel.example/whl/nightly/" + b_.file_name;
  http_.put(of_build, "content of a");
  http_.put(of_all, "content of b");
  const auto wheels = locate_wheels({by_path(a_), by_path(b_)}, nightly_, site_, http_);
  ASSERT_TRUE(wheels) << wheels.error().text();
  EXPECT_EQ((*wheels)[0].url, of_build);
  EXPECT_EQ((*wheels)[1].url, of_all);
}

TEST_F(LocateTest, AWheelThatWasReplaced) {
  page(kGeneral, "a", link(a_, b_.sha256));
  const auto located = locate_wheels({by_path(a_)}, {}, site_, http_);
  ASSERT_FALSE(located);
  EXPECT_EQ(located.error().kind(), ErrorKind::world);
  EXPECT_EQ(
      located.error().text(),
      "error: a-1.0-py3-none-any.whl is another file now on https://pypi.example/simple: expected sha256 " +
          a_.sha256 + ", found " + b_.sha256 +
          "\n\nhint: take the file from a store or wheel house that has it, and put it at "
          "wheels/a-1.0-py3-none-any.whl; or lock again with --upgrade\n");
}

TEST_F(LocateTest, WheelsAreFetchedByALockThatNamesNoHost) {
  Lockfile lock;
  lock.packages.resize(2);
  lock.packages[0].wheels = {by_path(a_)};
  lock.packages[1].wheels = {by_path(b_)};
  page(kGeneral, "a", link(a_, a_.sha256));
  page(kGeneral, "b", link(b_, b_.sha256));
  http_.put("https://user:secret@pypi.example/f/a-1.0-py3-none-any.whl", "content of a");
  http_.put("https://user:secret@pypi.example/f/b-1.0-py3-none-any.whl", "content of b");
  const auto fetched = fetch_locked(lock, scratch_.path() / "lockfiles", site_, store_, http_, {});
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->downloaded, 2U);

  http_.forget_requests();
  ASSERT_TRUE(fetch_locked(lock, scratch_.path() / "lockfiles", site_, store_, http_, {}));
  EXPECT_THAT(http_.log(), IsEmpty()) << "what is in the store is not looked for";
}

TEST_F(LocateTest, CredentialsOfTheSiteAreUsedForLocksByUrl) {
  Lockfile lock;
  lock.packages.resize(1);
  lock.packages[0].wheels = {a_};
  http_.put("https://user:secret@pypi.example/files/a-1.0-py3-none-any.whl", "content of a");
  const auto fetched = fetch_locked(lock, scratch_.path(), site_, store_, http_, {});
  EXPECT_TRUE(fetched) << fetched.error().text();
}

TEST_F(LocateTest, PathsStayBelowTheLock) {
  EXPECT_EQ(place_beside_lock(by_path(a_), "/p/lockfiles"),
            fs::path("/p/lockfiles/wheels/a-1.0-py3-none-any.whl"));
  for (const auto& path : std::vector<std::string>{"/etc/" + a_.file_name, "../" + a_.file_name,
                                                   "x/../../" + a_.file_name, "wheels/passwd"}) {
    auto wheel = a_;
    wheel.path = path;
    const auto place = place_beside_lock(wheel, "/p/lockfiles");
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().text(), "error: the lock puts a-1.0-py3-none-any.whl at " + path +
                                        ", expected a path below the lock's folder that ends in that name\n");
  }
}

}  // namespace
}  // namespace launch::lock

#include "store/wheel_store.hpp"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Artifact wheel_of(const std::string& name, const std::string& content) {
  return {.name = name + "-1.0-py3-none-any.whl",
          .sha256 = Digest::of(content),
          .size = content.size(),
          .url = fakes::url("https://pypi.example/files/" + name + "-1.0-py3-none-any.whl")};
}

ino_t inode(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_ino;
}

class WheelStoreTest : public ::testing::Test {
 protected:
  void serve(const Artifact& wheel, const std::string& content) { http_.put(wheel.url->text(), content); }
  std::vector<std::string> files_below(const fs::path& folder) const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().filename() != ".lock")
        files.push_back(entry.path().filename());
    }
    return files;
  }
  Result<WheelStore::Fetched> fetch(std::vector<Artifact> wheels) {
    return store_.fetch(wheels, http_, work_);
  }

  Artifact by_path(Artifact wheel) const {
    wheel.url.reset();
    wheel.beside = scratch_.path() / "lockfiles/wheels" / wheel.name;
    return wheel;
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  WheelStore store_{scratch_.path() / "store"};
  fakes::MemoryHttp http_;
  const Artifact a_ = wheel_of("a", "content of a");
  const Artifact b_ = wheel_of("b", "content of b");
};

TEST_F(WheelStoreTest, LiesByContent) {
  EXPECT_EQ(store_.path_of(a_), scratch_.path() / "store/sha256" / a_.sha256.hex().substr(0, 2) /
                                    a_.sha256.hex() / "a-1.0-py3-none-any.whl");
  auto hostile = a_;
  hostile.name = "../../../../a-1.0-py3-none-any.whl";
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
  EXPECT_THAT(http_.log(), ElementsAre("GET " + a_.url->text(), "GET " + b_.url->text()));

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
  const std::vector<Artifact> both = {b_, a_};
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
        "error: " + path.string() + " has other bytes than the lock says: expected sha256 " +
        a_.sha256.hex() + ", got " + sha256_hex(changed) + "\n\nhint: remove it and fetch it again: rm " +
        path.string() + "; launch fetch LOCK\n";
    const auto found = store_.find(a_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().text(), expected);
    EXPECT_EQ(found.error().kind(), ErrorKind::environment);
    EXPECT_EQ(fetch({b_, a_}).error().text(), expected);
    EXPECT_EQ(*read_file(path), changed) << "the file is evidence and stays";
  }
}

TEST_F(WheelStoreTest, ADownloadWithOtherBytesIsNotKept) {
  serve(a_, "content of A");
  serve(b_, "content of b");
  const auto fetched = fetch({a_, b_});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: " + a_.url->text() + " has the sha256 " +
                                        sha256_hex("content of A") + ", expected " + a_.sha256.hex() +
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
            "error: " + place.string() + " has other bytes than the lock says: expected sha256 " +
                a_.sha256.hex() + ", got " + sha256_hex("content of A") + "\n\nhint: remove " +
                place.string() + " or put the right file there\n");
  EXPECT_THAT(files_below(scratch_.path() / "store"), IsEmpty());
}

TEST_F(WheelStoreTest, TakesFileUrls) {
  auto wheel = a_;
  wheel.url = fakes::url("file://" + scratch_.path().string() + "/with%20space/a.whl");
  ASSERT_TRUE(write_file(scratch_.path() / "with space/a.whl", "content of a"));
  ASSERT_TRUE(fetch({wheel}));
  wheel = b_;
  wheel.url = fakes::url("file://" + scratch_.path().string() + "/none.whl");
  EXPECT_EQ(fetch({wheel}).error().text(),
            "error: cannot read " + scratch_.path().string() + "/none.whl: No such file or directory\n");
}

TEST_F(WheelStoreTest, AWheelThatIsNowhere) {
  EXPECT_EQ(fetch({by_path(a_)}).error().text(),
            "error: a-1.0-py3-none-any.whl is not in the wheel store, and the lock names no URL for it\n"
            "\n"
            "hint: put the file where the lock says: " +
                scratch_.path().string() + "/lockfiles/wheels/a-1.0-py3-none-any.whl\n");
}

TEST_F(WheelStoreTest, ManyFetchersDownloadOnce) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  SystemClock clock;
  std::vector<std::jthread> fetchers;
  fetchers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    fetchers.emplace_back([&, i] {
      const WheelStore store(scratch_.path() / "store");
      const auto wheels = i % 2 == 0 ? std::vector{a_, b_} : std::vector{b_, a_};
      const auto fetched = store.fetch(wheels, http_, {work_.disk, clock, work_.reporter});
      EXPECT_TRUE(fetched) << fetched.error().text();
    });
  }
  fetchers.clear();
  EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(WheelStoreTest, AStopEndsTheWaitForAnother) {
  const auto other = FileLock::acquire(work_.disk, store_.path_of(a_).parent_path() / ".lock");
  std::stop_source stop;
  stop.request_stop();
  const std::vector<Artifact> wheels = {a_};
  const auto fetched =
      store_.fetch(wheels, http_, Work{work_.disk, work_.clock, work_.reporter, stop.get_token()});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: fetching was stopped\n");
}

TEST_F(WheelStoreTest, PlacedFilesAreLinks) {
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

}  // namespace
}  // namespace launch::store

#include "store/fetch.hpp"

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
#include "unit/store/files_below.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using test::files_below;
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

class FetchTest : public ::testing::Test {
 protected:
  void serve(const Artifact& wheel, const std::string& content) { http_.put(wheel.url->text(), content); }
  Result<Fetched> fetch(std::vector<Artifact> wheels) { return store::fetch(store_, wheels, http_, work_); }

  fs::path path_of(const Artifact& wheel) const { return store_.path_of(wheel.sha256, wheel.name); }

  Artifact by_path(Artifact wheel) const {
    wheel.url.reset();
    wheel.beside = scratch_.path() / "lockfiles/wheels" / wheel.name;
    return wheel;
  }

  launch::test::Scratch scratch_;
  fakes::FakeWork work_;
  Store store_ = Store::open(scratch_.path() / "store", work_).value();
  fakes::MemoryHttp http_;
  const Artifact a_ = wheel_of("a", "content of a");
  const Artifact b_ = wheel_of("b", "content of b");
};

TEST_F(FetchTest, FetchesWhatIsMissing) {
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
  EXPECT_THAT(second->paths, ElementsAre(path_of(b_), path_of(a_), path_of(b_)));
  EXPECT_THAT(http_.log(), ElementsAre("GET " + a_.url->text(), "GET " + b_.url->text()));

  const auto third = fetch({a_, b_});
  EXPECT_EQ(third->present, 2U);
  EXPECT_EQ(http_.log().size(), 2U);
}

TEST_F(FetchTest, ADownloadWithOtherBytesIsNotKept) {
  serve(a_, "content of A");
  serve(b_, "content of b");
  const auto fetched = fetch({a_, b_});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: " + a_.url->text() + " has the sha256 " +
                                        sha256_hex("content of A") + ", expected " + a_.sha256.hex() +
                                        "\n  while fetching a-1.0-py3-none-any.whl\n");
  EXPECT_THAT(files_below(scratch_.path()), ElementsAre("b-1.0-py3-none-any.whl")) << "what was good is kept";
}

TEST_F(FetchTest, TakesWheelsThatLieBesideTheLock) {
  const auto wheel = by_path(a_);
  const auto place = scratch_.path() / "lockfiles/wheels/a-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(place, "content of a"));
  const auto fetched = fetch({wheel});
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->present, 1U);
  EXPECT_EQ(inode(path_of(wheel)), inode(place));
  EXPECT_THAT(http_.log(), IsEmpty());
}

TEST_F(FetchTest, RefusesOtherBytesBesideTheLock) {
  const auto wheel = by_path(a_);
  const auto place = scratch_.path() / "lockfiles/wheels/a-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(place, "content of A"));
  EXPECT_EQ(fetch({wheel}).error().text(), "error: " + place.string() + " has the sha256 " +
                                               sha256_hex("content of A") + ", expected " + a_.sha256.hex() +
                                               "\n\nhint: remove " + place.string() +
                                               " or replace it by the right file\n");
  EXPECT_THAT(files_below(scratch_.path() / "store"), IsEmpty());
}

TEST_F(FetchTest, TakesFileUrls) {
  auto wheel = a_;
  wheel.url = fakes::url("file://" + scratch_.path().string() + "/with%20space/a.whl");
  ASSERT_TRUE(write_file(scratch_.path() / "with space/a.whl", "content of a"));
  ASSERT_TRUE(fetch({wheel}));
  wheel = b_;
  wheel.url = fakes::url("file://" + scratch_.path().string() + "/none.whl");
  EXPECT_EQ(fetch({wheel}).error().text(),
            "error: cannot read " + scratch_.path().string() + "/none.whl: No such file or directory\n");
}

TEST_F(FetchTest, AWheelThatIsNowhere) {
  EXPECT_EQ(fetch({by_path(a_)}).error().text(),
            "error: a-1.0-py3-none-any.whl is not in the store, and no URL is known for it\n"
            "\n"
            "hint: put the file at " +
                scratch_.path().string() + "/lockfiles/wheels/a-1.0-py3-none-any.whl\n");
}

TEST_F(FetchTest, ManyFetchersDownloadOnce) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  SystemClock clock;
  std::vector<std::jthread> fetchers;
  fetchers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    fetchers.emplace_back([&, i] {
      const Work work{work_.disk, clock, work_.reporter};
      const auto store = Store::open(scratch_.path() / "store", work).value();
      const auto wheels = i % 2 == 0 ? std::vector{a_, b_} : std::vector{b_, a_};
      const auto fetched = store::fetch(store, wheels, http_, work);
      EXPECT_TRUE(fetched) << fetched.error().text();
    });
  }
  fetchers.clear();
  EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(FetchTest, AStopEndsTheWaitForAnother) {
  const auto other = FileLock::acquire(work_.disk, path_of(a_).parent_path() / ".lock");
  std::stop_source stop;
  stop.request_stop();
  const std::vector<Artifact> wheels = {a_};
  const auto fetched =
      store::fetch(store_, wheels, http_, Work{work_.disk, work_.clock, work_.reporter, stop.get_token()});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().text(), "error: fetching was stopped\n");
}

Unhashed unhashed(const Artifact& wheel) {
  return {.name = wheel.name, .url = *wheel.url};
}

TEST_F(FetchTest, FilesWithoutADigestAreHashedIntoTheStore) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  const std::vector<Unhashed> wanted = {unhashed(b_), unhashed(a_), unhashed(b_)};
  const auto hashed = fetch_unhashed(store_, wanted, http_, work_);
  ASSERT_TRUE(hashed) << hashed.error().text();
  ASSERT_EQ(hashed->size(), 3U);
  EXPECT_EQ(hashed->at(0).sha256, b_.sha256);
  EXPECT_EQ(hashed->at(1).sha256, a_.sha256);
  EXPECT_EQ(hashed->at(1).size, 12U);
  EXPECT_EQ(hashed->at(2).sha256, b_.sha256);
  EXPECT_EQ(*store_.find(a_.sha256, a_.name), path_of(a_));
  EXPECT_EQ(http_.log().size(), 2U);
  EXPECT_THAT(files_below(scratch_.path() / "store/incoming"), testing::Each(".hashed"))
      << "the downloads themselves are not kept twice";
}

TEST_F(FetchTest, AFileThatMayHaveChangedIsHashedAgain) {
  serve(a_, "content of a");
  const std::vector<Unhashed> wanted = {unhashed(a_)};
  ASSERT_TRUE(fetch_unhashed(store_, wanted, http_, work_));
  serve(a_, "other content");
  work_.clock.sleep(std::chrono::milliseconds(1), {});
  EXPECT_EQ(fetch_unhashed(store_, wanted, http_, work_)->front().sha256, Digest::of("other content"));
}

TEST_F(FetchTest, AFileWithoutADigestThatCannotBeDownloaded) {
  const std::vector<Unhashed> wanted = {unhashed(a_)};
  EXPECT_THAT(fetch_unhashed(store_, wanted, http_, work_).error().text(),
              testing::EndsWith("\n  while hashing a-1.0-py3-none-any.whl, which the index lists without a "
                                "digest\n"));
}

// The downloads of a folder that they share must not disturb each other, and one is enough for all that wait.
TEST_F(FetchTest, ManyHashTheSameFileAtOnce) {
  serve(a_, "content of a");
  serve(b_, "content of b");
  SystemClock clock;
  auto other = FileLock::acquire(work_.disk,
                                 scratch_.path() / "store/incoming" / sha256_hex(a_.url->text()) / ".lock");
  {
    std::vector<std::jthread> fetchers;
    fetchers.reserve(8);
    for (int i = 0; i < 8; ++i) {
      fetchers.emplace_back([&, i] {
        const Work work{work_.disk, clock, work_.reporter};
        const auto store = Store::open(scratch_.path() / "store", work).value();
        const auto wanted =
            i % 2 == 0 ? std::vector{unhashed(a_), unhashed(b_)} : std::vector{unhashed(b_), unhashed(a_)};
        const auto hashed = fetch_unhashed(store, wanted, http_, work);
        ASSERT_TRUE(hashed) << hashed.error().text();
        EXPECT_EQ(hashed->at(i % 2 == 0 ? 0 : 1).sha256, a_.sha256);
        EXPECT_EQ(hashed->at(i % 2 == 0 ? 1 : 0).sha256, b_.sha256);
        EXPECT_TRUE(*store.find(a_.sha256, a_.name));
      });
    }
    while (work_.reporter.count_of_notes() < 8) clock.sleep(std::chrono::milliseconds(1), {});
    const auto released = std::move(*other);
  }
  EXPECT_EQ(http_.requests().size(), 2U);
}

}  // namespace
}  // namespace launch::store

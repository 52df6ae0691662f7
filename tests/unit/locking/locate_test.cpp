#include "locking/locate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"

namespace launch::locking {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

project::LockedWheel wheel_of(const std::string& name, const std::string& content) {
  return {.file_name = name + "-1.0-py3-none-any.whl",
          .url = fakes::url("https://pypi.example/files/" + name + "-1.0-py3-none-any.whl"),
          .path = {},
          .size = content.size(),
          .sha256 = Digest::of(content),
          .upload_time = {}};
}

project::LockedWheel by_path(project::LockedWheel wheel) {
  wheel.url.reset();
  wheel.path = "wheels/" + wheel.file_name;
  return wheel;
}

class LocateTest : public ::testing::Test {
 protected:
  LocateTest() {
    site_.index_url = {fakes::url("https://user:secret@pypi.example/simple"), "test"};
    site_.channel_url = {fakes::url("https://channel.example/whl"), "test"};
    nightly_.channel = pytorch::Channel::nightly;
    nightly_.cuda = fakes::accelerator("cu128");
  }
  void page(const std::string& index, const std::string& project, const std::string& links) {
    http_.put(index + "/" + project + "/", "<!DOCTYPE html><html><body>" + links + "</body></html>");
  }
  static std::string link(const project::LockedWheel& wheel, const std::string& sha256 = {}) {
    return "<a href=\"/f/" + wheel.file_name + (sha256.empty() ? "" : "#sha256=" + sha256) + "\">" +
           wheel.file_name + "</a>";
  }
  static constexpr const char* kGeneral = "https://user:secret@pypi.example/simple";
  static constexpr const char* kChannel = "https://channel.example/whl/nightly/cu128";

  test::Scratch scratch_;
  fakes::FakeWork work_;
  store::Store store_ = store::Store::open(scratch_.path() / "store", work_).value();
  fakes::MemoryHttp http_;
  const project::LockedWheel a_ = wheel_of("a", "content of a");
  const project::LockedWheel b_ = wheel_of("b", "content of b");
  project::Site site_;
  project::Provenance nightly_;
};

TEST_F(LocateTest, OnTheChannelFirstThenOnTheGeneralIndex) {
  page(kChannel, "a", link(a_));
  http_.put(std::string(kChannel) + "/b/", fakes::MemoryAnswer{.status = 403});
  page(kGeneral, "a", link(a_, sha256_hex("someone else's")));
  page(kGeneral, "b", link(b_, b_.sha256->hex()));
  auto untouched = a_;
  const auto wheels =
      locate_wheels({by_path(a_), by_path(b_), untouched}, origins_of(nightly_, site_), http_);
  ASSERT_TRUE(wheels) << wheels.error().text();
  EXPECT_EQ((*wheels)[0].url, "https://channel.example/f/a-1.0-py3-none-any.whl");
  EXPECT_EQ((*wheels)[1].url, "https://pypi.example/f/b-1.0-py3-none-any.whl");
  EXPECT_EQ((*wheels)[2].url, untouched.url);
}

TEST_F(LocateTest, OnTheIndexThatTheRecipeHasForThePackageAndOnNoOther) {
  const project::Recipe::Index further{specs::Url::parse("https://wheels.example/simple").value(), {"a"}};
  const auto origins = origins_of(nightly_, site_, {further});
  page(kChannel, "a", link(a_, sha256_hex("someone else's")));
  page("https://wheels.example/simple", "a", link(a_));
  page(kChannel, "b", link(b_));
  page("https://wheels.example/simple", "b", link(b_, sha256_hex("someone else's")));
  const auto wheels = locate_wheels({by_path(a_), by_path(b_)}, origins, http_);
  ASSERT_TRUE(wheels) << wheels.error().text();
  EXPECT_EQ((*wheels)[0].url, "https://wheels.example/f/a-1.0-py3-none-any.whl");
  EXPECT_EQ((*wheels)[1].url, "https://channel.example/f/b-1.0-py3-none-any.whl");

  page("https://wheels.example/simple", "a", "");
  page(kChannel, "a", link(a_));
  EXPECT_EQ(locate_wheels({by_path(a_)}, origins, http_).error().text(),
            "error: a-1.0-py3-none-any.whl is no longer on https://wheels.example/simple\n"
            "\n"
            "hint: take the file from a store or wheel house that has it, and put it at "
            "wheels/a-1.0-py3-none-any.whl; or lock again with --upgrade\n");
}

TEST_F(LocateTest, AWheelThatIsGone) {
  page(kChannel, "a", "");
  page(kGeneral, "a", link(b_));
  EXPECT_EQ(locate_wheels({by_path(a_)}, origins_of(nightly_, site_), http_).error().text(),
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
  const auto wheels = locate_wheels({by_path(a_), by_path(b_)}, origins_of(nightly_, site_), http_);
  ASSERT_TRUE(wheels) << wheels.error().text();
  EXPECT_EQ((*wheels)[0].url, of_build);
  EXPECT_EQ((*wheels)[1].url, of_all);
}

TEST_F(LocateTest, AWheelThatWasReplaced) {
  page(kGeneral, "a", link(a_, b_.sha256->hex()));
  const auto located = locate_wheels({by_path(a_)}, origins_of({}, site_), http_);
  ASSERT_FALSE(located);
  EXPECT_EQ(located.error().kind(), ErrorKind::environment);
  EXPECT_EQ(located.error().text(),
            "error: a-1.0-py3-none-any.whl is a different file now on https://pypi.example/simple: expected "
            "sha256 " +
                a_.sha256->hex() + ", found " + b_.sha256->hex() +
                "\n\nhint: take the file from a store or wheel house that has it, and put it at "
                "wheels/a-1.0-py3-none-any.whl; or lock again with --upgrade\n");
}

TEST_F(LocateTest, WheelsAreFetchedByALockThatNamesNoHost) {
  const std::vector<project::LockedWheel> wheels = {by_path(a_), by_path(b_)};
  page(kGeneral, "a", link(a_, a_.sha256->hex()));
  page(kGeneral, "b", link(b_, b_.sha256->hex()));
  http_.put("https://user:secret@pypi.example/f/a-1.0-py3-none-any.whl", "content of a");
  http_.put("https://user:secret@pypi.example/f/b-1.0-py3-none-any.whl", "content of b");
  const auto fetched =
      fetch_locked(wheels, origins_of({}, site_), scratch_.path() / "lockfiles", store_, http_, work_);
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->downloaded, 2U);

  http_.forget_requests();
  ASSERT_TRUE(
      fetch_locked(wheels, origins_of({}, site_), scratch_.path() / "lockfiles", store_, http_, work_));
  EXPECT_THAT(http_.log(), IsEmpty()) << "what is in the store is not looked for";
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
}  // namespace launch::locking

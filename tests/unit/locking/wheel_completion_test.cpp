#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WheelCompletion : public ResolveLock {};

TEST_F(WheelCompletion, ASizeIsWhatTheServerSaysOfTheFileItself) {
  const auto name = general.add("a", "1.0");
  const auto bytes = fakes::make_wheel({.name = "a", .version = "1.0"});
  take({"a"});
  EXPECT_EQ(lock()->lock.packages[0].wheels[0].size, bytes.size());
  http.on(general.file_url(name), [bytes](const net::HttpRequest& request) {
    fakes::MemoryAnswer answer{.body = bytes};
    if (request.method == net::Method::head) answer.headers = {{"content-encoding", "gzip"}};
    return answer;
  });
  EXPECT_EQ(lock()->lock.packages[0].wheels[0].size, bytes.size()) << "the range says it";
  http.on(general.file_url(name), [bytes](const net::HttpRequest& request) {
    return fakes::MemoryAnswer{.body = request.method == net::Method::head ? bytes + "more" : bytes};
  });
  EXPECT_EQ(lock()->lock.packages[0].wheels[0].size, bytes.size()) << "the range counts";
  http.put(general.file_url(name), fakes::MemoryAnswer{.status = 502});
  EXPECT_EQ(
      error_text(),
      fmt::format("error: cannot determine the size of {}: {} returned 502\n\nhint: try again later, or use "
                  "another mirror\n",
                  name, general.file_url(name)));
  http.put(general.file_url(name), fakes::MemoryAnswer{.status = 410});
  EXPECT_THAT(error_text(), HasSubstr("a 1.0 cannot be used: " + general.file_url(name) + " returned 410"));
}

TEST_F(WheelCompletion, AWheelThatIsRefusedWhenItIsHashedIsRuledOutToo) {
  channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"}, {.hash = false});
  const auto newer =
      channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250605+cu128"}, {.hash = false});
  http.put(channel.file_url(newer), fakes::MemoryAnswer{.status = 403});
  use_nightly({"torch"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128"));
  const auto result = lock();
  ASSERT_EQ(result->ruled_out.size(), 1U);
  EXPECT_EQ(result->ruled_out[0].reason, channel.file_url(newer) + " returned 403");
  ASSERT_EQ(result->passed_over.size(), 1U);
  EXPECT_EQ(result->passed_over[0].reason,
            "torch 2.9.0.dev20250605+cu128 cannot be used: " + channel.file_url(newer) + " returned 403");
}

TEST_F(WheelCompletion, AServerThatRefusesHeadAloneIsNotRuledOut) {
  const auto name =
      channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"}, {.hash = false});
  const auto bytes = fakes::make_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"});
  http.on(channel.file_url(name), [bytes](const net::HttpRequest& request) {
    return request.method == net::Method::head ? fakes::MemoryAnswer{.status = 403}
                                               : fakes::MemoryAnswer{.body = bytes};
  });
  use_nightly({"torch"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128"));
}

TEST_F(WheelCompletion, AWheelWithoutADigestIsHashedOnce) {
  const auto name =
      channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"}, {.hash = false});
  use_nightly({"torch"});
  const auto first = lock();
  ASSERT_TRUE(first) << first.error().text();
  const auto& wheel = first->lock.packages[0].wheels[0];
  const auto bytes = fakes::make_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"});
  EXPECT_EQ(wheel.sha256, Digest::of(bytes));
  EXPECT_EQ(wheel.size, bytes.size());
  EXPECT_TRUE(store().find(wheel.sha256.value(), wheel.file_name)->has_value());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "store" / "incoming"))
    EXPECT_NE(entry.path().extension(), ".whl") << "a wheel is not kept twice";
  previous = first->lock;
  http.forget_requests();
  EXPECT_EQ(project::write_lockfile(lock()->lock), project::write_lockfile(*previous));
  EXPECT_THAT(http.log(), ::testing::Not(::testing::Contains("GET " + channel.file_url(name))));
}

/// Locks anew, and tells whether the wheel was downloaded for it.
class HashedBefore : public WheelCompletion {
 protected:
  HashedBefore() {
    name = channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"}, {.hash = false});
    use_nightly({"torch"});
    upgrade = true;
  }
  void serve(const std::string& bytes, const std::map<std::string, std::string>& headers) {
    http.put(channel.file_url(name),
             fakes::MemoryAnswer{.headers = {headers.begin(), headers.end()}, .body = bytes});
  }
  bool downloads() {
    work.clock.advance(std::chrono::seconds(1));
    http.forget_requests();
    const auto result = lock();
    EXPECT_TRUE(result) << result.error().text();
    if (!result) return false;
    digest = result->lock.packages[0].wheels[0].sha256.value();
    size = result->lock.packages[0].wheels[0].size;
    const auto log = http.log();
    return std::find(log.begin(), log.end(), "GET " + channel.file_url(name)) != log.end();
  }
  std::string name;
  std::string bytes = fakes::make_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"});
  std::string others = fakes::make_wheel(
      {.name = "torch", .version = "2.9.0.dev20250604+cu128", .files = {{"torch/x.py", ""}}});
  Digest digest = Digest::of("");
  std::uint64_t size = 0;
};

TEST_F(HashedBefore, IsNotDownloadedAgainWhileItsEtagIsTheSame) {
  serve(bytes, {{"etag", "\"one\""}});
  EXPECT_TRUE(downloads());
  EXPECT_FALSE(downloads());
  EXPECT_EQ(digest, Digest::of(bytes));
  EXPECT_EQ(size, bytes.size());
  serve(others, {{"etag", "\"two\""}});
  EXPECT_TRUE(downloads());
  EXPECT_EQ(digest, Digest::of(others));
}

TEST_F(HashedBefore, IsRememberedUnderTheEtagOfTheBytesThatCame) {
  http.on(channel.file_url(name), [this](const net::HttpRequest& request) {
    const bool head = request.method == net::Method::head;
    return fakes::MemoryAnswer{.headers = {{"etag", head ? "\"one\"" : "\"two\""}},
                               .body = head ? bytes : others};
  });
  EXPECT_TRUE(downloads());
  serve(bytes, {{"etag", "\"one\""}});
  EXPECT_TRUE(downloads());
  EXPECT_EQ(digest, Digest::of(bytes));
}

TEST_F(HashedBefore, WhatIsNoSuchWheelIsRuledOutAndNotKept) {
  const auto other =
      fakes::make_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128", .requires_dist = {"evil"}});
  for (const auto& served : {std::string("<html>log in</html>"), bytes.substr(0, bytes.size() / 2), other}) {
    serve(served, {{"etag", "\"one\""}});
    const auto result = lock();
    ASSERT_FALSE(result);
    EXPECT_THAT(
        result.error().text(),
        HasSubstr("torch 2.9.0.dev20250604+cu128 cannot be used: the file at " + channel.file_url(name)));
    EXPECT_EQ(result.error().kind(), ErrorKind::environment);
    EXPECT_FALSE(store().has(Digest::of(served), name));
  }
  serve(bytes, {{"etag", "\"one\""}});
  EXPECT_TRUE(downloads());
  EXPECT_EQ(digest, Digest::of(bytes));
}

TEST_F(HashedBefore, IsDownloadedAgainWhereTheServerSaysNothingOfItsBytes) {
  serve(bytes, {{"etag", "W/\"weak\""}});
  EXPECT_TRUE(downloads());
  EXPECT_TRUE(downloads());
}

TEST_F(HashedBefore, TheServersWordIsBelievedOnlyOfBytesThatWereSeen) {
  serve(bytes, {{"x-amz-meta-checksum-sha256", Digest::of(others).hex()}});
  EXPECT_TRUE(downloads());
  EXPECT_EQ(digest, Digest::of(bytes)) << "what was downloaded counts";
  serve(bytes, {{"x-amz-meta-checksum-sha256", Digest::of(bytes).hex()}});
  EXPECT_FALSE(downloads());
  EXPECT_EQ(digest, Digest::of(bytes));
  std::filesystem::remove_all(folder / "store" / "incoming");
  EXPECT_FALSE(downloads()) << "the store has these bytes";
  std::filesystem::remove_all(folder / "store" / "sha256");
  EXPECT_TRUE(downloads());
  std::filesystem::remove_all(folder / "store" / "sha256");
  EXPECT_FALSE(downloads()) << "they were seen, and the server says that they are the same";
  EXPECT_EQ(size, bytes.size());
}

TEST_F(WheelCompletion, WheelsOfAFindLinksFolderAreHashedWhereTheyLie) {
  const fakes::WheelSpec spec{.name = "own", .version = "1.0"};
  const auto bytes = fakes::make_wheel(spec);
  const auto file = folder / "house" / fakes::wheel_file_name(spec);
  ASSERT_TRUE(write_file(file, bytes));
  site.find_links = {{folder / "house", "test"}};
  take({"own"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  const auto& wheel = result->lock.packages[0].wheels[0];
  EXPECT_EQ(wheel.sha256, Digest::of(bytes));
  EXPECT_EQ(wheel.size, bytes.size());
  EXPECT_EQ(wheel.url, "file://" + file.string());
}

TEST_F(WheelCompletion, OtherBytesUnderALockedNameAreAnError) {
  const auto name = general.add("a", "1.0");
  take({"a"});
  previous = lock()->lock;
  const auto got = previous->packages[0].wheels[0].sha256;
  previous->packages[0].wheels[0].sha256 = fakes::digest('0');
  EXPECT_EQ(error_text(),
            fmt::format("error: the index has other bytes under the name {}: expected sha256 {}, as the "
                        "lock says, got {}\n\nhint: run `launch lock demo --upgrade` to take what the "
                        "index has now\n",
                        name, std::string(64, '0'), got->hex()));
}

}  // namespace
}  // namespace launch::locking

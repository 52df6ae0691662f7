#include "pytorch/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "index/index_client.hpp"
#include "pytorch/both_hosts.hpp"
#include "unit/base/scratch.hpp"

namespace launch::pytorch {
namespace {

using fakes::MemoryAnswer;
using testing::ElementsAre;

const std::string kBase = "https://download.pytorch.org/whl";

specs::Version version(const std::string& text) {
  return specs::Version::parse(text).value();
}

TEST(ChannelTest, EachPartHasItsIndex) {
  const auto url = [](const std::string& base, Channel channel, std::string_view build) {
    return channel_index_url(fakes::url(base), channel, fakes::accelerator(build));
  };
  EXPECT_EQ(url(kBase + "/", Channel::nightly, "cu128"), kBase + "/nightly/cu128");
  EXPECT_EQ(url(kBase, Channel::test, "rocm6.3"), kBase + "/test/rocm6.3");
  EXPECT_EQ(url(kBase, Channel::stable, "cpu"), kBase + "/cpu");
  EXPECT_EQ(default_channel_url(), kBase);
}

TEST(ChannelTest, AMirrorsAddressMayBeATemplate) {
  const auto url = [](const std::string& base, Channel channel, std::string_view build) {
    return channel_index_url(fakes::url(base), channel, fakes::accelerator(build));
  };
  const std::string artifactory = "https://host.example/artifactory/api/pypi/pytorch-{cuda}-remote/simple";
  EXPECT_EQ(url(artifactory, Channel::nightly, "cu128"),
            "https://host.example/artifactory/api/pypi/pytorch-cu128-remote/simple");
  EXPECT_EQ(url("https://host.example/{channel}/{cuda}/", Channel::nightly, "rocm6.3"),
            "https://host.example/nightly/rocm6.3");
  EXPECT_EQ(url("https://host.example/{channel}/{cuda}", Channel::stable, "cpu"),
            "https://host.example/stable/cpu");
  EXPECT_EQ(unknown_placeholder(fakes::url(artifactory)), std::nullopt);
  EXPECT_EQ(unknown_placeholder(fakes::url("https://host.example/{gpu}/{cuda}")), "{gpu}");
  EXPECT_EQ(unknown_placeholder(fakes::url("https://host.example/{cuda")), "{cuda");
}

TEST(ChannelTest, HasOneNameEach) {
  EXPECT_THAT(channel_names(), ElementsAre("nightly", "test", "stable", "index"));
  for (const auto& name : channel_names()) EXPECT_EQ(channel_name(channel_of(name).value()), name);
  EXPECT_EQ(channel_of("weekly"), std::nullopt);
}

TEST(ChannelTest, ANightlysDayIsInItsVersion) {
  EXPECT_EQ(nightly_day(version("2.5.0.dev20240617+cu121")), fakes::day("2024-06-17"));
  EXPECT_EQ(nightly_day(version("2.5.0.dev20240230")), std::nullopt);
  EXPECT_EQ(nightly_day(version("2.5.0.dev3")), std::nullopt);
  EXPECT_EQ(nightly_day(version("2.5.0")), std::nullopt);
}

TEST(ChannelTest, ALocalPartNamesTheAccelerator) {
  EXPECT_TRUE(is_built_for(version("2.5.0+cu121"), fakes::accelerator("cu121")));
  EXPECT_TRUE(is_built_for(version("2.5.0+cu121.full"), fakes::accelerator("cu121")));
  EXPECT_TRUE(is_built_for(version("3.0.0+git0d4682f0"), fakes::accelerator("cu121")));
  EXPECT_TRUE(is_built_for(version("3.0.0"), fakes::accelerator("cpu")));
  EXPECT_TRUE(is_built_for(version("2.8.0+rocm6.3"), fakes::accelerator("rocm6.3")));
  EXPECT_TRUE(is_built_for(version("2.5.0+cpu.cxx11.abi"), fakes::accelerator("cpu")));
  EXPECT_FALSE(is_built_for(version("2.5.0+cu121.full"), fakes::accelerator("cu118")));
  EXPECT_FALSE(is_built_for(version("2.8.0+rocm6.3"), fakes::accelerator("rocm6.3.1")));
  EXPECT_FALSE(is_built_for(version("2.5.0+cu121"), fakes::accelerator("cu12")));
  EXPECT_FALSE(is_built_for(version("2.5.0+cpu"), fakes::accelerator("cu121")));
  EXPECT_FALSE(is_built_for(version("2.8.0+rocm6.3"), fakes::accelerator("rocm6.2")));
  EXPECT_FALSE(is_built_for(version("2.8.0+rocm6.3"), fakes::accelerator("cpu")));
}

TEST(ChannelTest, KnowsTheOtherHostOfAFile) {
  const std::string other = "https://download-r2.pytorch.org/whl";
  EXPECT_EQ(on_other_host(fakes::url(kBase + "/cu128/torch-2.7.0%2Bcu128.whl?x=1")),
            other + "/cu128/torch-2.7.0%2Bcu128.whl?x=1");
  EXPECT_EQ(on_other_host(fakes::url(other + "/a.whl")), kBase + "/a.whl");
  EXPECT_EQ(on_other_host(fakes::url("https://pypi.example/a.whl")), std::nullopt);
}

TEST(ChannelTest, AFileThatOneHostRefusesIsReadFromTheOther) {
  const fakes::WheelSpec spec{.name = "torch", .version = "2.7.0+cu128"};
  const auto bytes = fakes::make_wheel(spec);
  const std::string path = "/cu128/torch-2.7.0%2Bcu128-py3-none-any.whl";
  fakes::MemoryHttp http;
  http.put(kBase + path, MemoryAnswer{.status = 403});
  http.put("https://download-r2.pytorch.org/whl" + path, MemoryAnswer{.body = bytes});
  BothHosts hosts(http);
  index::IndexClient client(hosts, {.url = fakes::url(kBase + "/cu128"), .forbidden_is_missing = true});
  const auto metadata =
      client.metadata({.file_name = fakes::wheel_file_name(spec), .url = fakes::url(kBase + path)});
  ASSERT_TRUE(metadata) << metadata.error().text();
  EXPECT_EQ(metadata->version, "2.7.0+cu128");
  http.put("https://download-r2.pytorch.org/whl" + path, MemoryAnswer{.status = 403});
  const auto refused =
      client.metadata({.file_name = fakes::wheel_file_name(spec), .url = fakes::url(kBase + path)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(),
            "error: " + kBase + path +
                " returned 403, expected a part of the file (206)\n"
                "  while reading the metadata of torch-2.7.0+cu128-py3-none-any.whl\n\n"
                "hint: the server refused access: check the credentials (netrc, proxy), and whether the file "
                "was withdrawn\n");
}

TEST(ChannelTest, WhatOneHostFailsToGiveIsAskedOfTheOther) {
  const std::string other = "https://download-r2.pytorch.org/whl";
  fakes::MemoryHttp http;
  http.put(kBase + "/down", MemoryAnswer{.status = 503});
  http.break_off(kBase + "/away", environment_error("no connection"));
  http.put(kBase + "/gone", MemoryAnswer{.status = 404});
  http.put(kBase + "/ill", MemoryAnswer{.status = 500});
  for (const std::string path : {"/down", "/away", "/gone"})
    http.put(other + path, MemoryAnswer{.body = path});
  http.put(other + "/ill", MemoryAnswer{.status = 403});
  std::vector<net::HttpRequest> requests;
  for (const std::string path : {"/down", "/away", "/gone", "/ill"})
    requests.push_back({.url = fakes::url(kBase + path)});
  const auto responses = BothHosts(http).fetch_all(requests);
  EXPECT_EQ(responses[0]->body, "/down");
  EXPECT_EQ(responses[1]->body, "/away");
  EXPECT_EQ(responses[2]->status, 404) << "an answer, not a refusal";
  EXPECT_EQ(responses[3]->status, 500) << "the first host's";
}

class DownloadsFromBothHosts : public testing::Test {
 protected:
  fakes::FakeReporter reporter_;
  Result<net::DownloadResult> download(const std::string& url) {
    const net::DownloadRequest request{
        .url = fakes::url(url), .destination = scratch_.path() / "a", .sha256 = Digest::of("content of a")};
    return BothHosts(http_).download({&request, 1}, "fetching", reporter_, {}).front();
  }
  const std::string kFirst = kBase + "/nightly/cpu/a-1.0-py3-none-any.whl";
  const std::string kOther = "https://download-r2.pytorch.org/whl/nightly/cpu/a-1.0-py3-none-any.whl";
  test::Scratch scratch_;
  fakes::MemoryHttp http_;
};

TEST_F(DownloadsFromBothHosts, WhatOneRefusesComesFromTheOther) {
  http_.put(kFirst, MemoryAnswer{.status = 403});
  http_.put(kOther, "content of a");
  const auto fetched = download(kFirst);
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(*read_file(scratch_.path() / "a"), "content of a");
}

TEST_F(DownloadsFromBothHosts, AnotherServerIsAskedOnce) {
  http_.put("https://pypi.example/a", MemoryAnswer{.status = 403});
  EXPECT_FALSE(download("https://pypi.example/a"));
  EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(DownloadsFromBothHosts, OtherBytesOnOneAreNoneOfTheOthers) {
  http_.put(kFirst, "content of A");
  http_.put(kOther, "content of a");
  const auto fetched = download(kFirst);
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(*read_file(scratch_.path() / "a"), "content of a");
}

TEST_F(DownloadsFromBothHosts, WhatEachAnsweredIsTold) {
  http_.put(kFirst, MemoryAnswer{.status = 403});
  http_.put(kOther, MemoryAnswer{.status = 503});
  const auto fetched = download(kFirst);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(
      fetched.error().text(),
      "error: " + kFirst + " returned 403; the channel's other host failed as well: " + kOther +
          " returned 503\n\n"
          "hint: try again later; if the file was withdrawn, take it from a wheel store or a wheel house "
          "that has it, or from a mirror (LAUNCH_CHANNEL_URL)\n");
  EXPECT_EQ(fetched.error().kind(), ErrorKind::environment);
}

}  // namespace
}  // namespace launch::pytorch

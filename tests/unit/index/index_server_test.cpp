// The client over real HTTP, against the fake index that whole commands are tested with.
#include "fakes/index_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/zip.hpp"
#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/environment.hpp"
#include "fakes/urls.hpp"
#include "index/index_client.hpp"

namespace launch::index {
namespace {

RealDisk disk;

using testing::HasSubstr;

struct IndexServerTest : testing::Test {
  SystemClock clock;

  std::unique_ptr<net::HttpClient> client() {
    net::HttpOptions options;
    options.retry_base = std::chrono::milliseconds(1);
    return net::make_http_client(options, Environment(), clock, disk);
  }
  fakes::WheelSpec big{.name = "Big.Demo",
                       .version = "2.5.0+cu121",
                       .requires_dist = {"leaf>=2"},
                       .files = {{"big_demo/data.bin", std::string(400'000, 'x')}},
                       .tags = "cp311-cp311-manylinux_2_28_x86_64.manylinux_2_17_x86_64",
                       .requires_python = ">=3.8,<4",
                       .deflated = false};
};

TEST_F(IndexServerTest, EveryStyleTellsTheSame) {
  for (const auto& style :
       {fakes::IndexStyle{}, fakes::IndexStyle{.json = false}, fakes::IndexStyle{.sidecars = true},
        fakes::IndexStyle{.json = false, .sidecars = true},
        fakes::IndexStyle{.ranges = false, .root = "/nightly/cu121"}}) {
    fakes::IndexServer server(style);
    const auto file_name = server.add(big);
    server.yank(file_name, "broken & bad");
    server.set_upload_time(file_name, "2026-04-23T10:20:30Z");
    const auto http = client();
    IndexClient index(*http, {.url = fakes::url(server.url())});
    const auto page = index.page("big-demo");
    ASSERT_TRUE(page && *page) << page.error().text();
    ASSERT_EQ((*page)->files.size(), 1u);
    const auto& file = (*page)->files[0];
    EXPECT_EQ(file.file_name, file_name);
    EXPECT_EQ(file.url, server.file_url(file_name));
    EXPECT_EQ(file.sha256, Digest::of_hex(server.sha256(file_name)));
    EXPECT_EQ(file.requires_python, ">=3.8,<4");
    EXPECT_EQ(file.yanked, "broken & bad");
    EXPECT_EQ(file.upload_time, "2026-04-23T10:20:30Z");
    EXPECT_EQ(file.has_metadata, style.sidecars);
    const auto metadata = index.metadata(file);
    ASSERT_TRUE(metadata) << metadata.error().text();
    EXPECT_EQ(metadata->name, "big-demo");
    EXPECT_EQ(metadata->requires_dist.at(0).text(), "leaf>=2");
    if (style.ranges) {
      EXPECT_LT(index.metadata_bytes(), 70'000u);
    }
  }
}

TEST_F(IndexServerTest, WheelsAreSound) {
  big.deflated = true;
  big.entry_points = {{"demo", "big_demo:main"}};
  const auto bytes = fakes::make_wheel(big);
  const auto zip = archive::ZipFile::open(bytes);
  ASSERT_TRUE(zip) << zip.error().text();
  std::string record;
  for (const auto& entry : zip->entries()) {
    const auto content = zip->read(entry);
    ASSERT_TRUE(content) << content.error().text();
    if (entry.name.ends_with("/RECORD")) record = *content;
  }
  EXPECT_THAT(record, HasSubstr("Big.Demo-2.5.0+cu121.dist-info/entry_points.txt,sha256="));
  EXPECT_EQ(fakes::make_wheel(big), bytes);
}

TEST_F(IndexServerTest, FaultsReachTheClient) {
  fakes::IndexServer server;
  const auto file_name = server.add(big);
  const auto http = client();
  IndexClient index(*http, {.url = fakes::url(server.url())});
  const auto error = [&] {
    const auto page = index.page("big-demo");
    return page ? std::string("no error") : page.error().message();
  };
  const auto url = server.url() + "/big-demo/";
  server.truncate_page("big-demo");
  EXPECT_THAT(error(), HasSubstr("the page " + url + " is truncated: its JSON ends after "));
  server.recover();
  server.fail_page("big-demo", {.status = 403});
  EXPECT_EQ(error(), "the index page " + url + " returned 403, expected 200");
  server.fail_page("big-demo", {.body = "<b>It works!</b>", .content_type = "text/html"});
  EXPECT_EQ(error(), "the page " + url + " is not an index page: it is not HTML");
  server.recover();
  EXPECT_EQ(error(), "no error");

  const auto file = (*index.page("big-demo").value()).files.at(0);
  server.replace_bytes(file_name, std::string(server.bytes(file_name).size() - 7, 'z'));
  const auto metadata = index.metadata(file);
  ASSERT_FALSE(metadata);
  EXPECT_THAT(metadata.error().message(), HasSubstr("bytes, expected " + std::to_string(*file.size)));
}

TEST_F(IndexServerTest, ManyPagesAndWheelsAtOnce) {
  constexpr int kProjects = 40;
  fakes::IndexServer server;
  std::vector<std::string> names;
  for (int i = 0; i < kProjects; ++i) {
    names.push_back("demo" + std::to_string(i));
    server.add({.name = names.back(), .version = "1." + std::to_string(i)});
  }
  const auto http = client();
  IndexClient index(*http, {.url = fakes::url(server.url())});
  std::vector<IndexFile> files;
  for (const auto& page : index.pages(names)) {
    ASSERT_TRUE(page && *page);
    files.push_back((*page)->files.at(0));
  }
  const auto metadata = index.metadata(files);
  for (int i = 0; i < kProjects; ++i) EXPECT_EQ(metadata[i]->version, "1." + std::to_string(i));
}

}  // namespace
}  // namespace launch::index

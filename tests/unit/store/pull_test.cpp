#include "store/pull.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

using fakes::MemoryAnswer;
using testing::Contains;
using testing::IsEmpty;

struct PullTest : testing::Test {
  test::Scratch scratch;
  fakes::FakeWork work;
  fakes::MemoryHttp http;
  Store store = Store::open(scratch / "store", work).value();
  registry::Access access;
  std::string layer = std::string(1000, 'l');
  std::string config = "{\"os\":\"linux\"}";
  std::string manifest = fmt::format(R"({{"config":{},"layers":[{}]}})", entry(config), entry(layer));
  std::string index = fmt::format(R"({{"manifests":[{},{}]}})", entry("attestation", "unknown", "unknown"),
                                  entry(manifest, "linux", "amd64"));

  PullTest() {
    put("blobs", layer);
    put("blobs", config);
    put("manifests", manifest);
    put("manifests", index);
  }
  static std::string entry(const std::string& of, const std::string& os = "",
                           const std::string& architecture = "") {
    return fmt::format(R"({{"digest":"{}","size":{},"platform":{{"os":"{}","architecture":"{}"}}}})",
                       Digest::of(of).text(), of.size(), os, architecture);
  }
  static std::string url(const std::string& kind, const std::string& content) {
    return fmt::format("https://mirror.example/v2/hub/nvidia/cuda/{}/{}", kind, Digest::of(content).text());
  }
  void put(const std::string& kind, const std::string& content) { http.put(url(kind, content), content); }
  Result<PulledImage> run(const std::string& of, const specs::Platform& platform = fakes::x86()) {
    const auto place = registry::Place::of({"mirror.example/hub/nvidia/cuda"}).value();
    return pull(store, place, access, Digest::of(of), platform, "docker.io/nvidia/cuda", http, work);
  }
};

TEST_F(PullTest, IsFoundOnceItIsWhole) {
  const auto find = [&] { return find_pulled(store, Digest::of(index), fakes::x86(), "nvidia/cuda"); };
  EXPECT_EQ(find().value(), std::nullopt);
  ASSERT_TRUE(run(index));
  const auto found = find().value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, Digest::of(manifest));
  EXPECT_EQ(found->config, config);
  EXPECT_EQ(found->layers, run(index)->layers);
  std::filesystem::remove(found->layers.front());
  EXPECT_EQ(find().value(), std::nullopt);
}

TEST_F(PullTest, BringsTheImageOfThePlatformIntoTheStore) {
  const auto image = run(index);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->digest, Digest::of(manifest));
  EXPECT_EQ(image->manifest, manifest);
  EXPECT_EQ(image->config, config);
  ASSERT_EQ(image->layers.size(), 1u);
  EXPECT_EQ(read_file(image->layers.front()).value(), layer);
  EXPECT_TRUE(store.has(Digest::of(layer), kLayerName));
  http.forget_requests();
  EXPECT_EQ(run(index)->layers, image->layers);
  EXPECT_EQ(run(manifest)->layers, image->layers);
  EXPECT_THAT(http.log(), IsEmpty());
}

/// Layers are large; whoever is given them checks them.
TEST_F(PullTest, LayersThatAreThereAreNeitherFetchedNorHashed) {
  const auto path = store.path_of(Digest::of(layer), kLayerName);
  ASSERT_TRUE(write_file(path, "of another digest"));
  const auto image = run(manifest);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->layers, std::vector{path});
  EXPECT_EQ(read_file(path).value(), "of another digest");
  EXPECT_THAT(http.log(), testing::Each(testing::Not(testing::HasSubstr(Digest::of(layer).hex()))));
}

TEST_F(PullTest, OnlyMissingLayersAreFetched) {
  const std::string second(500, 's');
  const auto two =
      fmt::format(R"({{"config":{},"layers":[{},{}]}})", entry(config), entry(layer), entry(second));
  put("blobs", second);
  put("manifests", two);
  ASSERT_TRUE(run(manifest));
  http.forget_requests();
  const auto image = run(two);
  ASSERT_TRUE(image) << image.error().text();
  ASSERT_EQ(image->layers.size(), 2U);
  EXPECT_EQ(read_file(image->layers[0]).value(), layer);
  EXPECT_EQ(read_file(image->layers[1]).value(), second);
  EXPECT_THAT(http.log(), testing::Each(testing::Not(testing::HasSubstr(Digest::of(layer).hex()))));
}

TEST_F(PullTest, SaysWhichPlatformsThereAre) {
  const auto image = run(index, fakes::arm());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: docker.io/nvidia/cuda has no image for linux/arm64; it has linux/amd64\n"
            "  while pulling docker.io/nvidia/cuda from the registry mirror.example\n\n"
            "hint: choose another base image, or remove the platform from the recipe\n");
}

TEST_F(PullTest, OtherBytesAreNotKept) {
  http.put(url("blobs", layer), std::string(1000, 'x'));
  EXPECT_FALSE(run(manifest));
  EXPECT_FALSE(store.has(Digest::of(layer), kLayerName));
}

TEST_F(PullTest, MalformedManifestsAreErrors) {
  for (const std::string text :
       {"[]", "{}", R"({"config":{"digest":"sha256:x"},"layers":[]})", R"({"manifests":{}})",
        R"({"manifests":[{"platform":{"os":"linux","architecture":"amd64"}}]})"}) {
    put("manifests", text);
    const auto image = run(text);
    ASSERT_FALSE(image) << text;
    EXPECT_THAT(image.error().message(),
                testing::StartsWith("the manifest of docker.io/nvidia/cuda is invalid: "));
  }
}

/// A registry whose tokens hold for one answer.
TEST_F(PullTest, LogsInAgainWhenATokenExpires) {
  access.login = registry::Login{"user", "secret", {}};
  int tokens = 0;
  int left = 0;
  http.on("https://mirror.example/token?service=s&scope=repository%3Ahub%2Fnvidia%2Fcuda%3Apull",
          [&](const net::HttpRequest& request) -> Result<MemoryAnswer> {
            EXPECT_THAT(request.headers, Contains(testing::Pair("Authorization", "Basic dXNlcjpzZWNyZXQ=")));
            left = 2;
            return MemoryAnswer{.body = fmt::format(R"({{"token":"t{}"}})", ++tokens)};
          });
  for (const auto& [kind, content] :
       {std::pair("blobs", layer), {"blobs", config}, {"manifests", manifest}}) {
    http.on(
        url(kind, content), [&, content = content](const net::HttpRequest& request) -> Result<MemoryAnswer> {
          const auto sent = net::find_header(request.headers, "Authorization");
          if (sent == fmt::format("Bearer t{}", tokens) && left-- > 0) return MemoryAnswer{.body = content};
          return MemoryAnswer{.status = 401,
                              .headers = {{"www-authenticate",
                                           "Bearer realm=\"https://mirror.example/token\",service=\"s\""}}};
        });
  }
  const auto image = run(manifest);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(read_file(image->layers.front()).value(), layer);
  EXPECT_GT(tokens, 1);
}

}  // namespace
}  // namespace launch::store

#include "image/image_archive.hpp"

#include <array>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/oci_image.hpp"

namespace launch::image {
namespace {

/// A plan of an image with one layer, whose store may hold something else.
ImagePlan plan_of(const std::string& layer, const std::string& stored) {
  archive::Image image;
  image.architecture = "amd64";
  image.created = "1980-01-01T00:00:00Z";
  image.add({{std::string(archive::kGzipLayerType), Digest::of(layer), layer.size()},
             Digest::of("tar"),
             "torch 2.10.0"});
  ImagePlan plan{*specs::Platform::parse("linux-x86_64"),
                 archive::image_manifest_text(image),
                 archive::image_config_text(image),
                 {},
                 {}};
  plan.blobs.push_back({image.layers.front(), "the layer of torch 2.10.0",
                        [stored]() -> Result<net::Body> { return net::body_of_text(stored); }});
  plan.blobs.push_back({{std::string(archive::kConfigType), plan.image_id(), plan.config.size()},
                        "the configuration",
                        [text = plan.config]() -> Result<net::Body> { return net::body_of_text(text); }});
  return plan;
}

/// All of it, read in pieces of a size that fits nothing.
Result<std::string> text_of(ImageArchive archive) {
  std::string text;
  std::array<char, 777> buffer{};
  while (true) {
    TRY_ASSIGN(const auto count, archive.read(buffer));
    if (count == 0) return text;
    text.append(buffer.data(), count);
  }
}

/// Of ustar members: content by path.
std::map<std::string, std::string> members_of(const std::string& tar) {
  std::map<std::string, std::string> members;
  for (std::size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0';) {
    const std::string path = tar.c_str() + at;
    const auto size = std::stoull(tar.substr(at + 124, 11), nullptr, 8);
    members[path] = tar.substr(at + 512, size);
    at += 512 + (size + 511) / 512 * 512;
  }
  return members;
}

TEST(ImageArchiveTest, IsALayoutAndAnArchiveOfDockers) {
  const std::string layer(100'000, 'x');
  const auto plan = plan_of(layer, layer);
  auto archive = ImageArchive::of(plan);
  ASSERT_TRUE(archive) << archive.error().text();
  const auto size = archive->size();
  const auto tar = text_of(*std::move(archive));
  ASSERT_TRUE(tar) << tar.error().text();
  EXPECT_EQ(tar->size(), size);
  EXPECT_EQ(tar->size() % 512, 0U);
  EXPECT_TRUE(tar->ends_with(std::string(1024, '\0'))) << "a tar ends with two blocks of zeros";
  const auto blob = [](const Digest& digest) { return "blobs/sha256/" + digest.hex(); };
  const std::map<std::string, std::string> expected{
      {"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
      {"blobs/", ""},
      {"blobs/sha256/", ""},
      {blob(Digest::of(layer)), layer},
      {blob(plan.image_id()), plan.config},
      {blob(plan.digest()), plan.manifest},
      {"index.json",
       R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
       R"("application/vnd.oci.image.manifest.v1+json","digest":")" +
           plan.digest().text() + R"(","size":)" + std::to_string(plan.manifest.size()) +
           R"(,"platform":{"architecture":"amd64","os":"linux"}}]})"},
      {"manifest.json", R"([{"Config":")" + blob(plan.image_id()) + R"(","RepoTags":null,"Layers":[")" +
                            blob(Digest::of(layer)) + R"("]}])"}};
  EXPECT_EQ(members_of(*tar), expected);
}

TEST(ImageArchiveTest, ADamagedLayerIsNamedAndNeverWhole) {
  const std::string layer(100'000, 'x');
  auto damaged = layer;
  damaged[50'000] = 'y';
  auto archive = ImageArchive::of(plan_of(layer, damaged));
  ASSERT_TRUE(archive) << archive.error().text();
  const auto tar = text_of(*std::move(archive));
  ASSERT_FALSE(tar);
  EXPECT_EQ(tar.error().text(), "error: the layer of torch 2.10.0 is damaged in the store: expected " +
                                    Digest::of(layer).text() + ", found " + Digest::of(damaged).text() +
                                    "\n\nhint: run `launch store verify` to find what is damaged\n");
  EXPECT_EQ(tar.error().kind(), ErrorKind::environment);
}

}  // namespace
}  // namespace launch::image

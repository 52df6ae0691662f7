#include "archive/oci_image.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/values.hpp"

namespace launch::archive {
namespace {

using fakes::digest;

Image small() {
  Image image;
  image.architecture = "arm64";
  image.variant = "v8";
  image.created = "2025-06-06T00:00:00Z";
  image.run = {.user = "trainer",
               .environment = {"PATH=/opt/venv/bin:/usr/bin", "A=b"},
               .entrypoint = {"python"},
               .command = {"-V"},
               .folder = "/workspace",
               .volumes = {"/data"},
               .ports = {"80/tcp"},
               .labels = {{"launch.lock", "sha256:ab"}, {"a", "\"b\""}},
               .stop_signal = "SIGINT"};
  image.history.push_back({.created_by = "ENV A=b", .comment = "base", .empty_layer = true});
  image.add({{std::string(kGzipLayerType), digest('1'), 10, {{"toc", "x"}}}, digest('2'), "torch 2.10.0"});
  image.annotations = {{"org.opencontainers.image.created", "2025"}};
  return image;
}

const std::string kConfig =
    R"({"created":"2025-06-06T00:00:00Z","architecture":"arm64","os":"linux","variant":"v8","config":{"User":"trainer",)"
    R"("ExposedPorts":{"80/tcp":{}},"Env":["PATH=/opt/venv/bin:/usr/bin","A=b"],"Entrypoint":["python"],"Cmd":["-V"],)"
    R"("Volumes":{"/data":{}},"WorkingDir":"/workspace","Labels":{"a":"\"b\"","launch.lock":"sha256:ab"},)"
    R"("StopSignal":"SIGINT"},"rootfs":{"type":"layers","diff_ids":["sha256:)" +
    std::string(64, '2') +
    R"("]},"history":[{"created_by":"ENV A=b","comment":"base","empty_layer":true},)"
    R"({"created":"2025-06-06T00:00:00Z","created_by":"torch 2.10.0"}]})";

TEST(ImageConfigText, IsTheJsonOfTheSpecification) {
  EXPECT_EQ(image_config_text(small()), kConfig);
}

TEST(ImageManifestText, NamesConfigurationAndLayers) {
  EXPECT_EQ(
      image_manifest_text(small()),
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
      R"("application/vnd.oci.image.config.v1+json","digest":")" +
          Digest::of(kConfig).text() + R"(","size":)" + std::to_string(kConfig.size()) +
          R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:)" +
          std::string(64, '1') +
          R"(","size":10,"annotations":{"toc":"x"}}],"annotations":{"org.opencontainers.image.created":"2025"}})");
}

TEST(ParseImage, ReadsWhatWasWritten) {
  const auto text = image_manifest_text(small());
  const auto image = parse_image(text, kConfig);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image_config_text(*image), kConfig);
  EXPECT_EQ(image_manifest_text(*image), text);
}

TEST(ParseImage, GivesDockersLayersTheTypesOfOci) {
  const std::string manifest =
      R"({"schemaVersion":2,"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":7,"digest":"sha256:)" +
      std::string(64, 'a') + "\"}]}";
  const std::string config =
      R"({"os":"linux","architecture":"amd64","config":{"Env":null},"rootfs":{"diff_ids":["sha256:)" +
      std::string(64, 'b') + "\"]}}";
  const auto image = parse_image(manifest, config);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->layers.at(0).media_type, kGzipLayerType);
  EXPECT_EQ(image->layers.at(0).size, 7U);
  EXPECT_EQ(image->diff_ids.at(0), digest('b'));
  EXPECT_TRUE(image->run.environment.empty());
}

TEST(ParseImage, RefusesWhatContradictsItself) {
  const auto refusal = [](std::string_view manifest, std::string_view config) {
    const auto image = parse_image(manifest, config);
    return image ? "accepted" : image.error().message();
  };
  const auto manifest = image_manifest_text(small());
  const std::string one = std::string(64, '1');
  const std::string two = std::string(64, '2');
  EXPECT_EQ(refusal("[]", kConfig), "not a valid image: its manifest is not a JSON object");
  EXPECT_EQ(refusal(manifest, "{"), "not a valid image: its configuration is not a JSON object");
  EXPECT_EQ(refusal(manifest, "{}"), "not a valid image: its configuration names no platform");
  EXPECT_EQ(refusal("{}", kConfig),
            "not a valid image: its manifest has 0 layers, its configuration 1 diffID");
  EXPECT_EQ(refusal(replace_all(manifest, one, "x"), kConfig),
            "not a valid image: a layer has no sha256 or no size");
  EXPECT_EQ(refusal(replace_all(manifest, "\"size\":10", "\"size\":-1"), kConfig),
            "not a valid image: a layer has no sha256 or no size");
  EXPECT_EQ(refusal(replace_all(manifest, "image.layer.v1.tar+gzip", "artifact"), kConfig),
            "not a valid image: a layer has the media type \"application/vnd.oci.artifact\"");
  EXPECT_EQ(refusal(manifest, replace_all(kConfig, two, "y")),
            "not a valid image: it has the diffID \"sha256:y\"");
  EXPECT_EQ(refusal(manifest, replace_all(kConfig, ",\"empty_layer\":true", "")),
            "not a valid image: its history makes 2 layers, its manifest has 1");
}

TEST(ImageIndexText, NamesAPlatformWhereThereIsOne) {
  const std::vector<IndexEntry> entries = {
      {{std::string(kManifestType), digest('1'), 5}, "linux", "arm64", "v8"},
      {{std::string(kManifestType), digest('2'), 6, {{"org.opencontainers.image.ref.name", "demo"}}},
       "",
       ""}};
  EXPECT_EQ(
      image_index_text(entries),
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
      R"("application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" +
          std::string(64, '1') +
          R"(","size":5,"platform":{"architecture":"arm64","os":"linux","variant":"v8"}},{"mediaType":)"
          R"("application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" +
          std::string(64, '2') +
          R"(","size":6,"annotations":{"org.opencontainers.image.ref.name":"demo"}}]})");
  EXPECT_EQ(oci_layout_text(), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(blob_path(digest('1')), "blobs/sha256/" + std::string(64, '1'));
}

}  // namespace
}  // namespace launch::archive

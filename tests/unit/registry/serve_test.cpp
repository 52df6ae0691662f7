#include "registry/serve.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::registry {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr auto kManifestType = "application/vnd.oci.image.manifest.v1+json";

std::string text_of(const net::Body& body) {
  if (!body) return {};
  std::string out(body->size(), '\0');
  EXPECT_EQ(body->read(0, out).value(), out.size());
  return out;
}

struct ServeTest : testing::Test {
  std::string image =
      R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json"}})";
  Digest layer = Digest::of("layer");
  ServedRepositories repositories;
  Digest digest = Digest::of("");
  ServedRepository* demo = nullptr;

  ServeTest() {
    demo = &repositories["launch/demo"];
    digest = demo->add({kManifestType, image});
    demo->tags = {{"latest", digest}, {"a", digest}, {"b", digest}};
    demo->blobs.insert({layer, {"application/vnd.oci.image.layer.v1.tar+gzip", net::body_of_text("layer")}});
    repositories["other"];
  }

  net::ServedResponse get(const std::string& target) const {
    return answer(repositories, {"GET", target, {}});
  }
  std::string body(const std::string& target) const { return text_of(get(target).body); }
  /// Adds a manifest that refers to the image; `more` is JSON after its subject.
  Digest add_referrer(const std::string& more) {
    return demo->add(
        {kManifestType, fmt::format(R"({{"subject":{{"digest":"{}"}},{}}})", digest.text(), more)});
  }
};

TEST_F(ServeTest, AnswersAtTheRoot) {
  const auto response = get("/v2/");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Content-Type", "application/json"),
                                            Pair("Docker-Distribution-Api-Version", "registry/2.0")));
  EXPECT_EQ(text_of(response.body), "{}");
}

TEST_F(ServeTest, HasManifestsByTagAndDigest) {
  for (const auto& name : {std::string("latest"), digest.text()}) {
    const auto response = get("/v2/launch/demo/manifests/" + name);
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.headers,
                ElementsAre(Pair("Content-Type", kManifestType), Pair("Docker-Content-Digest", digest.text()),
                            Pair("Docker-Distribution-Api-Version", "registry/2.0")));
    EXPECT_EQ(text_of(response.body), image);
  }
}

TEST_F(ServeTest, HasBlobsByDigest) {
  const auto response = get("/v2/launch/demo/blobs/" + layer.text());
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers,
              ElementsAre(Pair("Content-Type", "application/vnd.oci.image.layer.v1.tar+gzip"),
                          Pair("Docker-Content-Digest", layer.text()),
                          Pair("Docker-Distribution-Api-Version", "registry/2.0")));
  EXPECT_EQ(text_of(response.body), "layer");
}

TEST_F(ServeTest, ListsTagsInPages) {
  EXPECT_EQ(body("/v2/launch/demo/tags/list"), R"({"name":"launch/demo","tags":["a","b","latest"]})");
  const auto page = get("/v2/launch/demo/tags/list?n=2");
  EXPECT_EQ(text_of(page.body), R"({"name":"launch/demo","tags":["a","b"]})");
  EXPECT_EQ(net::find_header(page.headers, "Link"), "</v2/launch/demo/tags/list?n=2&last=b>; rel=\"next\"");
  const auto last = get("/v2/launch/demo/tags/list?n=2&last=b");
  EXPECT_EQ(text_of(last.body), R"({"name":"launch/demo","tags":["latest"]})");
  EXPECT_EQ(net::find_header(last.headers, "Link"), std::nullopt);
  EXPECT_EQ(body("/v2/launch/demo/tags/list?n=0"), R"({"name":"launch/demo","tags":[]})");
  EXPECT_EQ(body("/v2/other/tags/list"), R"({"name":"other","tags":[]})");
}

TEST_F(ServeTest, ListsReferrersByTypeOfArtifact) {
  const auto sbom = add_referrer(R"("artifactType":"application/spdx+json","annotations":{"a":"1"})");
  const auto old = add_referrer(R"("config":{"mediaType":"text/old"})");
  const auto entry = [](const Digest& of, std::size_t size, const std::string& more) {
    return fmt::format(R"({{{}"digest":"{}","mediaType":"{}","size":{}}})", more, of.text(), kManifestType,
                       size);
  };
  const auto first = entry(sbom, demo->manifests.at(sbom).text.size(),
                           R"("annotations":{"a":"1"},"artifactType":"application/spdx+json",)");
  const auto second = entry(old, demo->manifests.at(old).text.size(), R"("artifactType":"text/old",)");
  const auto list = [](const std::string& entries) {
    return fmt::format(
        R"({{"manifests":[{}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}})",
        entries);
  };
  const auto target = "/v2/launch/demo/referrers/" + digest.text();
  EXPECT_EQ(body(target), list(sbom < old ? first + "," + second : second + "," + first));
  const auto filtered = get(target + "?artifactType=application%2Fspdx%2Bjson");
  EXPECT_EQ(text_of(filtered.body), list(first));
  EXPECT_EQ(net::find_header(filtered.headers, "OCI-Filters-Applied"), "artifactType");
  EXPECT_EQ(body("/v2/launch/demo/referrers/" + layer.text()), list(""));
}

TEST_F(ServeTest, SaysWhatItDoesNotHave) {
  const auto none = "sha256:" + std::string(64, '0');
  struct Case {
    std::string target;
    int status;
    std::string code;
  };
  const Case cases[] = {
      {"/v2/launch/demo/manifests/none", 404, "MANIFEST_UNKNOWN"},
      {"/v2/launch/demo/manifests/" + none, 404, "MANIFEST_UNKNOWN"},
      {"/v2/launch/demo/manifests/" + layer.text(), 404, "MANIFEST_UNKNOWN"},
      {"/v2/other/manifests/latest", 404, "MANIFEST_UNKNOWN"},
      {"/v2/launch/demo/blobs/" + none, 404, "BLOB_UNKNOWN"},
      {"/v2/other/blobs/" + layer.text(), 404, "BLOB_UNKNOWN"},
      {"/v2/launch/demo/blobs/latest", 400, "DIGEST_INVALID"},
      {"/v2/launch/demo/blobs/../../../../etc/passwd", 404, "UNSUPPORTED"},
      {"/v2/launch/demo/blobs/%2e%2e%2fpasswd", 404, "UNSUPPORTED"},
      {"/v2/launch/demo/referrers/x", 400, "DIGEST_INVALID"},
      {"/v2/launch/manifests/latest", 404, "NAME_UNKNOWN"},
      {"/v2/launch/demo/tags/all", 404, "UNSUPPORTED"},
      {"/v2/launch/demo/blobs/uploads/", 404, "UNSUPPORTED"},
      {"/v2/_catalog", 404, "UNSUPPORTED"},
      {"/v2", 404, "UNSUPPORTED"},
      {"/etc/passwd", 404, "UNSUPPORTED"},
      {"/v2//manifests/latest", 404, "NAME_UNKNOWN"},
      {"", 404, "UNSUPPORTED"},
      {"/v2/%ff/manifests/%ff", 404, "NAME_UNKNOWN"},
  };
  for (const auto& each : cases) {
    const auto response = get(each.target);
    EXPECT_EQ(response.status, each.status) << each.target;
    EXPECT_THAT(text_of(response.body), testing::HasSubstr("\"code\":\"" + each.code + "\"")) << each.target;
  }
  EXPECT_EQ(
      body(cases[4].target),
      fmt::format(
          R"({{"errors":[{{"code":"BLOB_UNKNOWN","detail":{{"digest":"{}"}},"message":"blob unknown to registry"}}]}})",
          none));
}

}  // namespace
}  // namespace launch::registry

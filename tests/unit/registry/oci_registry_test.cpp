#include "registry/oci_registry.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "registry/bearer_challenge.hpp"
#include "unit/base/scratch.hpp"

namespace launch::registry {
namespace {

using fakes::MemoryAnswer;
using fakes::MemoryHttp;
using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

specs::ImageReference parse(const std::string& text) {
  auto reference = specs::ImageReference::parse(text);
  EXPECT_TRUE(reference) << reference.error().text();
  return reference.value_or(specs::ImageReference());
}

TEST(ImageReferenceTest, ShortNamesAreDockerHubs) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"debian", "docker.io/library/debian:latest"},
      {"debian:12-slim", "docker.io/library/debian:12-slim"},
      {"docker.io/debian", "docker.io/library/debian:latest"},
      {"index.docker.io/nvidia/cuda:1", "docker.io/nvidia/cuda:1"},
      {"nvidia/cuda:12.8.1-base-ubuntu24.04", "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"},
      {"quay.example/a/b/c:v1", "quay.example/a/b/c:v1"},
      {"localhost/a", "localhost/a:latest"},
      {"127.0.0.1:5000/a", "127.0.0.1:5000/a:latest"},
      {"nvidia/cuda@" + digest, "docker.io/nvidia/cuda@" + digest},
      {"nvidia/cuda:1@" + digest, "docker.io/nvidia/cuda:1@" + digest},
  };
  for (const auto& [text, whole] : cases) {
    EXPECT_EQ(parse(text).text(), whole);
    EXPECT_EQ(parse(whole).text(), whole);
  }
}

TEST(ImageReferenceTest, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "\"\" cannot be the name of an image (lower-case letters, digits, \".\", \"_\", \"-\" and \"/\")"},
      {"Nvidia/CUDA",
       "\"Nvidia/CUDA\" cannot be the name of an image (lower-case letters, digits, \".\", \"_\", \"-\" and "
       "\"/\")"},
      {"a/../b",
       "\"a/../b\" cannot be the name of an image (lower-case letters, digits, \".\", \"_\", \"-\" and "
       "\"/\")"},
      {"a:b c", "\"b c\" cannot be a tag"},
      {"a:", "\"\" cannot be a tag"},
      {"a@sha256:12", "expected \"sha256:\" and 64 hex digits after \"@\""},
      {"evil.example?x/a", "\"evil.example?x\" cannot be a registry"},
      {std::string(248, 'a'),
       "the name has 256 characters, expected at most 255"},  // with library/ before it
  };
  for (const auto& [text, reason] : cases) {
    const auto reference = specs::ImageReference::parse(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_EQ(reference.error().kind(), ErrorKind::input);
    EXPECT_EQ(
        reference.error().text(),
        fmt::format("error: \"{}\" is not an image reference: {}\n\nhint: write it as "
                    "[REGISTRY/]NAME[:TAG][@sha256:DIGEST], for example docker.io/library/debian:12-slim\n",
                    text, reason));
  }
}

TEST(BearerChallengeTest, IsReadInAnyOrderAndQuoting) {
  const auto challenge = parse_bearer_challenge(
      R"(Bearer service="registry.docker.io", realm="https://auth.docker.io/token",scope=repository:a/b:pull)");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "https://auth.docker.io/token");
  EXPECT_EQ(challenge->service, "registry.docker.io");
  EXPECT_FALSE(parse_bearer_challenge("Basic realm=\"x\""));
  EXPECT_FALSE(parse_bearer_challenge("Bearer realm=\"file:///etc/passwd\""));
  EXPECT_FALSE(parse_bearer_challenge("Bearer realm=\"unclosed"));
  EXPECT_FALSE(parse_bearer_challenge(""));
}

std::string digest_of(const std::string& text) {
  return "sha256:" + sha256_hex(text);
}

/// A registry in memory with one image, for one platform or two.
struct OciRegistryTest : testing::Test {
  MemoryHttp http;
  fakes::FakeRunner runner;
  test::Scratch scratch;
  Environment environment{{{"HOME", scratch.path()}, {"XDG_RUNTIME_DIR", scratch / "run"}}};
  std::string base = "https://registry-1.docker.io/v2/nvidia/cuda";
  std::string index;

  /// Puts an image's configuration and manifest; the manifest's text.
  std::string put_image(const std::string& architecture, const std::string& name) {
    const auto configuration = fmt::format(
        R"({{"architecture": "{}", "os": "linux", "config": {{"User": "app:10", "Env": ["NAME={}"], "Labels": {{"name": "{}", "odd": 7}}}}}})",
        architecture, name, name);
    http.put(base + "/blobs/" + digest_of(configuration), configuration, "application/octet-stream");
    const auto manifest = fmt::format(R"({{"schemaVersion": 2, "config": {{"digest": "{}"}}, "layers": []}})",
                                      digest_of(configuration));
    put_manifest(digest_of(manifest), manifest);
    return manifest;
  }
  void put_manifest(const std::string& name, const std::string& manifest) {
    http.put(base + "/manifests/" + name,
             MemoryAnswer{.headers = {{"docker-content-digest", digest_of(manifest)}}, .body = manifest});
  }
  void put_index(const std::string& second = "arm64") {
    const auto entry = [](const std::string& digest, const std::string& system,
                          const std::string& architecture) {
      return fmt::format(R"({{"digest": "{}", "platform": {{"os": "{}", "architecture": "{}"}}}})", digest,
                         system, architecture);
    };
    index = fmt::format(R"({{"schemaVersion": 2, "manifests": [{}, {}, {}]}})",
                        entry(digest_of(put_image("amd64", "for-amd64")), "linux", "amd64"),
                        entry(digest_of("attestation"), "unknown", "unknown"),
                        entry(digest_of(put_image(second, "for-" + second)), "linux", second));
    put_manifest("12.8.1-base", index);
  }
  Result<std::optional<RemoteImage>> find(const std::string& text,
                                          const specs::Platform& platform = fakes::x86(),
                                          std::vector<specs::RegistryMirror> locations = {}) {
    return OciRegistry(http, std::move(locations), environment, runner).find(parse(text), platform);
  }
  std::string error(const std::string& text) {
    const auto found = find(text);
    return found ? "no error" : found.error().text();
  }
};

TEST_F(OciRegistryTest, ReadsAnIndexAndThePlatformsConfiguration) {
  put_index();
  const auto found = find("nvidia/cuda:12.8.1-base", fakes::arm());
  ASSERT_TRUE(found && *found) << found.error().text();
  const auto& image = **found;
  EXPECT_EQ(image.digest, Digest::of(index));
  EXPECT_THAT(image.platforms, ElementsAre(Pair("linux/amd64", Digest::of(put_image("amd64", "for-amd64"))),
                                           Pair("linux/arm64", Digest::of(put_image("arm64", "for-arm64")))));
  EXPECT_THAT(image.labels, UnorderedElementsAre(Pair("name", "for-arm64")));
  EXPECT_THAT(image.environment, ElementsAre("NAME=for-arm64"));
  EXPECT_EQ(image.user, "app:10");
  EXPECT_THAT(http.requests().at(0).headers,
              ElementsAre(Pair("Accept",
                               "application/vnd.oci.image.index.v1+json, "
                               "application/vnd.docker.distribution.manifest.list.v2+json, "
                               "application/vnd.oci.image.manifest.v1+json, "
                               "application/vnd.docker.distribution.manifest.v2+json")));
}

TEST_F(OciRegistryTest, AMissingPlatformIsToldByThePlatformsThereAre) {
  put_index("riscv64");
  const auto found = find("nvidia/cuda:12.8.1-base", fakes::arm());
  ASSERT_TRUE(found && *found);
  EXPECT_FALSE((*found)->platforms.contains("linux/arm64"));
  EXPECT_TRUE((*found)->platforms.contains("linux/riscv64"));
  EXPECT_THAT((*found)->labels, UnorderedElementsAre(Pair("name", "for-amd64")));
}

TEST_F(OciRegistryTest, ReadsASingleManifest) {
  const auto manifest = put_image("amd64", "single");
  put_manifest("one", manifest);
  for (const auto& text : {std::string("nvidia/cuda:one"), "nvidia/cuda@" + digest_of(manifest)}) {
    const auto found = find(text);
    ASSERT_TRUE(found && *found) << found.error().text();
    EXPECT_EQ((*found)->digest, Digest::of(manifest));
    EXPECT_THAT((*found)->platforms, ElementsAre(Pair("linux/amd64", Digest::of(manifest))));
    EXPECT_THAT((*found)->environment, ElementsAre("NAME=single"));
  }
}

TEST_F(OciRegistryTest, GetsATokenOnceWhenAsked) {
  put_index();
  const auto manifest = put_image("amd64", "for-amd64");
  const std::string paths[] = {"/manifests/12.8.1-base", "/manifests/" + digest_of(manifest),
                               "/blobs/" + manifest.substr(manifest.find("sha256:"), digest_of("").size())};
  const std::pair<std::string, std::string> authorization("Authorization", "Bearer t0k3n");
  MemoryHttp guarded;
  for (const auto& path : paths) {
    guarded.on(base + path, [&](const net::HttpRequest& request) -> Result<MemoryAnswer> {
      if (std::count(request.headers.begin(), request.headers.end(), authorization) == 1) {
        return MemoryAnswer{.body = http.fetch(request)->body};
      }
      const auto* challenge = "Bearer realm=\"https://auth.example/token\",service=\"s\"";
      return MemoryAnswer{.status = 401, .headers = {{"www-authenticate", challenge}}};
    });
  }
  const std::string token_url =
      "https://auth.example/token?service=s&scope=repository%3Anvidia%2Fcuda%3Apull";
  guarded.put(token_url, R"({"token": "t0k3n"})", "application/json");
  const auto found =
      OciRegistry(guarded, {}, environment, runner).find(parse("nvidia/cuda:12.8.1-base"), fakes::x86());
  ASSERT_TRUE(found && *found) << found.error().text();
  EXPECT_EQ((*found)->digest, Digest::of(index));
  EXPECT_EQ(guarded.requests().size(), 5u);  // asked, token, asked again, manifest, configuration
}

TEST_F(OciRegistryTest, AsksWhereTheSiteSays) {
  base = "http://127.0.0.1:5000/v2/nvidia/cuda";
  put_index();
  http.break_off("https://127.0.0.1:5000/v2/", environment_error("it does not speak TLS"));
  EXPECT_TRUE(*find("nvidia/cuda:12.8.1-base", fakes::x86(), {{"docker.io", "127.0.0.1:5000", true}}));
  base = "https://mirror.example/v2/hub/nv/cuda";
  put_index();
  const std::vector<specs::RegistryMirror> locations{{"docker.io", "127.0.0.1:1", true},
                                                     {"docker.io/nvidia", "mirror.example/hub/nv"},
                                                     {"docker.io/nvid", "elsewhere.example"}};
  EXPECT_TRUE(*find("nvidia/cuda:12.8.1-base", fakes::x86(), locations));
}

TEST_F(OciRegistryTest, WhatIsNotThereIsNothing) {
  EXPECT_FALSE(*find("nvidia/cuda:gone"));
  http.put(base + "/manifests/gone",
           MemoryAnswer{.status = 400,
                        .body = R"({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]})"});
  EXPECT_FALSE(*find("nvidia/cuda:gone"));
}

TEST_F(OciRegistryTest, ARefusalSaysWhoAndWhat) {
  http.put(
      base + "/manifests/one",
      MemoryAnswer{.status = 500, .body = R"({"errors": [{"code": "UNKNOWN", "message": "disk\nfull"}]})"});
  EXPECT_EQ(error("nvidia/cuda:one"),
            "error: the registry returned 500 for https://registry-1.docker.io/v2/nvidia/cuda/manifests/one, "
            "expected a "
            "manifest (200) (UNKNOWN: disk\\x0afull)\n"
            "  while asking the registry registry-1.docker.io for docker.io/nvidia/cuda:one\n\n"
            "hint: the registry returned a server error; try again later, or add a mirror to launch.toml\n");
  http.put(base + "/manifests/one", MemoryAnswer{.status = 401});
  EXPECT_EQ(
      error("nvidia/cuda:one"),
      "error: the registry returned 401 for https://registry-1.docker.io/v2/nvidia/cuda/manifests/one, "
      "expected a "
      "manifest (200)\n"
      "  while asking the registry registry-1.docker.io for docker.io/nvidia/cuda:one\n\n"
      "hint: check the image's name, run `podman login` or `docker login` for its registry, or add a mirror "
      "to launch.toml: [[registry]] prefix = \"docker.io\", location = \"HOST:PORT\"\n");
  http.break_off(base + "/manifests/one", environment_error("cannot connect to registry-1.docker.io"));
  EXPECT_EQ(error("nvidia/cuda:one"),
            "error: cannot connect to registry-1.docker.io\n"
            "  while asking the registry registry-1.docker.io for docker.io/nvidia/cuda:one\n");
}

TEST_F(OciRegistryTest, LogsInAndTrustsAsForAPull) {
  ASSERT_TRUE(write_file(scratch / ".docker/config.json",
                         R"({"auths": {"registry.example:5000": {"auth": "dXNlcjpzZWNyZXQ="}}})"));
  ASSERT_TRUE(
      write_file(scratch / ".config/containers/certs.d/registry.example:5000/ca.crt", "an authority"));
  base = "https://registry.example:5000/v2/team/base";
  const auto manifest = put_image("amd64", "private");
  const auto config = manifest.substr(manifest.find("sha256:"), digest_of("").size());
  MemoryHttp guarded;
  const std::pair<std::string, std::string> login("Authorization", "Basic dXNlcjpzZWNyZXQ=");
  const auto answer = [&](const net::HttpRequest& request) -> Result<MemoryAnswer> {
    EXPECT_TRUE(request.trust && request.trust->authorities == "an authority\n");
    if (std::count(request.headers.begin(), request.headers.end(), login) == 0)
      return MemoryAnswer{.status = 401, .headers = {{"www-authenticate", "Basic realm=\"test\""}}};
    return MemoryAnswer{.body = request.url.path().ends_with("/1") ? manifest : http.fetch(request)->body};
  };
  guarded.on(base + "/manifests/1", answer);
  guarded.on(base + "/blobs/" + config, answer);
  const auto image = parse("registry.example:5000/team/base:1");
  const auto found = OciRegistry(guarded, {}, environment, runner).find(image, fakes::x86());
  ASSERT_TRUE(found && *found) << found.error().text();
  EXPECT_EQ((*found)->digest, Digest::of(manifest));

  Environment nobody({{"HOME", scratch / "nobody"}, {"XDG_CONFIG_HOME", scratch / ".config"}});
  const auto refused = OciRegistry(guarded, {}, nobody, runner).find(image, fakes::x86());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::unusable);
}

TEST_F(OciRegistryTest, BytesThatAreNotTheDigestsAreRefused) {
  const auto manifest = put_image("amd64", "single");
  const auto wrong = "sha256:" + std::string(64, '0');
  put_manifest(wrong, manifest);
  const auto by_digest = error("nvidia/cuda@" + wrong);
  EXPECT_THAT(by_digest, testing::StartsWith("error: the registry sent an invalid answer for " + base +
                                             "/manifests/" + wrong + ": its manifest has the digest " +
                                             digest_of(manifest) + ", expected " + wrong + "\n"));
  http.put(base + "/manifests/one",
           MemoryAnswer{.headers = {{"docker-content-digest", wrong}}, .body = manifest});
  EXPECT_THAT(error("nvidia/cuda:one"), testing::HasSubstr("its manifest has the digest " +
                                                           digest_of(manifest) + ", expected " + wrong));
  const auto config = manifest.substr(manifest.find("sha256:"), 71);
  put_manifest("one", manifest);
  http.put(base + "/blobs/" + config, "{}", "application/json");
  EXPECT_THAT(error("nvidia/cuda:one"),
              testing::StartsWith("error: the registry sent an invalid answer for " + base + "/blobs/" +
                                  config + ": it has the digest " + digest_of("{}") + "\n"));
}

TEST_F(OciRegistryTest, GarbageIsCalledGarbage) {
  for (const std::string text : {"", "<html>", "[]", "{}", R"({"manifests": 7})"}) {
    http.put(base + "/manifests/one", text, "text/html");
    EXPECT_NE(error("nvidia/cuda:one"), "no error") << text;
  }
  put_manifest("one", R"({"config": {"digest": "sha256:../../../etc"}})");
  EXPECT_THAT(error("nvidia/cuda:one"), testing::HasSubstr("its manifest names no configuration by sha256"));
}

}  // namespace
}  // namespace launch::registry

#include "registry/attach.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "fakes/memory_registry.hpp"
#include "fakes/values.hpp"

namespace launch::registry {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

class Attach : public ::testing::Test {
 protected:
  Result<std::vector<Digest>> attach_bill(const std::string& text = "{\"bill\":1}") {
    const auto place = Place::of({"registry.example/team/demo"}).value();
    const Subject subject{kIndexType, fakes::digest('a'), 7};
    return attach(place, {}, subject, {{"sbom.json", "application/spdx+json", text}}, registry_, work_);
  }
  std::string under_tag() const {
    const auto found = registry_.manifests.find("team/demo:sha256-" + fakes::digest('a').hex());
    return found == registry_.manifests.end() ? "none" : found->second;
  }

  fakes::MemoryRegistry registry_;
  fakes::FakeWork work_;
};

TEST(Artifact, RefersToItsSubject) {
  EXPECT_EQ(
      artifact_text({kIndexType, fakes::digest('a'), 7}, {"sbom.json", "application/spdx+json", "{}"}),
      fmt::format(R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                  R"("artifactType":"application/spdx+json",)"
                  R"("config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{0}","size":2}},)"
                  R"("layers":[{{"mediaType":"application/spdx+json","digest":"{0}","size":2,)"
                  R"("annotations":{{"org.opencontainers.image.title":"sbom.json"}}}}],)"
                  R"("subject":{{"mediaType":"{1}","digest":"{2}","size":7}}}})",
                  Digest::of("{}").text(), kIndexType, fakes::digest('a').text()));
}

TEST_F(Attach, PushesAnArtifactThatTheRegistryLists) {
  registry_.lists_referrers = true;
  const auto attached = attach_bill();
  ASSERT_TRUE(attached) << attached.error().text();
  ASSERT_THAT(*attached, SizeIs(1));
  const auto artifact = registry_.manifests.find("team/demo@" + attached->front().text());
  ASSERT_NE(artifact, registry_.manifests.end());
  EXPECT_THAT(artifact->second, HasSubstr(fakes::digest('a').text()));
  EXPECT_EQ(registry_.blobs.at("team/demo@" + Digest::of("{\"bill\":1}").text()), "{\"bill\":1}");
  EXPECT_EQ(registry_.blobs.at("team/demo@" + Digest::of("{}").text()), "{}");
  EXPECT_EQ(under_tag(), "none");
}

TEST_F(Attach, ListsItUnderATagWhereTheRegistryDoesNot) {
  const auto first = attach_bill();
  ASSERT_TRUE(first) << first.error().text();
  const auto list = under_tag();
  EXPECT_THAT(list, HasSubstr(first->front().text()));
  EXPECT_THAT(list, HasSubstr(R"("artifactType":"application/spdx+json")"));
  ASSERT_TRUE(attach_bill());
  EXPECT_EQ(under_tag(), list);
  const auto second = attach_bill("{\"bill\":2}");
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_THAT(under_tag(), HasSubstr(first->front().text()));
  EXPECT_THAT(under_tag(), HasSubstr(second->front().text()));
}

TEST_F(Attach, AFailureOfTheRegistryIsNotTakenForNoList) {
  registry_.fault = [](const std::string& line,
                       const net::HttpRequest&) -> std::optional<fakes::MemoryRegistry::Wrong> {
    if (line.find("/referrers/") == std::string::npos) return std::nullopt;
    return fakes::MemoryRegistry::Wrong{.answer =
                                            net::HttpResponse{.status = 503, .headers = {}, .body = {}}};
  };
  const auto attached = attach_bill();
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().message(), HasSubstr("the registry returned 503 for "));
  EXPECT_EQ(under_tag(), "none");
}

TEST_F(Attach, DoesNotReplaceAListThatItCannotRead) {
  registry_.manifests["team/demo:sha256-" + fakes::digest('a').hex()] = "[]";
  const auto attached = attach_bill();
  ASSERT_FALSE(attached);
  EXPECT_EQ(
      attached.error().text(),
      fmt::format("error: the registry sent an invalid answer for "
                  "https://registry.example/v2/team/demo/manifests/sha256-{}: expected a list of "
                  "referrers\n\nhint: check the address of the registry (launch.toml, [[registry]]); the "
                  "server there may not be a registry\n",
                  fakes::digest('a').hex()));
}

}  // namespace
}  // namespace launch::registry

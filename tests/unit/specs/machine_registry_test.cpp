#include "specs/machine_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::specs {
namespace {

using testing::ElementsAre;

const std::vector<MachineRegistry> kRegistries = {
    {.prefix = "docker.io", .location = "docker.io", .mirrors = {{"127.0.0.1:5000", true}}},
    {.prefix = "docker.io/nvidia",
     .location = "internal.example/nv",
     .insecure = true,
     .mirrors = {{"tags.example", false, true, false}, {"digests.example/x", false, false, true}}},
    {.prefix = "*.example.com", .location = ""},
    {.prefix = "deep.example.com/team", .location = "team.example"},
};

std::vector<std::string> places(std::string_view name, NamedBy by = NamedBy::tag) {
  const auto* registry = registry_of(name, kRegistries);
  if (registry == nullptr) return {"none"};
  std::vector<std::string> out;
  for (const auto& place : places_of(name, *registry, by))
    out.push_back(place.name + (place.insecure ? " over HTTP" : ""));
  return out;
}

TEST(MachineRegistryTest, MirrorsComeBeforeTheLocationOfTheLongestPrefix) {
  EXPECT_THAT(places("docker.io/library/debian"),
              ElementsAre("127.0.0.1:5000/library/debian over HTTP", "docker.io/library/debian"));
  EXPECT_THAT(places("docker.io/nvidia/cuda"),
              ElementsAre("tags.example/cuda", "internal.example/nv/cuda over HTTP"));
  EXPECT_THAT(places("docker.io/nvidia/cuda", NamedBy::digest),
              ElementsAre("digests.example/x/cuda", "internal.example/nv/cuda over HTTP"));
  EXPECT_THAT(places("docker.iou/x"), ElementsAre("none"));
}

TEST(MachineRegistryTest, ADomainIsMatchedByItsEnd) {
  EXPECT_THAT(places("a.b.example.com:5000/x"), ElementsAre("a.b.example.com:5000/x"));
  EXPECT_THAT(places("deep.example.com/team/x"), ElementsAre("team.example/x"));
  EXPECT_THAT(places("a.example.community/x"), ElementsAre("none"));
  EXPECT_THAT(places("quay.example/a.example.com/x"), ElementsAre("none"));
}

}  // namespace
}  // namespace launch::specs

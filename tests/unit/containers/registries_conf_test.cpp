#include "containers/registries_conf.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::containers {
namespace {

using specs::MachineRegistry;
using testing::ElementsAre;

struct RegistriesConfTest : testing::Test {
  test::Scratch scratch;
  std::map<std::string, std::string, std::less<>> variables = {{"HOME", scratch / "home"}};

  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_file(scratch / path, text));
  }
  /// A file with one entry, for "registry.example" at `location`.
  void point(const std::string& path, const std::string& location) {
    put(path, fmt::format("[[registry]]\nprefix = \"registry.example\"\nlocation = \"{}\"\n", location));
  }
  Result<std::vector<MachineRegistry>> read() {
    return read_registries_conf(Environment(variables), scratch.path());
  }
  /// The locations of all entries, in order.
  std::string locations() {
    const auto found = read();
    if (!found) return found.error().text();
    std::string out;
    for (const auto& registry : *found) out += registry.location + " ";
    return out;
  }
};

TEST_F(RegistriesConfTest, IsReadFromWherePodmanReadsIt) {
  EXPECT_EQ(locations(), "");
  point("etc/containers/registries.conf", "etc");
  EXPECT_EQ(locations(), "etc ");
  point("etc/containers/registries.conf.d/b.conf", "etc-b");
  point("etc/containers/registries.conf.d/a.conf", "etc-a");
  point("etc/containers/registries.conf.d/c.txt", "no");
  EXPECT_EQ(locations(), "etc-b ");
  point("home/.config/containers/registries.conf.d/a.conf", "home-a");
  EXPECT_EQ(locations(), "home-a ");
  put("home/.config/containers/registries.conf.d/a.conf", "[[registry]]\nlocation = \"other.example\"\n");
  EXPECT_EQ(locations(), "etc-b other.example ");
  point("home/.config/containers/registries.conf", "home");
  EXPECT_EQ(locations(), "home other.example ");
  variables["CONTAINERS_REGISTRIES_CONF"] = scratch / "given.conf";
  EXPECT_EQ(locations(), fmt::format("error: cannot read {}: No such file or directory\n",
                                     (scratch / "given.conf").string()));
  point("given.conf", "given");
  EXPECT_EQ(locations(), "etc-b other.example ");
}

TEST_F(RegistriesConfTest, EveryKeyThatCountsIsRead) {
  const auto found = parse_registries_conf(R"(
unqualified-search-registries = ["docker.io"]
[aliases]
debian = "docker.io/library/debian"
[[registry]]
prefix = "docker.io/nvidia"
location = "internal.example/nv/"
insecure = true
[[registry.mirror]]
location = "one.example"
insecure = true
[[registry.mirror]]
location = "two.example/hub"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "three.example"
pull-from-mirror = "digest-only"
[[registry]]
location = "bad.example"
blocked = true
mirror-by-digest-only = true
mirror = [{location = "four.example"}]
[[registry]]
prefix = "*.example.com"
)",
                                           "r.conf");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_THAT(*found, ElementsAre(MachineRegistry{.prefix = "docker.io/nvidia",
                                                  .location = "internal.example/nv",
                                                  .insecure = true,
                                                  .mirrors = {{"one.example", true},
                                                              {"two.example/hub", false, true, false},
                                                              {"three.example", false, false, true}},
                                                  .file = "r.conf"},
                                  MachineRegistry{.prefix = "bad.example",
                                                  .location = "bad.example",
                                                  .blocked = true,
                                                  .mirrors = {{"four.example", false, false, true}},
                                                  .file = "r.conf"},
                                  MachineRegistry{.prefix = "*.example.com", .file = "r.conf"}));
}

TEST_F(RegistriesConfTest, Version1IsRead) {
  const auto found = parse_registries_conf(
      "[registries.search]\nregistries = [\"a.example\"]\n[registries.insecure]\nregistries = "
      "[\"b.example\", \"c.example\"]\n[registries.block]\nregistries = [\"c.example\"]\n",
      "r.conf");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_THAT(*found, ElementsAre(MachineRegistry{"b.example", "b.example", true, false, {}, "r.conf"},
                                  MachineRegistry{"c.example", "c.example", true, true, {}, "r.conf"}));
}

TEST_F(RegistriesConfTest, MistakesAreNamedWithTheirLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"[[registry]]\nprefix = 7\n", "r.conf:2:10: [[registry]] prefix: expected a string, found an integer"},
      {"[[registry]]\ninsecure = true\n", "r.conf:1:1: [[registry]] location: expected HOST[:PORT][/PATH]"},
      {"[[registry]]\nlocation = \"https://a.example\"\n",
       "r.conf:2:12: [[registry]] location: expected HOST[:PORT][/PATH], found \"https://a.example\""},
      {"[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\ninsecure = true\n",
       "r.conf:3:1: [[registry]] mirror.location: expected HOST[:PORT][/PATH]"},
      {"[[registry]\n", "r.conf:1:12: not TOML: Error while parsing table header: expected ']', saw '\\n'"},
  };
  for (const auto& [text, message] : cases) {
    const auto found = parse_registries_conf(text, "r.conf");
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().kind(), ErrorKind::input);
    EXPECT_EQ(found.error().message(), message);
  }
}

}  // namespace
}  // namespace launch::containers

#include "specs/source_metadata.hpp"

#include <gtest/gtest.h>

namespace launch::specs {
namespace {

bool is_static(const std::string& head) {
  return parse_pkg_info(head + "Name: demo\nVersion: 1.0\nRequires-Dist: a\n\nDynamic: requires-dist\n")
      .value()
      .is_static;
}

TEST(SourceMetadata, IsStaticFromVersion22OnUnlessAFieldIsDynamic) {
  EXPECT_TRUE(is_static("Metadata-Version: 2.2\n"));
  EXPECT_TRUE(is_static("Metadata-Version: 2.10\nDynamic: description\n"));
  EXPECT_FALSE(is_static("Metadata-Version: 2.1\n"));
  EXPECT_FALSE(is_static("Metadata-Version: two\n"));
  EXPECT_FALSE(is_static(""));
  EXPECT_FALSE(is_static("Metadata-Version: 2.2\nDynamic: Requires-Dist\n"));
  EXPECT_FALSE(is_static("Dynamic: requires-python\nMetadata-Version: 2.2\n"));
  EXPECT_FALSE(is_static("Metadata-Version: 2.4\nDynamic: provides-extra\n"));
}

TEST(SourceMetadata, IsThatOfThePackage) {
  const auto found = parse_pkg_info("Metadata-Version: 2.2\nName: De_mo\nVersion: 1.0\nRequires-Dist: a>1\n");
  EXPECT_EQ(found->core.name, "de-mo");
  EXPECT_EQ(found->core.version, "1.0");
  ASSERT_EQ(found->core.requires_dist.size(), 1U);
  EXPECT_EQ(found->core.requires_dist[0].text(), "a>1");
  EXPECT_EQ(parse_pkg_info("Version: 1.0\n").error().text(), "error: the metadata has no Name\n");
}

}  // namespace
}  // namespace launch::specs

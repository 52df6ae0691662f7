#include "specs/patch_set.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::specs {
namespace {

PatchSet allowed(const std::string& text) {
  return patches_allowed(SpecifierSet::parse(text).value(), fakes::python("3.12"));
}

std::string shown(const PatchSet& patches) {
  return patches_specifier(patches, fakes::python("3.12"));
}

TEST(PatchSet, OfARequiresPython) {
  EXPECT_EQ(shown(allowed(">=3.9")), "");
  EXPECT_TRUE(allowed("<3.12").none());
  EXPECT_EQ(shown(allowed(">=3.12.4,!=3.12.6,<3.13")), ">=3.12.4,!=3.12.6");
  EXPECT_EQ(shown(allowed("==3.12.3")), ">=3.12.3,<3.12.4");
  EXPECT_EQ(shown(allowed("!=3.9.1")), "");
}

TEST(PatchSet, OfAMarker) {
  const auto environment = marker_environment(fakes::python("3.12"), fakes::x86());
  const auto where = [&](const std::string& text) {
    return patches_marker(patches_where(Marker::parse(text).value(), environment, {"x"}),
                          fakes::python("3.12"));
  };
  EXPECT_EQ(where("python_full_version < '3.12.4' and extra == 'x'"), "python_full_version < \"3.12.4\"");
  EXPECT_EQ(where("implementation_version >= '3.12.1' and python_full_version != '3.12.5'"),
            "python_full_version >= \"3.12.1\" and python_full_version != \"3.12.5\"");
  EXPECT_EQ(where("python_version == '3.12'"), "");
}

}  // namespace
}  // namespace launch::specs

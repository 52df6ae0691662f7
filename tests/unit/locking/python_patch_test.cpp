#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locking/base_image.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;

class PythonPatch : public ResolveLock {
 protected:
  PythonPatch() {
    general.add("a", "1.0",
                {"backport; python_full_version < '3.12.4'", "forward; python_full_version >= '3.12.4'"});
    general.add("backport", "1.0", {"deep"});
    general.add("forward", "1.0");
    general.add("deep", "1.0");
    take({"a"});
  }
  std::string requires_python() {
    const auto result = lock();
    EXPECT_TRUE(result) << result.error().text();
    return result ? result->lock.requires_python : "";
  }
};

TEST_F(PythonPatch, ThatIsKnownDecidesMarkersAndBoundsTheLock) {
  python_patch = 3;
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "backport 1.0", "deep 1.0"));
  EXPECT_EQ(requires_python(), "==3.12.*,<3.12.4");
  python_patch = 4;
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "forward 1.0"));
  EXPECT_EQ(requires_python(), "==3.12.*,>=3.12.4");
}

TEST_F(PythonPatch, ThatIsNotKnownKeepsBothSidesWithTheirMarkers) {
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "backport 1.0; python_full_version < \"3.12.4\"",
                                    "deep 1.0; python_full_version < \"3.12.4\"",
                                    "forward 1.0; python_full_version >= \"3.12.4\""));
  EXPECT_EQ(requires_python(), "==3.12.*");
  recipe.platforms = {fakes::x86(), fakes::arm()};
  take({"deep; platform_machine == 'aarch64'"});
  EXPECT_THAT(locked(),
              ElementsAre("a 1.0", "backport 1.0; python_full_version < \"3.12.4\"",
                          "deep 1.0; platform_machine == \"aarch64\" or platform_machine == \"x86_64\" and "
                          "python_full_version < \"3.12.4\"",
                          "forward 1.0; python_full_version >= \"3.12.4\""));
}

TEST_F(PythonPatch, RequiresPythonOfOnePatchReleaseDoesNotRuleOutTheOthers) {
  general.add_wheel({.name = "b", .version = "1.0"}, {});
  general.add_wheel({.name = "b", .version = "2.0", .requires_python = ">=3.9,!=3.12.1"}, {});
  recipe.packages = {requirement("b")};
  EXPECT_THAT(locked(), ElementsAre("b 2.0"));
  EXPECT_EQ(requires_python(), "==3.12.*,!=3.12.1");
  python_patch = 1;
  EXPECT_THAT(locked(), ElementsAre("b 1.0"));
  EXPECT_EQ(requires_python(), "==3.12.*");
  general.add_wheel({.name = "b", .version = "3.0"}, {.requires_python = ">=3.12.4"});
  EXPECT_THAT(locked(), ElementsAre("b 1.0"));
  python_patch = std::nullopt;
  EXPECT_THAT(locked(), ElementsAre("b 3.0"));
  EXPECT_EQ(requires_python(), "==3.12.*,>=3.12.4");
}

TEST(PythonPatchFor, IsTheRecipesOrThatOfTheDistributionBelowTheBase) {
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.python = fakes::python("3.12");
  EXPECT_EQ(python_patch_for(recipe), 3) << "Ubuntu 24.04 has 3.12.3";
  recipe.python_patch = 3;
  EXPECT_EQ(python_patch_for(recipe), 3);
  recipe.python_patch = 4;
  EXPECT_EQ(python_patch_for(recipe).error().text(),
            "error: the base image docker.io/library/ubuntu:24.04 has Python 3.12.3, but recipes/demo.toml "
            "asks for "
            "3.12.4\n"
            "\n"
            "hint: set python = \"3.12\" to use the base's, or from = "
            "\"docker.io/library/python:3.12.4-slim\" under "
            "[image]\n");
  recipe.image.from = "docker.io/library/python:3.12.4-slim";
  EXPECT_EQ(python_patch_for(recipe), 4);
  recipe.python_patch = std::nullopt;
  EXPECT_EQ(python_patch_for(recipe), 4);
  recipe.image.from = "registry.example/ours:latest";
  EXPECT_EQ(python_patch_for(recipe), std::nullopt);
}

}  // namespace
}  // namespace launch::locking

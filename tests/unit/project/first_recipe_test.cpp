#include "project/first_recipe.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "project/import_names.hpp"

namespace launch::project {
namespace {

TEST(FirstRecipe, IsARecipe) {
  FirstRecipe first;
  first.python = fakes::python("3.12");
  first.packages = {"numpy", "pyyaml"};
  first.torch = FirstTorch{pytorch::Channel::nightly, fakes::accelerator("cu128"), {"torch"}};
  first.copy = {{"a \"b\".py", "/workspace/"}};
  first.scan = {"a \"b\".py"};
  first.command = {"train.py"};
  const auto recipe = parse_recipe(write_recipe(first), "demo", "recipes/demo.toml");
  ASSERT_TRUE(recipe) << recipe.error().text();
  EXPECT_EQ(recipe->packages.size(), 2U);
  EXPECT_EQ(recipe->torch.cuda, fakes::accelerator("cu128"));
  EXPECT_EQ(recipe->image.copy.at(0).from, "a \"b\".py");
  EXPECT_EQ(recipe->train.command, std::vector<std::string>{"train.py"});

  FirstRecipe least;
  least.python = fakes::python("3.13");
  least.packages = {"numpy"};
  const auto small = parse_recipe(write_recipe(least), "demo", "recipes/demo.toml");
  ASSERT_TRUE(small) << small.error().text();
  EXPECT_EQ(small->python.text(), "3.13");
}

TEST(PackageOfModule, IsTheModulesNameUnlessItIsKnownOtherwise) {
  EXPECT_EQ(package_of_module("numpy"), "numpy");
  EXPECT_EQ(package_of_module("numpy.linalg"), "numpy");
  EXPECT_EQ(package_of_module("flash_attn"), "flash-attn");
  EXPECT_EQ(package_of_module("yaml"), "pyyaml");
  EXPECT_EQ(package_of_module("PIL.Image"), "pillow");
  EXPECT_EQ(package_of_module("google.protobuf.message"), "protobuf");
  EXPECT_EQ(package_of_module("google.cloud.storage"), "google-cloud-storage");
  EXPECT_EQ(package_of_module("google.cloudy"), "google");
}

}  // namespace
}  // namespace launch::project

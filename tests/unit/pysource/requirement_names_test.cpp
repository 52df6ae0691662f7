#include "pysource/requirement_names.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

struct Shown {
  Requirement requirement;
  std::string text;
  std::string dotted;
  std::string full;
};

TEST(Requirement, IsShownInThreeWays) {
  const std::vector<Shown> cases = {
      {{"torch.nn", "Module"}, "torch.nn:Module", "torch.nn.Module", "torch.nn.Module"},
      {{"torch.nn", ""}, "torch.nn:", "torch.nn", "torch.nn"},
      {{"torch.nn", "*"}, "torch.nn:*", "torch.nn.*", "torch.nn"},
      {{"torch", "nn.Linear", {}, Tier::attribute}, "torch:nn.Linear", "torch.nn.Linear", "torch.nn.Linear"},
      {{"torch.nn", "Linear", "bias", Tier::keyword},
       "torch.nn:Linear(bias=)",
       "torch.nn.Linear(bias=…)",
       "torch.nn.Linear"},
  };
  for (const auto& [requirement, text, dotted, full] : cases) {
    EXPECT_EQ(requirement.text(), text);
    EXPECT_EQ(dotted_name(requirement), dotted);
    EXPECT_EQ(full_name(requirement), full);
    EXPECT_EQ(root_of(requirement), "torch");
    EXPECT_EQ(is_module(requirement), full == requirement.module);
  }
  EXPECT_EQ(root_of("torch"), "torch");
}

TEST(Requirement, NamesBelowOthers) {
  EXPECT_TRUE(is_or_below("torch", "torch"));
  EXPECT_TRUE(is_or_below("torch.nn", "torch"));
  EXPECT_FALSE(is_or_below("torchvision", "torch"));
  EXPECT_FALSE(is_or_below("torch", "torch.nn"));
}

}  // namespace
}  // namespace launch::pysource

#include "pysource/imported_prefix.hpp"

#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

TEST(ImportedPrefix, TheLongestImportedModule) {
  ImportedPrefixes imports;
  imports.add({"torch.utils.data", ""});
  imports.add({"torch.nn", "functional"});
  imports.add({"torch", "Tensor"});
  imports.add({"torch.optim", "*"});
  const auto below = [&](const std::string& name) {
    return imports.below({"torch", name, {}, Tier::attribute}).text();
  };
  EXPECT_EQ(below("utils.data.Dataset"), "torch.utils.data:Dataset");
  EXPECT_EQ(below("utils.data"), "torch.utils:data");
  EXPECT_EQ(below("utils"), "torch:utils");
  EXPECT_EQ(below("nn.functional.relu.x"), "torch.nn.functional:relu.x");
  EXPECT_EQ(below("Tensor.add"), "torch:Tensor.add");
  EXPECT_EQ(below("optim.Adam"), "torch.optim:Adam");
  EXPECT_EQ(below("cuda.Stream"), "torch:cuda.Stream");
  EXPECT_EQ(imports.below({"torch", "utils.data.Dataset", "x", Tier::keyword}).text(),
            "torch.utils.data:Dataset(x=)");
  EXPECT_EQ(imports.below({"torch", "utils.data"}).text(), "torch:utils.data");
}

}  // namespace
}  // namespace launch::pysource

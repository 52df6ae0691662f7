#include "probe/third_parties.hpp"

#include <gtest/gtest.h>

#include "unit/probe/memory_wheel.hpp"

namespace launch::probe {
namespace {

/// Why importing the name fails, where numpy is provided and nothing else.
std::string problem(std::map<std::string, std::string> files, const pysource::Requirement& name) {
  std::vector<LabelledWheel> wheels;
  files.emplace("torch/__init__.py", "import everything\n");
  wheels.push_back({"torch 2", std::make_unique<MemoryWheel>(std::move(files))});
  WheelApi api(std::move(wheels));
  const auto problems =
      missing_needs(api, {name}, [](std::string_view root) -> Result<bool> { return root == "numpy"; });
  return problems.value().front();
}

TEST(ThirdParties, AreImportedByTheModuleItself) {
  const std::map<std::string, std::string> files = {
      {"torch/utils/__init__.py", ""},
      {"torch/utils/board/__init__.py", "import os\nimport numpy\n\nimport board.sub as b\n"},
      {"torch/utils/plain.py", "from . import board\n"}};
  const auto* const why = "torch/utils/board/__init__.py:4 needs board, which no locked wheel provides";
  EXPECT_EQ(problem(files, {"torch.utils.board", "Writer"}), why);
  EXPECT_EQ(problem(files, {"torch.utils.board", ""}), why);
  EXPECT_EQ(problem(files, {"torch.utils", "board"}), why) << "from torch.utils import board imports it";
  EXPECT_EQ(problem(files, {"torch.utils.plain", "x"}), why) << "its neighbour imports it";
  EXPECT_EQ(problem(files, {"torch.utils", "other"}), "");
  EXPECT_EQ(problem(files, {"torch", "utils.board", "", pysource::Tier::attribute}), "")
      << "an attribute imports nothing";
}

TEST(ThirdParties, OfAParentPackageCount) {
  EXPECT_EQ(problem({{"torch/a/__init__.py", "import board\n"}, {"torch/a/b.py", ""}}, {"torch.a.b", "x"}),
            "torch/a/__init__.py:1 needs board, which no locked wheel provides");
}

TEST(ThirdParties, OfTheTopLevelPackageAreItsOwnAffair) {
  EXPECT_EQ(problem({}, {"torch", "x"}), "");
  std::map<std::string, std::string> files = {{"torch/a.py", "import board\n"}};
  files["torch/__init__.py"] = "from torch import a\n";
  EXPECT_EQ(problem(files, {"torch.a", "x"}), "") << "torch imports it anyway";
}

TEST(ThirdParties, OnAPathDoNotCount) {
  for (const auto* source :
       {"try:\n    import board\nexcept ImportError:\n    board = None\n", "def f():\n    import board\n",
        "if x:\n    import board\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import board\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import board\n",
        "for x in y:\n    import board\n", "try:\n    pass\nexcept ImportError:\n    import board\n"}) {
    EXPECT_EQ(problem({{"torch/a/__init__.py", source}}, {"torch.a", "x"}), "") << source;
  }
  for (const auto* source :
       {"class A:\n    import board\n", "with x:\n    import board\n",
        "try:\n    import board\nexcept ValueError:\n    pass\n",
        "try:\n    pass\nfinally:\n    import board\n", "if True:\n    from board import x\n"}) {
    EXPECT_NE(problem({{"torch/a/__init__.py", source}}, {"torch.a", "x"}), "") << source;
  }
}

TEST(ThirdParties, CirclesEnd) {
  EXPECT_EQ(problem({{"torch/a/__init__.py", "from . import b\n"},
                     {"torch/a/b.py", "from . import c\n"},
                     {"torch/a/c.py", "from . import b\n"}},
                    {"torch.a", "x"}),
            "");
}

}  // namespace
}  // namespace launch::probe

#include "probe/imported_modules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::probe {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ImportedModules, AreListedHoweverTheyAreNeeded) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(
      scratch / "src/pkg/a.py",
      "import torch.nn as nn, os\nfrom torch import optim\nfrom torch.x import *\nfrom . import b\n"
      "def f():\n    try:\n        import yaml\n    except ImportError:\n        pass\n"));
  ASSERT_TRUE(write_file(scratch / "src/train.py", "if x: import torch\n"));
  const ScanPath path{scratch / "src", "src"};
  const auto imports = list_imports({&path, 1}).value();
  EXPECT_THAT(imports.names,
              ElementsAre(Pair("os", ElementsAre("os")),
                          Pair("torch", ElementsAre("torch", "torch.nn", "torch.optim", "torch.x")),
                          Pair("yaml", ElementsAre("yaml"))));
  EXPECT_THAT(imports.own_names, ElementsAre("a", "pkg", "src", "train"));
  EXPECT_THAT(imports.folders, ElementsAre(scratch / "src", scratch / "src/pkg"));
}

}  // namespace
}  // namespace launch::probe

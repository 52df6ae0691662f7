#include "pysource/python_scanner.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> scan(const std::string& source) {
  std::vector<std::string> uses;
  for (const auto& use : scan_source(source, {"torch"}).uses) {
    std::string choices;
    for (const auto& choice : use.choices) choices += fmt::format(" {}.{}", choice.group, choice.alternative);
    uses.push_back(fmt::format("{} {}:{} {}{}", use.requirement.text(), use.line, use.column,
                               need_name(use.need), choices));
  }
  return uses;
}

TEST(PythonScanner, BothFormsOfImport) {
  EXPECT_THAT(scan("import os, torch.nn as nn, torch\nfrom torch.utils import (\n  a as b,\n  c,\n)\n"
                   "from torch import *; import torchvision\n"),
              ElementsAre("torch.nn: 1:12 must", "torch: 1:28 must", "torch.utils:a 3:3 must",
                          "torch.utils:c 4:3 must", "torch:* 6:19 must"));
}

TEST(PythonScanner, RelativeImportsAreNotTheWheels) {
  EXPECT_THAT(scan("from . import torch\nfrom .torch import nn\nfrom ... import x\n"), IsEmpty());
}

TEST(PythonScanner, TextIsNotCode) {
  EXPECT_THAT(scan("x = '''\nimport torch\n'''\n# import torch\nf'{import_}'\nimport_torch = 1\n"),
              IsEmpty());
}

TEST(PythonScanner, FunctionsArePaths) {
  EXPECT_THAT(
      scan("class A:\n  import torch.a\n  async def f(x: int = lambda: 1) -> str:\n    import torch.b\n"),
      ElementsAre("torch.a: 2:10 must", "torch.b: 4:12 path"));
}

TEST(PythonScanner, BranchesArePathsAlsoThoseOfVersionTests) {
  EXPECT_THAT(scan("if x: import torch.a\nelse:\n  import torch.b\nwhile x:\n  import torch.c\n"),
              ElementsAre("torch.a: 1:14 path", "torch.b: 3:10 path", "torch.c: 5:10 path"));
  EXPECT_THAT(
      scan("if TORCH_VERSION >= (2, 5):\n  import torch.a\nelse:\n  import torch.b\n"
           "if hasattr(torch, 'x'): import torch.c\nif sys.version_info > (3, 9): import torch.d\n"),
      ElementsAre("torch.a: 2:10 path", "torch.b: 4:10 path", "torch.c: 5:32 path", "torch.d: 6:38 path"));
}

TEST(PythonScanner, TypeCheckingIsNotRun) {
  EXPECT_THAT(scan("if TYPE_CHECKING:\n  import torch.a\nelse:\n  import torch.b\n"
                   "if not typing.TYPE_CHECKING:\n  import torch.c\nelse:\n  import torch.d\n"
                   "if x and (TYPE_CHECKING):\n  def f(): import torch.e\nif False: import torch.f\n"),
              ElementsAre("torch.a: 2:10 type", "torch.b: 4:10 must", "torch.c: 6:10 must",
                          "torch.d: 8:10 type", "torch.e: 10:19 type", "torch.f: 11:18 type"));
}

TEST(PythonScanner, AlternativesAreOneGroup) {
  EXPECT_THAT(
      scan("try:\n  from torch.a import x\nexcept (ImportError, OSError) as e:\n  from torch.b import x\n"
           "else:\n  import torch.c\nfinally:\n  import torch.d\n"),
      ElementsAre("torch.a:x 2:23 must 0.0", "torch.b:x 4:23 must 0.1", "torch.c: 6:10 must 0.0",
                  "torch.d: 8:10 must"));
}

TEST(PythonScanner, AlternativesNest) {
  EXPECT_THAT(
      scan("try:\n  import torch.a\nexcept ImportError:\n  try:\n    import torch.b\n  except:\n"
           "    import torch.c\n"),
      ElementsAre("torch.a: 2:10 must 0.0", "torch.b: 5:12 must 0.1 1.0", "torch.c: 7:12 must 0.1 1.1"));
}

TEST(PythonScanner, AHandlerThatGoesOnMakesItOptional) {
  EXPECT_THAT(scan("try:\n  from torch import x\nexcept ImportError:\n  x = None\n"),
              ElementsAre("torch:x 2:21 optional"));
  EXPECT_THAT(scan("with contextlib.suppress(ImportError):\n  import torch.a\n"),
              ElementsAre("torch.a: 2:10 optional"));
  EXPECT_THAT(scan("try:\n  import vendored\nexcept ImportError:\n  import torch.a\n"),
              ElementsAre("torch.a: 4:10 optional"));
}

TEST(PythonScanner, AHandlerThatGivesUpDoesNot) {
  EXPECT_THAT(scan("try:\n  from torch import x\nexcept ImportError as e:\n  raise Error('x') from e\n"),
              ElementsAre("torch:x 2:21 must"));
  EXPECT_THAT(scan("try:\n  from torch import x\nexcept ImportError:\n  sys.exit(1)\n"),
              ElementsAre("torch:x 2:21 must"));
  EXPECT_THAT(scan("try:\n  from torch import x\nexcept ValueError:\n  import torch.a\n"),
              ElementsAre("torch:x 2:21 must", "torch.a: 4:10 path"));
}

TEST(PythonScanner, AFunctionInATryRunsLater) {
  EXPECT_THAT(scan("try:\n  import torch.a\n  def f():\n    import torch.b\nexcept ImportError:\n  pass\n"),
              ElementsAre("torch.a: 2:10 optional", "torch.b: 4:12 path"));
}

TEST(PythonScanner, ACommentMakesItOptional) {
  EXPECT_THAT(
      scan("import torch.a  # noqa # launch: optional (old torch)\nfrom torch import (\n  b,  # launch: "
           "optional\n"
           "  c,\n)\n# launch: optional\nfrom torch import (d,\n  e)\nimport torch.f # launch: must\n"),
      ElementsAre("torch.a: 1:8 optional", "torch:b 3:3 optional", "torch:c 4:3 must",
                  "torch:d 7:20 optional", "torch:e 8:3 optional", "torch.f: 9:8 must"));
}

TEST(PythonScanner, MatchAndSoftKeywords) {
  EXPECT_THAT(
      scan("match = case = 1\nmatch x:\n  case [1, *_]:\n    import torch.a\n  case _: import torch.b\n"
           "match(x)\nmatch[0] = 1\nimport torch.c\n"),
      ElementsAre("torch.a: 4:12 path", "torch.b: 5:18 path", "torch.c: 8:8 must"));
}

TEST(PythonScanner, StopsWhereTheSourceIsBroken) {
  const auto result = scan_source("import torch\nx = 'a\nimport torch.b\n", {"torch"});
  ASSERT_EQ(result.uses.size(), 1U);
  ASSERT_TRUE(result.problem);
  EXPECT_EQ(result.problem->line, 2U);
}

TEST(PythonScanner, BrokenImportsBringWhatCanBeRead) {
  EXPECT_THAT(scan("import\nfrom torch import\nfrom import x\nimport torch,\nfrom torch import a b\nfrom "
                   "torch.import x\n"),
              ElementsAre("torch: 4:8 must", "torch:a 5:19 must"));
}

}  // namespace
}  // namespace launch::pysource

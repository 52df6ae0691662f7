#include "pysource/gate_evaluation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gate_runs.hpp"

namespace launch::pysource {
namespace {

TEST(Truth, CombinesLikeIndependentAtoms) {
  EXPECT_EQ(Truth::yes() & Truth::open(), Truth::open());
  EXPECT_EQ(Truth::no() & Truth::open(), Truth::no());
  EXPECT_EQ(Truth::yes() | Truth::open(), Truth::yes());
  EXPECT_EQ(!Truth::open(), Truth::open());
  EXPECT_EQ(Truth::either() & Truth::no(), Truth::no());
  EXPECT_EQ(Truth::either() & Truth::yes(), Truth::either());
  const auto mixed = Truth::either() & Truth::open();
  EXPECT_TRUE(mixed.can_be_no() && mixed.can_be_open() && !mixed.can_be_yes());
}

/// A test, and the oldest of 2.0.1, 2.5.1, 2.6.0.dev20241112, 2.6.0, 2.10.0 for which it is true (all later
/// ones included).
struct Since {
  std::string before;
  std::string test;
  std::string version;
};

class GatedSince : public testing::TestWithParam<Since> {};

TEST_P(GatedSince, RunsFromThen) {
  const auto& [before, test, since] = GetParam();
  bool reached = false;
  for (const std::string version : {"2.0.1", "2.5.1", "2.6.0.dev20241112", "2.6.0", "2.10.0"}) {
    reached = reached || version == since;
    const auto gated = fmt::format("{}if {}:\n  import torch.x\n", before, test);
    EXPECT_EQ(runs(gated, version), reached ? "yes" : "no") << version << "\n" << gated;
    const auto other = fmt::format("{}if {}:\n  pass\nelse:\n  import torch.x\n", before, test);
    EXPECT_EQ(runs(other, version), reached ? "no" : "yes") << version << "\n" << other;
  }
}

INSTANTIATE_TEST_SUITE_P(
    KnownHelpers, GatedSince,
    testing::Values(
        Since{"from lightning.imports import _TORCH_GREATER_EQUAL_2_5\n", "_TORCH_GREATER_EQUAL_2_5",
              "2.5.1"},
        Since{"from x import TORCH_2_1_PLUS\n", "TORCH_2_1_PLUS", "2.5.1"},
        Since{"from torchao.utils import TORCH_VERSION_AT_LEAST_2_5\n", "TORCH_VERSION_AT_LEAST_2_5",
              "2.5.1"},
        Since{"from x import is_torch_greater_or_equal_than_2_1\n", "is_torch_greater_or_equal_than_2_1",
              "2.5.1"},
        Since{"from x import is_torch_less_than_2_1\n", "not is_torch_less_than_2_1", "2.5.1"},
        Since{"from x import pt_ge_2_5\n", "pt_ge_2_5", "2.5.1"},
        Since{"from transformers.utils import is_torch_greater_or_equal\n",
              "is_torch_greater_or_equal('2.7')", "2.10.0"},
        Since{"from accelerate.utils import is_torch_version\n", "is_torch_version('>=', '2.1.0')", "2.5.1"},
        Since{"from vllm.utils import is_torch_equal_or_newer\n", "is_torch_equal_or_newer('2.5.0')",
              "2.5.1"},
        Since{"from torchao.utils import torch_version_at_least\n", "torch_version_at_least('2.5.0')",
              "2.5.1"},
        Since{"import operator\nfrom lightning_utilities import compare_version\n",
              "compare_version('torch', operator.ge, '2.1.0', use_base_version=True)", "2.5.1"},
        Since{"from accelerate.utils import compare_versions\n", "compare_versions('torch', '>=', '2.1')",
              "2.5.1"},
        Since{"from x import is_torch_min_version\n", "is_torch_min_version('2.5')", "2.5.1"},
        Since{"from monai.utils import pytorch_after\n", "pytorch_after(2, 5)", "2.5.1"},
        Since{"from x import torch_version_ge\n", "torch_version_ge(2, 5, 0)", "2.5.1"},
        Since{"from x import get_torch_version\nfrom packaging.version import Version\n",
              "get_torch_version() >= Version('2.5')", "2.5.1"},
        Since{"from x import torch_version\n", "torch_version() >= (2, 5)", "2.5.1"},
        Since{"from lightning_utilities import RequirementCache\n_NEW = RequirementCache('torch>=2.1')\n",
              "_NEW", "2.5.1"}));

INSTANTIATE_TEST_SUITE_P(
    Written, GatedSince,
    testing::Values(
        Since{"import torch\n", "torch.__version__ >= '2.5'", "2.5.1"},
        // A development version comes before its release.
        Since{"import torch\n", "torch.__version__ >= '2.6'", "2.6.0"},
        Since{"import torch\n", "torch.__version__ >= '2.6.0.dev20241101'", "2.6.0.dev20241112"},
        Since{"import torch\n", "torch.__version__ >= (2, 5)", "2.5.1"},
        Since{"import torch\nfrom packaging import version\n",
              "version.parse(version.parse(torch.__version__).base_version) >= version.parse('2.6')",
              "2.6.0.dev20241112"},
        Since{"import torch\n", "tuple(map(int, torch.__version__.split('.')[:2])) >= (2, 6)",
              "2.6.0.dev20241112"},
        Since{"import torch\nMAJOR, MINOR = [int(x) for x in torch.__version__.split('.')[:2]]\n",
              "MAJOR == 2 and MINOR >= 6 or MAJOR > 2", "2.6.0.dev20241112"},
        Since{"def at_least(v):\n  import torch\n  from packaging.version import Version\n"
              "  return Version(torch.__version__) >= Version(v)\n",
              "at_least('2.5')", "2.5.1"},
        Since{"import torch\ndef parts():\n  return tuple(int(x) for x in torch.__version__.split('.')[:2])\n"
              "def new(v=(2, 6)):\n  return parts() >= v\n",
              "new()", "2.6.0.dev20241112"}));

TEST(Gates, TextIsComparedLetterByLetter) {
  const std::string source =
      "import torch.version\nif torch.version.__version__ >= '2.6':\n  import torch.x\n";
  EXPECT_EQ(runs(source, "2.10.0"), "no");
  EXPECT_EQ(runs(source, "2.6.0.dev20241112"), "yes");
  EXPECT_EQ(runs("import torch\nif str(torch.__version__) >= '2.6':\n  import torch.x\n", "2.10.0"), "no");
}

TEST(Gates, AWheelsOwnVersionIsNotAlwaysWhatItsModuleSays) {
  const std::string of_module = "import torch\nif torch.__version__ == '2.6.0':\n  import torch.x\n";
  EXPECT_EQ(runs(of_module, "2.6.0", {}, "2.6.0+cu124"), "no");
  const std::string of_metadata =
      "from importlib.metadata import version\nif version('torch') == '2.6.0':\n  import torch.x\n";
  EXPECT_EQ(runs(of_metadata, "2.6.0", {}, "2.6.0+cu124"), "yes");
}

TEST(Gates, NamesAreAskedOfTheWheel) {
  const std::string has = "import torch\nif hasattr(torch, 'compile'):\n  import torch.x\n";
  EXPECT_EQ(runs(has, "2.0.1", {"torch:compile"}), "yes");
  EXPECT_EQ(runs(has, "2.0.1", {}), "no");
  const std::string found =
      "import importlib.util\nif importlib.util.find_spec('torch.x') is None:\n  pass\nelse:\n  import "
      "torch.x\n";
  EXPECT_EQ(runs(found, "2.0.1", {"torch.x:"}), "yes");
  EXPECT_EQ(runs(found, "2.0.1", {}), "no");
  const std::string keyword =
      "import inspect\nimport torch\nif 'gqa' in inspect.signature(torch.nn.f).parameters:\n  import "
      "torch.x\n";
  EXPECT_EQ(runs(keyword, "2.0.1", {"torch:nn.f(gqa=)"}), "yes");
  EXPECT_EQ(runs(keyword, "2.0.1", {}), "no");
}

TEST(Gates, OtherThingsArePathsAndUnknownTestsOfTorchAreOpen) {
  EXPECT_EQ(
      runs("import torch\nif torch.version.cuda is not None or hasattr(torch, 'y'):\n  import torch.x\n",
           "2.0.1"),
      "either");
  EXPECT_EQ(runs("import torch\nif cuda and torch.__version__ >= '2.1':\n  import torch.x\n", "2.0.1"), "no");
  EXPECT_EQ(runs("import torch\nif cuda and torch.__version__ >= '2.1':\n  import torch.x\n", "2.5.1"),
            "either");
  EXPECT_EQ(runs("import torch\nif cuda or torch.__version__ >= '2.1':\n  import torch.x\n", "2.0.1"),
            "either");
  EXPECT_EQ(runs("from x import torch_flex_available\nif torch_flex_available:\n  import torch.x\n", "2.0.1"),
            "open");
  EXPECT_EQ(runs("import torch\nfrom x import f\nif f(torch.__version__):\n  import torch.x\n", "2.0.1"),
            "open");
}

TEST(Gates, ReturnsAndRaisesGateWhatFollows) {
  const std::string test = "import torch\nfrom packaging.version import Version as V\n";
  EXPECT_EQ(runs(test + "if V(torch.__version__) < V('2.5'):\n  raise ImportError('old')\nimport torch.x\n",
                 "2.0.1"),
            "no");
  EXPECT_EQ(
      runs(test + "def f():\n  if V(torch.__version__) < V('2.5'):\n    return\n  import torch.x\n", "2.5.1"),
      "yes");
  EXPECT_EQ(
      runs(test + "def f():\n  if x and V(torch.__version__) < V('2.5'):\n    return\n  import torch.x\n",
           "2.0.1"),
      "either");
  EXPECT_EQ(runs(test + "assert V(torch.__version__) >= V('2.5'), 'old'\nimport torch.x\n", "2.0.1"), "no");
  EXPECT_EQ(runs("from transformers.utils.versions import require_version\nrequire_version('torch>=2.5')\n"
                 "import torch.x\n",
                 "2.0.1"),
            "no");
  EXPECT_EQ(runs("class A:\n  def __init__(self):\n    if not TORCH_GE_2_5:\n      raise ImportError('old')\n"
                 "  def f(self):\n    import torch.x\n",
                 "2.0.1"),
            "no");
}

TEST(Gates, TestsThatAreSkippedDoNotRun) {
  EXPECT_EQ(runs("import pytest\ntorch = pytest.importorskip('torch', minversion='2.5')\nimport torch.x\n",
                 "2.0.1"),
            "no");
  EXPECT_EQ(runs("import pytest\npytest.importorskip('torch.new')\nimport torch.x\n", "2.0.1"), "no");
  EXPECT_EQ(runs("import pytest, torch\n@pytest.mark.skipif(not hasattr(torch, 'y'), reason='old')\n"
                 "def test_it():\n  import torch.x\n",
                 "2.0.1"),
            "no");
  EXPECT_EQ(
      runs("import pytest, torch\nold = pytest.mark.skipif(torch.__version__ < '2.5', reason='old')\n@old\n"
           "def test_it():\n  import torch.x\n",
           "2.5.1"),
      "yes");
  EXPECT_EQ(
      runs("import pytest, torch\npytestmark = [pytest.mark.skipif(torch.__version__ < '2.5', reason='')]\n"
           "def test_it():\n  import torch.x\n",
           "2.0.1"),
      "no");
  EXPECT_EQ(runs("import unittest, torch\n@unittest.skipUnless(torch.__version__ >= '2.5', 'old')\n"
                 "class T(unittest.TestCase):\n  def test_it(self):\n    import torch.x\n",
                 "2.0.1"),
            "no");
  EXPECT_EQ(runs("from x import RunIf\n@RunIf(min_torch='2.5')\ndef test_it():\n  import torch.x\n", "2.0.1"),
            "no");
}

TEST(Gates, AFlagIsWhatTheTryLeft) {
  const std::string flag =
      "try:\n  from torch.a import b\n  NEW = True\nexcept ImportError:\n  NEW = False\nif NEW:\n  import "
      "torch.x\n";
  EXPECT_EQ(runs(flag, "2.0.1", {"torch.a:b"}), "yes");
  EXPECT_EQ(runs(flag, "2.0.1", {}), "no");
  const std::string other =
      "try:\n  import triton\n  NEW = True\nexcept ImportError:\n  NEW = False\nif NEW:\n  import torch.x\n";
  EXPECT_EQ(runs(other, "2.0.1"), "either");
}

TEST(Gates, AFlagThatATestTakesBack) {
  const std::string code =
      "import torch\nIS_NEW = torch.__version__ >= '2.6'\nSAFE = read()\ndef load(safe=None):\n"
      "  if safe is None: safe = SAFE\n  if safe and not IS_NEW: safe = False\n";
  EXPECT_EQ(runs(code + "  if safe:\n    import torch.x\n", "2.5.0"), "no");
  EXPECT_EQ(runs(code + "  if safe:\n    import torch.x\n", "2.6.0"), "either");
  EXPECT_EQ(runs(code + "  if not safe:\n    import torch.x\n", "2.5.0"), "yes");
}

TEST(Gates, AFlagThatAFunctionChangesIsNotKnown) {
  EXPECT_EQ(runs("NEW = False\ndef f():\n  global NEW\n  NEW = True\nimport torch\n"
                 "if NEW and hasattr(torch, 'x'):\n  import torch.x\n",
                 "2.0.1", {"torch:x"}),
            "either");
}

TEST(Gates, HostileExpressionsEnd) {
  std::string growing = "import torch\nx = torch.__version__\n";
  for (int i = 0; i < 500; ++i) growing += "x = x + x\n";
  EXPECT_EQ(runs(growing + "if x >= '2':\n  import torch.x\n", "2.0.1"), "open");
  std::string nested = "import torch\nif " + std::string(90, '(') + "torch.__version__" +
                       std::string(90, ')') + " >= '2.1':\n  import torch.x\n";
  EXPECT_EQ(runs(nested, "2.5.1"), "yes");
  EXPECT_EQ(runs("def f(torch_version):\n  return f(torch_version) or f(torch_version)\n"
                 "if f('2'):\n  import torch.x\n",
                 "2.0.1"),
            "open");
}

TEST(Gates, WhetherAHelperCountsANightlyAsItsReleaseIsOpen) {
  const std::string helper =
      "from transformers.utils import is_torch_greater_or_equal\n"
      "if is_torch_greater_or_equal('2.6'):\n  import torch.x\n";
  EXPECT_EQ(runs(helper, "2.6.0.dev20241112"), "open");
  EXPECT_EQ(runs(helper, "2.7.0.dev20250101"), "yes");
  EXPECT_EQ(runs(helper, "2.5.1"), "no");
}

/// What a short source can make as large as it wants: texts by `replace` and `join`, lists of lists.
TEST(Gates, NoValueFillsTheMemory) {
  const std::string head = "import torch\nx = torch.__version__\n";
  const std::string test = "if x > '3':\n  import torch.x\n";
  std::string replaced = head + "x = x";
  for (int i = 0; i < 12; ++i) replaced += ".replace('.', '" + std::string(60, '.') + "')";
  EXPECT_EQ(runs(replaced + "\n" + test, "2.0.1"), "open");
  std::string joined = head;
  for (int i = 0; i < 6; ++i) joined += "x = x.join('" + std::string(200, 'a') + "')\n";
  EXPECT_EQ(runs(joined + test, "2.0.1"), "open");
  std::string lists = head + "x = [x, x]\n";
  for (int i = 0; i < 13; ++i) lists += "x = [x, x]\n";
  EXPECT_EQ(runs(lists + "if len(x) > 1:\n  import torch.x\n", "2.0.1"), "open");
}

TEST(Gates, NumbersAreAtMostTheGreatest) {
  for (const auto* number : {"packaging.version.parse('9223372036854775808').major",
                             "LooseVersion('18446744073709551615').version[0]"}) {
    const auto source =
        std::string("import packaging.version\nfrom distutils.version import LooseVersion\n") +
        "import torch\nif -" + number + " < 0 and torch.__version__ > '2':\n  import torch.x\n";
    EXPECT_EQ(runs(source, "2.0.1"), "yes") << number;
  }
  const auto real = "import torch\nif str(float('" + std::string(39, '9') +
                    "')) != '' and torch.__version__ > '2':\n  import torch.x\n";
  EXPECT_EQ(runs(real, "2.0.1"), "yes");
}

}  // namespace
}  // namespace launch::pysource

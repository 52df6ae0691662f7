// Gates as they are written in lightning, transformers, accelerate, torchao, torchtune, xformers, diffusers,
// deepspeed, torchmetrics, vllm, timm and their tests, with shorter names: torch.new:x came with torch 2.6
// and torch.old:x went with it.
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "gate_tree.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

/// Each is right on both sides.
const std::vector<Files>& correct_gates() {
  static const std::vector<Files> kCorrect = {
      {{"a.py",
        "from x import TORCH_GE_2_6\ndef one(n):\n  from torch.new import x\n  one(n)\n  two(n)\n"
        "def two(n):\n  from torch.new import x\n  one(n)\n"
        "def start(n):\n  if TORCH_GE_2_6:\n    one(n)\n"}},
      {{"a.py",
        "from lightning.fabric.utilities.imports import _TORCH_GREATER_EQUAL_2_6\n"
        "if _TORCH_GREATER_EQUAL_2_6:\n  from torch.new import x\nelse:\n  from torch.old import x\n"}},
      {{"p/__init__.py", ""},
       {"p/imports.py",
        "import operator\nfrom lightning_utilities.core.imports import compare_version\n"
        "_NEW = compare_version('torch', operator.ge, '2.6.0')\n"},
       {"p/a.py", "from p.imports import _NEW\nif _NEW:\n  from torch.new import x\n"}},
      {{"p/__init__.py", "from .utils import *\n"},
       {"p/utils/__init__.py", "from .versions import is_torch_version\n"},
       {"p/utils/versions.py",
        "import importlib.metadata\nfrom packaging.version import Version, parse\nimport operator as op\n"
        "STR_OPERATION_TO_FUNC = {'>': op.gt, '>=': op.ge, '==': op.eq, '!=': op.ne, '<=': op.le, '<': "
        "op.lt}\n"
        "torch_version = parse(importlib.metadata.version('torch'))\n"
        "def compare_versions(library_or_version, operation: str, requirement_version: str):\n"
        "  if operation not in STR_OPERATION_TO_FUNC.keys():\n    raise ValueError('unknown')\n"
        "  operation = STR_OPERATION_TO_FUNC[operation]\n"
        "  if isinstance(library_or_version, str):\n"
        "    library_or_version = parse(importlib.metadata.version(library_or_version))\n"
        "  return operation(library_or_version, parse(requirement_version))\n"
        "def is_torch_version(operation: str, version: str):\n"
        "  return compare_versions(torch_version, operation, version)\n"},
       {"p/a.py",
        "from .utils import is_torch_version\ndef f():\n  if is_torch_version('>=', '2.6.0'):\n"
        "    from torch.new import x\n  else:\n    from torch.old import x\n"}},
      {{"p/__init__.py", ""},
       {"p/import_utils.py",
        "import importlib.metadata\nimport importlib.util\nfrom functools import lru_cache\nfrom packaging "
        "import version\n"
        "def _is_package_available(pkg_name, return_version=False):\n"
        "  package_exists = importlib.util.find_spec(pkg_name) is not None\n  package_version = 'N/A'\n"
        "  if package_exists:\n    try:\n      package_version = importlib.metadata.version(pkg_name)\n"
        "    except importlib.metadata.PackageNotFoundError:\n      package_exists = False\n"
        "  if return_version:\n    return package_exists, package_version\n  else:\n    return "
        "package_exists\n"
        "_torch_available, _torch_version = _is_package_available('torch', return_version=True)\n"
        "def is_torch_available():\n  return _torch_available\n"
        "@lru_cache()\ndef is_torch_greater_or_equal(library_version: str, accept_dev: bool = False):\n"
        "  if not is_torch_available():\n    return False\n  if accept_dev:\n"
        "    return version.parse(version.parse(importlib.metadata.version('torch')).base_version) >= "
        "version.parse(library_version)\n"
        "  return version.parse(importlib.metadata.version('torch')) >= version.parse(library_version)\n"
        "def is_flex_available():\n  return is_torch_available() and version.parse(_torch_version) >= "
        "version.parse('2.6')\n"},
       {"p/a.py",
        "from .import_utils import is_torch_greater_or_equal\n"
        "_is_new = is_torch_greater_or_equal('2.6', accept_dev=True)\n"
        "if _is_new:\n  from torch.new import x\n"},
       {"p/b.py",
        "from .import_utils import is_flex_available\nif is_flex_available():\n  from torch.new import x\n"},
       {"p/c.py",
        "from p import import_utils\ndef f():\n  if not import_utils.is_flex_available():\n"
        "    raise ImportError('too old')\n  from torch.new import x\n"}},
      {{"a.py",
        "import torch\nfrom packaging import version\n"
        "if version.parse(torch.__version__) >= version.parse('2.6.0a0'):\n  from torch.new import x\n"}},
      {{"a.py",
        "import torch\nTORCH_MAJOR = int(torch.__version__.split('.')[0])\n"
        "TORCH_MINOR = int(torch.__version__.split('.')[1])\n"
        "if TORCH_MAJOR > 2 or (TORCH_MAJOR == 2 and TORCH_MINOR >= 6):\n  from torch.new import x\n"
        "else:\n  from torch.old import x\n"}},
      {{"a.py",
        "import torch\ndef f():\n  if torch.__version__ < (2, 6):\n    return None\n  from torch.new import "
        "x\n"}},
      {{"a.py",
        "import torch\nif not torch.__version__ >= '2.6':\n  raise ImportError('torch 2.6 is needed')\n"
        "from torch.new import x\n"}},
      {{"a.py",
        "try:\n  from torch.new import x\n  HAS_NEW = True\nexcept ImportError:\n  HAS_NEW = False\n"
        "if HAS_NEW:\n  from torch.new import y\nelse:\n  from torch.old import y\n"}},
      {{"a.py",
        "def load():\n  try:\n    from torch.new import x\n    return x\n  except ImportError:\n    pass\n"
        "  from torch.old import x\n  return x\n"}},
      {{"a.py",
        "def load():\n  try:\n    from torch.new import x\n  except ImportError:\n    return None\n"
        "  from torch.new import y\n  return x, y\n"}},
      {{"a.py",
        "from contextlib import suppress\nx = None\nwith suppress(ImportError):\n  from torch.new import x\n"
        "if x is not None:\n  from torch.new import y\n"}},
      {{"a.py",
        "import importlib.util\nif importlib.util.find_spec('torch.new'):\n  from torch.new import x\n"}},
      {{"a.py",
        "import torch\nif hasattr(torch, 'new'):\n  from torch.new import x\nelse:\n  from torch.old import "
        "x\n"}},
      {{"a.py", "import torch\nif getattr(torch, 'new', None) is not None:\n  from torch.new import x\n"}},
      // Which of the two is not known, but one of them is there.
      {{"a.py",
        "from settings import kind\nif kind():\n  from torch.new import x\nelse:\n  from torch.old import "
        "x\n"}},
      {{"a.py",
        "import importlib.metadata\nV = tuple(int(p) for p in "
        "importlib.metadata.version('torch').split('.')[:2])\n"
        "NEW = True if V >= (2, 6) else False\nif NEW:\n  from torch.new import x\n"}},
      {{"a.py",
        "def _load():\n  from torch.new import x\n  return x\n"
        "try:\n  x = _load()\nexcept ImportError:\n  x = None\n"}},
      {{"a.py",
        "import torch\ndef __getattr__(name):\n  if name == 'x':\n    if torch.__version__ < '2.6':\n"
        "      raise AttributeError(name)\n    from torch.new import x\n    return x\n"
        "  raise AttributeError(name)\n"}},
      {{"test_a.py",
        "import pytest\ntorch = pytest.importorskip('torch', minversion='2.6')\nfrom torch.new import x\n"}},
      {{"test_a.py",
        "import pytest\nfrom x import TORCH_2_6_PLUS\n"
        "@pytest.mark.skipif(not TORCH_2_6_PLUS, reason='old')\ndef test_a():\n  from torch.new import x\n"}},
      {{"test_a.py",
        "import pytest, torch\npytestmark = pytest.mark.skipif(torch.__version__ < '2.6', reason='old')\n"
        "def test_a():\n  from torch.new import x\n"}},
      {{"test_a.py",
        "import unittest\nfrom torchao.utils import TORCH_VERSION_AT_LEAST_2_6\n"
        "class A(unittest.TestCase):\n"
        "  @unittest.skipIf(not TORCH_VERSION_AT_LEAST_2_6, 'old')\n"
        "  def test_a(self):\n    from torch.new import x\n"
        "  def test_b(self):\n    if not TORCH_VERSION_AT_LEAST_2_6:\n      self.skipTest('old')\n"
        "    from torch.new import x\n"}},
      {{"a.py",
        "import torch\ndef f():\n  assert torch.__version__ >= '2.6', 'old'\n  from torch.new import x\n"}},
      {{"a.py",
        "from transformers.utils.versions import require_version\nrequire_version('torch>=2.6')\n"
        "from torch.new import x\n"}},
      {{"a.py",
        "from lightning_utilities.core.imports import RequirementCache\n_NEW = "
        "RequirementCache('torch>=2.6.0')\n"
        "def f():\n  if not _NEW:\n    raise ModuleNotFoundError(str(_NEW))\n  from torch.new import x\n"}},
      // A constructor keeps the methods from running.
      {{"a.py",
        "from x import _TORCH_GREATER_EQUAL_2_6\nclass Strategy:\n  def __init__(self):\n"
        "    if not _TORCH_GREATER_EQUAL_2_6:\n      raise ImportError('old')\n"
        "  def setup(self):\n    from torch.new import x\n    _helper()\n"
        "def _helper():\n  from torch.new import y\n"}},
      // A constructor refuses a feature, and methods ask for the feature.
      {{"a.py",
        "from x import _TORCH_GREATER_EQUAL_2_6\nclass Strategy:\n  def __init__(self, mesh=None, kind=1):\n"
        "    self._kwargs = {}\n    if mesh is not None:\n      if not _TORCH_GREATER_EQUAL_2_6:\n"
        "        raise ValueError('old')\n      self._kwargs['mesh'] = mesh\n    if self.kind_version == 2:\n"
        "      if not _TORCH_GREATER_EQUAL_2_6:\n        raise ValueError('old')\n    self.kind_version = "
        "kind\n"
        "  def setup(self):\n    if isinstance(self._kwargs.get('mesh'), tuple):\n      from torch.new "
        "import x\n"
        "  def save(self):\n    if self.kind_version == 2:\n      self._save()\n"
        "  def _save(self):\n    from torch.new import y\n"}},
      // Callers are gated, in this file and in others.
      {{"p/__init__.py", ""},
       {"p/a.py", "def build():\n  from torch.new import x\n"},
       {"p/b.py",
        "from .a import build\nfrom x import is_torch_version\ndef prepare():\n"
        "  if not is_torch_version('>=', '2.6'):\n    raise ImportError('old')\n  return build()\n"}},
      // A file is imported behind a gate, or where a failure is caught.
      {{"p/__init__.py", ""},
       {"p/new.py", "from torch.new import x\n"},
       {"p/b.py", "import torch\nif torch.__version__ >= '2.6':\n  from .new import x\n"}},
      {{"p/__init__.py", ""},
       {"p/new.py", "from torch.new import x\n"},
       {"p/b.py", "try:\n  from .new import x\nexcept ImportError:\n  x = None\n"}},
      // The same of a package, and of a module that is imported with its package.
      {{"p/__init__.py", ""},
       {"p/new/__init__.py", "from torch.new import x\nfrom .deep import z\n"},
       {"p/new/deep.py", "from torch.new import y\n"},
       {"p/new/alone.py", "from torch.new import y\n"},
       {"p/b.py", "import torch\nif torch.__version__ >= '2.6':\n  from .new import x\n"}},
      {{"p/__init__.py", ""},
       {"p/new/__init__.py", "from torch.new import x\n"},
       {"p/new/deep.py", "z = 1\n"},
       {"p/b.py", "import torch\nif torch.__version__ >= '2.6':\n  import p.new.deep\n"}},
      {{"a.py",
        "import torch\nif torch.__version__.startswith(('2.4', '2.5')):\n  from torch.old import x\n"
        "elif torch.__version__ >= '2.6':\n  from torch.new import x\n"}},
      {{"a.py",
        "import torch\nfor i in range(2):\n  if torch.__version__ < '2.6':\n    continue\n"
        "  from torch.new import x\n"}},
      {{"a.py",
        "import torch\ndef f():\n  try:\n    return torch.new()\n  except Exception:\n    try:\n"
        "      import torch.new as n\n      return n.x()\n    except Exception:\n      return False\n"}},
      {{"a.py",
        "import torch\ndef f(a: Union[str, torch.device] = g(torch, 1), *b):\n"
        "  use = hasattr(torch, 'new')\n  if use:\n    torch.new()\n"}},
      // Only a missing module is caught, and the module is what is missing.
      {{"a.py", "try:\n  from torch.new import x\nexcept ModuleNotFoundError:\n  x = None\n"}},
      {{"a.py", "try:\n  from torch.new import x\nexcept ModuleNotFoundError:\n  from torch.old import x\n"}},
      {{"a.py",
        "from contextlib import suppress\nwith suppress(ModuleNotFoundError):\n  from torch.new import x\n"}},
      {{"a.py",
        "try:\n  from torch.there import new\nexcept ModuleNotFoundError:\n  new = 1\n"
        "except ImportError:\n  new = None\n"}},
      {{"a.py",
        "try:\n  try:\n    from torch.there import new\n  except ModuleNotFoundError:\n    new = 1\n"
        "except ImportError:\n  new = None\n"}},
      {{"a.py",
        "from contextlib import suppress\nwith suppress(ImportError):\n  try:\n    from torch.there import "
        "new\n"
        "  except ModuleNotFoundError:\n    from torch import b as new\n"}},
      {{"a.py",
        "ERRORS = (ImportError, OSError)\ntry:\n  from torch.new import x\nexcept ERRORS as e:\n"
        "  x = None\n"}},
      {{"a.py",
        "import torch\nfrom packaging.version import Version as V\nv = V(torch.__version__)\n"
        "if V(f'{v.major}.{v.minor}') >= V('2.6'):\n  from torch.new import x\n"}},
      {{"a.py", "import torch\nif 'new' in torch.__dict__:\n  from torch.new import x\n"}},
      {{"a.py", "import torch\nif 'new' in vars(torch):\n  from torch.new import x\n"}},
      {{"a.py",
        "import torch\nif getattr(getattr(torch, 'new', None), 'x', None) is not None:\n"
        "  from torch.new import x\n"}},
      {{"a.py", "import torch\nif callable(getattr(torch, 'new', None)):\n  torch.new()\n"}},
      {{"a.py",
        "import torch\ndef has(o, n):\n  return hasattr(o, n)\nif has(torch, 'new'):\n  torch.new()\n"}},
      // A helper tries.
      {{"a.py",
        "def is_new_available():\n  try:\n    from torch.new import x\n    return True\n"
        "  except ImportError:\n    return False\n"
        "if is_new_available():\n  import torch.new\n"}},
      {{"a.py",
        "import functools\n@functools.lru_cache\ndef available():\n  try:\n    import torch.new\n"
        "  except ImportError:\n    return False\n  return True\n"
        "def f():\n  if available():\n    import torch.new\n"}},
      {{"a.py",
        "import torch\ndef available():\n  try:\n    torch.new\n    return True\n"
        "  except AttributeError:\n    return False\nif available():\n  torch.new()\n"}},
      {{"p/__init__.py", ""},
       {"p/utils.py",
        "def is_new_available():\n  try:\n    import torch.new\n    return True\n  except ImportError:\n"
        "    return False\n"},
       {"p/a.py",
        "from .utils import is_new_available\nif is_new_available():\n  from torch.new import x\n"}},
      {{"a.py",
        "def load():\n  try:\n    from torch.new import x\n    return x\n  except ImportError:\n"
        "    return None\nif load() is not None:\n  from torch.new import y\n"}},
      // A name of the tree, whatever it is called.
      {{"p/__init__.py", ""},
       {"p/c.py",
        "import torch\nsupport_x = torch.__version__ >= '2.6'\nisNew = support_x\n"
        "def ge(v):\n  return torch.__version__ >= v\n"
        "try:\n  from torch.new import Module\nexcept ImportError:\n  Module = None\n"},
       {"p/a.py", "from .c import support_x\nif support_x:\n  from torch.new import x\n"},
       {"p/b.py", "from .c import isNew\ndef f():\n  if not isNew:\n    return\n  from torch.new import x\n"},
       {"p/f.py", "from p.c import support_x\nif support_x:\n  from torch.new import x\n"},
       {"p/g.py", "from .k import Compat\nif Compat.NEW:\n  from torch.new import x\n"},
       {"p/k.py", "import torch\nclass Compat:\n  NEW = torch.__version__ >= '2.6'\n"},
       {"p/d.py", "from . import c\nif c.ge('2.6'):\n  from torch.new import x\n"},
       {"p/e.py", "from .c import Module\nif Module is not None:\n  from torch.new import x\n"}},
  };
  return kCorrect;
}

TEST(Gates, CorrectOnesFailOnNeitherSide) {
  EXPECT_GE(correct_gates().size(), 28U);
  for (const auto& files : correct_gates()) {
    const GateTree tree(files);
    for (const std::string version : {"2.4.0", "2.5.1", "2.6.0", "2.9.1"})
      EXPECT_THAT(tree.failures(version), IsEmpty()) << version << "\n" << files.rbegin()->second;
  }
}

/// A gate that is wrong with one of the versions, and what is said of it there.
struct Wrong {
  Files files;
  std::string version;
  std::string failure;
};

TEST(Gates, ConditionsAreFoundInTheValuesOfStatements) {
  const std::vector<std::string> statements = {
      "return NEW and torch.new()",
      "return not NEW or torch.new()",
      "x = NEW and torch.new()",
      "x: bool = NEW and torch.new()",
      "x += NEW and torch.new()",
      "assert not NEW or torch.new()",
      "yield NEW and torch.new()",
      "f(1, x=NEW and torch.new())",
      "x = {'a': NEW and torch.new()}",
      "x = lambda a: NEW and torch.new()",
      "x = y == 1 and NEW and torch.new()",
      "return NEW and torch.new() if y else 0",
  };
  for (const auto& statement : statements) {
    const Files files = {
        {"a.py", "import torch\nNEW = torch.__version__ >= '2.6'\ndef g(y):\n  " + statement + "\n"}};
    EXPECT_THAT(GateTree(files).failures("2.5.1"), IsEmpty()) << statement;
  }
  const Files wrong = {{"a.py", "import torch\nOLD = torch.__version__ < '2.6'\nx = OLD and torch.new()\n"}};
  EXPECT_THAT(GateTree(wrong).failures("2.5.1"), ElementsAre("a.py:3 3"));
}

TEST(Gates, WrongOnesFailWithBothLines) {
  const std::vector<Wrong> all = {
      // Too early, too late, the wrong way round.
      {{{"a.py", "import torch\nif torch.__version__ >= '2.5':\n  from torch.new import x\n"}},
       "2.5.1",
       "a.py:3 2"},
      {{{"a.py", "import torch\nif torch.__version__ < '2.7':\n  from torch.old import x\n"}},
       "2.6.0",
       "a.py:3 2"},
      {{{"a.py",
         "from x import _TORCH_GREATER_EQUAL_2_6\nif not _TORCH_GREATER_EQUAL_2_6:\n  from torch.new import "
         "x\n"}},
       "2.5.1",
       "a.py:3 2"},
      // Letters instead of numbers: "2.10" comes before "2.6".
      {{{"a.py", "import torch\nif str(torch.__version__) < '2.6':\n  from torch.old import x\n"}},
       "2.10.0",
       "a.py:3 2"},
      // The other branch needs it too.
      {{{"a.py",
         "import torch\nif torch.__version__ >= '2.6':\n  from torch.new import x\nelse:\n"
         "  from torch.new import y as x\n"}},
       "2.5.1",
       "a.py:5 2"},
      // It warns and goes on.
      {{{"a.py",
         "import torch, warnings\nif torch.__version__ < '2.6':\n  warnings.warn('old')\nfrom torch.new "
         "import x\n"}},
       "2.5.1",
       "a.py:4"},
      // The gate asks for something else than what is used.
      {{{"a.py", "import torch\nif hasattr(torch, 'compile'):\n  from torch.new import x\n"}},
       "2.5.1",
       "a.py:3 2"},
      {{{"a.py", "import torch\nif torch.cuda.is_available():\n  from torch.new import x\n"}},
       "2.5.1",
       "a.py:3"},
      {{{"a.py",
         "def f():\n  try:\n    from torch.new import x\n    return x\n  except ImportError:\n    pass\n"
         "  from torch.new import y\n"}},
       "2.5.1",
       "a.py:7"},
      {{{"a.py",
         "import torch\ndef f():\n  if torch.__version__ < '2.5':\n    return\n  from torch.new import x\n"}},
       "2.5.1",
       "a.py:5 3"},
      {{{"a.py",
         "import torch\ndef f():\n  if cuda and torch.__version__ < '2.6':\n    return\n  from torch.new "
         "import x\n"}},
       "2.5.1",
       "a.py:5"},
      {{{"p/__init__.py", ""},
        {"p/v.py", "import torch\nNEW = torch.__version__ >= '2.5'\n"},
        {"p/a.py", "from .v import NEW\nif NEW:\n  from torch.new import x\n"}},
       "2.5.1",
       "p/a.py:3 2"},
      {{{"test_a.py",
         "import pytest\ntorch = pytest.importorskip('torch', minversion='2.5')\nfrom torch.new import x\n"}},
       "2.5.1",
       "test_a.py:3 2"},
      // The constructor refuses another feature.
      {{{"a.py",
         "from x import TORCH_GE_2_6\nclass A:\n  def __init__(self, kind=1):\n    self.kind_version = "
         "kind\n    if "
         "kind == 2:\n"
         "      if not TORCH_GE_2_6:\n        raise ValueError('old')\n  def save(self):\n    if "
         "self.kind_version "
         "== 1:\n"
         "      from torch.new import x\n"}},
       "2.5.1",
       "a.py:10"},
      // It only calls itself: whoever uses the code calls it.
      {{{"a.py", "def walk(xs):\n  from torch.new import x\n  return [walk(y) for y in xs]\n"}},
       "2.5.1",
       "a.py:2"},
      {{{"a.py",
         "from x import TORCH_GE_2_6\ndef walk(xs):\n  from torch.new import x\n  if TORCH_GE_2_6:\n"
         "    walk(xs)\n"}},
       "2.5.1",
       "a.py:3"},
      {{{"a.py",
         "class A:\n  def forward(self, x):\n    return self.b.forward(x)\nclass B:\n  def forward(self, "
         "x):\n"
         "    from torch.new import x\n    return self.a.forward(x)\n  def copy(self):\n    return B()\n"}},
       "2.5.1",
       "a.py:6"},
      {{{"a.py", "def one(n):\n  from torch.new import x\n  two(n)\ndef two(n):\n  one(n)\n"}},
       "2.5.1",
       "a.py:2"},
      // The way back to itself has a gate, which says nothing of callers elsewhere.
      {{{"a.py",
         "from x import TORCH_GE_2_6\ndef walk(n):\n  from torch.new import x\n  if TORCH_GE_2_6:\n"
         "    step(n)\ndef step(n):\n  walk(n)\n"}},
       "2.5.1",
       "a.py:3"},
      {{{"a.py",
         "from x import TORCH_GE_2_6\nclass A:\n  def __init__(self):\n    from torch.new import x\n"
         "  def copy(self):\n    if TORCH_GE_2_6:\n      return A()\n"}},
       "2.5.1",
       "a.py:4"},
      {{{"a.py", "import b\ndef f():\n  from torch.new import x\n"}, {"b.py", "import a\n"}},
       "2.5.1",
       "a.py:3"},
      // A helper that handles other errors.
      {{{"a.py",
         "import torch\ndef keys(x):\n  try:\n    return torch.tensor(x)\n  except Exception:\n"
         "    return torch.other(x)\ndef f(x):\n  k = keys(x)\n  if k.dim() != 1:\n    torch.new()\n"}},
       "2.5.1",
       "a.py:10"},
      // A text that has nothing to do with versions.
      {{{"a.py",
         "import torch\ndef f(kind, rank):\n  kind, *rest = kind.split(':')\n  device = f'{kind}:{rank}'\n"
         "  if device.startswith('cuda:'):\n    torch.new()\n"}},
       "2.5.1",
       "a.py:6"},
      // A name of the tree that says nothing of versions.
      {{{"p/__init__.py", ""},
        {"p/c.py", "import os\nuse_x = os.environ.get('X')\n"},
        {"p/a.py", "from .c import use_x\nif use_x:\n  from torch.new import x\n"}},
       "2.5.1",
       "p/a.py:3"},
      // Only a missing module is caught.
      {{{"a.py", "try:\n  from torch.there import new\nexcept ModuleNotFoundError:\n  new = None\n"}},
       "2.5.1",
       "a.py:2"},
      {{{"a.py",
         "try:\n  from torch.there import new\nexcept ModuleNotFoundError:\n  from torch import a as new\n"}},
       "2.5.1",
       "a.py:2"},
      {{{"a.py",
         "from contextlib import suppress\nwith suppress(ModuleNotFoundError):\n"
         "  from torch.there import new\n"}},
       "2.5.1",
       "a.py:3"},
      // The package is also imported elsewhere; the outermost one by whoever uses it.
      {{{"p/__init__.py", ""},
        {"p/new/__init__.py", "from torch.new import x\n"},
        {"p/new/deep.py", "z = 1\n"},
        {"p/b.py", "import torch\nif torch.__version__ >= '2.6':\n  from .new import x\n"},
        {"p/c.py", "from .new.deep import z\n"}},
       "2.5.1",
       "p/new/__init__.py:1"},
      {{{"p/__init__.py", "from torch.new import x\n"},
        {"test_p.py", "import torch\nif torch.__version__ >= '2.6':\n  import p\n"}},
       "2.5.1",
       "p/__init__.py:1"},
      // The helper tries something else.
      {{{"a.py",
         "def available():\n  try:\n    import torch.other\n    return True\n  except ImportError:\n"
         "    return False\nif available():\n  import torch.new\n"}},
       "2.5.1",
       "a.py:8 7"},
      // One caller has no gate.
      {{{"a.py",
         "from x import TORCH_GE_2_6\ndef build():\n  from torch.new import x\n"
         "def one():\n  if TORCH_GE_2_6:\n    build()\ndef other():\n  build()\n"}},
       "2.5.1",
       "a.py:3"},
      {{{"p/__init__.py", ""},
        {"p/new.py", "from torch.new import x\n"},
        {"p/b.py", "try:\n  from .new import x\nexcept ImportError:\n  raise RuntimeError('old')\n"}},
       "2.5.1",
       "p/new.py:1"},
  };
  for (const auto& [files, version, failure] : all) {
    const GateTree tree(files);
    EXPECT_THAT(tree.failures(version), ElementsAre(failure)) << files.rbegin()->second;
  }
}

TEST(Gates, WhatAGateLetsRunIsNeededAsWithoutIt) {
  const GateTree tree(Files{
      {"a.py",
       "import torch\nif torch.__version__ >= '2.6':\n  import torch.a\n  if cuda:\n    import torch.b\n"}});
  const ScanPath path{fs::temp_directory_path() / fmt::format("launch-test-gates-{}", ::getpid()), "."};
  const auto scan = *scan_tree({&path, 1}, {"torch"});
  GateContext context{.symbols = scan.symbols.get(), .calls = scan.calls.get()};
  context.facts.roots = {"torch"};
  context.facts.versions["torch"] = "2.6.0";
  const std::vector<pysource::Answer> answers(scan.names.size(), {pysource::Verdict::yes, ""});
  const auto use_of = [&](const std::string& module) {
    for (const auto& name : judge(scan.names, answers, context)) {
      if (name.requirement.module == module) return name.uses.at(0);
    }
    throw std::out_of_range(module);
  };
  EXPECT_EQ(use_of("torch.a").need(), pysource::Need::must);
  EXPECT_EQ(use_of("torch.b").need(), pysource::Need::path);
  context.facts.versions["torch"] = "2.5.1";
  EXPECT_EQ(use_of("torch.a").runs, Runs::no);
  EXPECT_EQ(use_of("torch.a").need(), pysource::Need::optional);
}

}  // namespace
}  // namespace launch::probe

// Gates in packages, and in modules that code imports.
#include <gtest/gtest.h>

#include "gate_tree.hpp"

namespace launch::probe {
namespace {

const std::string kRefusal = "import torch\nif torch.__version__ < '2.6':\n  raise ImportError('old')\n";

TEST(ImportGates, WhatAPackageRefusesItsModulesNeedNot) {
  const std::vector<Files> correct = {
      {{"p/__init__.py", "import torch\nif torch.__version__ < '2.6':\n  raise ImportError('old')\n"},
       {"p/a.py", "from torch.new import x\n"},
       {"p/sub/__init__.py", "from torch.new import x\nfrom . import b, c\n"},
       {"p/sub/b.py", "from . import c\ndef f():\n  from torch.new import x\n"},
       {"p/sub/c.py", "from . import b\nfrom torch.new import x\n"}},
      {{"p/__init__.py", "from .v import check_torch\ncheck_torch('2.6')\nfrom .a import x\n"},
       {"p/v.py",
        "import torch\nfrom packaging.version import parse\ndef check_torch(v):\n  if "
        "parse(torch.__version__) < parse(v):\n    raise ImportError(v)\n"},
       {"p/a.py", "from torch.new import x\n"},
       {"test_p.py", "import p.a\n"}},
      {{"a.py", "import torch\ndef f():\n  from torch.new import x\nassert torch.__version__ >= '2.6'\n"},
       {"b.py", "import a\ndef g():\n  a.f()\n"}},
  };
  expect_correct(correct);
}

TEST(ImportGates, WhatAPackageImportsBeforeItsRefusalRuns) {
  const std::vector<Failing> failing = {
      {{{"p/__init__.py",
         "import torch\nfrom . import a\nif torch.__version__ < '2.6':\n  raise ImportError('old')\n"},
        {"p/a.py", "from torch.new import x\nfrom .b import y\n"},
        {"p/b.py", "import torch\ntorch.new()\n"}},
       {"p/a.py:1", "p/b.py:2"}},
      {{{"p/__init__.py", "import torch\nif torch.__version__ < '2.5':\n  raise ImportError('old')\n"},
        {"p/a.py", "from torch.new import x\n"}},
       {"p/a.py:1"}},
      {{{"p/__init__.py", "import torch\nif torch.__version__ < '2.6':\n  raise ImportError('old')\n"},
        {"q/a.py", "from torch.new import x\n"},
        {"b.py", "import torch\ntorch.new()\n"}},
       {"b.py:2", "q/a.py:1"}},
  };
  expect_failing(failing);
}

TEST(ImportGates, WhatAModuleImportsMayRefuse) {
  const std::vector<Files> correct = {
      {{"p/__init__.py", "from . import _check\nfrom .a import x\nfrom torch.new import x\n"},
       {"p/_check.py", kRefusal},
       {"p/a.py", "import torch\nfrom torch.new import x\ndef f():\n  torch.new()\n"},
       {"p/sub/__init__.py", ""},
       {"p/sub/b.py", "from torch.new import x\n"},
       {"test_p.py", "import p.a\nfrom torch.new import x\n"}},
      {{"p/__init__.py", "from ._check import check, a\n"},
       {"p/_check.py", "import p.sub._more\nfrom . import a\n"},
       {"p/sub/__init__.py", "from . import _more\nfrom .. import a\n"},
       {"p/sub/_more.py", kRefusal},
       {"p/a.py", "def f():\n  from torch.new import x\n"}},
      {{"q.py", "import check\nimport torch\ntorch.new()\ndef f():\n  torch.new()\n"},
       {"check.py", kRefusal},
       {"r.py", "import q\nimport torch\ntorch.new()\n"}},
      {{"a.py", "if True:\n  import check, b\nfrom torch.new import x\n"},
       {"check.py", kRefusal},
       {"b.py", "from torch.new import x\n"}},
  };
  expect_correct(correct);
}

TEST(ImportGates, WhatAModuleImportsMayNotEndIt) {
  const std::vector<Failing> failing = {
      {{{"p/__init__.py", "from torch.new import x\nfrom . import a, _check\n"},
        {"p/_check.py", "from . import b\n" + kRefusal},
        {"p/a.py", "from torch.new import x\n"},
        {"p/b.py", "from torch.new import x\n"}},
       {"p/__init__.py:1", "p/a.py:1", "p/b.py:1"}},
      {{{"p/__init__.py",
         "import contextlib, sys\ntry:\n  from . import _check\nexcept RuntimeError:\n  pass\nwith "
         "contextlib.suppress(RuntimeError):\n  from . import _check\nif sys.argv:\n  from . import "
         "_check\ntry:\n  from torch.new import y\nexcept ImportError:\n  from . import _check\ndef f():\n  "
         "from . import _check\nfrom torch.new import x\n"},
        {"p/_check.py", kRefusal},
        {"p/a.py", "from torch.new import x\n"}},
       {"p/__init__.py:16", "p/a.py:1"}},
      // Whoever else calls it, unittest does.
      {{{"test_a.py",
         "import unittest, check\nclass A(unittest.TestCase):\n  def tearDown(self):\n    "
         "super().tearDown()\n"},
        {"check.py", kRefusal},
        {"test_b.py",
         "import torch, unittest\nclass B(unittest.TestCase):\n  def tearDown(self):\n    torch.new()\n"}},
       {"test_b.py:4"}},
      // In a cycle either may be imported first.
      {{{"p/__init__.py", ""},
        {"p/a.py", "from . import b\nb.f()\n" + kRefusal},
        {"p/b.py", "from . import a\nfrom torch.new import x\ndef f():\n  from torch.new import x\n"}},
       {"p/b.py:2", "p/b.py:4"}},
  };
  expect_failing(failing);
}

TEST(ImportGates, WhatAFunctionImportsMayRefuse) {
  const std::vector<Files> correct = {
      {{"a.py",
        "import sys, torch\ndef f():\n  import check\n  if sys.argv:\n    torch.new()\n  def g():\n    "
        "torch.new()\n  return g\nclass A:\n  def m(self):\n    if sys.argv:\n      from check import x\n    "
        "  "
        "import numpy\n      torch.new()\n"},
       {"check.py", kRefusal + "x = 1\n"}},
      {{"a.py", "def f():\n  try:\n    from .b import g\n    g()\n  except ImportError:\n    pass\n"},
       {"b.py", "from . import check\nimport torch\ndef g():\n  torch.new()\n"},
       {"check.py", kRefusal}},
      {{"a.py", "def f():\n  from check import x\n  g()\ndef g():\n  from torch.new import x\n"},
       {"check.py", kRefusal + "x = 1\n"}},
  };
  expect_correct(correct);
}

TEST(ImportGates, WhatAFunctionImportsMayNotEndIt) {
  const std::vector<Failing> failing = {
      {{{"a.py",
         "import contextlib, sys, torch\ndef f():\n  torch.new()\n  import check\ndef g():\n  if sys.argv:\n "
         "   "
         "import check\n  torch.new()\ndef h():\n  try:\n    import check\n  except ImportError:\n    pass\n "
         " "
         "torch.new()\ndef i():\n  with contextlib.suppress(ImportError):\n    import check\n  "
         "torch.new()\ndef "
         "j():\n  def k():\n    import check\n  torch.new()\n"},
        {"check.py", kRefusal}},
       {"a.py:14", "a.py:18", "a.py:22", "a.py:3", "a.py:8"}},
      // The module that imports this one is not at its end.
      {{{"a.py", "def f():\n  import b\n  from torch.new import x\n"},
        {"b.py", "import a\na.f()\n" + kRefusal}},
       {"a.py:3"}},
  };
  expect_failing(failing);
}

}  // namespace
}  // namespace launch::probe

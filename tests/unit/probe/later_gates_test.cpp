// Gates that stand elsewhere than before the code: in earlier statements, base classes, marks.
#include <gtest/gtest.h>

#include "gate_tree.hpp"

namespace launch::probe {
namespace {

TEST(LaterGates, ARefusalHoldsForALaterTest) {
  const std::vector<Files> correct = {
      {{"a.py",
        "import torch\nfrom h import is_fast, _has_mesh\nNEW = torch.__version__ >= '2.6'\ndef f(x):\n  if "
        "is_fast() and not NEW:\n    raise RuntimeError('old')\n  if x and is_fast():\n    torch.new()\n  "
        "assert NEW "
        "or not _has_mesh(x, 'a')\n  if _has_mesh(x, 'a'):\n    torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    raise "
        "RuntimeError('old')\n  if use:\n    from torch.new import x\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    raise "
        "RuntimeError('old')\n  y = torch.new() if use else 0\n  z = use and torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use, n):\n  if use:\n    if not NEW:\n      "
        "raise RuntimeError('old')\n  for i in n:\n    if use and i:\n      torch.new()\n"}},
      {{"a.py",
        "import torch\ndef f(mesh=None):\n  if mesh is not None and not hasattr(torch, 'new'):\n    raise "
        "RuntimeError('old')\n  if mesh:\n    torch.new()\n  if mesh is None:\n    return\n  torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def f(self, mode):\n    assert not "
        "self.use or NEW\n    if mode in ('a', 'b') and not NEW:\n      raise ValueError\n    if mode == "
        "'a':\n      torch.new()\n    elif mode != 'b':\n      return\n    else:\n      torch.new()\n    "
        "while not self.use:\n      return\n    if not self.use:\n      return\n    torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if not use:\n    return\n  if use "
        "and not NEW:\n    raise RuntimeError('old')\n  torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use, k):\n  use = use or k\n  if (use or k) "
        "and not NEW:\n    return\n  if k:\n    torch.new()\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(a, b):\n  if a and b:\n    if not NEW:\n      "
        "raise RuntimeError('old')\n  if a:\n    if b:\n      torch.new()\n"}},
  };
  expect_correct(correct);
}

TEST(LaterGates, ARefusalOfSomethingElseDoesNot) {
  const std::vector<Failing> failing = {
      {{{"a.py",
         "import torch, h\nNEW = torch.__version__ >= '2.6'\ndef f(x, y, m):\n  if h.is_fast(x) and not "
         "NEW:\n    "
         "raise RuntimeError('old')\n  if h.is_fast(y):\n    torch.new()\n  if m.is_fast() and not NEW:\n    "
         "raise RuntimeError('old')\n  if m.is_fast():\n    torch.new()\n"}},
       {"a.py:11", "a.py:7"}},
      {{{"a.py",
         "import torch\nfrom h import is_fast\nNEW = torch.__version__ >= '2.6'\ndef f(x, y):\n  if "
         "is_fast(x) and "
         "not NEW:\n    raise RuntimeError('old')\n  if is_fast(y):\n    torch.new()\n  x = y\n  if "
         "is_fast(x):\n    "
         "torch.new()\n"}},
       {"a.py:11", "a.py:8"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use, other):\n  if other and not NEW:\n    "
         "raise RuntimeError('old')\n  if use:\n    torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    raise "
         "RuntimeError('old')\n  use = True\n  if use:\n    torch.new()\n"}},
       {"a.py:8"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    raise "
         "RuntimeError('old')\n  if not use:\n    torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use, n):\n  if use and not NEW:\n    raise "
         "RuntimeError('old')\n  for i in n:\n    if use:\n      torch.new()\n    use = i\n"}},
       {"a.py:8"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    raise "
         "RuntimeError('old')\n  def g(use):\n    if use:\n      torch.new()\n"}},
       {"a.py:8"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use and not NEW:\n    "
         "print('old')\n  if use:\n    torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(a, b):\n  if (a and b) and not NEW:\n    "
         "raise RuntimeError('old')\n  if a:\n    torch.new()\n  if a or b:\n    torch.new()\n"}},
       {"a.py:7", "a.py:9"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(use):\n  if use() and not NEW:\n    raise "
         "RuntimeError('old')\n  if use():\n    torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(m):\n  if m is not None and not NEW:\n    "
         "raise RuntimeError('old')\n  if m is None:\n    torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(self):\n  if self.use and not NEW:\n    "
         "raise RuntimeError('old')\n  self.use = 1\n  if self.use:\n    torch.new()\n"}},
       {"a.py:8"}},
      // It neither returns a value nor raises.
      {{{"a.py",
         "import torch\ndef register(all):\n  for x in all:\n    print(torch.__version__ >= '2.6', x)\ndef "
         "f(all):\n  "
         "register(all)\n  torch.new()\n"}},
       {"a.py:7"}},
      {{{"a.py",
         "import torch\nfrom x import check_torch_version\ndef f(use):\n  if use:\n    "
         "check_torch_version(use)\n  if use:\n    torch.new()\n"}},
       {"a.py:7"}},
  };
  expect_failing(failing);
}

TEST(LaterGates, ABaseClassMayRefuse) {
  const std::vector<Files> correct = {
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n  "
        "    raise ImportError('old')\nclass B(A):\n  def run(self):\n    torch.new()\nclass C(B):\n  def "
        "__init__(self, n):\n    self.n = n\n    super().__init__()\n  def run(self):\n    torch.new()\n    "
        "g()\ndef g():\n  torch.new()\n"}},
      {{"p/__init__.py", ""},
       {"p/a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n  "
        "    raise ImportError('old')\n"},
       {"p/b.py",
        "import torch\nfrom .a import A\nclass B(A):\n  def run(self):\n    torch.new()\nclass C(B):\n  def "
        "__init__(self, n):\n    B.__init__(self)\n  def run(self):\n    torch.new()\n"},
       {"p/c.py",
        "import torch\nfrom p.b import C\nclass D(C):\n  def __init__(self, n):\n    super(D, "
        "self).__init__(n)\n  def run(self):\n    torch.new()\n"},
       {"p/q/__init__.py", "from ..b import B\n"},
       {"p/q/d.py",
        "import torch\nfrom . import B\nfrom abc import ABC\nclass E(ABC, B):\n  def run(self):\n    "
        "torch.new()\n"}},
  };
  expect_correct(correct);
}

/// A package whose class p.a.A refuses to be constructed, with the other files.
Files with_refusing_class(Files files) {
  files["p/__init__.py"] = "";
  files["p/a.py"] =
      "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n    "
      "  "
      "raise ImportError('old')\n";
  return files;
}

TEST(LaterGates, ABaseClassMayBeNamedByItsModule) {
  const std::string body = "  def run(self):\n    torch.new()\n";
  const std::vector<Files> correct = {
      with_refusing_class({{"p/b.py", "import torch\nfrom . import a\nclass B(a.A):\n" + body}}),
      with_refusing_class({{"p/b.py", "import torch\nfrom .a import A as Base\nclass B(Base):\n" + body}}),
      with_refusing_class({{"p/b.py", "import torch\nimport p.a\nclass B(p.a.A):\n" + body}}),
      with_refusing_class({{"p/b.py", "import torch\nimport p.a as base\nclass B(base.A[int]):\n" + body}}),
      with_refusing_class({{"p/q/__init__.py", "from ..a import A as Base\n"},
                           {"p/q/b.py", "import torch\nfrom .. import q as r\nclass B(r.Base):\n" + body}}),
      with_refusing_class({{"p/b.py",
                            "import torch\nfrom p import a as base\nclass B(base.A):\n  def "
                            "__init__(self):\n    base.A.__init__(self)\n" +
                                body}}),
      {{"a.py",
        "import torch\nclass A:\n  def __init__(self):\n    if not hasattr(torch, 'new'):\n      raise "
        "ImportError('old')\n"},
       {"b.py", "import torch\nimport a\nclass B(a.A):\n" + body}},
  };
  expect_correct(correct);
}

TEST(LaterGates, ABaseClassMayBeNamedByAnotherModule) {
  const std::string body = "  def run(self):\n    torch.new()\n";
  const std::vector<Failing> failing = {
      {with_refusing_class({{"p/b.py", "import torch\nfrom . import a\nclass B(a.C):\n" + body}}),
       {"p/b.py:5"}},
      {with_refusing_class({{"p/b.py", "import torch\nfrom . import a\nclass B(a.A()):\n" + body}}),
       {"p/b.py:5"}},
      {with_refusing_class({{"p/b.py",
                             "import torch\ntry:\n  from .a import A as Base\nexcept ImportError:\n  from "
                             ".c import Base\nclass B(Base):\n" +
                                 body}}),
       {"p/b.py:8"}},
      {with_refusing_class({{"p/b.py",
                             "import torch\ntry:\n  from .a import A as Base\nexcept ImportError:\n  Base = "
                             "object\nclass B(Base):\n" +
                                 body}}),
       {"p/b.py:8"}},
      {with_refusing_class({{"p/b.py",
                             "import torch\nfrom p import a as base\nclass B(base.A):\n  def "
                             "__init__(self):\n    a.A.__init__(self)\n" +
                                 body}}),
       {"p/b.py:7"}},
  };
  expect_failing(failing);
}

TEST(LaterGates, AConstructorOfItsOwnMayNotRefuse) {
  const std::vector<Failing> failing = {
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n "
         "     return\n    self.x = 1\n  def run(self):\n    torch.new()\nclass B(A):\n  def run2(self):\n   "
         " "
         "torch.new()\n"}},
       {"a.py:12", "a.py:9"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n "
         "     raise ImportError('old')\nclass B(A):\n  def __init__(self):\n    pass\n  def run(self):\n    "
         "torch.new()\n"}},
       {"a.py:11"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n "
         "     raise ImportError('old')\nclass B(A):\n  @staticmethod\n  def run():\n    torch.new()\nclass "
         "C(A):\n  def __init__(self):\n    torch.new()\n    super().__init__()\n"}},
       {"a.py:10", "a.py:13"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n "
         "     raise ImportError('old')\nclass B(M, A):\n  def run(self):\n    torch.new()\n"}},
       {"a.py:9"}},
      {{{"p/__init__.py", ""},
        {"p/a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def __init__(self):\n    if not NEW:\n "
         "     raise ImportError('old')\n"},
        {"p/b.py",
         "import torch\nfrom .a import A\nclass B(A):\n  def __init__(self, n):\n    self.run()\n    "
         "super().__init__()\n  def run(self):\n    torch.new()\nclass C(A):\n  def __init__(self):\n    if "
         "x:\n      super().__init__()\n  def run2(self):\n    torch.new()\n"}},
       {"p/b.py:14", "p/b.py:8"}},
      {{{"a.py",
         "from dataclasses import dataclass\nimport torch\nNEW = torch.__version__ >= '2.6'\nclass A:\n  def "
         "__init__(self):\n    if not NEW:\n      raise ImportError('old')\n@dataclass\nclass B(A):\n  def "
         "run(self):\n    torch.new()\n"}},
       {"a.py:11"}},
  };
  expect_failing(failing);
}

/// Either branch runs on some machine.
TEST(LaterGates, BranchesForMachinesAreNoAlternatives) {
  const auto branches = [](const std::string& test) {
    return Files{
        {"a.py",
         "import sys, torch\nNEW = torch.__version__ >= '2.6'\nCUDA = torch.cuda.is_available()\nif " + test +
             ":\n  from torch.new import x\nelse:\n  from torch.b import x\n"}};
  };
  for (const std::string test :
       {"torch.cuda.is_available()", "sys.platform == 'win32'",
        "not (torch.backends.mps.is_available() or CUDA)", "torch.cuda.device_count() > 1"})
    expect_failing({{branches(test), {"a.py:5"}}});
  expect_correct({branches("torch.cuda.is_available() and NEW"), branches("sys.argv"),
                  branches("fast and CUDA"), branches("torch.distributed.is_available()")});
  expect_failing(
      {{{{"a.py",
          "import torch\nif torch.xpu.is_available():\n  from torch.b import x\nelif "
          "torch.cuda.is_available():\n  from torch.new import x\nelse:\n  from torch.c import x\n"}},
        {"a.py:5"}}});
}

TEST(LaterGates, FlagsMayBeNamedLikeClasses) {
  const Files flags = {
      {"p/__init__.py", ""},
      {"p/compat.py", "import torch\nHasNew = torch.__version__ >= '2.6'\nclass Class:\n  pass\n"}};
  const auto with = [&](const std::string& code) {
    auto files = flags;
    files["p/sub/a.py"] = "import torch\nfrom p.compat import HasNew, Class\n" + code;
    return files;
  };
  expect_correct({with("if HasNew:\n  torch.new()\n"),
                  with("def f(x):\n  if x and not HasNew:\n    return\n  if x:\n    "
                       "torch.new()\n"),
                  with("x = torch.new() if HasNew else 0\n")});
  expect_failing({{with("if Class:\n  torch.new()\n"), {"p/sub/a.py:4"}},
                  {with("from dataclasses import fields\ndef f(x):\n  known = {y.name for y in "
                        "fields(Class)}\n  if x - known:\n    torch.new()\n"),
                   {"p/sub/a.py:7"}},
                  {with("def f(x):\n  if x == Class.IS_NEW:\n    torch.new()\n"), {"p/sub/a.py:5"}},
                  {with("if isinstance(torch, Class):\n  torch.new()\n"), {"p/sub/a.py:4"}},
                  {with("HasNew = 1\nif HasNew:\n  torch.new()\n"), {"p/sub/a.py:5"}}});
}

TEST(LaterGates, MarksOfTests) {
  const std::vector<Files> correct = {
      {{"test_a.py",
        "import pytest, torch\n@pytest.mark.xfail(torch.__version__ < '2.6', reason='old')\ndef test_a():\n  "
        "torch.new()\n@pytest.mark.skipif(\"torch.__version__ < '2.6'\")\ndef test_b():\n  "
        "torch.new()\n@pytest.mark.xfail(\"not hasattr(torch, 'new')\", reason='old')\ndef test_c():\n  "
        "torch.new()\nclass TestA:\n  pytestmark = [pytest.mark.skipif(condition=\"not hasattr(torch, "
        "'new')\", reason='old')]\n  def test_d(self):\n    torch.new()\n"}},
      {{"test_a.py",
        "import unittest, torch\nclass A(unittest.TestCase):\n  @unittest.expectedFailure if "
        "torch.__version__ < '2.6' else lambda f: f\n  def test_a(self):\n    torch.new()\n  @(same if "
        "hasattr(torch, 'new') else unittest.skip('old'))\n  def test_b(self):\n    torch.new()\n"}},
      {{"test_a.py",
        "import torch\nfrom unittest import mock\ndef test_a(monkeypatch, mocker):\n  "
        "monkeypatch.setattr(torch, 'new', 1, raising=False)\n  monkeypatch.setattr('torch.new', 1, "
        "raising=False)\n  mocker.patch('torch.new', create=True)\n  with mock.patch.object(torch, 'new', "
        "create=True):\n    pass\n  setattr(torch, 'new', 1)\n  monkeypatch.setattr(torch, name, 1)\n"}},
  };
  expect_correct(correct);
}

TEST(LaterGates, MarksOfTestsThatLetThemRun) {
  const std::vector<Failing> failing = {
      {{{"test_a.py",
         "import torch\nfrom unittest import mock\ndef test_a(monkeypatch, mocker):\n  "
         "monkeypatch.setattr(torch, 'new', 1)\n  monkeypatch.setattr('torch.new', 1)\n  "
         "mocker.patch('torch.new')\n  with mock.patch.object(torch, 'new'):\n    pass\n  with "
         "monkeypatch.context() as m:\n    m.setattr('torch.new', 1)\n    m.delattr(torch, 'new')\n"}},
       {"test_a.py:10", "test_a.py:11", "test_a.py:4", "test_a.py:5", "test_a.py:6", "test_a.py:7"}},
      {{{"test_a.py",
         "import pytest, torch\n@pytest.mark.xfail(torch.__version__ < '2.5', reason='old')\ndef test_a():\n "
         " torch.new()\n@pytest.mark.skipif(\"torch.__version__ < '2.5'\")\ndef test_b():\n  "
         "torch.new()\n@pytest.mark.skipif('sys.platform == \"win32\"')\ndef test_c():\n  torch.new()\n"}},
       {"test_a.py:10", "test_a.py:4 2", "test_a.py:7 5"}},
  };
  expect_failing(failing);
}

TEST(LaterGates, FieldsOfStrings) {
  const std::vector<Files> correct = {
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(n):\n  if NEW:\n    print(f'{torch.new.x}', "
        "rf\"\"\"{n:>{torch.new.x}}\"\"\")\n  return NEW and f'{torch.new.x!r}'\n"}},
      {{"a.py",
        "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(n):\n  a = f'{torch.new.x if NEW else 0}'\n  "
        "b = "
        "f'{n:{str(NEW and torch.new.x)}} {g(0 if not NEW else [torch.new.x])!r}'\n  return n and "
        "f'{\"old\" if not NEW or n is None else f\"{n and torch.new.x}\"}'\n"}},
      {{"a.py",
        "import torch\ndef f():\n  if hasattr(torch, 'new'):\n    print(f'{g()}')\ndef g():\n  "
        "torch.new()\nclass A:\n  def f(self):\n    if hasattr(torch, 'new'):\n      print(f'{self.h()}')\n  "
        "def "
        "h(self):\n    torch.new()\n"}},
  };
  expect_correct(correct);
}

TEST(LaterGates, FieldsOfStringsWithoutAGate) {
  const std::vector<Failing> failing = {
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\ndef f(n, torch2):\n  print(f'{torch.new.x}')\n  "
         "print(n, f'{n:>{torch.new.x}}')\n  return t'{{torch.new.x}} {torch.new.x = !r}'\n"}},
       {"a.py:4", "a.py:5", "a.py:6"}},
      {{{"a.py",
         "import torch\nOLD = torch.__version__ < '2.6'\ndef f(n):\n  print(f'{torch.new.x if n else 0}')\n  "
         "print(f'{torch.new.x if OLD else 0}')\n  return f'{n or torch.new.x}'\n"}},
       {"a.py:4", "a.py:5 5", "a.py:6"}},
      {{{"a.py",
         "import torch\nNEW = torch.__version__ >= '2.6'\nprint(f'{g()}')\nif NEW:\n  g()\ndef g():\n  "
         "torch.new()\nclass A:\n  def __str__(self):\n    if NEW:\n      self.h()\n    return f'{ self.h() "
         "}'\n  "
         "def h(self):\n    torch.new()\n"}},
       {"a.py:14", "a.py:7"}},
  };
  expect_failing(failing);
}

TEST(LaterGates, SuppressedErrorsByName) {
  const std::vector<Files> correct = {
      {{"a.py",
        "from contextlib import suppress\nERRORS = (ImportError, OSError)\nMORE = ERRORS + "
        "(ValueError,)\nwith suppress(ERRORS):\n  from torch.new import x\nwith suppress(*ERRORS):\n  from "
        "torch.new import x\nwith suppress(ValueError, *MORE):\n  from torch.new import x\ntry:\n  from "
        "torch.new import x\nexcept (ERRORS):\n  x = None\n"}},
      {{"a.py",
        "import contextlib, torch\nERRORS = (AttributeError,)\nwith contextlib.suppress(*ERRORS):\n  "
        "torch.new()\n"}},
  };
  expect_correct(correct);
}

TEST(LaterGates, OtherSuppressedErrors) {
  const std::vector<Failing> failing = {
      {{{"a.py",
         "from contextlib import suppress\nERRORS = (OSError,)\nwith suppress(ERRORS):\n  from torch.new "
         "import x\n"}},
       {"a.py:4"}},
  };
  expect_failing(failing);
}

}  // namespace
}  // namespace launch::probe

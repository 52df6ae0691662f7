// Gates in helpers that refuse a version by raising.
#include <gtest/gtest.h>

#include "gate_tree.hpp"

namespace launch::probe {
namespace {

const std::string kCheck =
    "import sys, torch\nNEW = torch.__version__ >= '2.6'\ndef check():\n  if not NEW:\n    raise "
    "ImportError('old')\n"
    "def _ensure_new(what='x'):\n  if not NEW:\n    sys.exit(what)\n  return 1\n"
    "def check_all():\n  check()\n  print('new')\ndef checked():\n  return NEW\n";

/// A file of a package whose module `c` has helpers.
Files with_helpers(const std::string& source, const std::string& more = "") {
  return {{"p/__init__.py", ""}, {"p/c.py", kCheck}, {"p/b.py", more}, {"p/d.py", "import torch\n" + source}};
}

TEST(LaterGates, AHelperOfAnotherFileMayRefuse) {
  expect_correct({
      with_helpers("from .c import check\ncheck()\ntorch.new()\n"),
      with_helpers("from .c import check\ncheck()\ndef f():\n  torch.new()\n"),
      with_helpers("from .c import check as verify\ndef f():\n  verify()\n  torch.new()\n"),
      with_helpers("from p.c import _ensure_new\ndef f():\n  _ensure_new(what='f')\n  torch.new()\n"),
      with_helpers("from .c import check_all\ndef f():\n  check_all()\n  torch.new()\n"),
      with_helpers("from . import c\ndef f():\n  c.check()\n  torch.new()\n"),
      with_helpers("from .b import check_more\ndef f():\n  check_more()\n  torch.new()\n",
                   "from .c import check_all\ndef check_more():\n  check_all()\n"),
      with_helpers("from .b import g\nfrom .c import check\ndef f():\n  check()\n  g()\n",
                   "import torch\ndef g():\n  torch.new()\n"),
  });
}

TEST(LaterGates, AHelperOfAnotherFileThatRefusesNothing) {
  expect_failing({
      {with_helpers("from .b import check\ncheck()\ntorch.new()\n", "def check():\n  raise_if(1)\n"),
       {"p/d.py:4"}},
      {with_helpers("from .c import check\ndef f():\n  torch.new()\n  check()\n"), {"p/d.py:4"}},
      {with_helpers("from .c import check\ndef f(x):\n  if x:\n    check()\n  torch.new()\n"), {"p/d.py:6"}},
      {with_helpers("from .c import check\ndef f():\n  try:\n    check()\n  except ImportError:\n    pass\n"
                    "  torch.new()\n"),
       {"p/d.py:8"}},
      {with_helpers("from .c import check\ndef check():\n  pass\ndef f():\n  check()\n  torch.new()\n"),
       {"p/d.py:7"}},
      {with_helpers("from outside import check\ndef f():\n  check()\n  torch.new()\n"), {"p/d.py:5"}},
      {with_helpers("from .c import checked\ndef f():\n  checked()\n  torch.new()\n"), {"p/d.py:5"}},
      {with_helpers(
           "from .b import check_version\nNEW = check_version(torch.__version__, '2.6')\ntorch.new()\n",
           "import re\ndef check_version(have, need, hard=False):\n  ok = re.match(need, have)\n"
           "  if not ok and hard:\n    raise ImportError(need)\n  return ok\n"),
       {"p/d.py:4"}},
  });
}

constexpr const char* kOfPackages =
    "import importlib.metadata\nfrom contextlib import suppress\nREQUIRED = ['timm>=1.0']\n"
    "def check_requirements(names=REQUIRED):\n  for name in names:\n    try:\n"
    "      importlib.metadata.version(name)\n    except ImportError:\n      raise RuntimeError(name)\n"
    "def require_one(name):\n  with suppress(ImportError):\n    return importlib.metadata.version(name)\n"
    "  raise RuntimeError(name)\n"
    "def check_torch_versions():\n  for version in '2.6', '2.7':\n    if torch.__version__ == version:\n"
    "      raise RuntimeError(version)\n";

TEST(LaterGates, AHelperThatIsNotUnderstoodIsAboutWhatItIsGiven) {
  expect_failing({
      {with_helpers("from .b import check_requirements\ncheck_requirements(['timm'])\ntorch.new()\n",
                    kOfPackages),
       {"p/d.py:4"}},
      {with_helpers(
           "from .b import check_requirements\ncheck_requirements(['timm>=1', 'torch'])\ntorch.new()\n",
           kOfPackages),
       {"p/d.py:4"}},
      {with_helpers("from .b import check_requirements\ncheck_requirements()\ntorch.new()\n", kOfPackages),
       {"p/d.py:4"}},
      {with_helpers("from .b import require_one\nrequire_one('timm')\ntorch.new()\n", kOfPackages),
       {"p/d.py:4"}},
      {with_helpers("from outside import check_requirements\ncheck_requirements(['timm>=1'])\ntorch.new()\n"),
       {"p/d.py:4"}},
      {with_helpers("from outside import check_all\ncheck_all(['torch is here'])\ntorch.new()\n"),
       {"p/d.py:4"}},
  });
  expect_correct({
      with_helpers(
          "from .b import check_requirements\ncheck_requirements(['timm', 'torch>=2.6'])\ntorch.new()\n",
          kOfPackages),
      with_helpers("from .b import require_one\nrequire_one('torch')\ntorch.new()\n", kOfPackages),
      with_helpers("from .b import check_torch_versions\ncheck_torch_versions()\ntorch.new()\n", kOfPackages),
      with_helpers(
          "from outside import check_requirements\ncheck_requirements(['torch >=2.6'])\ntorch.new()\n"),
  });
}

}  // namespace
}  // namespace launch::probe

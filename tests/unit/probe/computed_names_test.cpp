// Names that a loop over another module's names binds, and code that has many ways to a value.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

/// Answers of torch.m, beside torch.n.
Questions with_loop(const std::string& source) {
  return Questions({{"torch/__init__.py", "from . import m\n"},
                    {"torch/_x.cpython-311-x86_64-linux-gnu.so", ""},
                    {"torch/m.py", "import inspect\nfrom . import n\n" + source},
                    {"torch/n.py",
                     "import os\nx = 1\ndef f(): pass\ndef _g(): pass\nclass K:\n  a = 1\ndef _f(): pass\n"
                     "globals()[os.name] = 1\n"}});
}

TEST(ComputedNames, OfAModuleOfPython) {
  auto ask = with_loop("for name in dir(n):\n  globals()[name] = getattr(n, name)\n");
  EXPECT_EQ(ask("m.f"), "yes: torch/m.py:4, for each name in n");
  EXPECT_EQ(ask("m._g"), "yes: torch/m.py:4, for each name in n");
  EXPECT_EQ(ask("m.K"), "yes: torch/m.py:4, for each name in n");
  EXPECT_EQ(ask("m.other"), "unknown: torch/m.py:4 may bind it, for each name in n");
}

TEST(ComputedNames, WithConditions) {
  auto ask = with_loop(
      "names = [each for each in dir(n) if not each.startswith('_') and each != 'x']\nfor name in names:\n"
      "  globals()[name] = wrap(name)\ndef wrap(name):\n  def g(): pass\n  return g\n");
  EXPECT_EQ(ask("m.f"), "yes: torch/m.py:5, for each name in n");
  EXPECT_EQ(ask("m.f.__code__"), "yes: every function has it");
  EXPECT_EQ(ask("m._g"), "no: torch/m.py of torch 2.3.1 has no _g");
  EXPECT_EQ(ask("m.x"), "no: torch/m.py of torch 2.3.1 has no x");
  ask = with_loop("for name in [each for each in dir(n) if test(each)]:\n  globals()[name] = 1\n");
  EXPECT_EQ(ask("m.f"), "unknown: torch/m.py:4 binds names computed at run time");
}

TEST(ComputedNames, OfFunctions) {
  auto ask = with_loop(
      "for name, function in inspect.getmembers(n, inspect.isfunction):\n  vars()[name] = function\n");
  EXPECT_EQ(ask("m.f"), "yes: torch/m.py:4, for each name in n");
  EXPECT_EQ(ask("m.K"), "unknown: torch/m.py:4 may bind it, for each name in n");
  EXPECT_EQ(ask("m.f.__code__"), "yes: every function has it");
}

TEST(ComputedNames, WhoseValuesAreMadeOfTheLoopsVariable) {
  auto ask = with_loop(
      "from functools import wraps\ndef wrap(f):\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "for name, function in inspect.getmembers(n, inspect.isfunction):\n"
      "  made = wrap(function) if name == 'f' else function\n  vars()[name] = made\n"
      "for name, function in inspect.getmembers(n, inspect.isfunction):\n  pass\n");
  EXPECT_EQ(ask("m.f.__code__"), "yes: every function has it");
  EXPECT_EQ(ask("m.f.__wrapped__"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("m.function.__code__"), "unknown: torch/m.py:11 is not followed");
}

/// Classes that C makes, of which the module's own stub lists a part.
TEST(ComputedNames, StructSequences) {
  const Files files = {
      {"torch/__init__.py", "import torch.return_types\n"},
      {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
      {"torch/_C/__init__.pyi", "x: int\n"},
      {"torch/return_types.py",
       "import torch\nreturn_types = torch._C._return_types\nfor name in dir(return_types):\n"
       "  _attr = getattr(return_types, name)\n  globals()[name] = _attr\n"},
      {"torch/return_types.pyi",
       "class max(tuple[int, int]):\n  @property\n  def values(self): ...\nclass min(tuple[int, int]): "
       "...\n"},
      {"torch/lib/libtorch_python.so", std::string("\0torch.return_types.max_out\0", 28)}};
  Questions ask(files, nullptr, true);
  EXPECT_EQ(ask("return_types.max"), "yes: torch/return_types.pyi");
  EXPECT_EQ(ask("return_types.max_out"), "yes: torch/return_types.pyi");
  for (const std::string name : {"max", "max_out"}) {
    EXPECT_EQ(ask("return_types." + name + ".values"),
              "yes: a member of the class max (torch/return_types.pyi:1)");
    EXPECT_EQ(ask("return_types." + name + ".n_fields"), "yes: every struct sequence has it");
    EXPECT_EQ(ask("return_types." + name + ".count"), "yes: an attribute of builtins.tuple");
  }
  const std::string unknown = "unknown: torch/return_types.py:5 may bind it, for each name in return_types";
  EXPECT_EQ(ask("return_types.min_out"), unknown);
  EXPECT_EQ(Questions(files)("return_types.max_out"), unknown);
}

/// Only some stubs list all names of a compiled module.
TEST(ComputedNames, OfACompiledModuleWithAStub) {
  const Files files = {{"torch/__init__.py", "from . import m\n"},
                       {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                       {"torch/_C/__init__.pyi", ""},
                       {"torch/_C/_frame.pyi", "def f(): ...\n"},
                       {"torch/m.py",
                        "import torch\nfor name in dir(torch._C._frame):\n"
                        "  globals()[name] = getattr(torch._C._frame, name)\n"},
                       {"torch/lib/libtorch_python.so", std::string("\0Vector\0", 8)}};
  Questions ask(files, nullptr, true);
  EXPECT_EQ(ask("m.f"), "yes: torch/m.py:3, for each name in torch._C._frame");
  EXPECT_EQ(ask("m.Vector"), "unknown: torch/m.py:3 may bind it, for each name in torch._C._frame");
  EXPECT_EQ(ask("m.gone"), "no: torch/m.py of torch 2.3.1 has no gone");
  EXPECT_EQ(Questions(files)("m.gone"),
            "unknown: torch/m.py:3 may bind it, for each name in torch._C._frame");
}

/// Each value has two ways to the next.
TEST(ComputedNames, ManyWaysToAValueEnd) {
  std::string values;
  std::string classes;
  for (int i = 0; i < 60; ++i) {
    values += fmt::format("a{0} = a{1} if c else a{1}\n", i, i + 1);
    classes += fmt::format("class A{0}(A{1}, B{1}): pass\nclass B{0}(A{1}, B{1}): pass\n", i, i + 1);
  }
  values += "class K: pass\na60 = K\n";
  classes += "class A60: pass\nclass B60: pass\n";
  Questions ask({{"torch/__init__.py", "from . import v, c, m\n"},
                 {"torch/v.py", values},
                 {"torch/c.py", classes},
                 {"torch/e.py", ""},
                 {"torch/n.py", "k = 1\nj = 2\n"},
                 {"torch/m.py",
                  "from .e import *\nfrom . import n\nfor name in dir(n):\n  globals()[name] = k if c else "
                  "(j if c else k)\n"}});
  for (const std::string name : {"v.a0.x", "c.A0.x", "m.k.x"})
    EXPECT_EQ(ask(name).substr(0, 8), "unknown:") << name;
}

}  // namespace
}  // namespace launch::probe

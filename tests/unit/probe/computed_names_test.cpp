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

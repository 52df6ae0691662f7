// Names that a loop over another module's names binds.
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

}  // namespace
}  // namespace launch::probe

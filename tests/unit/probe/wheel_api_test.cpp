#include "probe/wheel_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory_wheel.hpp"

namespace launch::probe {
namespace {

using testing::ElementsAre;

std::string ask(std::map<std::string, std::string> files, const std::string& question) {
  std::vector<LabelledWheel> wheels;
  wheels.push_back({"torch 2.3.1", std::make_unique<MemoryWheel>(std::move(files))});
  WheelApi api(std::move(wheels));
  const auto colon = question.find(':');
  const pysource::Requirement requirement{question.substr(0, colon), question.substr(colon + 1)};
  const auto answers = api.ask({&requirement, 1});
  const auto& answer = answers->front();
  return std::string(pysource::verdict_name(answer.verdict)) + ": " + answer.reason;
}

TEST(WheelApi, Modules) {
  const std::map<std::string, std::string> files = {{"torch/__init__.py", ""},
                                                    {"torch/nn/__init__.py", ""},
                                                    {"torch/nn/f.py", ""},
                                                    {"torch/data/x.txt", ""},
                                                    {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                                                    {"torch/_C/_nn.pyi", ""}};
  EXPECT_EQ(ask(files, "torch.nn:"), "yes: a module: torch/nn/__init__.py");
  EXPECT_EQ(ask(files, "torch:nn"), "yes: a module: torch/nn/__init__.py");
  EXPECT_EQ(ask(files, "torch.data:x"), "no: torch 2.3.1 has no module torch/data/x");
  EXPECT_EQ(ask(files, "torch.data:"), "yes: a module: torch/data");
  EXPECT_EQ(ask(files, "torch._C:"), "yes: a module: torch/_C.cpython-311-x86_64-linux-gnu.so");
  EXPECT_EQ(ask(files, "torch.distributed.pipelining:"), "no: torch 2.3.1 has no module torch/distributed");
  EXPECT_EQ(ask(files, "torch.nn.f.g:"), "no: torch/nn/f.py of torch 2.3.1 is a module, not a package");
  EXPECT_EQ(ask(files, "torchao.x:y"), "unknown: torchao is in none of the checked wheels");
  EXPECT_EQ(ask(files, "torch.nn:*"), "yes: a module: torch/nn/__init__.py");
}

TEST(WheelApi, Bindings) {
  const std::map<std::string, std::string> files = {{"torch/__init__.py", "import numpy as np\nx = 1\n"}};
  EXPECT_EQ(ask(files, "torch:x"), "yes: torch/__init__.py:2");
  EXPECT_EQ(ask(files, "torch:np"), "yes: torch/__init__.py:1");
  EXPECT_EQ(ask(files, "torch:__file__"), "yes: every module has it");
  EXPECT_EQ(ask(files, "torch:Y"), "no: torch/__init__.py of torch 2.3.1 has no Y");
}

TEST(WheelApi, ANearNameIsNamed) {
  EXPECT_EQ(ask({{"torch/__init__.py", "class CheckpointPolicies: pass\n"}}, "torch:CheckpointPolicy"),
            "no: torch/__init__.py of torch 2.3.1 has no CheckpointPolicy, but CheckpointPolicies");
}

TEST(WheelApi, ReexportsAreFollowed) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", "from .a import x, gone\nfrom numpy import array\nfrom . import a as b\n"},
      {"torch/a.py", "from torch.c import x\n"},
      {"torch/c.py", "def x(): pass\n"}};
  EXPECT_EQ(ask(files, "torch:x"), "yes: torch/c.py:1");
  EXPECT_EQ(ask(files, "torch:array"), "yes: torch/__init__.py:2");
  EXPECT_EQ(ask(files, "torch:b"), "yes: a module: torch/a.py");
  EXPECT_EQ(ask(files, "torch:gone"),
            "no: torch/__init__.py:1 imports it, but torch/a.py of torch 2.3.1 has no gone");
}

TEST(WheelApi, CirclesEnd) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", "from .a import x\nfrom .a import *\n"},
      {"torch/a.py", "from torch import x\nfrom torch import *\n"}};
  EXPECT_EQ(ask(files, "torch:x").substr(0, 3), "no:");
  EXPECT_EQ(ask(files, "torch:y").substr(0, 3), "no:");
}

TEST(WheelApi, StarImports) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", "from .a import *\nfrom .b import *\n"},
      {"torch/a.py", "__all__ = ['x', '_y']\nx = _y = z = 1\n"},
      {"torch/b.py", "v = _w = 1\n"},
      {"torch/o.py", "from outside import *\n"}};
  EXPECT_EQ(ask(files, "torch:x"), "yes: torch/a.py:2");
  EXPECT_EQ(ask(files, "torch:_y"), "yes: torch/a.py:2");
  EXPECT_EQ(ask(files, "torch:z").substr(0, 3), "no:");
  EXPECT_EQ(ask(files, "torch:v"), "yes: torch/b.py:1");
  EXPECT_EQ(ask(files, "torch:_w").substr(0, 3), "no:");
  EXPECT_EQ(ask(files, "torch.o:q"), "unknown: torch/o.py:1 imports * from outside");
}

TEST(WheelApi, CompiledModulesByTheirStubs) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py",
       "from torch._C import *\nfrom torch import _C\nfor n in dir(_C._VariableFunctions):\n"
       "  globals()[n] = 1\n"},
      {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
      {"torch/_C/__init__.pyi", "from typing import Any\nclass Generator: ...\nsize: int\n"},
      {"torch/_C/_VariableFunctions.pyi", "def add() -> None: ...\n"},
      {"torch/_C/_dist/_c10d.pyi", "class Store: ...\n"}};
  EXPECT_EQ(ask(files, "torch:Generator"), "yes: torch/_C/__init__.pyi:2");
  EXPECT_EQ(ask(files, "torch:add"), "yes: torch/__init__.py:4, for each name in _C._VariableFunctions");
  EXPECT_EQ(ask(files, "torch._C._dist._c10d:Store"), "yes: torch/_C/_dist/_c10d.pyi:1");
  EXPECT_EQ(ask(files, "torch._C:Any"),
            "no: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list Any");
  EXPECT_EQ(ask(files, "torch._C:_any"),
            "unknown: torch._C is compiled, and its stub torch/_C/__init__.pyi does not list _any");
  EXPECT_EQ(ask(files, "torch:_gone"), "no: torch/__init__.py of torch 2.3.1 has no _gone");
  EXPECT_EQ(ask(files, "torch._C._new:"),
            "unknown: torch._C is compiled, and no stub describes torch._C._new");
}

TEST(WheelApi, AliasesInSysModules) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""},
      {"torch/_tensor/__init__.py",
       "import sys\nfrom importlib import import_module\nfor s in ['api', 'lost']:\n"
       "  sys.modules[f'torch._tensor.{s}'] = import_module(f'torch.tensor.{s}')\n"},
      {"torch/tensor/__init__.py", ""},
      {"torch/tensor/api.py", "x = 1\n"},
      {"torch/tensor/debug.py", "y = 1\n"}};
  EXPECT_EQ(ask(files, "torch._tensor.api:x"), "yes: torch/tensor/api.py:1");
  EXPECT_EQ(ask(files, "torch._tensor:api"), "yes: a module: torch/tensor/api.py");
  EXPECT_EQ(ask(files, "torch._tensor.debug:y"), "no: torch 2.3.1 has no module torch/_tensor/debug");
  EXPECT_EQ(ask(files, "torch._tensor.lost:"), "no: torch 2.3.1 has no module torch/tensor/lost");
}

TEST(WheelApi, AModuleThatStandsForAnother) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""},
      {"torch/old/__init__.py", "import sys\nimport torch.new\nsys.modules['torch.old'] = torch.new\n"},
      {"torch/new.py", "x = 1\n"}};
  EXPECT_EQ(ask(files, "torch.old:x"), "yes: torch/new.py:1");
  EXPECT_EQ(ask(files, "torch.old:sys").substr(0, 3), "no:");
}

TEST(WheelApi, ANearNameMayComeByAStar) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""},
      {"torch/nn/__init__.py", "from torch.nn.modules import *\n"},
      {"torch/nn/modules.py", "class Linear: pass\n"}};
  EXPECT_EQ(ask(files, "torch.nn:Linera"),
            "no: torch/nn/__init__.py of torch 2.3.1 has no Linera, but Linear");
}

TEST(WheelApi, DefaultsOfSysModules) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py",
       "import sys\nfrom torch._ops import ops\nimport torch.new\n"
       "sys.modules.setdefault(f'{__name__}.ops', ops)\nsys.modules.setdefault('torch.old', torch.new)\n"
       "def late():\n  sys.modules.setdefault('torch.late', ops)\n"},
      {"torch/_ops.py", "ops = object()\n"},
      {"torch/new.py", "x = 1\n"}};
  EXPECT_EQ(ask(files, "torch.ops:"), "unknown: torch/__init__.py:4 puts something into sys.modules");
  EXPECT_EQ(ask(files, "torch.ops:aten"), "unknown: torch/__init__.py:4 puts something into sys.modules");
  EXPECT_EQ(ask(files, "torch.old:x"), "yes: torch/new.py:1");
  EXPECT_EQ(ask(files, "torch.late:"), "unknown: torch/__init__.py:7 may put it into sys.modules");
  EXPECT_EQ(ask(files, "torch.classes:"), "no: torch 2.3.1 has no module torch/classes");
  EXPECT_EQ(ask(files, "torch:_mkldnn"), "yes: C++ adds it");
}

TEST(WheelApi, ComputedKeysAreUnknownWhereTheyFit) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py",
       "for a in x():\n  sys.modules[f'torch.ext.{a}'] = a\n  globals()[f'make_{a}'] = a\n"}};
  EXPECT_EQ(ask(files, "torch.ext:"), "no: torch 2.3.1 has no module torch/ext");
  EXPECT_EQ(ask(files, "torch:make_x"), "unknown: torch/__init__.py:3 binds names computed at run time");
  EXPECT_EQ(ask(files, "torch:other").substr(0, 3), "no:");
}

TEST(WheelApi, AModuleThatReplacesItself) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""},
      {"torch/base.py", "class Prop:\n  def __getattr__(self, n): return getattr(self.m, n)\n"},
      {"torch/b.py",
       "from torch.base import Prop\nx = 1\nclass M(Prop):\n  y = 1\nsys.modules[__name__] = M()\n"}};
  EXPECT_EQ(ask(files, "torch.b:x"), "yes: torch/b.py:2");
  EXPECT_EQ(ask(files, "torch.b:y"), "yes: a member of the class M (torch/b.py:3)");
  EXPECT_EQ(ask(files, "torch.b:z"), "unknown: torch/b.py:5 replaces the module by another object");
}

TEST(WheelApi, LazyNames) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py",
       "def __getattr__(name):\n  if name == 'a': return 1\n  raise AttributeError(name)\n"},
      {"torch/m.py", "def __getattr__(name):\n  return getattr(x, name)\n"}};
  EXPECT_EQ(ask(files, "torch:a"), "yes: __getattr__ in torch/__init__.py");
  EXPECT_EQ(ask(files, "torch:b"), "no: torch/__init__.py of torch 2.3.1 has no b");
  EXPECT_EQ(ask(files, "torch.m:b"), "unknown: __getattr__ in torch/m.py may provide it");
}

TEST(WheelApi, LazyNamesOfAMadeGetattr) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py",
       "from lazy_loader import attach\n_NAMES = {\n  'file': ['a', 'b'],\n}\n"
       "__getattr__, __dir__, __all__ = attach(__name__, submodules=[], submod_attrs=_NAMES)\n"},
      {"torch/m.py", "from torch.other import __getattr__\n"}};
  EXPECT_EQ(ask(files, "torch:b"), "yes: torch/__init__.py:3 lists it for __getattr__");
  EXPECT_EQ(ask(files, "torch:c"), "unknown: __getattr__ in torch/__init__.py may provide it");
  EXPECT_EQ(ask(files, "torch.m:c"), "unknown: __getattr__ in torch/m.py may provide it");
}

TEST(WheelApi, ABrokenSourceSaysNoNo) {
  EXPECT_EQ(ask({{"torch/__init__.py", "a = 1\nb = '\n"}}, "torch:c"),
            "unknown: torch/__init__.py:2: the string is not closed");
}

TEST(WheelApi, LongChainsEnd) {
  std::map<std::string, std::string> files = {{"torch/__init__.py", ""}};
  for (int i = 0; i < 500; ++i) {
    files["torch/m" + std::to_string(i) + ".py"] = "from .m" + std::to_string(i + 1) + " import x\n";
  }
  files["torch/m500.py"] = "x = 1\n";
  EXPECT_EQ(ask(files, "torch.m0:x"), "unknown: it takes more than 100 steps to follow");
}

TEST(WheelApi, ReadsWhatIsKnownToBeNeededAtOnceAndOnlyThat) {
  std::vector<std::vector<std::string>> reads;
  std::vector<LabelledWheel> wheels;
  wheels.push_back({"torch 1", std::make_unique<MemoryWheel>(
                                   std::map<std::string, std::string>{{"torch/__init__.py", "x = 1\n"},
                                                                      {"torch/a.py", "from .b import y\n"},
                                                                      {"torch/b.py", "y = 1\n"},
                                                                      {"torch/c.py", ""}},
                                   &reads)});
  WheelApi api(std::move(wheels));
  EXPECT_THAT(api.roots(), ElementsAre("torch"));
  const std::vector<pysource::Requirement> questions = {{"torch", "x"}, {"torch.a", "y"}, {"torch.c", ""}};
  ASSERT_TRUE(api.ask(questions));
  ASSERT_TRUE(api.ask(questions));
  EXPECT_THAT(reads, ElementsAre(ElementsAre("torch/__init__.py", "torch/a.py"), ElementsAre("torch/b.py")));
}

TEST(WheelApi, WheelsStandSideBySide) {
  std::vector<LabelledWheel> wheels;
  wheels.push_back({"torch 2", std::make_unique<MemoryWheel>(std::map<std::string, std::string>{
                                   {"torch/__init__.py", "x = 1\n"}, {"torch-2.dist-info/METADATA", ""}})});
  wheels.push_back({"torchvision 1", std::make_unique<MemoryWheel>(std::map<std::string, std::string>{
                                         {"torchvision-1.data/purelib/torchvision/__init__.py",
                                          "from torch import x, y\n"}})});
  WheelApi api(std::move(wheels));
  EXPECT_THAT(api.roots(), ElementsAre("torch", "torchvision"));
  const std::vector<pysource::Requirement> questions = {
      {"torchvision", "x"}, {"torchvision", "y"}, {"torchvision.z", ""}};
  const auto answers = *api.ask(questions);
  EXPECT_EQ(answers[0].reason, "torch/__init__.py:1");
  EXPECT_EQ(answers[1].reason,
            "torchvision/__init__.py:1 imports it, but torch/__init__.py of torch 2 has no y");
  EXPECT_EQ(answers[2].reason, "torchvision 1 has no module torchvision/z");
}

}  // namespace
}  // namespace launch::probe

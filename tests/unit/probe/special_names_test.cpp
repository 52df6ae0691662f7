// Names that Python itself gives to classes and modules.
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

TEST(AttributesOfPython, Classes) {
  auto ask = module_of(
      "import numpy\nclass A:\n  x: int\nclass S:\n  __slots__ = ('s',)\nclass N(int): pass\n"
      "@dataclass(slots=True)\nclass D:\n  f: int = field()\nclass P:\n  def __p(self): self.__q = 1\n"
      "class Q(numpy.B): pass\na = A()\n");
  EXPECT_EQ(ask("A.__mro__"), "yes: every class has it");
  EXPECT_EQ(ask("A.mro"), "yes: every class has it");
  EXPECT_EQ(ask("A.__getstate__"), "yes: every object has it");
  EXPECT_EQ(ask("A.__weakref__"), "yes: a class without __slots__ has it");
  EXPECT_EQ(ask("A.__annotations__"), "yes: every class has it");
  EXPECT_EQ(ask("a.__annotations__"), "yes: a class with annotations has it");
  EXPECT_EQ(ask("A.__len__"), "unknown: Python may give the class this name");
  EXPECT_EQ(ask("a.mro"), "no: the class A (torch/__init__.py:2) of torch 2.3.1 has no attribute mro");
  EXPECT_EQ(ask("S.s"), "yes: a member of the class S (torch/__init__.py:4)");
  EXPECT_EQ(ask("S.__weakref__"), "unknown: Python may give the class this name");
  EXPECT_EQ(ask("N.__add__"), "yes: an attribute of builtins.int");
  EXPECT_EQ(ask("N.__weakref__"), "unknown: Python may give the class this name");
  EXPECT_EQ(ask("D.f"), "yes: a member of the class D (torch/__init__.py:8)");
  EXPECT_EQ(ask("D.__match_args__"), "yes: every dataclass has it");
  EXPECT_EQ(ask("D.__dataclass_params__"), "yes: every dataclass has it");
  EXPECT_EQ(ask("P._P__p"), "yes: a member of the class P (torch/__init__.py:10)");
  EXPECT_EQ(ask("P._P__q"), "no: the class P (torch/__init__.py:10) of torch 2.3.1 has no attribute _P__q");
  EXPECT_EQ(ask("Q.__len__"), "unknown: the base class numpy.B of Q is in none of the checked wheels");
}

TEST(AttributesOfPython, WhatTheReleaseOfPythonDecides) {
  auto ask = module_of("class A: pass\n@dataclass\nclass D:\n  x: int\n", false);
  for (const std::string name : {"A.__getstate__", "A.__annotations__", "D.__match_args__"})
    EXPECT_EQ(ask(name), "unknown: Python may give the class this name") << name;
  EXPECT_EQ(ask("D.__annotations__"), "yes: a class with annotations has it");
  EXPECT_EQ(ask("__annotations__"), "unknown: Python may give the module this name");
  EXPECT_EQ(module_of("")("__annotations__"), "yes: every module has it");
  EXPECT_EQ(ask("__getstate__"), "unknown: Python may give the module this name");
  EXPECT_EQ(module_of("")("__getstate__"), "yes: every module has it");
  EXPECT_EQ(module_of("")("__warningregistry__"), "unknown: Python may give the module this name");
  EXPECT_EQ(ask("__class__"), "yes: every module has it");
}

TEST(AttributesOfPython, BasesOfTheStandardLibrary) {
  auto ask = module_of(
      "import abc, typing, pickle, enum\nfrom typing import List\nfrom .x import *\nclass E(RuntimeError): "
      "pass\nclass "
      "L(typing.List[int]): pass\n"
      "class A(abc.ABC): pass\nclass M(metaclass=abc.ABCMeta): pass\nclass K(pickle.Strange): pass\n"
      "class F(enum.Enum): A = 1\nclass G(typing.Generic[T]): pass\nclass T(typing.NamedTuple):\n  f: int\n"
      "class I(typing.Iterable): pass\n");
  EXPECT_EQ(ask("E.__cause__"), "yes: an attribute of builtins.RuntimeError");
  EXPECT_EQ(ask("E.gone"), "no: the class E (torch/__init__.py:4) of torch 2.3.1 has no attribute gone");
  EXPECT_EQ(ask("L.append"), "yes: an attribute of builtins.list");
  EXPECT_EQ(ask("L.gone"), "no: the class L (torch/__init__.py:5) of torch 2.3.1 has no attribute gone");
  EXPECT_EQ(ask("L._is_protocol"),
            "unknown: the base class typing.List of L belongs to Python, and its attributes are not known");
  EXPECT_EQ(ask("A.register"), "yes: an attribute of abc.ABC");
  EXPECT_EQ(ask("M._abc_impl"), "yes: an attribute of abc.ABCMeta");
  EXPECT_EQ(ask("M.register"), "yes: an attribute of abc.ABCMeta");
  EXPECT_EQ(
      ask("K.x"),
      "unknown: the base class pickle.Strange of K belongs to Python, and its attributes are not known");
  EXPECT_EQ(ask("F.__members__"), "yes: an attribute of enum.Enum");
  EXPECT_EQ(ask("F.name"), "no: the class F (torch/__init__.py:9) of torch 2.3.1 has no attribute name");
  EXPECT_EQ(ask("F.A.name"), "yes: an attribute of enum.Enum");
  EXPECT_EQ(ask("G.__orig_bases__"), "yes: a class with a generic base has it");
  EXPECT_EQ(ask("G.__parameters__"), "yes: an attribute of typing.Generic");
  EXPECT_EQ(ask("T.f"), "yes: an attribute of typing.NamedTuple");
  EXPECT_EQ(ask("I.register"), "yes: an attribute of collections.abc.Iterable");
  EXPECT_EQ(ask("List.append"), "yes: an attribute of builtins.list");
  EXPECT_EQ(ask("List._name"), "unknown: typing.List belongs to Python, and its attributes are not known");
}

TEST(AttributesOfPython, NamesThatSetattrGives) {
  auto ask = module_of(
      "class A:\n  @classmethod\n  def make(cls):\n    cls.x = 1\nclass B:\n  @classmethod\n  def "
      "make(cls):\n"
      "    setattr(cls, name, 1)\nclass C: pass\nsetattr(C, 'y', 1)\nclass D: pass\nfor n in names(): "
      "setattr(D, n, 1)\n"
      "class E: pass\ndef f(n):\n  setattr(E, n, 1)\n");
  EXPECT_EQ(ask("A.x"), "unknown: torch/__init__.py:1 binds members that are computed at run time");
  EXPECT_EQ(ask("A.y"), "no: the class A (torch/__init__.py:1) of torch 2.3.1 has no attribute y");
  EXPECT_EQ(ask("B.x"), "unknown: torch/__init__.py:5 binds members that are computed at run time");
  EXPECT_EQ(ask("C.y"), "yes: a member of the class C (torch/__init__.py:9)");
  EXPECT_EQ(ask("C.x"), "no: the class C (torch/__init__.py:9) of torch 2.3.1 has no attribute x");
  EXPECT_EQ(ask("D.x"), "unknown: torch/__init__.py:11 binds members that are computed at run time");
  EXPECT_EQ(ask("E.x"), "unknown: torch/__init__.py:13 binds members that are computed at run time");
}

TEST(AttributesOfPython, FieldsThatLeaveTheClass) {
  auto ask = module_of(
      "@dataclass\nclass D:\n  a: list = field(default_factory=list)\n  b: int = field(default=1)\n  c: int "
      "= 1\n"
      "  d = field()\n  e: int = field(**more)\n  f: list = (dc_field(default_factory=list))\nclass P:\n  a: "
      "list = field(default_factory=list)\n"
      "@dataclass(slots=True)\nclass S:\n  a: list = field(default_factory=list)\nd = D()\n"
      "from dataclasses import field as dc_field\n");
  EXPECT_EQ(ask("D.f"), "no: the class D (torch/__init__.py:2) of torch 2.3.1 has no attribute f");
  EXPECT_EQ(ask("D.a"), "no: the class D (torch/__init__.py:2) of torch 2.3.1 has no attribute a");
  for (const std::string name : {"D.b", "D.c", "D.d", "D.e", "P.a", "S.a", "d.a"})
    EXPECT_EQ(ask(name).substr(0, 3), "yes") << name;
}

TEST(AttributesOfPython, NamesThatClassesHaveNot) {
  auto ask = module_of(
      "class A:\n  __p = 1\n  x = 1\n  y = 2\n  del x\nclass M(type):\n  def __init__(cls, *a):\n    "
      "cls.table = 1\n"
      "class B(metaclass=M): pass\nimport enum\nclass E(enum.Enum):\n  V = 1\n");
  EXPECT_EQ(ask("A.__p"), "no: the class A (torch/__init__.py:1) of torch 2.3.1 has no attribute __p");
  EXPECT_EQ(ask("A._A__p"), "yes: a member of the class A (torch/__init__.py:1)");
  EXPECT_EQ(ask("A.x"), "no: the class A (torch/__init__.py:1) of torch 2.3.1 has no attribute x");
  EXPECT_EQ(ask("A.y"), "yes: a member of the class A (torch/__init__.py:1)");
  EXPECT_EQ(ask("B.table"), "unknown: the metaclass M may set it");
  EXPECT_EQ(ask("B.gone"), "no: the class B (torch/__init__.py:9) of torch 2.3.1 has no attribute gone");
  EXPECT_EQ(ask("E.V._sort_order_"),
            "unknown: the base class enum.Enum of E belongs to Python, and its attributes are not known");
}

TEST(AttributesOfPython, AliasesAndObjectsThatGetNames) {
  auto ask = module_of(
      "from typing import Generic\nG = Generic[T]\nclass A: pass\nL = (A[int])\nclass S: pass\nkernels = "
      "S()\n"
      "other = S()\nclass C:\n  def __init__(self, n): setattr(kernels, n, 1)\n");
  EXPECT_EQ(ask("G.copy_with"), "unknown: typing.Generic has no attribute copy_with");
  EXPECT_EQ(ask("L._name"), "unknown: _name may belong to a subclass of A");
  EXPECT_EQ(ask("A._name").substr(0, 3), "no:");
  EXPECT_EQ(ask("kernels.mm"), "unknown: mm may belong to a subclass of S");
  EXPECT_EQ(ask("other.mm").substr(0, 3), "no:");
}

TEST(AttributesOfPython, CodeThatNoImportOnLinuxRuns) {
  auto ask = module_of(
      "import sys, os\nfrom typing import TYPE_CHECKING as _TYPE_CHECKING\nif sys.platform == 'win32':\n  a "
      "= 1\n"
      "elif os.name == 'nt':\n  b = 1\nelse:\n  c = 1\nif __name__ == '__main__':\n  d = 1\nif "
      "_TYPE_CHECKING:\n"
      "  e = 1\nif sys.platform != 'win32':\n  f = 1\n");
  for (const std::string name : {"a", "b", "d", "e"}) {
    EXPECT_EQ(ask(name), "no: torch/__init__.py of torch 2.3.1 has no " + name);
  }
  EXPECT_EQ(ask("c"), "yes: torch/__init__.py:8");
  EXPECT_EQ(ask("f"), "yes: torch/__init__.py:14");
}

TEST(AttributesOfPython, WhatOnlyAFallbackBinds) {
  Questions ask(
      Files{{"torch/__init__.py",
             "try:\n  from torch.x import a\nexcept ImportError:\n  class Stub: pass\n  a = Stub()\n"
             "try:\n  import numpy\nexcept ImportError:\n  class Other: pass\n"},
            {"torch/x.py", "a = 1\n"}});
  EXPECT_EQ(ask("Stub"), "unknown: torch/__init__.py:4 binds or deletes it on some paths only");
  EXPECT_EQ(ask("a"), "yes: torch/x.py:1");
  EXPECT_EQ(ask("Other"), "yes: torch/__init__.py:9");
}

TEST(AttributesOfPython, SubmodulesThatAreDeleted) {
  Questions ask(Files{{"torch/__init__.py", "import torch.optim\n"},
                      {"torch/optim/__init__.py", "from .adam import Adam\nfrom . import sgd\ndel adam\n"},
                      {"torch/optim/adam.py", "class Adam: pass\n"},
                      {"torch/optim/sgd.py", ""}});
  EXPECT_EQ(ask("optim.adam"), "no: torch/optim/__init__.py of torch 2.3.1 has no adam, but Adam");
  EXPECT_EQ(ask("optim.sgd").substr(0, 3), "yes");
  EXPECT_EQ(ask.ask({"torch.optim", "adam", {}, pysource::Tier::import}).substr(0, 3), "yes");
}

TEST(AttributesOfPython, ModulesThatAFunctionHides) {
  Questions ask(Files{{"torch/__init__.py", "import torch.a\n"},
                      {"torch/a/__init__.py", "from .b import K\nfrom . import c\ndef b(): pass\n"},
                      {"torch/a/b.py", "class K: pass\n"},
                      {"torch/a/c.py", ""}});
  const auto of = [&](const std::string& module, const std::string& name) {
    return ask.ask({module, name, {}, pysource::Tier::attribute});
  };
  EXPECT_EQ(of("torch.a.b", "K"), "yes: torch/a/b.py:1");
  EXPECT_EQ(of("torch.a.b", "__code__"), "yes: every function has it");
  EXPECT_EQ(of("torch.a.b", "k"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(of("torch.a.c", "__code__"), "no: torch/a/c.py of torch 2.3.1 has no __code__");
}

TEST(AttributesOfPython, ModulesThatFunctionsGiveNames) {
  Questions ask(Files{{"torch/__init__.py", "import torch.a, torch.b, torch.c\n"},
                      {"torch/a.py", "import sys\ndef f(n):\n  setattr(sys.modules[__name__], n, 1)\n"},
                      {"torch/b.py",
                       "__all__ = ['x']\nx = 1\ndef export(n):\n  def wrap(f):\n    globals()[n] = f\n"
                       "    __all__.append(n)\n  return wrap\n"},
                      {"torch/c.py", "from torch.b import *\n"}});
  EXPECT_EQ(ask("a.late"), "unknown: torch/a.py:3 binds names computed at run time");
  EXPECT_EQ(ask("c.x"), "yes: torch/b.py:2");
  EXPECT_EQ(ask("c.late"), "unknown: torch/b.py:5 binds names computed at run time");
}

}  // namespace
}  // namespace launch::probe

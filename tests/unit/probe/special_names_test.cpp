// Names that Python itself gives to classes, functions and modules.
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

/// Answers of a module of this source, in a wheel for CPython 3.11 or of no known release.
Questions module_of(const std::string& source, bool python_known = true) {
  Files files = {{"torch/__init__.py", source}};
  if (python_known) files.emplace("torch/_x.cpython-311-x86_64-linux-gnu.so", "");
  return Questions(files);
}

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

TEST(AttributesOfPython, Functions) {
  auto ask = module_of(
      "import functools\nfrom functools import wraps, lru_cache\nfrom contextlib import contextmanager\n"
      "def same(x):\n  def inner(f):\n    note(f)\n    return f\n  return inner\n"
      "def wrap(f):\n  @wraps(f)\n  def g(*a): return f(*a)\n  return g\n"
      "def other(f):\n  def g(): pass\n  return g\ndef strange(f): return Thing(f)\n"
      "def replaced(f):\n  f = strange(f)\n  return f\n"
      "def plain(): pass\n@same(1)\ndef a(): pass\n@same(2)\n@wrap\ndef b(): pass\n@other\ndef c(): pass\n"
      "@strange\ndef d(): pass\n@lru_cache(None)\ndef e(): pass\n@contextmanager\ndef f(): yield\n"
      "@other\n@lru_cache\ndef g(): pass\n@replaced\ndef h(): pass\n");
  for (const std::string name : {"plain", "a", "b", "c", "f"})
    EXPECT_EQ(ask(name + ".__code__"), "yes: every function has it") << name;
  const std::string unknown = "unknown: attributes of functions are not followed";
  for (const std::string name : {"d", "e", "g", "h"}) EXPECT_EQ(ask(name + ".__code__"), unknown) << name;
  for (const std::string name : {"b", "f"})
    EXPECT_EQ(ask(name + ".__wrapped__"), "yes: a decorator gives it") << name;
  for (const std::string name : {"plain", "a", "c"}) EXPECT_EQ(ask(name + ".__wrapped__"), unknown) << name;
  EXPECT_EQ(ask("e.cache_clear"), "yes: functools.lru_cache gives it");
  EXPECT_EQ(ask("g.cache_clear"), unknown);
}

TEST(AttributesOfPython, FunctionsOfLaterPythons) {
  EXPECT_EQ(module_of("def f(): pass\n")("f.__builtins__"), "yes: every function has it");
  EXPECT_EQ(module_of("def f(): pass\n")("f.__getstate__"), "yes: every function has it");
  auto ask = module_of("def f(): pass\n", false);
  for (const std::string name : {"f.__builtins__", "f.__getstate__"})
    EXPECT_EQ(ask(name), "unknown: attributes of functions are not followed") << name;
}

TEST(AttributesOfPython, FunctionsWhoseDecoratorsAreFollowed) {
  auto ask = module_of(
      "import functools, typing\nfrom functools import wraps\n"
      "def wrap(f):\n  @wraps(f)\n  def g(*a): return f(*a)\n  return g\n"
      "def convert(f):\n  if not f.out: return f\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "def kept(f):\n  original = f\n  f = convert(f)\n  return original\n"
      "def converted(f):\n  f = convert(f)\n  return f\n"
      "def strange(f):\n  f = Thing(f)\n  return f\n"
      "def late(f):\n  f = Thing(f)\n  original = f\n  return original\n"
      "def choose(x):\n  if x:\n    def a(f): return f\n    return a\n  def b(f): return f\n  return b\n"
      "def register(name, function): return wrap(function)\n"
      "def _register(name, f):\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "def lowering(name): return functools.partial(_register, name)\n"
      "def given(f, name): return functools.partial(f, name)\n"
      "def at(name, opset):\n  def inner(f): return f\n  return inner\nat_9 = functools.partial(at, "
      "opset=9)\n"
      "def nested(f):\n  @wraps(f)\n  @kept\n  def g(): pass\n  return g\n"
      "class Deco:\n  def __init__(self, x): pass\n  def __call__(self, f):\n    @wraps(f)\n    def g(): "
      "pass\n"
      "    return g\nclass Same:\n  def __call__(self, f): return self\n"
      "@kept\ndef a(): pass\n@converted\ndef b(): pass\n@strange\ndef c(): pass\n@choose(1)\ndef d(): pass\n"
      "@register('x')\ndef e(): pass\n@lowering('x')\ndef f(): pass\n@at_9('x')\ndef g(): pass\n"
      "@nested\ndef h(): pass\n@Deco(1)\ndef i(): pass\n@Same()\ndef j(): pass\n"
      "@typing.no_type_check\ndef k(): pass\n@given('x')\ndef m(): pass\n@late\ndef n(): pass\n");
  const std::string unknown = "unknown: attributes of functions are not followed";
  for (const std::string name : {"a", "b", "d", "f", "g", "h", "i", "k"})
    EXPECT_EQ(ask(name + ".__code__"), "yes: every function has it") << name;
  for (const std::string name : {"c", "e", "j", "m", "n"})
    EXPECT_EQ(ask(name + ".__code__"), unknown) << name;
  for (const std::string name : {"f", "h", "i"})
    EXPECT_EQ(ask(name + ".__wrapped__"), "yes: a decorator gives it") << name;
  for (const std::string name : {"a", "b", "d", "g", "k"})
    EXPECT_EQ(ask(name + ".__wrapped__"), unknown) << name;
  EXPECT_EQ(ask("at_9.func"), "unknown: the result of a call is not followed");
}

TEST(AttributesOfPython, FunctionsThatAreGivenToFunctions) {
  auto ask = module_of(
      "from functools import wraps\ndef wrap(f):\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "def same(*names):\n  def register(f): return f\n  return register\n"
      "def optional(f=None, *, x=1):\n  def inner(f):\n    @wraps(f)\n    def g(): pass\n    return g\n"
      "  if f is None:\n    return inner\n  else:\n    return inner(f)\n"
      "def make(f):\n  @wraps(f)\n  def g(): pass\n  name = g.__name__\n  g = same(getattr(ops, name))(g)\n"
      "  return g\n"
      "def passed(f): return wrap(f)\n"
      "def local(f):\n  wrap = f.wrap\n  return wrap(f)\n"
      "def replaced(f):\n  def g(): pass\n  g = Thing(g)\n  return g\n"
      "def cached(f):\n  @cache\n  def inner(f): return f\n  return inner(f)\n"
      "def either(f):\n  if f.x: return f\n  return wrap(f)\n"
      "@optional\ndef a(): pass\n@optional(x=2)\ndef b(): pass\nc = make(a)\nd = optional(a)\n"
      "@passed\ndef e(): pass\n@local\ndef i(): pass\n@replaced\ndef j(): pass\n@cached\ndef k(): pass\n"
      "@either\ndef m(): pass\n");
  for (const std::string name : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(ask(name + ".__code__"), "yes: every function has it") << name;
    EXPECT_EQ(ask(name + ".__wrapped__"), "yes: a decorator gives it") << name;
  }
  const std::string unknown = "unknown: attributes of functions are not followed";
  for (const std::string name : {"i", "j", "k"}) EXPECT_EQ(ask(name + ".__code__"), unknown) << name;
  EXPECT_EQ(ask("m.__code__"), "yes: every function has it");
  EXPECT_EQ(ask("m.__wrapped__"), unknown);
}

TEST(AttributesOfPython, AttributesThatDecoratorsGive) {
  auto ask = module_of(
      "from functools import wraps\ndef mark(x=1):\n  def outer(f):\n    @wraps(f)\n    def g(): pass\n"
      "    g.marked = x\n    if x: g.perhaps = 1\n    return g\n  return outer\n"
      "def kept(f):\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "def lost(f):\n  def g(): pass\n  return g\n"
      "@mark(2)\ndef a(): pass\n@kept\n@mark()\ndef b(): pass\n@lost\n@mark()\ndef c(): pass\n"
      "@mark()\n@lost\ndef d(): pass\n"
      "def late(f):\n  def g(): pass\n  if f.x: return g\n  g.marked = 1\n  return g\n@late\ndef e(): pass\n"
      "def either(f):\n  def g(): pass\n  g.marked = 1\n  if f.x: return kept(f)\n  return g\n"
      "@either\ndef i(): pass\n");
  for (const std::string name : {"a", "b", "d"})
    EXPECT_EQ(ask(name + ".marked"), "yes: a decorator gives it") << name;
  for (const std::string name : {"a.perhaps", "a.other", "c.marked", "e.marked", "i.marked"})
    EXPECT_EQ(ask(name), "unknown: attributes of functions are not followed") << name;
}

/// What a question could not find, as a file was not read, the next one may.
TEST(AttributesOfPython, FunctionsOfADecoratorThatIsReadLater) {
  std::vector<LabelledWheel> wheels;
  wheels.push_back(
      {"torch 2.3.1",
       std::make_unique<MemoryWheel>(
           Files{{"torch/__init__.py", "from .w import wrap\n@wrap\ndef a(): pass\n@wrap\ndef b(): pass\n"},
                 {"torch/w.py", "from .x import same\ndef wrap(f):\n  f = same(f)\n  return f\n"},
                 {"torch/x.py", "def same(f): return f\n"}})});
  WheelApi api(std::move(wheels));
  const auto answers = api.ask(std::vector{reached("a.__code__"), reached("b.__code__")});
  ASSERT_TRUE(answers);
  for (const auto& answer : *answers) EXPECT_EQ(shown(answer), "yes: every function has it");
}

/// Without a memory of what was looked at, this takes 2^100 steps.
TEST(AttributesOfPython, FunctionsThatDecorateEachOther) {
  auto ask = module_of(
      "from functools import wraps\ndef a(f):\n  @wraps(f)\n  @b\n  @b\n  def g(): pass\n  return g\n"
      "def b(f):\n  @wraps(f)\n  @a\n  @a\n  def g(): pass\n  return g\n"
      "def c(f):\n  f = c(f)\n  f = c(f)\n  return f\n@a\ndef x(): pass\n@c\ndef y(): pass\n"
      "import functools\ndef p(f):\n  if f: return functools.partial(p(1), 1)\n"
      "  return functools.partial(p(2), 1)\n@p(1)\ndef z(): pass\n");
  for (const std::string name : {"x", "y", "z"})
    EXPECT_EQ(ask(name + ".__code__"), "unknown: attributes of functions are not followed") << name;
}

TEST(AttributesOfPython, FunctionsOfCpp) {
  Questions ask({{"torch/__init__.py", "from torch._C import f, A\n"},
                 {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                 {"torch/_C/__init__.pyi", "def f(x: int) -> int: ...\nclass A:\n  def m(self): ...\n"}});
  EXPECT_EQ(ask("f.__self__"), "yes: every function of C++ has it");
  EXPECT_EQ(ask("f.__text_signature__"), "yes: every function of C++ has it");
  EXPECT_EQ(ask("f.__code__"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("A.m.__self__"), "unknown: attributes of functions are not followed");
}

TEST(AttributesOfPython, WhatCallsReturn) {
  auto ask = module_of(
      "import sympy\ndef make(n):\n  class C(sympy.F):\n    def m(self): pass\n  C.__name__ = n\n  return C\n"
      "def make_two(n):\n  if n:\n    def f(a): pass\n  else:\n    def f(a): pass\n  return f\n"
      "def both(f):\n  def g(): pass\n  return g if f else 1\nA = make('A')\nb = make_two(1)\nd = both(1)\n"
      "def derive(k):\n  class D(k): pass\n  return D\nD = derive(A)\n");
  EXPECT_EQ(ask("A.m"), "yes: a member of the class C (torch/__init__.py:3)");
  EXPECT_EQ(ask("A.x"), "unknown: the base class sympy.F of C is in none of the checked wheels");
  EXPECT_EQ(ask("D.x"), "unknown: the base class k of D was not found");
  EXPECT_EQ(ask("b.__code__"), "yes: every function has it");
  EXPECT_EQ(ask("b(a=)").substr(0, 3), "yes");
  EXPECT_EQ(ask("d.x"), "unknown: the result of a call is not followed");
  EXPECT_EQ(ask("d.__doc__"), "yes: every object has it");
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

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

TEST(AttributesOfPython, WhatCallsReturn) {
  auto ask = module_of(
      "import sympy\ndef make(n):\n  class C(sympy.F):\n    def m(self): pass\n  C.__name__ = n\n  return C\n"
      "def make_two(n):\n  if n:\n    def f(a): pass\n  else:\n    def f(a): pass\n  return f\n"
      "def both(f):\n  def g(): pass\n  return g if f else 1\nA = make('A')\nb = make_two(1)\nd = both(1)\n"
      "def derive(k):\n  class D(k): pass\n  return D\nD = derive(A)\n");
  EXPECT_EQ(ask("A.m"), "yes: a member of the class C (torch/__init__.py:3)");
  EXPECT_EQ(ask("A.x"), "unknown: the base class sympy.F of C is in none of the checked wheels");
  EXPECT_EQ(ask("D.x"), "unknown: the base class builtins.k of D was not found");
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

}  // namespace
}  // namespace launch::probe

// Attributes that Python and decorators give to functions.
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

TEST(AttributesOfFunctions, ByWhatDecoratesThem) {
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

TEST(AttributesOfFunctions, OfLaterPythons) {
  EXPECT_EQ(module_of("def f(): pass\n")("f.__builtins__"), "yes: every function has it");
  EXPECT_EQ(module_of("def f(): pass\n")("f.__getstate__"), "yes: every function has it");
  auto ask = module_of("def f(): pass\n", false);
  for (const std::string name : {"f.__builtins__", "f.__getstate__"})
    EXPECT_EQ(ask(name), "unknown: attributes of functions are not followed") << name;
}

TEST(AttributesOfFunctions, WhoseDecoratorsAreFollowed) {
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

TEST(AttributesOfFunctions, ThatAreGivenToFunctions) {
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

TEST(AttributesOfFunctions, AttributesThatDecoratorsGive) {
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
TEST(AttributesOfFunctions, OfADecoratorThatIsReadLater) {
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
TEST(AttributesOfFunctions, ThatDecorateEachOther) {
  auto ask = module_of(
      "from functools import wraps\ndef a(f):\n  @wraps(f)\n  @b\n  @b\n  def g(): pass\n  return g\n"
      "def b(f):\n  @wraps(f)\n  @a\n  @a\n  def g(): pass\n  return g\n"
      "def c(f):\n  f = c(f)\n  f = c(f)\n  return f\n@a\ndef x(): pass\n@c\ndef y(): pass\n"
      "import functools\ndef p(f):\n  if f: return functools.partial(p(1), 1)\n"
      "  return functools.partial(p(2), 1)\n@p(1)\ndef z(): pass\n");
  for (const std::string name : {"x", "y", "z"})
    EXPECT_EQ(ask(name + ".__code__"), "unknown: attributes of functions are not followed") << name;
}

TEST(AttributesOfFunctions, OfCpp) {
  Questions ask({{"torch/__init__.py", "from torch._C import f, A\n"},
                 {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                 {"torch/_C/__init__.pyi", "def f(x: int) -> int: ...\nclass A:\n  def m(self): ...\n"}});
  EXPECT_EQ(ask("f.__self__"), "yes: every function of C++ has it");
  EXPECT_EQ(ask("f.__text_signature__"), "yes: every function of C++ has it");
  EXPECT_EQ(ask("f.__code__"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("A.m.__self__"), "unknown: attributes of functions are not followed");
}

/// A stub lists functions that a build lacks, for which Python code may have a substitute, and classes as
/// functions.
TEST(AttributesOfFunctions, OfCppThatTheLibraryDoesNotMention) {
  Questions ask(Files{{"torch/__init__.py", "from torch import _C\n"},
                      {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                      {"torch/_C/__init__.pyi", "def made(): ...\ndef absent(): ...\ndef Guard(): ...\n"},
                      {"torch/lib/libtorch_python.so", std::string("\0made\0Guard\0", 12)}},
                nullptr, true);
  EXPECT_EQ(ask("_C.made.__self__"), "yes: every function of C++ has it");
  for (const std::string name : {"_C.absent.__self__", "_C.Guard.__self__"})
    EXPECT_EQ(ask(name), "unknown: attributes of functions are not followed") << name;
}

TEST(AttributesOfFunctions, ThatAreKeptOrWrapped) {
  auto ask = module_of(
      "from functools import wraps\ndef wrap(f):\n  @wraps(f)\n  def g(): pass\n  return g\n"
      "def maybe(f):\n  fn = f\n  if f.x:\n    @wraps(f)\n    def g(): pass\n    fn = g\n  return fn\n"
      "def lost(f):\n  fn = f\n  fn = Thing(f)\n  return fn\n"
      "def shadowed(f):\n  def g(): pass\n  for g in f: pass\n  fn = g\n  return fn\n"
      "@maybe\ndef a(): pass\n@maybe\n@wrap\ndef b(): pass\n@lost\ndef c(): pass\n@shadowed\ndef d(): pass\n"
      "@beartype.beartype\ndef e(): pass\n");
  for (const std::string name : {"a", "b", "e"})
    EXPECT_EQ(ask(name + ".__code__"), "yes: every function has it") << name;
  EXPECT_EQ(ask("b.__wrapped__"), "yes: a decorator gives it");
  const std::string unknown = "unknown: attributes of functions are not followed";
  for (const std::string name : {"a.__wrapped__", "e.__wrapped__", "c.__code__", "d.__code__"})
    EXPECT_EQ(ask(name), unknown) << name;
}

TEST(AttributesOfFunctions, OfDecoratorsThatCallsResultIn) {
  auto ask = module_of(
      "def register(x, table=None):\n  def same(f): return f\n  return same\n"
      "def there(x): return register(x, 1)\n"
      "def imported(x):\n  from elsewhere import register\n  return register(x)\n"
      "def opened(x):\n  with x as register: return register(x)\n"
      "def thing(x): return Thing(x)\n"
      "@there(1)\ndef a(): pass\n@imported(1)\ndef b(): pass\n@opened(1)\ndef c(): pass\n"
      "@thing(1)\ndef d(): pass\n");
  EXPECT_EQ(ask("a.__code__"), "yes: every function has it");
  for (const std::string name : {"b", "c", "d"})
    EXPECT_EQ(ask(name + ".__code__"), "unknown: attributes of functions are not followed") << name;
}

/// The decorator's own function is decorated by one that sets the attribute.
TEST(AttributesOfFunctions, AttributesOfTheFunctionThatADecoratorReturns) {
  auto ask = module_of(
      "from functools import wraps\ndef mark(f):\n  @wraps(f)\n  def g(): pass\n  g.marked = 1\n  return g\n"
      "def make(x):\n  def inner(f):\n    @wraps(f)\n    @mark\n    def g(): pass\n    return g\n  return "
      "inner\n"
      "def either(f):\n  @mark\n  def g(): pass\n  if f.x: return f\n  return g\n"
      "@make(1)\ndef a(): pass\n@either\ndef b(): pass\n");
  EXPECT_EQ(ask("a.marked"), "yes: a decorator gives it");
  EXPECT_EQ(ask("b.marked"), "unknown: attributes of functions are not followed");
}

/// What an object has by its kind, it has for sure only if it is of that kind wherever the code runs.
TEST(AttributesOfFunctions, OfNamesThatAreBoundToSeveral) {
  Questions ask({{"torch/__init__.py",
                  "from torch import _C\nif hasattr(_C, 'f'):\n  f = _C.f\nelse:\n  def f(): pass\n"
                  "if _C.x:\n  class K:\n    __code__ = 1\n    a = 1\nelse:\n  K = thing()\n"},
                 {"torch/_C.cpython-311-x86_64-linux-gnu.so", ""},
                 {"torch/_C/__init__.pyi", "def f(x: int) -> int: ...\n"}});
  EXPECT_EQ(ask("_C.f.__self__"), "yes: every function of C++ has it");
  EXPECT_EQ(ask("f.__self__"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("f.__code__"), "unknown: attributes of functions are not followed");
  EXPECT_EQ(ask("f.__name__"), "yes: every function has it");
  EXPECT_EQ(ask("K.__code__"), "unknown: thing was not found");
  EXPECT_EQ(ask("K.a"), "yes: a member of the class K (torch/__init__.py:7)");
}

TEST(AttributesOfFunctions, WhatCallsReturn) {
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

}  // namespace
}  // namespace launch::probe

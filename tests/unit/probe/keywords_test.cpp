#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "question.hpp"

namespace launch::probe {
namespace {

std::string ask(const std::string& source, const std::string& name) {
  return Questions(Files{{"torch/__init__.py", source}})(name);
}

TEST(Keywords, Functions) {
  const std::string source =
      "def f(a, /, b, *, c=1): pass\ndef g(**kwargs): pass\ndef h(named, **kwargs): pass\n"
      "class _K:\n  def m(self, __x): pass\n  def __eq__(self, o): pass\n";
  EXPECT_EQ(ask(source, "f(b=)"), "yes: a parameter of f (torch/__init__.py:1)");
  EXPECT_EQ(ask(source, "f(c=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "f(a=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "f(d=)"), "no: f (torch/__init__.py:1) of torch 2.3.1 has no parameter d");
  EXPECT_EQ(ask(source, "g(d=)"), "unknown: g (torch/__init__.py:2) takes any keyword");
  EXPECT_EQ(ask(source, "h(named=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "gone(d=)"), "no: torch/__init__.py of torch 2.3.1 has no gone");
  EXPECT_EQ(ask(source, "_K.m(_K__x=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "_K.m(_L__x=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "_K.__eq__(o=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "_K.__eq__(other=)"),
            "unknown: Python calls _K.__eq__, and other modules may replace it");
}

TEST(Keywords, ARenamedParameter) {
  EXPECT_EQ(
      ask("def _maybe_apply_numa_binding(*, device_index): pass\n", "_maybe_apply_numa_binding(device_idx=)"),
      "no: _maybe_apply_numa_binding (torch/__init__.py:1) of torch 2.3.1 has no parameter device_idx, but "
      "device_index");
  EXPECT_EQ(
      ask("def _maybe_apply_numa_binding(*, device_index): pass\n", "_maybe_apply_numa_binding(gpu_index=)"),
      "no: _maybe_apply_numa_binding (torch/__init__.py:1) of torch 2.3.1 has no parameter gpu_index");
  EXPECT_EQ(ask("def fully_shard(module, *, mesh=None): pass\n", "fully_shard(ignored_params=)"),
            "no: fully_shard (torch/__init__.py:1) of torch 2.3.1 has no parameter ignored_params");
}

TEST(Keywords, DecoratorsThatMayChangeParameters) {
  const std::string source =
      "@torch.no_grad()\n@functools.lru_cache\ndef f(a): pass\n@register(1)\ndef g(a): pass\n"
      "def overloaded(a): pass\noverloaded = wrap(overloaded)\n";
  EXPECT_EQ(ask(source, "f(b=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "g(a=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "g(b=)"),
            "unknown: a decorator of g (torch/__init__.py:5) may change its parameters");
  EXPECT_EQ(ask(source, "overloaded(b=)").substr(0, 8), "unknown:");
  EXPECT_EQ(ask("@contract(state_cls=int)\ndef fully_shard(module): pass\n", "fully_shard(ignored_params=)"),
            "no: fully_shard (torch/__init__.py:2) of torch 2.3.1 has no parameter ignored_params");
}

TEST(Keywords, Classes) {
  const std::string source =
      "class A:\n  def __init__(self, x): pass\nclass B(A): pass\nclass C:\n  def __new__(cls, y): pass\n"
      "class D(A):\n  def __new__(cls, *args, **kwargs): pass\nclass E(A):\n  def __init__(self, **kwargs): "
      "pass\n"
      "class F: pass\nclass M(type):\n  def __call__(cls, **k): pass\nclass G(A, metaclass=M): pass\n"
      "from abc import ABCMeta as Abstract\nclass H(A, metaclass=Abstract): pass\n"
      "class ABCMeta(M):\n  def __call__(cls, **k): pass\nclass I(A, metaclass=ABCMeta): pass\n";
  EXPECT_EQ(ask(source, "A(x=)"), "yes: a parameter of A.__init__ (torch/__init__.py:2)");
  EXPECT_EQ(ask(source, "B(x=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "B(verbose=)"),
            "no: A.__init__ (torch/__init__.py:2) of torch 2.3.1 has no parameter verbose");
  EXPECT_EQ(ask(source, "C(y=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "C(z=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "D(x=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "D(z=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "E(z=)").substr(0, 8), "unknown:");
  EXPECT_EQ(ask(source, "F(z=)"), "unknown: no __init__ of the class F was found");
  EXPECT_EQ(ask(source, "G(z=)"), "unknown: the metaclass of G may change its parameters");
  EXPECT_EQ(ask(source, "H(z=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "I(z=)"), "unknown: the metaclass of I may change its parameters");
}

TEST(Keywords, FieldsOfDataclassesAndNamedTuples) {
  const std::string source =
      "@dataclass\nclass A:\n  x: int\n@dataclasses.dataclass(frozen=True)\nclass B(A):\n  y: int = 1\n"
      "class N(NamedTuple):\n  f: int\n@dataclass\nclass C(outside.K):\n  z: int\n"
      "@dataclass\nclass A2(A2):\n  w: int\nfrom typing import NamedTuple\n";
  EXPECT_EQ(ask(source, "B(x=)"), "yes: a field of A (torch/__init__.py:2)");
  EXPECT_EQ(ask(source, "B(y=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "B(z=)"), "no: the class B (torch/__init__.py:5) of torch 2.3.1 has no field z");
  EXPECT_EQ(ask(source, "N(f=)"), "yes: a field of N (torch/__init__.py:7)");
  EXPECT_EQ(ask(source, "N(g=)"), "no: the class N (torch/__init__.py:7) of torch 2.3.1 has no field g");
  EXPECT_EQ(ask(source, "C(a=)").substr(0, 8), "unknown:");
  EXPECT_EQ(ask(source, "A2(x=)"), "unknown: a base class of A2 was not found");
  const auto odd = std::string("from dataclasses import dataclass, InitVar\nfrom typing import ClassVar\n") +
                   "@dataclass\nclass A:\n  k: ClassVar[int] = 1\n  i: InitVar[int] = 1\n";
  EXPECT_EQ(ask(odd, "A(k=)"), "unknown: k is no ordinary field of A (torch/__init__.py:4)");
  EXPECT_EQ(ask(odd, "A(i=)"), "yes: a field of A (torch/__init__.py:4)") << "__init__ takes it";
}

TEST(Keywords, WhetherADataclassHasAField) {
  const auto field = [](const std::string& source, const std::string& klass, const std::string& name) {
    const auto imports = "from dataclasses import dataclass, InitVar\nfrom typing import ClassVar\n" + source;
    return ask(imports, klass + ".__dataclass_fields__(" + name + "=)");
  };
  const std::string source =
      "@dataclass\nclass A:\n  x: int\n  k: ClassVar[int] = 1\n  i: InitVar[int] = 1\n  n = 1\n"
      "class P:\n  p: int = 1\n"
      "@dataclass(kw_only=True)\nclass B(A, P):\n  y: int\n  def __init__(self, **kwargs): pass\n"
      "class D(B):\n  d: int = 1\n"
      "@dataclass\nclass E(outside.K):\n  z: int\n@add_fields\n@dataclass\nclass F:\n  w: int\n"
      "def f(x): pass\n";
  EXPECT_EQ(field(source, "A", "x"), "yes: a field of A (torch/__init__.py:4)");
  EXPECT_EQ(field(source, "A", "y"), "no: the class A (torch/__init__.py:4) of torch 2.3.1 has no field y");
  EXPECT_EQ(field(source, "A", "n").substr(0, 3), "no:") << "it has no annotation";
  EXPECT_EQ(field(source, "A", "k"), "unknown: k is no ordinary field of A (torch/__init__.py:4)");
  EXPECT_EQ(field(source, "A", "i").substr(0, 8), "unknown:");
  EXPECT_EQ(field(source, "B", "y").substr(0, 4), "yes:") << "whatever its __init__ takes";
  EXPECT_EQ(field(source, "B", "x").substr(0, 4), "yes:");
  EXPECT_EQ(field(source, "B", "p").substr(0, 3), "no:") << "P is no dataclass";
  EXPECT_EQ(field(source, "B", "kwargs").substr(0, 3), "no:");
  EXPECT_EQ(field(source, "D", "y").substr(0, 4), "yes:");
  EXPECT_EQ(field(source, "D", "d").substr(0, 3), "no:") << "D is no dataclass itself";
  EXPECT_EQ(field(source, "E", "z").substr(0, 4), "yes:");
  EXPECT_EQ(field(source, "E", "x"), "unknown: the base class builtins.outside.K of E was not found");
  EXPECT_EQ(field(source, "F", "w").substr(0, 4), "yes:");
  EXPECT_EQ(field(source, "F", "x"), "unknown: the class F (torch/__init__.py:22) may have further fields");
  EXPECT_EQ(field(source, "P", "p"), "unknown: it is not known as a dataclass");
  EXPECT_EQ(field(source, "f", "x"), "unknown: it is not known as a dataclass");
  EXPECT_EQ(ask(source, "D.__dataclass_fields__"), "yes: every dataclass has it");
  EXPECT_EQ(ask(source, "P.__dataclass_fields__"), "unknown: Python may give the class this name");
  EXPECT_EQ(field(source, "gone", "x"), "no: torch/__init__.py of torch 2.3.1 has no gone");
}

TEST(Keywords, FunctionsThatChooseAndTransparentCalls) {
  const std::string source =
      "def a(x, flag): pass\ndef b(x): pass\nf = boolean_dispatch(arg_name='flag', if_true=a, if_false=b)\n"
      "g = _add_docstr(a, 'text')\n";
  EXPECT_EQ(ask(source, "f(flag=)").substr(0, 3), "yes");
  EXPECT_EQ(ask(source, "f(y=)").substr(0, 3), "no:");
  EXPECT_EQ(ask(source, "g(x=)").substr(0, 3), "yes");
}

/// The keyword that broke users of torch 2.4: added to scaled_dot_product_attention in 2.5.
TEST(Keywords, CompiledFunctionsByStubAndListOfOperators) {
  const auto wheel = [](const std::string& parameters) {
    return Questions(Files{
        {"torch/__init__.py", "from torch import nn, _C\n"},
        {"torch/nn/__init__.py", "from . import functional\n"},
        {"torch/nn/functional.py",
         "import torch\nscaled_dot_product_attention = "
         "_add_docstr(torch._C._nn.scaled_dot_product_attention, '')\n"},
        {"torch/_C.so", ""},
        {"torch/_C/__init__.pyi", ""},
        {"torch/_C/_nn.pyi",
         "def scaled_dot_product_attention(query, key" + parameters +
             ", dim=0): ...\ndef by_hand(a): ...\n@overload\ndef over(a, b): ...\n@overload\ndef over(a, "
             "c): ...\n"},
        {"torchgen/packaged/ATen/native/native_functions.yaml",
         "- func: scaled_dot_product_attention(Tensor query, Tensor key, *, float? scale=None) -> Tensor\n- "
         "func: over(int "
         "a) -> int\n"}});
  };
  const std::string asked = "nn.functional.scaled_dot_product_attention(enable_gqa=)";
  EXPECT_EQ(
      wheel("")(asked),
      "no: scaled_dot_product_attention (torch/_C/_nn.pyi:1) of torch 2.3.1 has no parameter enable_gqa");
  EXPECT_EQ(wheel(", enable_gqa=False")(asked),
            "yes: a parameter of scaled_dot_product_attention (torch/_C/_nn.pyi:1)");
  EXPECT_EQ(wheel("")("nn.functional.scaled_dot_product_attention(scale=)"),
            "yes: a parameter of scaled_dot_product_attention "
            "(torchgen/packaged/ATen/native/native_functions.yaml)");
  // Compiled functions take "axis" for "dim".
  EXPECT_EQ(wheel("")("nn.functional.scaled_dot_product_attention(axis=)").substr(0, 3), "yes");
  EXPECT_EQ(wheel("")("_C._nn.by_hand(b=)"),
            "unknown: by_hand is compiled, and its stub may not have all parameters");
  EXPECT_EQ(wheel("")("_C._nn.over(b=)").substr(0, 3), "yes");
  EXPECT_EQ(wheel("")("_C._nn.over(c=)").substr(0, 3), "yes");
  EXPECT_EQ(wheel("")("_C._nn.over(d=)").substr(0, 3), "no:");
}

/// The operator's function takes them, its method does not.
TEST(Keywords, MethodsOfCompiledClassesByTheListOfOperators) {
  Questions ask(Files{
      {"torch/__init__.py", "from torch._C import TensorBase, add\n"},
      {"torch/_C.so", ""},
      {"torch/_C/__init__.pyi",
       "class TensorBase:\n  def add(self, other): ...\n  def by_hand(self): ...\ndef add(input): ...\n"},
      {"torchgen/packaged/ATen/native/native_functions.yaml",
       "- func: add.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)\n"}});
  EXPECT_EQ(ask("TensorBase.add(alpha=)").substr(0, 4), "yes:");
  EXPECT_EQ(ask("TensorBase.add(input=)"),
            "no: TensorBase.add (torch/_C/__init__.pyi:2) of torch 2.3.1 has no parameter input");
  EXPECT_EQ(ask("TensorBase.add(out=)").substr(0, 3), "no:");
  EXPECT_EQ(ask("TensorBase.by_hand(input=)"),
            "unknown: by_hand is compiled, and its stub may not have all parameters");
  EXPECT_EQ(ask("add(out=)").substr(0, 4), "yes:");
}

/// torch.linalg and the like have no stubs, and their functions are made from operators.
TEST(Keywords, CompiledFunctionsByTheListOfOperators) {
  const Files files = {
      {"torch/__init__.py", "from torch import linalg, _C\n"},
      {"torch/linalg/__init__.py",
       "from torch._C import _add_docstr, _linalg, _other\neigh = _add_docstr(_linalg.linalg_eigh, '')\n"
       "cond = _linalg.linalg_cond\ngone = _add_docstr(_linalg.linalg_gone, '')\nother = "
       "_other.linalg_eigh\n"},
      {"torch/_C.so", ""},
      {"torch/_C/__init__.pyi", ""},
      {"torchgen/packaged/ATen/native/native_functions.yaml",
       "- func: linalg_eigh(Tensor self, str UPLO='L', int dim=0) -> (Tensor, Tensor)\n"
       "- func: linalg_eigh.eigvals(Tensor self, str UPLO='L', *, Tensor(a!) eigvals) -> Tensor(a!)\n"
       "- func: linalg_cond(Scalar self) -> Tensor\n"}};
  const auto asked = [&](const std::string& name) { return Questions(files)("linalg." + name); };
  const std::string list = "torchgen/packaged/ATen/native/native_functions.yaml";
  EXPECT_EQ(asked("eigh(UPLO=)"), "yes: a parameter of linalg_eigh (" + list + ")");
  EXPECT_EQ(asked("eigh(input=)").substr(0, 4), "yes:");
  EXPECT_EQ(asked("eigh(axis=)").substr(0, 4), "yes:");
  EXPECT_EQ(asked("eigh(driver=)"), "no: linalg_eigh (" + list + ") of torch 2.3.1 has no parameter driver");
  EXPECT_EQ(asked("eigh(out=)"), "yes: a parameter of linalg_eigh.eigvals (" + list + ")");
  EXPECT_EQ(asked("eigh(eigvals=)"),
            "no: linalg_eigh (" + list + ") of torch 2.3.1 has no parameter eigvals");
  EXPECT_EQ(asked("eigh(self=)"), "no: linalg_eigh (" + list + ") of torch 2.3.1 has no parameter self");
  EXPECT_EQ(asked("eigh(requires_grad=)").substr(0, 3), "no:");
  EXPECT_EQ(asked("cond(self=)").substr(0, 4), "yes:");
  EXPECT_EQ(asked("gone(UPLO=)"),
            "unknown: linalg_gone is compiled, and its stub may not have all parameters");
  EXPECT_EQ(asked("other(UPLO=)").substr(0, 8), "unknown:");
  EXPECT_EQ(asked("eigh.__self__"), "yes: every function of C++ has it");
  EXPECT_EQ(asked("eigh.__code__"), "unknown: Python may give the function this name");
  EXPECT_EQ(asked("eigh.gone"), "no: linalg_eigh, a function of C++, has no attribute gone");
}

}  // namespace
}  // namespace launch::probe

#include "pysource/attribute_uses.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pysource/python_scanner.hpp"

namespace launch::pysource {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Uses by attribute and keyword, as the scanner places them; imports are left out.
std::vector<std::string> uses(const std::string& source) {
  std::vector<std::string> found;
  for (const auto& use : scan_source(source, {"torch"}).uses) {
    if (use.requirement.tier == Tier::import) continue;
    std::string choices;
    for (const auto& choice : use.choices) choices += fmt::format(" {}.{}", choice.group, choice.alternative);
    found.push_back(fmt::format("{} {}:{} {}{}", use.requirement.text(), use.line, use.column,
                                need_name(use.need), choices));
  }
  return found;
}

TEST(AttributeUses, EveryFormOfImportGivesAnAlias) {
  EXPECT_THAT(uses("import torch\nimport torch as t\nimport torch.nn.functional as F\nfrom torch import nn\n"
                   "from torch.nn import init as i\nimport torch.utils.data\n"
                   "torch.a.b\nt.c\nF.relu\nnn.Linear\ni.xavier_\ntorch.utils.data.Dataset\n"),
              ElementsAre("torch:a.b 7:1 must", "torch:c 8:1 must", "torch.nn.functional:relu 9:1 must",
                          "torch:nn.Linear 10:1 must", "torch.nn:init.xavier_ 11:1 must",
                          "torch:utils.data.Dataset 12:1 must"));
}

TEST(AttributeUses, AChainEndsWhereItsValueIsNoName) {
  EXPECT_THAT(uses("import torch\ntorch.a.b().c\ntorch.d[0].e\nx.torch.f\n'torch.g'\n# torch.h\nf(torch)\n"),
              ElementsAre("torch:a.b 2:1 must", "torch:d 3:1 must"));
}

TEST(AttributeUses, UnpackedLiteralsAreKeywords) {
  EXPECT_THAT(
      uses("import torch\ntorch.f(**{'a': 1, k: 2, **x})\ntorch.g(**dict(b=1), **y)\n"),
      ElementsAre("torch:f 2:1 must", "torch:f(a=) 2:12 must", "torch:g 3:1 must", "torch:g(b=) 3:16 must"));
}

TEST(AttributeUses, FieldsOfStringsAreExpressions) {
  EXPECT_THAT(
      uses("import torch\nfrom torch import nn\nf'{torch.a} {{torch.b}} {torch.c!r:>{torch.d}}'\n"
           "rf\"{torch.e = }\" t'''{\ntorch.f[\"}\"]\n}'''\nf'{f'{nn.g(h=1)}'} torch.i' 'x' '{torch.j}'\n"
           "[f'{torch.k}' for torch in x]\ndef f(torch): f'{torch.l}'\n"
           "f'{torch.m if x else 1}{x.torch.n}'\nf'{getattr(torch, \"o\")}{torch.p!=1}'\n"),
      ElementsAre("torch:a 3:1 must", "torch:c 3:1 must", "torch:d 3:1 must", "torch:e 4:1 must",
                  "torch:f 4:18 must", "torch:nn.g 7:1 must", "torch:nn.g(h=) 7:1 must", "torch:m 10:1 path",
                  "torch:o 11:1 must", "torch:p 11:1 must"));
}

TEST(AttributeUses, AConstructorCallsThatOfItsBase) {
  const auto called = [](const std::string& klass, const std::string& call) {
    return uses("import torch\nfrom torch.nn import Linear\nclass A(" + klass +
                "):\n  def __init__(self):\n    " + call + "\n");
  };
  EXPECT_THAT(called("Linear", "super().__init__(1, a=1)"),
              ElementsAre("torch.nn:Linear.__init__(a=) 5:25 path"));
  EXPECT_THAT(called("Generic[T], torch.nn.Linear", "super(A, self).__init__(a=1)"),
              ElementsAre("torch:nn.Linear 3:21 must", "torch:nn.Linear.__init__(a=) 5:29 path"));
  EXPECT_THAT(called("Mixin, Linear", "super().__init__(a=1)"), IsEmpty());
  EXPECT_THAT(called("Linear, metaclass=M", "super().__init__(a=1)"), IsEmpty());
  EXPECT_THAT(called("Linear", "super().__init__(1)"), IsEmpty());
  EXPECT_THAT(called("Linear", "super().reset(a=1)"), IsEmpty());
}

TEST(AttributeUses, AClassWithoutAConstructorIsConstructedAsItsBase) {
  const auto called = [](const std::string& classes, const std::string& call = "L(1, a=1)") {
    return uses("import torch\nfrom torch.nn import Linear\n" + classes + "\ndef f(): " + call + "\n");
  };
  const auto expected = ElementsAre("torch.nn:Linear(a=) 4:15 path");
  EXPECT_THAT(called("class L(Linear): x = 1"), expected);
  EXPECT_THAT(called("class L(ABC, Linear, Generic[T]): pass"), expected);
  EXPECT_THAT(called("class L(Linear): pass", "x[L(1, **{'a': 1})]"),
              ElementsAre("torch.nn:Linear(a=) 4:20 path"));
  EXPECT_THAT(called("class L(torch.nn.Linear): pass"),
              ElementsAre("torch:nn.Linear 3:9 must", "torch:nn.Linear(a=) 4:15 path"));
  EXPECT_THAT(uses("from torch.nn import Linear\nclass K(Linear): pass\nclass L(K):\n  def f(self): "
                   "self.__init__.x\nL(a=1)\nclass M(L):\n  def __init__(self): super().__init__(b=1)\n"),
              ElementsAre("torch.nn:Linear(a=) 5:3 must", "torch.nn:Linear.__init__(b=) 7:40 path"));
  for (const std::string other :
       {"class L(Linear):\n  def __init__(self, a): pass", "class L(Linear):\n  if x:\n    __new__ = y",
        "@dataclass\nclass L(Linear): pass", "class L(Linear, Mixin): pass",
        "class L(Linear, metaclass=M): pass", "class L(Linear): pass\nL.__init__ = g",
        "class L(Linear): pass\nL = g", "class L(Linear): pass\nclass L(Linear): pass",
        "class L(Linear()): pass", "class L(Linear): pass\ndef g(L): L(a=1)\nfrom x import L",
        "class A:\n  class L(Linear): pass",
        "try: from x import L\nexcept ImportError:\n  class L(Linear): pass"})
    EXPECT_THAT(called(other), IsEmpty()) << other;
  EXPECT_THAT(called("class L(Linear): pass", "L.a; L().a; x.L(a=1); g(L=1); getattr(L, 'a')"), IsEmpty());
}

TEST(AttributeUses, OtherPackagesAreNot) {
  EXPECT_THAT(uses("import os, torchvision\nos.path.join\ntorchvision.ops\n"), IsEmpty());
}

TEST(AttributeUses, BasesDecoratorsDefaultsAndHeadsAreExpressions) {
  EXPECT_THAT(
      uses("import torch\n@torch.no_grad()\ndef f(x=torch.a):\n  torch.b\n"
           "class C(torch.nn.Module):\n  y = torch.c\nif torch.d: pass\nelif torch.e: pass\n"
           "for i in torch.f: torch.g\nwith torch.h() as j: torch.k\n"),
      ElementsAre("torch:no_grad 2:2 must", "torch:a 3:9 must", "torch:b 4:3 path",
                  "torch:nn.Module 5:9 must", "torch:c 6:7 must", "torch:d 7:4 must", "torch:e 8:6 path",
                  "torch:f 9:10 must", "torch:g 9:19 path", "torch:h 10:6 must", "torch:k 10:22 must"));
}

TEST(AttributeUses, NamesFollowPythonsScopes) {
  EXPECT_THAT(uses("import torch\ndef f(torch): torch.a\ndef g():\n  torch.b\n  torch = 1\n"
                   "def h():\n  import torch.nn as torch\n  torch.c\n"
                   "class K:\n  torch = 2\n  torch.d\n  def m(self): torch.e\n"
                   "[torch.f for torch in x]\nlambda torch: torch.g\n"
                   "def j():\n  global torch\n  torch.h\n"),
              ElementsAre("torch.nn:c 8:3 path", "torch:e 12:16 path", "torch:h 17:3 path"));
}

TEST(AttributeUses, ParametersComeAfterTypeParameters) {
  EXPECT_THAT(uses("import torch\ndef f[T: (int, str)](torch): torch.a\n"), IsEmpty());
  EXPECT_THAT(uses("from __future__ import annotations\nimport torch\n"
                   "def f[T: (int, str)](x: torch.a = torch.b): pass\n"),
              ElementsAre("torch:a 3:25 type", "torch:b 3:35 must"));
}

TEST(AttributeUses, ANameThatIsBoundOtherwiseIsNoAlias) {
  EXPECT_THAT(uses("from torch import nn\nfor nn in x: pass\nnn.a\n"), IsEmpty());
  EXPECT_THAT(uses("from torch import nn\nnn = make()\nnn.a\n"), IsEmpty());
  EXPECT_THAT(uses("from torch import nn\nfrom other import nn\nnn.a\n"), IsEmpty());
  EXPECT_THAT(uses("from torch import nn\nwith f() as nn: nn.a\n"), IsEmpty());
  EXPECT_THAT(uses("from torch import nn\nmatch x:\n  case [nn]: nn.a\n"), IsEmpty());
}

TEST(AttributeUses, AFallbackMakesUsesOptionalButOfThePackageItself) {
  EXPECT_THAT(uses("try:\n  import torch\n  from torch import nn\nexcept ImportError:\n  torch = None\n"
                   "  nn = None\ntorch.a\nnn.b\n"),
              ElementsAre("torch:a 7:1 must", "torch:nn.b 8:1 optional"));
}

TEST(AttributeUses, DifferentImportsOfANameAreAlternatives) {
  EXPECT_THAT(uses("try:\n  from torch.a import x\nexcept ImportError:\n  from torch.b import x\nx.y\n"),
              ElementsAre("torch.a:x.y 5:1 must 0.0", "torch.b:x.y 5:1 must 0.1"));
}

TEST(AttributeUses, AssignedChainsAreAliases) {
  EXPECT_THAT(uses("import torch\naten = torch.ops.aten\nq = aten.add\nq.Tensor\naten.mul.Scalar\n"),
              ElementsAre("torch:ops.aten 2:8 must", "torch:ops.aten.add 3:5 must",
                          "torch:ops.aten.add.Tensor 4:1 must", "torch:ops.aten.mul.Scalar 5:1 must"));
}

TEST(AttributeUses, AStoreIsNoNeedAndMakesTheNameOptional) {
  EXPECT_THAT(
      uses("import torch\ntorch.x = 1\ntorch.y, torch.z.a = 2\ntorch.x.b\ndel torch.c\ntorch.n += 1\n"),
      ElementsAre("torch:z 3:10 must", "torch:x.b 4:1 optional", "torch:n 6:1 must"));
}

TEST(AttributeUses, SettingsRefuseWhatTheyDoNotKnow) {
  EXPECT_THAT(uses("import torch\nimport torch._inductor.config as c\nfrom torch._dynamo import config\n"
                   "torch._inductor.config.a = 1\nc.b = 2\nconfig.d = 3\nc.triton.e = 4\n"),
              ElementsAre("torch:_inductor.config.a 4:1 must", "torch._inductor.config:b 5:1 must",
                          "torch._dynamo:config.d 6:1 must", "torch._inductor.config:triton.e 7:1 must"));
}

TEST(AttributeUses, HandlersOfAttributeErrors) {
  EXPECT_THAT(uses("import torch\ntry:\n  a = torch.a\nexcept AttributeError:\n  a = None\n"),
              ElementsAre("torch:a 3:7 optional"));
  EXPECT_THAT(uses("import torch\ntry:\n  a = torch.a\nexcept AttributeError:\n  a = torch.b\n"),
              ElementsAre("torch:a 3:7 must 0.0", "torch:b 5:7 path 0.1"));
  EXPECT_THAT(uses("import torch\ntry:\n  a = torch.a\nexcept AttributeError:\n  raise\n"),
              ElementsAre("torch:a 3:7 must"));
  EXPECT_THAT(uses("import torch\nwith suppress(AttributeError):\n  torch.a\n  def f(): torch.b\n"),
              ElementsAre("torch:a 3:3 optional", "torch:b 4:12 path"));
  EXPECT_THAT(uses("import torch\nwith suppress(BaseException): torch.a\nwith suppress(KeyError): torch.b\n"),
              ElementsAre("torch:a 2:31 optional", "torch:b 3:26 must"));
  EXPECT_THAT(uses("import torch\ntry:\n  def f(): torch.a\nexcept AttributeError:\n  pass\n"),
              ElementsAre("torch:a 3:12 path"));
}

TEST(AttributeUses, WhatHasattrAsksForIsOptionalInTheExpression) {
  EXPECT_THAT(uses("import torch\nhasattr(torch, 'x') and torch.x.y()\n"
                   "z = torch.cuda.a if hasattr(torch.cuda, 'a') else torch.b\n"),
              ElementsAre("torch:x.y 2:25 optional", "torch:cuda.a 3:5 optional", "torch:cuda 3:29 must",
                          "torch:b 3:51 path"));
}

TEST(AttributeUses, GetattrWithALiteral) {
  EXPECT_THAT(uses("import torch\ngetattr(torch.nn, 'Linear')\ngetattr(torch, 'a', None)\n"
                   "getattr(torch, name)\n"),
              ElementsAre("torch:nn 2:9 must", "torch:nn.Linear 2:19 must", "torch:a 3:16 optional"));
}

TEST(AttributeUses, TargetsOfMockPatch) {
  EXPECT_THAT(
      uses("@mock.patch('torch.cuda.x', 1)\ndef f(): patch('torch.y')\nmonkeypatch.setattr('torch.z', "
           "1)\npatch('other.x')\n"),
      ElementsAre("torch:cuda.x 1:13 must", "torch:y 2:16 path", "torch:z 3:21 must"));
}

TEST(AttributeUses, Keywords) {
  EXPECT_THAT(
      uses(
          "import torch\nfrom torch.nn import Linear\ntorch.f(1, a=2, *b, **c)\nLinear(x == y, bias=g(d=1))\n"
          "functools.partial(torch.h, e=1)\n"),
      ElementsAre("torch:f 3:1 must", "torch:f(a=) 3:12 must", "torch.nn:Linear(bias=) 4:16 must",
                  "torch:h 5:19 must", "torch:h(e=) 5:28 path"));
}

TEST(AttributeUses, KeywordsOfPartialAreNeededWhenItIsCalled) {
  EXPECT_THAT(
      uses("import torch\nx = partial(torch.f, a=1)\n@functools.partial(torch.g, b=1)\ndef f(): pass\n"),
      ElementsAre("torch:f 2:13 must", "torch:f(a=) 2:22 path", "torch:g 3:20 must",
                  "torch:g(b=) 3:29 must"));
}

TEST(AttributeUses, BodiesOfLambdasAreNeededWhenTheyAreCalled) {
  EXPECT_THAT(uses("import torch\nx = f(lambda a=torch.a, b={1: torch.b}: torch.c(d=1), torch.e)\n"
                   "y = [lambda: (torch.g, torch.h)], torch.i\nz = lambda f=lambda: 1: torch.j\n"),
              ElementsAre("torch:a 2:16 must", "torch:b 2:31 must", "torch:c 2:41 path",
                          "torch:c(d=) 2:49 path", "torch:e 2:55 must", "torch:g 3:15 path",
                          "torch:h 3:24 path", "torch:i 3:35 must", "torch:j 4:25 path"));
}

TEST(AttributeUses, DefaultsOfALambdaAreNoKeywords) {
  EXPECT_THAT(uses("import torch\ntorch.f(lambda x, a=1: x, b=[c, d])\n"),
              ElementsAre("torch:f 2:1 must", "torch:f(b=) 2:27 must"));
}

TEST(AttributeUses, KeywordsThatTheCodeAsksForAreOptional) {
  EXPECT_THAT(uses("import torch\nif 'a' in signature(torch.f).parameters:\n  torch.f(a=1)\n"
                   "try:\n  torch.f(b=1)\nexcept TypeError:\n  torch.f()\n"),
              ElementsAre("torch:f 2:21 must", "torch:f 3:3 path", "torch:f(a=) 3:11 optional",
                          "torch:f 5:3 must", "torch:f(b=) 5:11 optional", "torch:f 7:3 path"));
}

TEST(AttributeUses, AnnotationsThatAreNotEvaluated) {
  EXPECT_THAT(uses("import torch\ndef f(x: torch.a) -> torch.b:\n  y: torch.c = 1\nz: torch.d = 1\n"),
              ElementsAre("torch:a 2:10 must", "torch:b 2:22 must", "torch:c 3:6 type", "torch:d 4:4 must"));
  EXPECT_THAT(
      uses("from __future__ import annotations\nimport torch\ndef f(x: torch.a = torch.e) -> torch.b: pass\n"
           "z: torch.d = torch.g\n"),
      ElementsAre("torch:a 3:10 type", "torch:e 3:20 must", "torch:b 3:32 type", "torch:d 4:4 type",
                  "torch:g 4:14 must"));
}

TEST(AttributeUses, PlacesOfTheStatement) {
  EXPECT_THAT(uses("import torch\nif TYPE_CHECKING:\n  torch.a\ntorch.b  # launch: optional\n"
                   "while x: torch.c\n"),
              ElementsAre("torch:a 3:3 type", "torch:b 4:1 optional", "torch:c 5:10 path"));
}

}  // namespace
}  // namespace launch::pysource

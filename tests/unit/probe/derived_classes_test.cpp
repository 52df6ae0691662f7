#include "probe/derived_classes.hpp"

#include "gate_tree.hpp"

namespace launch::probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Keywords that a tree needs, with their uses.
std::vector<std::string> keywords(const Files& files) {
  const GateTree tree(files);
  const auto scan = tree.scan();
  std::vector<std::string> found;
  for (const auto& name : scan.names) {
    if (name.requirement.tier != pysource::Tier::keyword) continue;
    for (const auto& use : name.uses) {
      found.push_back(fmt::format("{} {}:{}:{} {}", name.requirement.text(), use.file, use.line, use.column,
                                  need_name(use.need)));
      EXPECT_TRUE(scan.places.contains(use.file));
    }
  }
  return found;
}

/// With a class in pkg/layers.py.
std::vector<std::string> called(const std::string& source, Files files = {}) {
  files.try_emplace("pkg/__init__.py", "");
  files.try_emplace("pkg/layers.py", "import torch\nclass Lin(torch.nn.Linear): pass\n");
  files["pkg/use.py"] = source;
  return keywords(files);
}

TEST(Keywords, OfClassesThatOtherFilesDerive) {
  const auto expected = ElementsAre("torch:nn.Linear(a=) pkg/use.py:2:8 must");
  for (const std::string source :
       {"from .layers import Lin\nLin(1, a=1)", "from pkg.layers import Lin as L\nL(  1, a=1)",
        "from .layers import (Lin,)\nLin(*x,a=1)", "from . import layers as y\ny.Lin( a=1)",
        "from pkg import layers as y\ny.Lin( a=1)", "import pkg.layers as y\ny.Lin( a=1)",
        "if x: from .layers import Lin\nx=Lin( a=1)", "from .layers import Lin\nLin(**{'a': 1})",
        "from .layers import Lin; from functools import *\nLin(c, a=1)"}) {
    EXPECT_THAT(called(source), expected) << source;
  }
  EXPECT_THAT(called("import pkg.layers\ndef f(): return pkg.layers.Lin(a=1)\n"),
              ElementsAre("torch:nn.Linear(a=) pkg/use.py:2:32 path"));
  EXPECT_THAT(
      called("def f():\n  from .layers import Lin\n  x = Lin(a=1)\n  partial(Lin, b=2)\n"),
      ElementsAre("torch:nn.Linear(a=) pkg/use.py:3:11 path", "torch:nn.Linear(b=) pkg/use.py:4:16 path"));
  EXPECT_THAT(called("from .layers import Lin\ntry: Lin(a=1)\nexcept TypeError: pass\n"),
              ElementsAre("torch:nn.Linear(a=) pkg/use.py:2:10 optional"));
  EXPECT_THAT(called("from .layers import Lin\nLin(a=1)  # launch: optional\n"),
              ElementsAre("torch:nn.Linear(a=) pkg/use.py:2:5 optional"));
}

TEST(Keywords, OfClassesOverSeveralFiles) {
  const auto expected = ElementsAre("torch:nn.Linear(a=) pkg/use.py:2:3 must");
  const std::vector<std::pair<std::string, Files>> cases = {
      {"from .more import M\nM(a=1)", {{"pkg/more.py", "from .layers import Lin\nclass M(Lin): x = 1\n"}}},
      {"from .more import M\nM(a=1)",
       {{"pkg/more.py", "from pkg import layers\nclass K(layers.Lin): pass\nclass M(K): pass\n"}}},
      {"from pkg import L\nL(a=1)", {{"pkg/__init__.py", "from .layers import Lin as L\n"}}},
      {"from . import Lin as L\nL(a=1)", {{"pkg/__init__.py", "from pkg.layers import Lin\nx = Lin()\n"}}},
      {"from .all import M\nM(a=1)",
       {{"pkg/all/__init__.py", "from .more import M\n"},
        {"pkg/all/more.py", "from ..layers import Lin\nclass M(Lin): pass\n"}}},
  };
  for (const auto& [source, files] : cases) EXPECT_THAT(called(source, files), expected) << source;
  EXPECT_THAT(
      called("from .layers import Lin\nclass M(Lin): pass\nM(a=1)\nclass N(M):\n  def __init__(self):\n"
             "    super().__init__(b=1)\n"),
      ElementsAre("torch:nn.Linear(a=) pkg/use.py:3:3 must",
                  "torch:nn.Linear.__init__(b=) pkg/use.py:6:22 path"));
  EXPECT_THAT(called("from .layers import Lin\nclass M(Lin):\n  def __init__(self):\n"
                     "    super().__init__(b=1)\n"),
              ElementsAre("torch:nn.Linear.__init__(b=) pkg/use.py:4:22 path"));
  EXPECT_THAT(called("from . import layers\nclass M(layers.Lin):\n  def __init__(self):\n"
                     "    super().__init__(b=1)\n"),
              ElementsAre("torch:nn.Linear.__init__(b=) pkg/use.py:4:22 path"));
  EXPECT_THAT(called("from .more import A\nA(a=1)",
                     {{"pkg/more.py", "from .use import A as B\nclass A(B): pass\n"},
                      {"pkg/layers.py", "from .more import A\nfrom torch import x\nclass Lin(A): pass\n"}}),
              IsEmpty());
}

TEST(Keywords, OfOtherClassesOfOtherFilesAreUnknown) {
  for (const std::string klass :
       {"class Lin(torch.nn.Linear):\n  def __init__(self, a): pass",
        "@wrap\nclass Lin(torch.nn.Linear): pass", "class Lin(torch.nn.Linear, metaclass=M): pass",
        "class Lin(torch.nn.Linear, Mixin): pass", "class Lin(Mixin): pass", "def Lin(): torch.nn.Linear",
        "class Lin(torch.nn.Linear): pass\nLin = x", "class Lin(torch.nn.Linear): pass\nLin.__init__ = x",
        "class lin(torch.nn.Linear): pass", "class A:\n  class Lin(torch.nn.Linear): pass",
        "class Base(torch.nn.Linear):\n  def __init__(self, a): pass\nclass Lin(Base): pass",
        "try: from x import Lin\nexcept ImportError:\n  class Lin(torch.nn.Linear): pass"})
    EXPECT_THAT(called("from .layers import Lin\nLin(a=1)\n", {{"pkg/layers.py", "import torch\n" + klass}}),
                IsEmpty())
        << klass;
  for (const std::string source :
       {"from .layers import Lin\nfrom x import Lin\nLin(a=1)", "from .layers import Lin\nLin = 1\nLin(a=1)",
        "from .layers import Lin\ndef f(Lin): Lin(a=1)", "from .layers import Lin\nx.Lin(a=1); f(Lin=1)",
        "try: from .layers import Lin\nexcept ImportError: Lin = None\nLin(a=1)",
        "from layers import Lin\nLin(a=1)", "from ..layers import Lin\nLin(a=1)",
        "from torch.nn import Linear as Lin\nfrom .layers import Lin\nLin(a=1)",
        "from x import y\ny.Lin(a=1)",
        "from . import layers\nL = layers.Lin\nL(a=1)\nlayers.Lin()\ngetattr(layers, 'Lin')(a=1)"})
    EXPECT_THAT(called(source), IsEmpty()) << source;
  EXPECT_THAT(called("from . import layers\nlayers.Lin(a=1)\n",
                     {{"pkg/__init__.py", "from .other import layers\n"}, {"pkg/other.py", ""}}),
              IsEmpty());
  EXPECT_THAT(called("from . import Lin\nLin(a=1)\n",
                     {{"pkg/__init__.py", "from .layers import Lin\nLin = wrap(Lin)\n"}}),
              IsEmpty());
}

/// What only one side of a `try` needs is no alternative where nothing is needed on the other.
TEST(Keywords, OfClassesOfOtherFilesAreNoAlternatives) {
  const auto needs = [](const std::string& source) {
    const GateTree tree({{"layers.py", ""}, {"use.py", "import torch\nfrom layers import Lin\n" + source}});
    std::vector<std::string> found;
    for (const auto& name : tree.scan().names) {
      for (const auto& use : name.uses)
        found.push_back(
            fmt::format("{} {} {}", name.requirement.text(), need_name(use.need), use.choices.size()));
    }
    return found;
  };
  EXPECT_THAT(needs("try: torch.f()\nexcept AttributeError: Lin(a=1)\n"),
              ElementsAre("torch: must 0", "torch:f optional 0"));
  EXPECT_THAT(needs("try: Lin(a=1)\nexcept AttributeError: torch.f()\n"),
              ElementsAre("torch: must 0", "torch:f path 0"));
}

TEST(Keywords, OfClassesOfOtherFilesAreNeededBehindTheGatesOfTheCall) {
  const Files files = {{"layers.py", "import torch\nclass Lin(torch.nn.Linear): pass\n"},
                       {"new.py",
                        "import torch\nif torch.__version__ >= '2.6':\n  class L(torch.nn.Linear): pass"
                        "\nelse: raise ImportError\n"}};
  const auto with = [&](const std::string& source) {
    auto all = files;
    all["use.py"] = "import torch\nfrom layers import Lin\n" + source;
    return all;
  };
  expect_correct({with("if torch.__version__ >= '2.6': Lin(new=1)\n"),
                  with("x = Lin(new=1) if torch.__version__ >= '2.6' else Lin(old=1)\n"),
                  with("from new import L\nL(new=1)\n")});
  expect_failing({{with("Lin(new=1)\n"), {"use.py:3"}},
                  {with("if torch.__version__ >= '2.5':\n  Lin(new=1)\n"), {"use.py:4 3"}}});
}

}  // namespace
}  // namespace launch::probe

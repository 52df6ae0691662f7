#include <gtest/gtest.h>

#include "gate_runs.hpp"

namespace launch::pysource {
namespace {

/// A class and a use in one of its methods, or after it.
constexpr const char* kBackend = R"py(
import torch
from packaging.version import parse
class Backend:
  NEW = hasattr(torch.serialization, "find")
  def _serves(self, least):
    current = torch.accelerator.current()
    return parse(torch.__version__) >= parse(least) and current is not None
  @property
  def old(self): return not self._serves("2.9")
  @staticmethod
  def is_newer(than): return parse(torch.__version__) > parse(than)
)py";

TEST(Gates, AMethodThatComparesVersions) {
  const std::string code = kBackend;
  const auto method = [&](const std::string& test) {
    return code + "  def run(self):\n    if " + test + ":\n      import torch.x\n";
  };
  EXPECT_EQ(runs(method("self._serves('2.9')"), "2.8.0"), "no");
  EXPECT_EQ(runs(method("self._serves('2.9')"), "2.9.0"), "either");
  EXPECT_EQ(runs(method("self.old"), "2.8.0"), "yes");
  EXPECT_EQ(runs(method("self.is_newer('2.8.0')"), "2.8.0"), "no");
  EXPECT_EQ(runs(method("self.is_newer('2.8.0')"), "2.9.0"), "yes");
  EXPECT_EQ(runs(method("other._serves('2.9')"), "2.8.0"), "yes");
  EXPECT_EQ(runs(code + "if Backend.is_newer('2.8.0'):\n  import torch.x\n", "2.8.0"), "no");
}

TEST(Gates, AClassInAClassHasItsOwnMembers) {
  const std::string use = "def run(self):\n      if self.NEW:\n        import torch.x\n";
  EXPECT_EQ(runs(std::string(kBackend) + "  class Inner(Base):\n    " + use, "2.5.0"), "yes");
  const std::string inner = "  def f(self):\n    def g(self):\n      if self.NEW:\n        import torch.x\n";
  EXPECT_EQ(runs(kBackend + inner, "2.5.0"), "yes");
  EXPECT_EQ(runs(std::string(kBackend) + "  def f(self):\n   class Inner(Base):\n    " + use, "2.5.0"),
            "yes");
}

TEST(Gates, AMethodThatIsDefinedAgainIsNotKnown) {
  const auto with = [](const std::string& within, const std::string& other) {
    const auto uses =
        kBackend + within + "  def run(self):\n    if self._serves('2.9'):\n      import torch.x\n";
    return runs(other + uses, "2.8.0");
  };
  EXPECT_EQ(with("", ""), "no");
  EXPECT_EQ(with("", "def _serves(): pass\n"), "no");  // no method
  for (const std::string within : {"  def _serves(self, least): return True\n",
                                   "  if other:\n    def _serves(self, least): return True\n",
                                   "  _serves = other\n", "  @overload\n  def _serves(self): ...\n"}) {
    EXPECT_EQ(with(within, ""), "yes") << within;
  }
  for (const std::string other :
       {"class Sub(Base):\n  def _serves(self, least): return True\n", "x._serves = lambda least: True\n",
        "def f():\n  class Sub(Base):\n    async def _serves(self, least): return True\n",
        "setattr(x, '_serves', other)\n", "class Sub(Base):\n  from other import _serves\n"}) {
    EXPECT_EQ(with("", other), "yes") << other;
  }
}

TEST(Gates, AnAttributeOfAClass) {
  const std::string find = "torch:serialization.find";
  const auto code = std::string(kBackend) + "def run():\n  if not Backend.NEW: return\n  import torch.x\n";
  EXPECT_EQ(runs(code, "2.5.0"), "no");
  EXPECT_EQ(runs(code, "2.6.0", {"torch:", find}), "yes");
  const auto own = std::string(kBackend) + "  def run(self):\n    if self.NEW:\n      import torch.x\n";
  EXPECT_EQ(runs(own, "2.5.0"), "no");
  // What code sets later is not known, nor is the attribute of another class: no gate.
  const auto tested = [](const std::string& before, const std::string& test) {
    return std::string(kBackend) + before + "  if " + test + ":\n    import torch.x\n";
  };
  EXPECT_EQ(runs(tested("def run():\n", "Backend.NEW"), "2.5.0"), "no");
  EXPECT_EQ(runs(tested("Backend.NEW = True\ndef run():\n", "Backend.NEW"), "2.5.0"), "yes");
  EXPECT_EQ(runs(tested("def run():\n", "Other.NEW"), "2.5.0"), "yes");
  EXPECT_EQ(runs(tested("def run(Backend):\n", "Backend.NEW"), "2.5.0"), "yes");
}

TEST(Gates, AnAttributeThatIsBoundAgainIsNotKnown) {
  const auto with = [](const std::string& within, const std::string& other) {
    return runs(other + kBackend + within + "  def run(self):\n    if self.NEW:\n      import torch.x\n",
                "2.5.0");
  };
  EXPECT_EQ(with("", ""), "no");
  EXPECT_EQ(with("", "NEW = True\ndef f():\n  NEW = True\n  x[y.NEW] = y.NEW == 1\n"), "no");  // no attribute
  for (const std::string within :
       {"  NEW = True\n", "  NEW: bool = True\n", "  NEW |= True\n", "  NEW, x = 1, 2\n", "  del NEW\n",
        "  if x:\n    NEW = True\n", "  try:\n    NEW = True\n  finally:\n    pass\n",
        "  for NEW in x: pass\n", "  with x as (y, NEW): pass\n", "  import NEW.x\n",
        "  from x import y as NEW\n", "  if (NEW := True): pass\n", "  class NEW: pass\n",
        "  try: pass\n  except x as NEW: pass\n", "  match x:\n    case [NEW]: pass\n"}) {
    EXPECT_EQ(with(within, ""), "yes") << within;
  }
  for (const std::string store :
       {"self.NEW = True", "self.NEW: bool = True", "self.NEW, x = 1, 2", "x = self.NEW = True",
        "self.NEW |= True", "del self.NEW", "for self.NEW in x: pass", "with x as self.NEW: pass",
        "[0 for self.NEW in x]", "setattr(self, 'NEW', True)", "object.__setattr__(self, \"NEW\", True)",
        "self.__dict__['NEW'] = True", "patch.object(Backend, 'NEW', True)", "f(x)[0].NEW = True"}) {
    EXPECT_EQ(with("  def set(self):\n    " + store + "\n", ""), "yes") << store;
    EXPECT_EQ(with("", "def f(self):\n  if x:\n    " + store + "\n"), "yes") << store;
  }
  EXPECT_EQ(with("", "class Sub(Backend):\n  NEW = True\n"), "yes");
  EXPECT_EQ(with("", "def f():\n  class Sub(Backend):\n    if x: NEW = True\n"), "yes");
}

TEST(Gates, AnAttributeOfAClassThatIsReplacedIsNotKnown) {
  const auto with = [](const std::string& before, const std::string& after) {
    return runs(before + kBackend + after + "def run():\n  if Backend.NEW:\n    import torch.x\n", "2.5.0");
  };
  EXPECT_EQ(with("", "x = Backend\ndef f():\n  Backend = 1\n"), "no");
  for (const std::string other :
       {"Backend = patched(Backend)\n", "if x:\n  Backend = None\n", "from x import Backend\n",
        "class Backend: pass\n", "def f():\n  global Backend\n  Backend = None\n"}) {
    EXPECT_NE(with("", other), "no") << other;
    EXPECT_EQ(with(other, ""), "yes") << other;
  }
  const std::string annotated =
      "import torch\n@dataclass\nclass Backend:\n  NEW: bool = hasattr(torch, 'find')\n";
  EXPECT_EQ(runs(annotated + "def run(x):\n  if Backend.NEW:\n    import torch.x\n", "2.5.0"), "yes");
}

}  // namespace
}  // namespace launch::pysource

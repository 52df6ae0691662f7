#include <random>

#include <gtest/gtest.h>

#include "pysource/getattr_rule.hpp"
#include "pysource/module_names.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {
namespace {

/// A source with an example of everything that the readers handle.
constexpr std::string_view kSource = R"py("""Module."""
import sys, torch.nn as nn
from importlib import import_module
if TYPE_CHECKING:
    from .a import b
else:
    from .c import (d, e as f)  # launch: optional
try:
    from torch import x
except (ImportError, OSError):
    x = None
__all__ = ["a", *names, "b"] + list(more)
names = {"k": 1, f"{__name__}.x": 2}
for name in ["p", "q"]:
    sys.modules[f"{__name__}.{name}"] = import_module(f".{name}", __name__)
    globals()[f"_{name}"] = lambda a=1, *b: (a, b)
a: int = (y := 3)
(m, [n, *o]), p.q, r[0] = 1
match x:
    case {"k": [*_]}:
        pass
class K(Base, metaclass=M):
    z = 1
    def __getattr__(self, key): return key
def __getattr__(name):
    if name in names or name.startswith(("x", "y")):
        return names[name]
    raise AttributeError(f"{name!r:>{10}} {"q"}")
with open("a") as h, (b as c): del d
)py";

void read_all(const std::string& source) {
  pysource::scan_source(source, {});
  const auto names = pysource::read_module(source, "pkg.mod", false, false);
  pysource::ask_getattr(names, "k");
  pysource::read_module(source, "pkg", true, true);
}

TEST(HostileSource, Prefixes) {
  for (std::size_t length = 0; length <= kSource.size(); ++length)
    read_all(std::string(kSource.substr(0, length)));
}

TEST(HostileSource, Mutations) {
  std::mt19937 random(7);  // the same every time
  constexpr std::string_view kBytes = "()[]{}'\"\\\n\r\t :;,.=*#fF@\0\x80 d";
  for (int round = 0; round < 300; ++round) {
    std::string source(kSource);
    for (int i = 0; i < 4; ++i) {
      const auto at = random() % source.size();
      const auto kind = random() % 3;
      if (kind == 0) {
        source[at] = kBytes[random() % kBytes.size()];
      } else if (kind == 1) {
        source.erase(at, random() % 20);
      } else {
        source.insert(at, source.substr(random() % source.size(), random() % 40));
      }
    }
    read_all(source);
  }
}

TEST(HostileSource, DepthIsBounded) {
  constexpr std::size_t kDeep = 20'000;
  for (const std::string piece : {"(", "[", "{", "f'{", "f\"{f'{", "not ", "lambda: ", "if a: ", "- ", "*",
                                  "a.", "a[", "try: ", "from ", "'a' ", "b'' + ", "x == ", "x in "}) {
    std::string source;
    for (std::size_t i = 0; i < kDeep / piece.size(); ++i) source += piece;
    read_all(source);
    read_all("x = " + source);
    read_all("sys.modules[" + source);
    read_all("def __getattr__(n):\n  if " + source + ":\n    return 1");
  }
  std::string nested;
  for (int i = 0; i < 300; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "if a:\n";
  read_all(nested);
  EXPECT_EQ(pysource::scan_source(nested, {}).problem->message, "more than 100 levels of indentation");
}

}  // namespace
}  // namespace launch::probe

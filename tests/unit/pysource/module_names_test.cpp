#include "pysource/module_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ModuleNames read(const std::string& source) {
  return read_module(source, "pkg.mod", false, false);
}

std::vector<std::string> bound(const ModuleNames& names) {
  std::vector<std::string> all;
  for (const auto& [name, bindings] : names.bindings) all.push_back(name);
  return all;
}

TEST(ModuleNames, BindsByEveryStatement) {
  EXPECT_THAT(
      bound(read(
          "import a.b\nimport c.d as e\nfrom f import g as h, i\ndef j(): k = 1\nclass L: m = 1\n"
          "n = o = 1\np, (q, *r), s.t, u[0] = x\nv: int = 1\nw: int\nfor y in z: aa = 1\n"
          "with f() as bb, g() as (cc, dd): ee = 1\nif (ff := 1): pass\ntype GG = int\nhh += 1\n"
          "async def ii(): pass\nf(x=1)\nglobals()['jj'] = 1\nsetattr(sys.modules[__name__], 'kk', 1)\n")),
      ElementsAre("GG", "L", "a", "aa", "bb", "cc", "dd", "e", "ee", "ff", "h", "i", "ii", "j", "jj", "kk",
                  "n", "o", "p", "q", "r", "v", "y"));
}

TEST(ModuleNames, BodiesCountButNotThoseForTypeCheckers) {
  EXPECT_THAT(
      bound(read("if x: a = 1\nelif y: b = 1\nelse: c = 1\ntry: d = 1\nexcept E as e: f = 1\nelse: g = 1\n"
                 "finally: h = 1\nwhile x: i = 1\nif TYPE_CHECKING: j = 1\nelse: k = 1\n"
                 "if not TYPE_CHECKING: l = 1\nelse: m = 1\n'n = 1'\n")),
      ElementsAre("a", "b", "c", "d", "f", "g", "h", "i", "k", "l"));
}

TEST(ModuleNames, DeletedNamesAreGone) {
  EXPECT_THAT(bound(read("a = b = c = 1\ndel a, (b)\nfor d in x: pass\ndel d\n")), ElementsAre("c"));
}

TEST(ModuleNames, DeletedOnSomePathIsUncertain) {
  const auto names = read("a = 1\nif x:\n  del a\n");
  EXPECT_EQ(names.bindings.at("a").front().kind, Binding::Kind::uncertain);
  EXPECT_THAT(bound(read("if x:\n  a = 1\n  del a\n")), IsEmpty());
}

TEST(ModuleNames, GlobalInAFunctionIsUncertain) {
  const auto names = read("def f():\n  global a\n  a = 1\n  b = 2\n  if x:\n    from m import a\n");
  EXPECT_EQ(names.bindings.at("a").front().kind, Binding::Kind::uncertain);
  EXPECT_FALSE(names.bindings.contains("b"));
}

TEST(ModuleNames, RelativeImportsAreMadeAbsolute) {
  const auto names = read("from . import a\nfrom .b import c\nfrom .. import d\nfrom .e import *\n");
  EXPECT_EQ(names.bindings.at("a").front().module, "pkg");
  EXPECT_EQ(names.bindings.at("c").front().module, "pkg.b");
  EXPECT_EQ(names.bindings.at("d").front().module, "");
  EXPECT_EQ(names.stars.front().module, "pkg.e");
  EXPECT_EQ(read_module("from .b import c", "pkg", true, false).bindings.at("c").front().module, "pkg.b");
}

TEST(ModuleNames, StubsExportOnlyWhatTheySay) {
  EXPECT_THAT(bound(read_module("import a\nimport b as b\nfrom c import d\nfrom c import e as e\nf: int\n"
                                "def g() -> None: ...\n",
                                "pkg", true, true)),
              ElementsAre("b", "e", "f", "g"));
}

TEST(ModuleNames, ReadsAll) {
  EXPECT_THAT(*read("__all__ = ['a']\n__all__ += ('b',)\n__all__.extend(['c'])\n__all__.append('d')\n").all,
              ElementsAre("a", "b", "c", "d"));
  EXPECT_FALSE(read("__all__ = ['a'] + other.__all__\n").all);
  EXPECT_FALSE(read("__all__ = ['a']\n__all__ += [n for n in x]\n").all);
  EXPECT_FALSE(read("from x import __all__\n").all);
  EXPECT_TRUE(read("from x import __all__\n").has_all);
}

TEST(ModuleNames, SysModulesWithLiteralLoops) {
  const auto names = read(
      "submodules = ['a', 'b']\nfor s in submodules:\n  full = f'new.{s}'\n"
      "  sys.modules[f'pkg.old.{s}'] = import_module(full)\nsys.modules['x.y'] = (torch.z)\n");
  ASSERT_EQ(names.registrations.size(), 3U);
  EXPECT_EQ(names.registrations[0].pattern, "pkg.old.a");
  EXPECT_EQ(names.registrations[0].module, "new.a");
  EXPECT_EQ(names.registrations[1].module, "new.b");
  EXPECT_EQ(names.registrations[2].pattern, "x.y");
  EXPECT_EQ(names.registrations[2].object, "torch.z");
}

TEST(ModuleNames, NamesFromADirectory) {
  const auto names = read(
      "for name in dir(_C.F):\n  if name == 's':\n    globals()[name] = 1\n    name = '_' + name\n"
      "  globals()[name] = 1\n");
  EXPECT_THAT(bound(names), ElementsAre("_s", "name", "s"));
  ASSERT_EQ(names.computed.size(), 1U);
  EXPECT_EQ(names.computed[0].listed, ListedNames{.object = "_C.F"});
}

TEST(ModuleNames, NamesThatOnePathAloneTells) {
  const std::string loop = "for name in names:\n  globals()[name] = 1\n";
  for (const std::string start :
       {"names = f()\nif x:\n  names = ['a']\n", "names = ['a']\nif x:\n  names = f()\n",
        "names = ['a']\nif x:\n  names = [n for n in dir(m) if n != 'b']\n",
        "names = ['a']\nif x:\n  names += f()\n"}) {
    const auto names = read(start + loop);
    ASSERT_EQ(names.computed.size(), 1U) << start;
    EXPECT_EQ(names.computed[0].pattern, std::string(1, kAnyText)) << start;
  }
  EXPECT_THAT(bound(read("names = ['a']\nif x:\n  names = ['b']\n" + loop)),
              ElementsAre("a", "b", "name", "names"));
  EXPECT_THAT(bound(read("if x:\n  names = ['a']\n" + loop)), ElementsAre("a", "name", "names"));
  EXPECT_EQ(read("if x:\n  names = [n for n in dir(m)]\n" + loop).computed[0].listed,
            ListedNames{.object = "m"});
}

TEST(ModuleNames, FunctionsThatBindWhatTheyAreTold) {
  const auto names = read(
      "class E:\n  @staticmethod\n  def flag(name, x=1):\n    globals()[name] = x\n"
      "E.flag('A', x=2)\nE.flag(f())\nE.other('B')\n");
  EXPECT_THAT(bound(names), ElementsAre("A", "E"));
  ASSERT_EQ(names.computed.size(), 1U);
  EXPECT_EQ(names.computed[0].line, 4U);
}

TEST(ModuleNames, DeletedByDelattr) {
  const auto names =
      read("for n in dir(_C):\n  if x: pass\n  elif n == 'Base':\n    delattr(sys.modules[__name__], n)\n");
  EXPECT_THAT(names.deleted, ElementsAre("Base"));
}

TEST(ModuleNames, TheModuleReplacesItself) {
  const auto names = read(
      "class M(Base):\n  def a(self): pass\n  b = 1\nsys.modules[__name__] = M(sys.modules[__name__])\n");
  ASSERT_TRUE(names.replaced);
  EXPECT_EQ(names.replaced->class_name, "M");
  EXPECT_TRUE(names.bindings.contains("M"));
}

}  // namespace
}  // namespace launch::pysource

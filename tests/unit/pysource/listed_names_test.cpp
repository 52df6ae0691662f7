#include "pysource/listed_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;
using testing::Optional;

using Lists = std::optional<std::vector<ListedNames>>;

/// Of the expression that stands last in a source.
Lists listed(const std::string& source) {
  const SourceTree tree(source);
  return listed_names(tree, tree.body().back().tokens);
}

TEST(ListedNames, Directories) {
  EXPECT_THAT(listed("dir(_C.F)"), Optional(ElementsAre(ListedNames{"_C.F"})));
  EXPECT_THAT(listed("itertools.chain(dir(a), dir(b))"),
              Optional(ElementsAre(ListedNames{"a"}, ListedNames{"b"})));
  for (const std::string other :
       {"dir()", "dir(a())", "dir(a)[1:]", "other(a)", "chain(dir(a), [1])", "a", ""})
    EXPECT_EQ(listed("x\n" + other + "\n"), std::nullopt) << other;
}

TEST(ListedNames, Conditions) {
  EXPECT_THAT(listed("[n for n in dir(a) if not n.startswith('_') and n != 'x']"),
              Optional(ElementsAre(ListedNames{"a", {"_"}, {"x"}})));
  EXPECT_THAT(listed("[n for n in dir(a) if (n not in ['x', 'y'] and not n.startswith('__')) if n != 'z']"),
              Optional(ElementsAre(ListedNames{"a", {"__"}, {"x", "y", "z"}})));
  for (const std::string condition :
       {"n.startswith('_')", "n in ['x']", "n != x", "n not in x", "f(n)", "not n", "n != 'x' or n != 'y'",
        "not n.startswith('_') or n == 'x'", "m != 'x'"})
    EXPECT_EQ(listed("[n for n in dir(a) if " + condition + "]"), std::nullopt) << condition;
  EXPECT_EQ(listed("[n.x for n in dir(a)]"), std::nullopt);
  EXPECT_EQ(listed("[n for m in dir(b) for n in dir(m)]"), std::nullopt);
}

TEST(ListedNames, Members) {
  EXPECT_THAT(listed("inspect.getmembers(a)"), Optional(ElementsAre(ListedNames{"a"})));
  EXPECT_THAT(listed("inspect.getmembers(a, inspect.isfunction)"),
              Optional(ElementsAre(ListedNames{"a", {}, {}, true})));
  EXPECT_EQ(listed("inspect.getmembers(a, inspect.isclass)"), std::nullopt);
  EXPECT_EQ(listed("inspect.getmembers(a, f, g)"), std::nullopt);
}

TEST(ListedNames, FunctionsThatReturnThem) {
  const std::string start =
      "def public(m):\n  def test(f):\n    return inspect.isfunction(f) and not f.__name__.startswith('_')\n"
      "  return inspect.getmembers(m, test)\ndef two(m, n):\n  return dir(m)\ndef sorted_(m):\n  x = dir(m)\n"
      "  return x\ndef other(m):\n  return public(m)\ndef odd(m):\n  def test(f):\n    return f.x\n"
      "  return inspect.getmembers(m, test)\n";
  EXPECT_THAT(listed(start + "itertools.chain(public(a.b), public(c))"),
              Optional(ElementsAre(ListedNames{"a.b", {"_"}, {}, true}, ListedNames{"c", {"_"}, {}, true})));
  for (const std::string call :
       {"two(a, b)", "sorted_(a)", "other(a)", "odd(a)", "public(a())", "public()", "gone(a)"})
    EXPECT_EQ(listed(start + call), std::nullopt) << call;
}

TEST(ListedNames, Keeps) {
  const ListedNames list{"a", {"_"}, {"x"}};
  EXPECT_TRUE(list.keeps("y"));
  EXPECT_FALSE(list.keeps("_y"));
  EXPECT_FALSE(list.keeps("x"));
}

}  // namespace
}  // namespace launch::pysource

#include "pysource/class_members.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ClassBody read(const std::string& source) {
  const SourceTree tree(source);
  return read_class(tree, tree.body().front().clauses.front());
}

std::vector<std::string> members(const std::string& source) {
  std::vector<std::string> names;
  for (const auto& [name, definitions] : read(source).members) names.push_back(name);
  return names;
}

TEST(ClassMembers, Statements) {
  EXPECT_THAT(
      members("class K:\n  a = b = 1\n  c: int = 2\n  d: int\n  def e(self): f = 1\n  class G: h = 1\n"
              "  import i.j\n  from k import l as m\n  if x: n = 1\n  else: o = 1\n"
              "  for p in q: r = 1\n  try: s = 1\n  except E: t = 1\n  if TYPE_CHECKING: u = 1\n"),
      ElementsAre("G", "a", "b", "c", "e", "i", "m", "n", "o", "p", "r", "s", "t"));
}

TEST(ClassMembers, AttributesOfInstances) {
  const auto body = read(
      "class K:\n  d: int\n  __slots__ = ('e', \"f\")\n  def __init__(this, x):\n    this.a = x\n    if x: "
      "this.b: "
      "int = 1\n    this.c.z = 1\n    x.y = 1\n    for this.g in x: pass\n");
  EXPECT_THAT(body.instance, ElementsAre("a", "b", "d"));
  EXPECT_TRUE(body.members.contains("e") && body.members.contains("f"));
  EXPECT_FALSE(body.computed_instance);
  EXPECT_THAT(body.fields, ElementsAre("d"));
}

TEST(ClassMembers, ComputedNames) {
  EXPECT_TRUE(read("class K:\n  def f(self): setattr(self, n, 1)\n").computed_instance);
  EXPECT_TRUE(read("class K:\n  def f(self): self.__dict__.update(x)\n").computed_instance);
  EXPECT_TRUE(read("class K:\n  vars()['a'] = 1\n").computed);
  EXPECT_FALSE(read("class K:\n  a = 1\n").computed);
  EXPECT_TRUE(read("class K:\n  @classmethod\n  def f(cls): setattr(cls, n, 1)\n").computed);
  EXPECT_THAT(read("class K:\n  @classmethod\n  def f(cls): cls.a = 1\n").by_methods, ElementsAre("a"));
}

TEST(ClassMembers, BasesAndMetaclass) {
  const std::string source = "class K[T](A.B, C[int], metaclass=M, flag=1): pass\n";
  const SourceTree tree(source);
  const auto body = read_class(tree, tree.body().front().clauses.front());
  ASSERT_EQ(body.bases.size(), 2U);
  EXPECT_EQ(dotted_name(tree, body.bases[0]), "A.B");
  EXPECT_EQ(dotted_name(tree, body.metaclass), "M");
  EXPECT_THAT(read("class K: pass\n").bases, IsEmpty());
}

}  // namespace
}  // namespace launch::pysource

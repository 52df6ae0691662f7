#include "pysource/python_tree.hpp"

#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

std::string within(const std::string& source) {
  const SourceTree tree(source);
  const auto range = parenthesized(tree, tree.body().front().clauses.front().head);
  std::string text;
  for (auto i = range.first; i < range.last; ++i) text += std::string(tree.text(i)) + " ";
  return text;
}

TEST(PythonTree, WhatIsParenthesizedInAHead) {
  EXPECT_EQ(within("def f(a, b=(1, 2)) -> g(c): pass\n"), "a , b = ( 1 , 2 ) ");
  EXPECT_EQ(within("def f[T: (int, str)](x: T): pass\n"), "x : T ");
  EXPECT_EQ(within("class K[T: (int, str)](A[T], metaclass=M): pass\n"), "A [ T ] , metaclass = M ");
  EXPECT_EQ(within("class K[T: (int, str)]: pass\n"), "");
  EXPECT_EQ(within("class K: pass\n"), "");
  EXPECT_EQ(within("def f(): pass\n"), "");
  EXPECT_EQ(within("def f)(: pass\n"), "");
}

TEST(PythonTree, ParametersHaveNames) {
  const SourceTree tree("def f[T](a, /, b: X = g(c, d), *e, h, **k) -> Y: pass\n");
  std::string names;
  for (const auto name : parameter_names(tree, tree.body().front().clauses.front().head))
    names += std::string(tree.text(name)) + " ";
  EXPECT_EQ(names, "a b e h k ");
}

}  // namespace
}  // namespace launch::pysource

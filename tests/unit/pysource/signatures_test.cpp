#include "pysource/signatures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

std::string read(const std::string& head, bool is_stub = false) {
  const SourceTree tree("def " + head + ": ...\n");
  const auto signature = signature_of(tree, tree.body().front().clauses.front().head, is_stub);
  std::string text;
  for (const auto& parameter : signature.parameters) {
    constexpr std::string_view kMarks[] = {"/", "", "*"};
    text += std::string(kMarks[static_cast<int>(parameter.kind)]) + parameter.name + " ";
  }
  return text + (signature.takes_any ? "any" : "");
}

TEST(Signatures, Kinds) {
  EXPECT_EQ(read("f(a, /, b: int = 1, *, c=(1, 2), **d) -> int"), "/a b *c any");
  EXPECT_EQ(read("f(a, *args, b)"), "a *b ");
  EXPECT_EQ(read("f()"), "");
  EXPECT_EQ(read("f[T: (int, str)](a: dict[str, T] = {'b': 1})"), "a ");
  EXPECT_EQ(read("f(a=lambda x, y: 1, b=2)"), "a b ");
}

TEST(Signatures, StubsHideNamesWithUnderscores) {
  EXPECT_EQ(read("f(__a, b, __c__)", true), "/__a b __c__ ");
  EXPECT_EQ(read("f(__a, b)"), "__a b ");
}

TEST(Signatures, PositionalOnlyIsNoKeyword) {
  const SourceTree tree("def f(a, /, b): ...\n");
  const auto signature = signature_of(tree, tree.body().front().clauses.front().head, false);
  EXPECT_FALSE(signature.takes("a"));
  EXPECT_TRUE(signature.takes("b"));
}

TEST(Signatures, BrokenHeads) {
  EXPECT_EQ(read("f"), "");
  EXPECT_EQ(read("f(,,*,)"), "");
}

}  // namespace
}  // namespace launch::pysource

#include "pysource/string_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;

const std::string kAny(1, kAnyText);

TokenRange whole(const SourceTree& tree) {
  return tree.body().front().tokens;
}

std::vector<std::string> texts(const std::string& expression) {
  const SourceTree tree(expression);
  TextValues values("pkg.mod");
  const SourceTree list("['a', 'b']");
  values.assign_element("x", list, whole(list));
  return values.texts(tree, whole(tree)).texts;
}

TEST(StringValues, LiteralsAndTheirSums) {
  EXPECT_THAT(texts("'a' \"b\" + __name__ + ('c')"), ElementsAre("abpkg.modc"));
  EXPECT_THAT(texts(R"('it\'s')"), ElementsAre("it's"));
  EXPECT_THAT(texts("b'a'"), ElementsAre(kAny));
  EXPECT_THAT(texts("g(1)"), ElementsAre(kAny));
}

TEST(StringValues, FormattedStrings) {
  EXPECT_THAT(texts("f'{__name__}.{x}{{y}}'"), ElementsAre("pkg.mod.a{y}", "pkg.mod.b{y}"));
  EXPECT_THAT(texts("f'torch._C.{attr}'"), ElementsAre("torch._C." + kAny));
  EXPECT_THAT(texts("f'{g(\"}\")}'"), ElementsAre(kAny));
}

TEST(StringValues, Collections) {
  const auto elements = [](const std::string& expression) {
    const SourceTree tree(expression);
    return TextValues("m").elements(tree, whole(tree));
  };
  EXPECT_THAT(*elements("['a', *('b',)] + list({'c': 1, 'd': 2})"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(*elements("range(2, 4)"), ElementsAre("2", "3"));
  EXPECT_FALSE(elements("[n for n in x]"));
  EXPECT_FALSE(elements("[g()]"));
  EXPECT_FALSE(elements("range(1000000000)"));
}

TEST(StringValues, Patterns) {
  const auto pattern = "a." + kAny + ".b" + kAny;
  EXPECT_TRUE(fits_pattern(pattern, "a.x.y.b"));
  EXPECT_TRUE(fits_pattern(pattern, "a..bcd"));
  EXPECT_FALSE(fits_pattern(pattern, "a.b"));
  EXPECT_FALSE(fits_pattern(pattern, "b.x.b"));
  EXPECT_TRUE(fits_pattern(kAny, ""));
  EXPECT_FALSE(fits_pattern("a", "ab"));
}

}  // namespace
}  // namespace launch::pysource

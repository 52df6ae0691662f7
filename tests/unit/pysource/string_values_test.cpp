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

TEST(StringValues, TextsThatDoubleBecomeAnyText) {
  const SourceTree first("'abcdefgh'");
  const SourceTree sum("x + x");
  const SourceTree formatted("f'{x}{x}'");
  for (const auto* doubled : {&sum, &formatted}) {
    TextValues values("m");
    values.assign("x", first, whole(first));
    for (int i = 0; i < 40; ++i) values.assign("x", *doubled, whole(*doubled));
    const auto found = values.texts(sum, whole(sum)).texts;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().find_first_not_of(kAnyText), std::string::npos);
  }
}

TEST(StringValues, CollectionsThatDoubleAreForgotten) {
  const SourceTree first("['a', 'b']");
  for (const auto* text : {"x + x", "[*x, *x]"}) {
    const SourceTree doubled(text);
    TextValues values("m");
    values.assign("x", first, whole(first));
    for (int i = 0; i < 40; ++i) values.assign("x", doubled, whole(doubled));
    EXPECT_TRUE(values.collections().empty()) << text;
  }
}

TEST(StringValues, AllValuesOfAModuleTogetherHaveALimit) {
  const SourceTree first("['" + std::string(100'000, 'a') + "']");
  TextValues values("m");
  for (int i = 0; i < 100; ++i) values.assign("x" + std::to_string(i), first, whole(first));
  EXPECT_EQ(values.collections().count("x0"), 1U);
  EXPECT_LT(values.collections().size(), 50U);
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

#include "probe/judgement.hpp"

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

NeededName needed(const std::string& name, Need need, std::vector<Choice> choices = {}) {
  return {{"torch", name}, need, {{"a.py", 1, 1, need, std::move(choices)}}};
}
Answer answer(Verdict verdict) {
  return {verdict, "because"};
}

std::vector<JudgedName> judged(std::vector<NeededName> names, const std::vector<Verdict>& verdicts) {
  std::vector<Answer> answers;
  for (const auto verdict : verdicts) answers.push_back(answer(verdict));
  return judge(std::move(names), answers);
}

TEST(Judgement, OnlyWhatIsNeededFails) {
  const auto names = judged({needed("a", Need::must), needed("b", Need::path), needed("c", Need::optional),
                             needed("d", Need::type), needed("e", Need::must)},
                            {Verdict::no, Verdict::no, Verdict::no, Verdict::no, Verdict::unknown});
  EXPECT_TRUE(names[0].fails());
  EXPECT_TRUE(names[1].fails());
  EXPECT_FALSE(names[2].fails());
  EXPECT_FALSE(names[3].fails());
  EXPECT_FALSE(names[4].fails());
  EXPECT_TRUE(names[4].is_open());
}

TEST(Judgement, OneAlternativeIsEnough) {
  const auto two = [](Verdict a, Verdict b) {
    return judged({needed("a", Need::must, {{0, 0}}), needed("b", Need::must, {{0, 1}})}, {a, b});
  };
  EXPECT_FALSE(two(Verdict::no, Verdict::yes)[0].fails());
  EXPECT_FALSE(two(Verdict::no, Verdict::unknown)[0].fails());
  EXPECT_TRUE(two(Verdict::no, Verdict::unknown)[0].is_open());
  EXPECT_TRUE(two(Verdict::no, Verdict::no)[0].fails());
  EXPECT_TRUE(two(Verdict::no, Verdict::no)[1].fails());
}

TEST(Judgement, AnAlternativeNeedsAllOfItsNames) {
  const auto names = judged({needed("a", Need::must, {{0, 0}}), needed("b", Need::must, {{0, 0}}),
                             needed("c", Need::must, {{0, 1}})},
                            {Verdict::yes, Verdict::no, Verdict::no});
  EXPECT_FALSE(names[0].fails());
  EXPECT_TRUE(names[1].fails());
  EXPECT_TRUE(names[2].fails());
}

TEST(Judgement, GroupsNest) {
  const auto three = [](Verdict a, Verdict b, Verdict c) {
    return judged({needed("a", Need::must, {{0, 0}}), needed("b", Need::must, {{0, 1}, {1, 0}}),
                   needed("c", Need::must, {{0, 1}, {1, 1}})},
                  {a, b, c});
  };
  EXPECT_FALSE(three(Verdict::yes, Verdict::no, Verdict::no)[1].fails());
  EXPECT_FALSE(three(Verdict::no, Verdict::no, Verdict::yes)[0].fails());
  EXPECT_TRUE(three(Verdict::no, Verdict::no, Verdict::no)[2].fails());
}

}  // namespace
}  // namespace launch::probe

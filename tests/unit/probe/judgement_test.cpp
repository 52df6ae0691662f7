#include "probe/judgement.hpp"

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

NeededName needed(const std::string& name, pysource::Need need, std::vector<pysource::Choice> choices = {}) {
  return {{"torch", name}, need, {{"a.py", 1, 1, need, std::move(choices)}}};
}
pysource::Answer answer(pysource::Verdict verdict) {
  return {verdict, "because"};
}

std::vector<JudgedName> judged(std::vector<NeededName> names,
                               const std::vector<pysource::Verdict>& verdicts) {
  std::vector<pysource::Answer> answers;
  for (const auto verdict : verdicts) answers.push_back(answer(verdict));
  return judge(std::move(names), answers);
}

TEST(Judgement, OnlyWhatIsNeededFails) {
  const auto names = judged({needed("a", pysource::Need::must), needed("b", pysource::Need::path),
                             needed("c", pysource::Need::optional), needed("d", pysource::Need::type),
                             needed("e", pysource::Need::must)},
                            {pysource::Verdict::no, pysource::Verdict::no, pysource::Verdict::no,
                             pysource::Verdict::no, pysource::Verdict::unknown});
  EXPECT_TRUE(names[0].fails());
  EXPECT_TRUE(names[1].fails());
  EXPECT_FALSE(names[2].fails());
  EXPECT_FALSE(names[3].fails());
  EXPECT_FALSE(names[4].fails());
  EXPECT_TRUE(names[4].is_open());
}

TEST(Judgement, OneAlternativeIsEnough) {
  const auto two = [](pysource::Verdict a, pysource::Verdict b) {
    return judged({needed("a", pysource::Need::must, {{0, 0}}), needed("b", pysource::Need::must, {{0, 1}})},
                  {a, b});
  };
  EXPECT_FALSE(two(pysource::Verdict::no, pysource::Verdict::yes)[0].fails());
  EXPECT_FALSE(two(pysource::Verdict::no, pysource::Verdict::unknown)[0].fails());
  EXPECT_TRUE(two(pysource::Verdict::no, pysource::Verdict::unknown)[0].is_open());
  EXPECT_TRUE(two(pysource::Verdict::no, pysource::Verdict::no)[0].fails());
  EXPECT_TRUE(two(pysource::Verdict::no, pysource::Verdict::no)[1].fails());
}

TEST(Judgement, AnAlternativeNeedsAllOfItsNames) {
  const auto names =
      judged({needed("a", pysource::Need::must, {{0, 0}}), needed("b", pysource::Need::must, {{0, 0}}),
              needed("c", pysource::Need::must, {{0, 1}})},
             {pysource::Verdict::yes, pysource::Verdict::no, pysource::Verdict::no});
  EXPECT_FALSE(names[0].fails());
  EXPECT_TRUE(names[1].fails());
  EXPECT_TRUE(names[2].fails());
}

TEST(Judgement, WhatDoesNotRunMakesItsAlternativeNoWorse) {
  pysource::SymbolTable symbols;
  symbols.add("/a", false, {});
  std::vector<NeededName> names = {needed("a", pysource::Need::must, {{0, 0}}),
                                   needed("b", pysource::Need::must, {{0, 0}}),
                                   needed("c", pysource::Need::must, {{0, 1}})};
  names[1].uses[0].gates = {{pysource::constant(false), true, 7}};
  const std::vector<pysource::Answer> answers = {
      answer(pysource::Verdict::yes), answer(pysource::Verdict::no), answer(pysource::Verdict::no)};
  const auto gated = judge(names, answers, {.symbols = &symbols});
  EXPECT_EQ(gated[1].uses[0].runs, Runs::no);
  EXPECT_FALSE(gated[2].fails());
}

TEST(Judgement, GroupsNest) {
  const auto three = [](pysource::Verdict a, pysource::Verdict b, pysource::Verdict c) {
    return judged(
        {needed("a", pysource::Need::must, {{0, 0}}), needed("b", pysource::Need::must, {{0, 1}, {1, 0}}),
         needed("c", pysource::Need::must, {{0, 1}, {1, 1}})},
        {a, b, c});
  };
  EXPECT_FALSE(three(pysource::Verdict::yes, pysource::Verdict::no, pysource::Verdict::no)[1].fails());
  EXPECT_FALSE(three(pysource::Verdict::no, pysource::Verdict::no, pysource::Verdict::yes)[0].fails());
  EXPECT_TRUE(three(pysource::Verdict::no, pysource::Verdict::no, pysource::Verdict::no)[2].fails());
}

}  // namespace
}  // namespace launch::probe

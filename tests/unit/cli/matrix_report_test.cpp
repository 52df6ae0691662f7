#include <gtest/gtest.h>

#include "cli/reports/matrix.hpp"

namespace launch::cli {
namespace {

using pysource::Verdict;

/// A matrix of one name, by letters: "nyu".
probe::Matrix matrix_of(const std::string& letters, const std::string& name = "x") {
  probe::Matrix matrix;
  matrix.package = "torch";
  probe::MatrixRow row{{{"torch", name}, pysource::Need::must, {}}, {}};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    matrix.versions.push_back({"2." + std::to_string(i), "w.whl", specs::Interpreter{11}});
    const auto verdict = letters[i] == 'y'   ? Verdict::yes
                         : letters[i] == 'n' ? Verdict::no
                                             : Verdict::unknown;
    row.cells.push_back({verdict, "torch 2." + std::to_string(i) + " says so"});
  }
  matrix.rows.push_back(std::move(row));
  return matrix;
}

TEST(MatrixReport, Stories) {
  const std::pair<const char*, const char*> cases[] = {
      {"yyy", "yes"},
      {"nnn", "no"},
      {"u", "unknown"},
      {"nnyy", "yes since 2.2"},
      {"yyn", "yes, no from 2.2"},
      {"nyn", "yes since 2.1, no from 2.2"},
      {"uyun", "unknown, yes since 2.1, unknown from 2.2, no from 2.3"},
  };
  for (const auto& [letters, story] : cases) {
    const auto matrix = matrix_of(letters);
    EXPECT_EQ(story_of(matrix.rows.front(), matrix), story);
  }
}

TEST(MatrixReport, OfManyChangesTheFirstAndTheLast) {
  const auto matrix = matrix_of("nynynyny");
  EXPECT_EQ(story_of(matrix.rows.front(), matrix, 6),
            "yes since 2.1, no from 2.2, 4 further changes, yes since 2.7");
  EXPECT_EQ(
      story_of(matrix.rows.front(), matrix, 8),
      "yes since 2.1, no from 2.2, yes since 2.3, no from 2.4, yes since 2.5, no from 2.6, yes since 2.7");
}

TEST(MatrixReport, WhatWasNotAsked) {
  auto matrix = matrix_of("yy");
  matrix.versions.back().python = specs::Interpreter{13};
  matrix.skipped = {{"1.8", "yanked"}, {"1.9", "no wheel\x1b"}, {"1.7", "yanked"}};
  matrix.prereleases = {"2.2rc1"};
  EXPECT_EQ(matrix_text(matrix, MatrixRows::telling),
            "1 of 1 name is in every version (--all lists it)\n"
            "torch 2.0 to 2.1: 2 versions, using wheels for Python 3.11 to 3.13\n"
            "skipped 1.8, 1.7: yanked\n"
            "skipped 1.9: no wheel\\x1b\n"
            "left out 1 pre-release (to check pre-releases, name one with --from or --to)");
  EXPECT_EQ(matrix_text(matrix, MatrixRows::all).substr(0, 13), "torch.x  yes\n");
}

TEST(MatrixReport, ThePageHoldsNothingThatCouldEndIt) {
  auto matrix = matrix_of("ny", "</script><b>");
  matrix.rows.front().name.uses = {{"a<b>.py", 3, 1, pysource::Need::must, {}}};
  const auto page = matrix_html(matrix);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("\\u003c/script>\\u003cb>"), std::string::npos);
  EXPECT_NE(page.find("&lt;/script&gt;&lt;b&gt;"), std::string::npos);
  // Reasons that differ in the version alone are one.
  EXPECT_NE(page.find(R"("runs":[[0,"n",0],[1,"y",0]])"), std::string::npos);
  EXPECT_NE(page.find(R"("reasons":["torch {version} says so"])"), std::string::npos);
}

}  // namespace
}  // namespace launch::cli

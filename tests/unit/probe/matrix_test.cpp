#include "probe/matrix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/bisection.hpp"
#include "probe/known_wheel.hpp"
#include "probe/named.hpp"
#include "probe/range.hpp"

namespace launch::probe {
namespace {

using pysource::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

/// A row by letters: "nyu".
MatrixRow row(const std::string& letters, NeededName name = {{"torch", "x"}, pysource::Need::must, {}}) {
  MatrixRow row{std::move(name), {}};
  for (const auto letter : letters) {
    const auto verdict = letter == 'y' ? Verdict::yes : letter == 'n' ? Verdict::no : Verdict::unknown;
    row.cells.push_back({verdict, ""});
  }
  return row;
}

Matrix matrix(const std::vector<std::string>& versions, std::vector<MatrixRow> rows) {
  Matrix matrix;
  matrix.package = "torch";
  matrix.rows = std::move(rows);
  for (const auto& version : versions) matrix.versions.push_back({version, version + ".whl"});
  return matrix;
}

TEST(MatrixTest, NothingIsAssumedToStayAsItIs) {
  EXPECT_THAT(row("nyynu").stretches(),
              ElementsAre(Stretch{Verdict::no, 0, 0}, Stretch{Verdict::yes, 1, 2}, Stretch{Verdict::no, 3, 3},
                          Stretch{Verdict::unknown, 4, 4}));
  EXPECT_TRUE(row("yn").changes());
  EXPECT_FALSE(row("nn").changes());
  EXPECT_TRUE(row("yy").is_always(Verdict::yes));
  EXPECT_FALSE(row("yu").is_always(Verdict::yes));
}

TEST(MatrixTest, WhatWasSkippedBetweenTwoVersions) {
  auto asked = matrix({"2.8.0.dev20250601", "2.8.0.dev20250605", "2.8.0.dev20250606"}, {row("nyn")});
  asked.skipped = {{"2.8.0.dev20250602", "yanked"},
                   {"2.8.0.dev20250607", "yanked"},
                   {"2025-06-03 to 2025-06-04", "no nightly"},
                   {"2025-06-08", "no nightly"}};
  const auto bisection = bisect_rows(std::move(asked));
  EXPECT_TRUE(bisection.found());
  ASSERT_EQ(bisection.changes.front().size(), 2U);
  EXPECT_THAT(bisection.changes.front()[0].between,
              ElementsAre("2.8.0.dev20250602", "2025-06-03 to 2025-06-04"));
  EXPECT_THAT(bisection.changes.front()[1].between, IsEmpty());
  EXPECT_FALSE(bisect_rows(matrix({"1", "2"}, {row("uu")})).found());
}

NeededName used(const std::string& name, pysource::Need need, std::vector<pysource::Choice> choices = {}) {
  return {{"torch", name}, need, {{"a.py", 3, 1, need, std::move(choices)}}};
}

/// "2.0 2.2-2.3": the allowed versions.
std::string allowed(const VersionRange& range) {
  std::string text;
  for (const auto& each : range.allowed) {
    text += range.matrix.versions[each.first].version + "-" + range.matrix.versions[each.last].version + " ";
  }
  return text;
}

TEST(RangeTest, OnlyWhatIsNeededSetsABound) {
  const std::vector<std::string> versions = {"2.0", "2.1", "2.2", "2.3"};
  const auto asked = matrix(
      versions, {row("nyyy", used("a", pysource::Need::must)), row("yyyn", used("b", pysource::Need::path)),
                 row("nnnn", used("c", pysource::Need::optional)),
                 row("nnnn", used("d", pysource::Need::type)), row("uuuu", used("e", pysource::Need::must))});
  EXPECT_EQ(allowed(range_of(asked, Needs::must, {})), "2.1-2.3 ");
  const auto range = range_of(asked, Needs::path, {});
  EXPECT_EQ(allowed(range), "2.1-2.2 ");
  ASSERT_EQ(range.lacks[3].size(), 1U);
  EXPECT_EQ(range.lacks[3].front().requirement.name, "b");
  EXPECT_EQ(range.lacks[3].front().use.line, 3U);
  EXPECT_FALSE(range.fails());
}

TEST(RangeTest, OneOfSeveralAlternativesSuffices) {
  const auto asked = matrix({"1", "2", "3"}, {row("ynn", used("a", pysource::Need::must, {{0, 0}})),
                                              row("nny", used("b", pysource::Need::must, {{0, 1}}))});
  EXPECT_EQ(allowed(range_of(asked, Needs::must, {})), "1-1 3-3 ");
}

TEST(RangeTest, WhatIsDeclaredIsCompared) {
  const auto asked = matrix({"2.0", "2.1", "2.2"}, {row("nyy", used("a", pysource::Need::must))});
  const auto declared = [&](const std::string& text) {
    const auto range = range_of(asked, Needs::must, {{specs::Requirement::parse(text).value(), "x:1"}});
    return std::tuple(range.declared.front().lacking, range.declared.front().refused, range.fails());
  };
  using Places = std::vector<std::size_t>;
  EXPECT_EQ(declared("torch"), std::tuple(Places{0}, Places{}, true));
  EXPECT_EQ(declared("torch>=2.1"), std::tuple(Places{}, Places{}, false));
  EXPECT_EQ(declared("torch>=2.2"), std::tuple(Places{}, Places{1}, false));
  EXPECT_TRUE(range_of(matrix({"1"}, {row("n", used("a", pysource::Need::must))}), Needs::must, {}).fails());
}

TEST(KnownWheelTest, IsReadAsItWasWritten) {
  KnownWheel known{{"functorch", "torch"}, "0123", {}};
  const pysource::Requirement odd{"torch", "a\tb\n\\n"};
  known.answers[key_of({"torch", "x"})] = {Verdict::no, "torch has\tno \\ x\nat all"};
  known.answers[key_of(odd)] = {Verdict::unknown, ""};
  known.answers[key_of({"torch", "x", "", pysource::Tier::attribute})] = {Verdict::yes, "there"};
  const auto read = parse_known(text_of(known));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->roots, known.roots);
  EXPECT_EQ(read->commit, known.commit);
  EXPECT_EQ(text_of(*read), text_of(known));
  EXPECT_EQ(read->answers.at(key_of({"torch", "x"})).reason, "torch has\tno \\ x\nat all");
  EXPECT_EQ(read->answers.at(key_of(odd)).verdict, Verdict::unknown);
  EXPECT_EQ(read->answers.size(), 3U);
  EXPECT_EQ(parse_known(text_of(KnownWheel{}))->commit, std::nullopt);
}

TEST(KnownWheelTest, ForgetsOtherQuestionsOnceThereAreTooMany) {
  KnownWheel known{{"torch"}, {}, {{"a", {}}, {"b", {}}, {"c", {}}}};
  const std::vector<std::string> asked = {"b", "d"};
  forget_others(known, asked, 3);
  EXPECT_EQ(known.answers.size(), 3U);
  forget_others(known, asked, 2);
  ASSERT_EQ(known.answers.size(), 1U);
  EXPECT_EQ(known.answers.begin()->first, "b");
}

TEST(KnownWheelTest, OtherTextsAreNotKnown) {
  const KnownWheel known{{"torch"}, {}, {{key_of({"torch", "x"}), {Verdict::no, "why"}}}};
  const auto text = text_of(known);
  EXPECT_FALSE(parse_known(""));
  EXPECT_FALSE(parse_known("launch known wheel 1\n"));
  EXPECT_FALSE(parse_known(text + "one\n"));
  EXPECT_FALSE(parse_known(text + "import\ttorch\tx\t\tperhaps\twhy\n"));
  index::ZipOutline outline{
      100, {{.name = "a\tb", .method = 8, .crc32 = 1, .compressed_size = 2, .size = 3}}, {0, 9}};
  const auto whole = text_of(outline);
  const auto read = parse_outline(whole);
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read), whole);
  EXPECT_EQ(read->entries.front().name, "a\tb");
  for (const std::string bad :
       {"", "launch zip outline 1\nx\n\n", "launch zip outline 1\n1\n\na\t1\t1\t1\t1\t1\n",
        "launch zip outline 1\n1\n5 4 \na\t1\t1\t1\t1\t1\n",
        "launch zip outline 1\n1\n5 \na\t1\t1\t1\t1\n"}) {
    EXPECT_FALSE(parse_outline(bad)) << bad;
  }
}

TEST(NamedTest, NamesAsPeopleWriteThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"torch", "import torch:"},
      {"torch.nn", "import torch:nn"},
      {"torch.nn:Module", "import torch.nn:Module"},
      {"torch.nn.Module", "import torch.nn:Module"},
      {"torch.nn:", "import torch.nn:"},
      {"torch:nn.functional.relu", "attribute torch:nn.functional.relu"},
      {"torch.nn:Linear(bias=)", "keyword torch.nn:Linear(bias=)"},
      {"torch.nn.Linear(bias=)", "keyword torch.nn:Linear(bias=)"},
      {"torch.nn.Linear(bias=…)", "keyword torch.nn:Linear(bias=)"},
      {"torch.nn.Linear.extra_repr", "attribute torch.nn:Linear.extra_repr"},
      {"torch._C._Thing.a(b=)", "keyword torch:_C._Thing.a(b=)"},
  };
  for (const auto& [text, expected] : cases) {
    const auto name = parse_name(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(std::string(pysource::tier_name(name->tier)) + " " + name->text(), expected);
  }
  for (const auto* bad : {"", ".", "torch.", "torch..x", "1torch", "torch:x:y", "torch x", "torch(x=)",
                          "torch.x(=)", "torch.x(y)", "torch.x)=)"}) {
    EXPECT_FALSE(parse_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace launch::probe

#include "probe/report.hpp"

#include <gtest/gtest.h>

#include "cli/reports/check_formats.hpp"
#include "cli/reports/scan.hpp"
#include "fakes/values.hpp"

namespace launch::cli {
namespace {

probe::CheckReport report() {
  std::vector<probe::NeededName> names = {
      {{"torch", "a"},
       pysource::Need::must,
       {{"b.py", 3, 1, pysource::Need::must, {}}, {"a.py", 12, 5, pysource::Need::path, {}}}},
      {{"torch.nn", ""}, pysource::Need::must, {{"a.py", 1, 8, pysource::Need::must, {}}}},
      {{"torch.x", "y\x1b"}, pysource::Need::optional, {{"a.py", 2, 8, pysource::Need::optional, {{4, 1}}}}},
      {{"torch._C", "z"}, pysource::Need::must, {{"a.py", 9, 8, pysource::Need::must, {}}}}};
  const std::vector<pysource::Answer> answers = {{pysource::Verdict::no, "torch 2 has no a"},
                                                 {pysource::Verdict::yes, "torch/nn/__init__.py"},
                                                 {pysource::Verdict::no, "torch 2 has no x"},
                                                 {pysource::Verdict::unknown, "it is compiled"}};
  probe::CheckReport made;
  made.platforms = {{fakes::x86(),
                     {{"torch", "2.3.1+cu121", "torch-2.3.1+cu121-x.whl"}},
                     {},
                     probe::judge(std::move(names), answers)}};
  made.files = 2;
  made.problems = {{"c.py", {7, "broken"}}};
  made.lines = {{{"b.py", 3}, "a\t= 1"}, {{"a.py", 12}, "    from torch import a"}};
  return made;
}

/// The same with a platform whose torch answers torch.nn with `answer`.
probe::CheckReport report_with(const std::string& version, pysource::Answer answer) {
  auto made = report();
  auto other = made.platforms.front();
  other.platform = fakes::arm();
  other.wheels.front().version = version;
  other.names[1].answer = answer;
  for (auto& use : other.names[1].uses) use.outcome = answer.verdict;
  made.platforms.push_back(std::move(other));
  return made;
}

constexpr const char* kFailing =
    "torch.a: no (torch 2 has no a)\n"
    "  a.py:12:5, on a path\n"
    "    from torch import a\n"
    "    ^^^^\n"
    "  b.py:3:1\n"
    "    a = 1\n"
    "    ^\n";
constexpr const char* kRest =
    "torch._C.z: unknown (it is compiled)\n"
    "  a.py:9:8\n"
    "1 optional name is missing (-v shows it)\n";
constexpr const char* kCounts = ": 4 names in 2 files: 1 yes, 2 no (1 of them not needed), 1 unknown";

TEST(Report, CheckForAPerson) {
  EXPECT_EQ(check_text(report()), std::string(kFailing) + kRest + "torch 2.3.1+cu121" + kCounts);
  EXPECT_EQ(check_text(report(), {.all = true}),
            std::string(kFailing) +
                "torch._C.z: unknown (it is compiled)\n  a.py:9:8\n"
                "torch.x.y\\x1b: no, but not needed (torch 2 has no x)\n  a.py:2:8\n"
                "torch 2.3.1+cu121" +
                kCounts);
  EXPECT_TRUE(report().fails());
}

TEST(Report, ManyUsesAreCounted) {
  auto made = report();
  auto& uses = made.platforms.front().names.front().uses;
  uses.resize(1);
  for (std::uint32_t line = 4; line < 8; ++line) {
    uses.push_back(uses.front());
    uses.back().use.line = line;
  }
  made.lines.clear();
  EXPECT_TRUE(check_text(made).starts_with(
      "torch.a: no (torch 2 has no a)\n  b.py:3:1\n  b.py:4:1\n  b.py:5:1\n  and 2 more (-v shows all)\n"));
  EXPECT_TRUE(
      check_text(made, {.all = true})
          .starts_with("torch.a: no (torch 2 has no a)\n  b.py:3:1\n  b.py:4:1\n  b.py:5:1\n  b.py:6:1\n"
                       "  b.py:7:1\ntorch._C"));
  uses.pop_back();
  EXPECT_NE(check_text(made).find("  b.py:6:1\ntorch._C"), std::string::npos) << "not one more";
}

TEST(Report, WhatHelpsIsSaid) {
  auto made = report();
  auto& names = made.platforms.front().names;
  names.resize(2);
  names[1].answer = {pysource::Verdict::no, "torch 2 has no nn"};
  for (auto& use : names[1].uses) use.outcome = pysource::Verdict::no;
  made.lines.clear();
  made.advice[{"torch", "a"}] = {{"torch.one", "torch.two"}, {}};
  made.advice[{"torch.nn", ""}] = {{}, {"torch.mm"}};
  made.not_checked = {{"torchvision", 12}, {"numpy", 1}};
  made.not_checked_reason = "no wheel given";
  EXPECT_EQ(check_text(made),
            "torch.a: no (torch 2 has no a)\n  a.py:12:5, on a path\n  b.py:3:1\n  also in torch.one and "
            "torch.two\n"
            "torch.nn: no (torch 2 has no nn)\n  a.py:1:8\n  did you mean torch.mm?\n"
            "12 names of torchvision and 1 name of numpy not checked: no wheel given\n"
            "torch 2.3.1+cu121: 2 names in 2 files: 0 yes, 2 no, 0 unknown");
  made.advice[{"torch.nn", ""}] = {{"torch.a.nn", "torch.b.nn"}, {}};
  EXPECT_NE(check_text(made).find("  a.py:1:8\n  perhaps moved to torch.a.nn or torch.b.nn\n"),
            std::string::npos);
  made.not_checked = {{"a", 9}, {"b", 8}, {"c", 7}, {"d", 6}, {"e", 5}, {"f", 4}};
  EXPECT_NE(
      check_text(made).find("9 names of a, 8 names of b, 7 names of c, 6 names of d and 9 names of 2 other "
                            "modules not checked: no wheel given\n"),
      std::string::npos);
}

TEST(Report, TiersAreCountedApart) {
  auto made = report();
  auto& names = made.platforms.front().names;
  names.resize(3);
  names[0].requirement = {"torch", "nn.Linear", "bias", pysource::Tier::keyword};
  names[1].requirement = {"torch", "nn.f.relu", "", pysource::Tier::attribute};
  made.lines.clear();
  EXPECT_EQ(check_text(made),
            "torch.nn.Linear(bias=\u2026): no (torch 2 has no a)\n  a.py:12:5, on a path\n  b.py:3:1\n"
            "1 optional name is missing (-v shows it)\n"
            "torch 2.3.1+cu121: 3 names in 2 files: 1 yes, 2 no (1 of them not needed), 0 unknown\n"
            "  imports: 1 name: 0 yes, 1 no (1 of them not needed), 0 unknown\n"
            "  attributes: 1 name: 1 yes, 0 no, 0 unknown\n"
            "  keywords: 1 name: 0 yes, 1 no, 0 unknown");
}

TEST(Report, CheckForAProgram) {
  auto one = report();
  one.platforms.front().names.resize(1);
  EXPECT_EQ(
      check_json(one),
      R"({"schema":1,"version":"2.3.1+cu121","wheels":[{"name":"torch","version":"2.3.1+cu121","file":)"
      R"("torch-2.3.1+cu121-x.whl"}],"files":2,"fail_on":"path","verdicts":[{"name":"torch:a","tier":"import",)"
      R"("verdict":"no","reason":"torch 2 has no a","need":"must","fails":true,"uses":[{"file":"b.py","line":3,)"
      R"("column":1,"need":"must","fails":true,"standing":"fails"},{"file":"a.py","line":12,"column":5,"need":)"
      R"("path","fails":true,"standing":"fails"}]}],"problems":[{"file":"c.py","line":7,"message":"broken"}]})");
}

TEST(Report, PlatformsThatSayTheSameAreOne) {
  const auto two = report_with("2.3.1+cu121", {pysource::Verdict::yes, "torch/nn/__init__.py"});
  EXPECT_EQ(check_text(two), check_text(report()));
}

TEST(Report, PlatformsThatDifferAreNamed) {
  EXPECT_EQ(
      check_text(report_with("2.4", {pysource::Verdict::no, "torch 2.4 has no nn"})),
      std::string(kFailing) + "torch.nn on linux-aarch64: no (torch 2.4 has no nn)\n  a.py:1:8\n" + kRest +
          "torch 2.3.1+cu121 on linux-x86_64" + kCounts +
          "\ntorch 2.4 on linux-aarch64: 4 names in 2 files: 0 yes, 3 no (1 of them not needed), 1 unknown");
}

TEST(Report, EachReasonOfAVerdictIsGiven) {
  auto two = report_with("2.3.1+cu121", {pysource::Verdict::yes, "torch/nn/__init__.py"});
  two.platforms[1].names[3].answer.reason = "there is no wheel";
  EXPECT_NE(check_text(two).find("torch._C.z: unknown (it is compiled; there is no wheel)\n"),
            std::string::npos);
}

TEST(Report, AnyPlatformFails) {
  auto two = report_with("2.4", {pysource::Verdict::no, "torch 2.4 has no nn"});
  for (auto& each : two.platforms) each.names = {each.names[1]};
  EXPECT_TRUE(two.fails());
  EXPECT_EQ(
      check_json(two),
      R"({"schema":1,"version":"2.3.1+cu121","wheels":[{"name":"torch","version":"2.3.1+cu121","file":)"
      R"("torch-2.3.1+cu121-x.whl","platform":"linux-x86_64"},{"name":"torch","version":"2.4","file":)"
      R"("torch-2.3.1+cu121-x.whl","platform":"linux-aarch64"}],"files":2,"fail_on":"path","verdicts":[{"name":)"
      R"("torch.nn:","tier":"import","verdict":"no","reason":"torch 2.4 has no nn","need":"must","fails":true,)"
      R"("uses":[{"file":"a.py","line":1,"column":8,"need":"must","fails":true,"fails_on":["linux-aarch64"],)"
      R"("standing":"fails"}],"platforms":[{"platform":"linux-x86_64","verdict":"yes","reason":)"
      R"("torch/nn/__init__.py","fails":false},{"platform":"linux-aarch64","verdict":"no","reason":)"
      R"("torch 2.4 has no nn","fails":true}]}],"problems":[{"file":"c.py","line":7,"message":"broken"}],)"
      R"("platforms":["linux-x86_64","linux-aarch64"]})");
}

TEST(Report, Scan) {
  probe::TreeScan scan;
  scan.files = 1;
  scan.names = {{{"torch", "a"},
                 pysource::Need::must,
                 {{"a.py", 1, 2, pysource::Need::must, {}}, {"a.py", 3, 4, pysource::Need::path, {{0, 1}}}}}};
  EXPECT_EQ(scan_text(scan), "torch.a  must\n  a.py:1\n  a.py:3  path  one of several\n1 name in 1 file");
  EXPECT_EQ(
      scan_json(scan),
      R"({"schema":1,"files":1,"requirements":[{"name":"torch:a","need":"must","uses":[{"file":"a.py","line":1,)"
      R"("column":2,"need":"must"},{"file":"a.py","line":3,"column":4,"need":"path","choices":[{"group":0,)"
      R"("alternative":1}]}]}],"problems":[]})");
}

TEST(Report, AnyBytesMakeAValidDocument) {
  probe::TreeScan scan;
  scan.names = {{{"torch", "\xff"}, pysource::Need::must, {{"\xfe.py", 1, 1, pysource::Need::must, {}}}}};
  EXPECT_NE(scan_json(scan).find("\xEF\xBF\xBD"), std::string::npos);
}

}  // namespace
}  // namespace launch::cli

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
  return {{{fakes::x86(),
            {{"torch", "2.3.1+cu121", "torch-2.3.1+cu121-x.whl"}},
            {},
            probe::judge(std::move(names), answers)}},
          2,
          {{"c.py", {7, "broken"}}}};
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

TEST(Report, CheckForAPerson) {
  EXPECT_EQ(check_text(report()),
            "a.py:12: torch:a: no (torch 2 has no a)\n"
            "b.py:3: torch:a: no (torch 2 has no a)\n"
            "a.py:9: torch._C:z: unknown (it is compiled)\n"
            "a.py:2: torch.x:y\\x1b: no, and not needed (torch 2 has no x)\n"
            "torch 2.3.1+cu121: 4 names in 2 files: 1 yes, 2 no (1 of them not needed), 1 unknown");
  EXPECT_TRUE(report().fails());
}

TEST(Report, CheckForAProgram) {
  auto one = report();
  one.platforms.front().names.resize(1);
  EXPECT_EQ(
      check_json(one),
      R"({"schema":1,"version":"2.3.1+cu121","wheels":[{"name":"torch","version":"2.3.1+cu121","file":)"
      R"("torch-2.3.1+cu121-x.whl"}],"files":2,"verdicts":[{"name":"torch:a","verdict":"no","reason":)"
      R"("torch 2 has no a","need":"must","fails":true,"uses":[{"file":"b.py","line":3,"column":1,"need":"must",)"
      R"("fails":true},{"file":"a.py","line":12,"column":5,"need":"path","fails":true}]}],"problems":[{"file":)"
      R"("c.py","line":7,"message":"broken"}]})");
}

TEST(Report, PlatformsThatSayTheSameAreOne) {
  const auto two = report_with("2.3.1+cu121", {pysource::Verdict::yes, "torch/nn/__init__.py"});
  EXPECT_EQ(check_text(two), check_text(report()));
}

TEST(Report, PlatformsThatDifferAreNamed) {
  EXPECT_EQ(check_text(report_with("2.4", {pysource::Verdict::no, "torch 2.4 has no nn"})),
            "a.py:1: torch.nn on linux-aarch64: no (torch 2.4 has no nn)\n"
            "a.py:12: torch:a: no (torch 2 has no a)\n"
            "b.py:3: torch:a: no (torch 2 has no a)\n"
            "a.py:9: torch._C:z: unknown (it is compiled)\n"
            "a.py:2: torch.x:y\\x1b: no, and not needed (torch 2 has no x)\n"
            "torch 2.3.1+cu121 on linux-x86_64: 4 names in 2 files: 1 yes, 2 no (1 of them not needed), 1 "
            "unknown\n"
            "torch 2.4 on linux-aarch64: 4 names in 2 files: 0 yes, 3 no (1 of them not needed), 1 unknown");
}

TEST(Report, EachReasonOfAVerdictIsGiven) {
  auto two = report_with("2.3.1+cu121", {pysource::Verdict::yes, "torch/nn/__init__.py"});
  two.platforms[1].names[3].answer.reason = "there is no wheel";
  EXPECT_NE(check_text(two).find("a.py:9: torch._C:z: unknown (it is compiled; there is no wheel)\n"),
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
      R"("torch-2.3.1+cu121-x.whl","platform":"linux-aarch64"}],"files":2,"verdicts":[{"name":"torch.nn:",)"
      R"("verdict":"no","reason":"torch 2.4 has no nn","need":"must","fails":true,"uses":[{"file":"a.py",)"
      R"("line":1,"column":8,"need":"must","fails":true,"fails_on":["linux-aarch64"]}],"platforms":[)"
      R"({"platform":"linux-x86_64","verdict":"yes","reason":"torch/nn/__init__.py","fails":false},)"
      R"({"platform":"linux-aarch64","verdict":"no","reason":"torch 2.4 has no nn","fails":true}]}],)"
      R"("problems":[{"file":"c.py","line":7,"message":"broken"}],)"
      R"("platforms":["linux-x86_64","linux-aarch64"]})");
}

TEST(Report, Scan) {
  probe::TreeScan scan;
  scan.files = 1;
  scan.names = {{{"torch", "a"},
                 pysource::Need::must,
                 {{"a.py", 1, 2, pysource::Need::must, {}}, {"a.py", 3, 4, pysource::Need::path, {{0, 1}}}}}};
  EXPECT_EQ(scan_text(scan), "torch:a  must\n  a.py:1\n  a.py:3  path  one of several\n1 name in 1 file");
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

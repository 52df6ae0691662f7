#include "probe/report.hpp"

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

CheckReport report() {
  std::vector<NeededName> names = {
      {{"torch", "a"}, Need::must, {{"b.py", 3, 1, Need::must, {}}, {"a.py", 12, 5, Need::path, {}}}},
      {{"torch.nn", ""}, Need::must, {{"a.py", 1, 8, Need::must, {}}}},
      {{"torch.x", "y\x1b"}, Need::optional, {{"a.py", 2, 8, Need::optional, {{4, 1}}}}},
      {{"torch._C", "z"}, Need::must, {{"a.py", 9, 8, Need::must, {}}}}};
  const std::vector<Answer> answers = {{Verdict::no, "torch 2 has no a"},
                                       {Verdict::yes, "torch/nn/__init__.py"},
                                       {Verdict::no, "torch 2 has no x"},
                                       {Verdict::unknown, "it is compiled"}};
  return {{{"torch", "2.3.1+cu121", "torch-2.3.1+cu121-x.whl"}},
          judge(std::move(names), answers),
          2,
          {{"c.py", {7, "broken"}}}};
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
  one.names.resize(1);
  EXPECT_EQ(
      check_json(one),
      R"({"schema":1,"version":"2.3.1+cu121","wheels":[{"name":"torch","version":"2.3.1+cu121","file":)"
      R"("torch-2.3.1+cu121-x.whl"}],"files":2,"verdicts":[{"name":"torch:a","verdict":"no","reason":)"
      R"("torch 2 has no a","need":"must","fails":true,"uses":[{"file":"b.py","line":3,"column":1,"need":"must",)"
      R"("fails":true},{"file":"a.py","line":12,"column":5,"need":"path","fails":true}]}],"problems":[{"file":)"
      R"("c.py","line":7,"message":"broken"}]})");
}

TEST(Report, Scan) {
  TreeScan scan;
  scan.files = 1;
  scan.names = {
      {{"torch", "a"}, Need::must, {{"a.py", 1, 2, Need::must, {}}, {"a.py", 3, 4, Need::path, {{0, 1}}}}}};
  EXPECT_EQ(scan_text(scan), "torch:a  must\n  a.py:1\n  a.py:3  path  one of several\n1 name in 1 file");
  EXPECT_EQ(
      scan_json(scan),
      R"({"schema":1,"files":1,"requirements":[{"name":"torch:a","need":"must","uses":[{"file":"a.py","line":1,)"
      R"("column":2,"need":"must"},{"file":"a.py","line":3,"column":4,"need":"path","choices":[{"group":0,)"
      R"("alternative":1}]}]}],"problems":[]})");
}

TEST(Report, AnyBytesMakeAValidDocument) {
  TreeScan scan;
  scan.names = {{{"torch", "\xff"}, Need::must, {{"\xfe.py", 1, 1, Need::must, {}}}}};
  EXPECT_NE(scan_json(scan).find("\xEF\xBF\xBD"), std::string::npos);
}

}  // namespace
}  // namespace launch::probe

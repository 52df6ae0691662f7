#include "cli/reports/check_formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/reports/source_line.hpp"
#include "fakes/values.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::json;
using pysource::Need;
using pysource::Verdict;

/// torch.Gone fails in two lines, torch.nn.f.relu is unknown, apex has no wheel and torch.soft is not needed.
probe::CheckReport report() {
  std::vector<probe::NeededName> names = {
      {{"apex", ""}, Need::path, {{"src/my code.py", 9, 8, Need::path, {}}}},
      {{"torch", "Gone"},
       Need::must,
       {{"src/my code.py", 1, 23, Need::must, {}}, {"src/my code.py", 5, 23, Need::path, {}}}},
      {{"torch", "nn.f.relu", "", pysource::Tier::attribute},
       Need::must,
       {{"/abs/b.py", 2, 1, Need::must, {}}}},
      {{"torch", "soft"}, Need::optional, {{"/abs/b.py", 3, 1, Need::optional, {}}}}};
  const std::vector<pysource::Answer> answers = {{Verdict::no, "no locked wheel provides apex"},
                                                 {Verdict::no, "torch 2 has no\nGone, 100% sure"},
                                                 {Verdict::unknown, "it is compiled"},
                                                 {Verdict::no, "torch 2 has no soft"}};
  probe::CheckReport made;
  made.platforms = {
      {fakes::x86(), {{"torch", "2", "torch-2.whl"}}, {}, probe::judge(std::move(names), answers)}};
  made.files = 2;
  made.problems = {{"c d.py", {7, "broken"}}};
  made.unprovided = {{"apex", ""}};
  made.lines = {{{"src/my code.py", 1}, "from torch import \u00e9, Gone, x"},
                {{"src/my code.py", 5}, "from torch import \u00e9, Gone, x"}};
  made.advice[{"torch", "Gone"}] = {{"torch.nn"}, {}};
  made.left_out.notebooks = {{"src", "src/a.ipynb", 2}};
  return made;
}

Json sarif(const probe::CheckReport& made, const CheckView& view = {}) {
  return Json::parse(check_sarif(made, view));
}

/// "rule level file:line:column-column" of each result.
std::vector<std::string> results(const Json& log) {
  std::vector<std::string> all;
  for (const auto& each : log["runs"][0]["results"]) {
    const auto& place = each["locations"][0]["physicalLocation"];
    const auto& region = place["region"];
    auto text = each["ruleId"].get<std::string>() + " " + each["level"].get<std::string>() + " " +
                place["artifactLocation"]["uri"].get<std::string>() + ":" + region["startLine"].dump();
    if (region.contains("startColumn"))
      text += ":" + region["startColumn"].dump() + "-" + region["endColumn"].dump();
    all.push_back(text);
  }
  return all;
}

std::vector<std::string> fingerprints(const probe::CheckReport& made) {
  std::vector<std::string> all;
  const auto log = sarif(made);
  for (const auto& each : log["runs"][0]["results"])
    all.push_back(each["partialFingerprints"]["launchUse/v1"]);
  return all;
}

TEST(Sarif, HasAResultForEachUse) {
  const auto log = sarif(report());
  EXPECT_EQ(results(log), (std::vector<std::string>{"missing-name error src/my%20code.py:1:22-26",
                                                    "missing-name warning src/my%20code.py:5:22-26",
                                                    "missing-package warning src/my%20code.py:9",
                                                    "unknown-name warning file:///abs/b.py:2"}));
  EXPECT_EQ(results(sarif(report(), {.all = true})).back(), "missing-name note file:///abs/b.py:3");
  EXPECT_EQ(log["version"], "2.1.0");
  EXPECT_EQ(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
  const auto& run = log["runs"][0];
  EXPECT_EQ(run["columnKind"], "unicodeCodePoints");
  EXPECT_EQ(run["tool"]["driver"]["name"], "launch");
  const auto& rules = run["tool"]["driver"]["rules"];
  for (const auto& each : run["results"])
    EXPECT_EQ(rules[each["ruleIndex"].get<std::size_t>()]["id"], each["ruleId"]);
  EXPECT_EQ(run["results"][0]["message"]["text"],
            "torch.Gone: no (torch 2 has no\nGone, 100% sure); also in torch.nn");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["region"]["snippet"]["text"],
            "from torch import \u00e9, Gone, x");
  EXPECT_EQ(
      run["invocations"][0]["toolExecutionNotifications"].dump(),
      R"([{"level":"warning","locations":[{"physicalLocation":{"artifactLocation":{"uri":"c%20d.py"},"region":)"
      R"({"startLine":7}}}],"message":{"text":"broken; the rest of the file was not read"}},{"level":"warning",)"
      R"("message":{"text":"src: 2 notebooks not read"}},{"level":"note","message":{"text":)"
      R"("torch 2: 4 names in 2 files: 0 yes, 3 no (1 of them not needed), 1 unknown"}},)"
      R"({"level":"note","message":{"text":"  imports: 3 names: 0 yes, 3 no (1 of them not needed), 0 unknown"}},)"
      R"({"level":"note","message":{"text":"  attributes: 1 name: 0 yes, 0 no, 1 unknown"}}])");
}

TEST(Sarif, FingerprintsStayWhenLinesShift) {
  const auto before = fingerprints(report());
  EXPECT_EQ(std::set<std::string>(before.begin(), before.end()).size(), before.size())
      << "the same line twice in a file has two";
  auto shifted = report();
  shifted.lines = {{{"src/my code.py", 4}, "    from torch import \u00e9, Gone, x"},
                   {{"src/my code.py", 8}, "from torch import \u00e9, Gone, x"}};
  for (auto& name : shifted.platforms.front().names) {
    for (auto& use : name.uses) use.use.line += 3;
  }
  EXPECT_EQ(fingerprints(shifted), before);
  auto other = report();
  other.lines[{"src/my code.py", 1}] = "from torch import Gone";
  EXPECT_NE(fingerprints(other)[0], before[0]);
}

TEST(Sarif, WhatIsKnownIsSuppressed) {
  auto made = report();
  made.baseline = probe::Baseline{{"torch:Gone", "src/my code.py"}};
  const auto log = sarif(made);
  std::size_t suppressed = 0;
  for (const auto& each : log["runs"][0]["results"]) {
    if (!each.contains("suppressions")) continue;
    ++suppressed;
    EXPECT_EQ(each["ruleId"], "missing-name");
    EXPECT_EQ(each["suppressions"].dump(),
              R"([{"justification":"listed in the baseline","kind":"external"}])");
  }
  EXPECT_EQ(suppressed, 2U);
  EXPECT_FALSE(made.fails());
}

TEST(GitHub, HasAnAnnotationForEachUse) {
  EXPECT_EQ(
      check_github(report()),
      "::error file=src/my code.py,line=1,col=22,endColumn=25,title=torch.Gone::torch.Gone: no (torch 2 has "
      "no%0AGone, 100%25 sure); also in torch.nn\n"
      "::error file=src/my code.py,line=5,col=22,endColumn=25,title=torch.Gone::torch.Gone: no (torch 2 has "
      "no%0AGone, 100%25 sure); also in torch.nn\n"
      "::warning file=src/my code.py,line=9,title=apex::apex: no (no locked wheel provides apex)\n"
      "::notice file=/abs/b.py,line=2,title=torch.nn.f.relu::torch.nn.f.relu: unknown (it is compiled)\n"
      "::notice title=launch check::torch 2: 4 names in 2 files: 0 yes, 3 no (1 of them not needed), 1 "
      "unknown\n"
      "::notice title=launch check::  imports: 3 names: 0 yes, 3 no (1 of them not needed), 0 unknown\n"
      "::notice title=launch check::  attributes: 1 name: 0 yes, 0 no, 1 unknown");
  auto made = report();
  made.platforms.front().names.resize(1);
  made.platforms.front().names[0].uses[0].use.file = "a,b:%c.py";
  EXPECT_TRUE(check_github(made).starts_with("::warning file=a%2Cb%3A%25c.py,line=9,title=apex::"));
}

TEST(Packages, ThatNobodyProvidesAreOneRow) {
  std::vector<probe::NeededName> names;
  for (const auto* name : {"b", "a"})
    names.push_back({{"apex.x", name}, Need::must, {{"a.py", name[0] == 'a' ? 1U : 2U, 8, Need::must, {}}}});
  for (const auto* root : {"wandb", "mlflow"})
    names.push_back({{root, ""}, Need::path, {{"a.py", 9, 8, Need::path, {}}}});
  std::vector<pysource::Answer> answers(2, {Verdict::no, "no locked wheel provides apex"});
  answers.push_back({Verdict::no, "no locked wheel provides wandb"});
  answers.push_back({Verdict::no, "no locked wheel provides mlflow"});
  probe::CheckReport made;
  for (const auto& name : names) made.unprovided.insert(name.requirement);
  made.platforms = {{fakes::x86(), {{"torch", "2", "torch-2.whl"}}, {}, probe::judge(names, answers)}};
  made.files = 1;
  EXPECT_EQ(check_text(made),
            "apex: no (no locked wheel provides apex)\n  a.py:1:8\n  a.py:2:8\n"
            "no locked wheel provides mlflow or wandb, which are needed on some path (-v shows where)\n"
            "torch 2: 4 names in 1 file: 0 yes, 4 no, 0 unknown");
  EXPECT_EQ(check_text(made, {.all = true}),
            "apex: no (no locked wheel provides apex)\n  a.py:1:8\n  a.py:2:8\n"
            "wandb: no (no locked wheel provides wandb)\n  a.py:9:8, on a path\n"
            "mlflow: no (no locked wheel provides mlflow)\n  a.py:9:8, on a path\n"
            "torch 2: 4 names in 1 file: 0 yes, 4 no, 0 unknown");
}

TEST(Gates, ThatLetAFailingUseRunAreNamed) {
  auto made = report();
  auto& names = made.platforms.front().names;
  names.erase(names.begin() + 2, names.end());
  names.erase(names.begin());
  names[0].answer.reason = "torch 2 has none";
  names[0].uses.pop_back();
  names[0].uses[0].passed_lines = {7, 7};
  made.lines[{"src/my code.py", 7}] = "  if TORCH_2:";
  EXPECT_TRUE(check_text(made).starts_with(
      "torch.Gone: no (torch 2 has none)\n  src/my code.py:1:23\n    from torch import \u00e9, Gone, x\n"
      "                         ^^^^\n  src/my code.py:7: this condition lets it run\n    if TORCH_2:\n"))
      << check_text(made);
  EXPECT_TRUE(check_github(made).starts_with(
      "::error file=src/my code.py,line=1,col=22,endColumn=25,title=torch.Gone::torch.Gone: no (torch 2 has "
      "none); "
      "also in torch.nn; the condition in line 7 lets it run\n"))
      << check_github(made);
  EXPECT_EQ(
      sarif(made)["runs"][0]["results"][0]["relatedLocations"].dump(),
      R"([{"message":{"text":"this condition lets it run"},"physicalLocation":{"artifactLocation":{"uri":)"
      R"("src/my%20code.py"},"region":{"startLine":7}}}])");
  names[0].uses[0].runs = probe::Runs::no;
  EXPECT_TRUE(check_text(made).starts_with("1 missing name is not run with this version (-v shows it)\n"))
      << check_text(made);
  EXPECT_TRUE(check_text(made, {.all = true}).starts_with("torch.Gone: no, but not run with this version ("));
}

TEST(Rules, DecideWhatFails) {
  auto made = report();
  EXPECT_TRUE(made.fails());
  made.platforms.front().names.erase(made.platforms.front().names.begin() + 1);
  EXPECT_FALSE(made.fails()) << "a package that nobody provides fails only where it must be there";
  made.fail_on = probe::FailOn::unknown;
  EXPECT_TRUE(made.fails());
  EXPECT_TRUE(check_github(made).starts_with("::warning file=src/my code.py,line=9"));
  EXPECT_NE(check_github(made).find("::error file=/abs/b.py,line=2"), std::string::npos);
  auto path = report();
  auto& uses = path.platforms.front().names[1].uses;
  uses.erase(uses.begin());
  EXPECT_TRUE(path.fails());
  path.fail_on = probe::FailOn::must;
  EXPECT_FALSE(path.fails());
  EXPECT_NE(check_text(path).find(
                "torch.Gone: no (torch 2 has no\\x0aGone, 100% sure)\n  src/my code.py:5:23, on a path"),
            std::string::npos)
      << check_text(path);
}

TEST(Rules, OnlyWhatTheOlderReleaseHadFails) {
  auto made = report();
  probe::Earlier earlier{{"torch", "1.9", "torch-1.9.whl"}, made.platforms.front().names};
  for (auto& name : earlier.names) name.answer = {Verdict::no, "not there either"};
  for (auto& name : earlier.names) {
    for (auto& use : name.uses) use.outcome = Verdict::no;
  }
  made.earlier = earlier;
  EXPECT_FALSE(made.fails());
  EXPECT_EQ(check_text(made),
            "2 names are missing in torch 1.9 as well (-v shows them)\n"
            "1 name is unknown, and not known to be in torch 1.9 (-v shows it)\n"
            "1 optional name is missing (-v shows it)\n"
            "torch 2 compared with 1.9: 4 names in 2 files: 0 yes, 3 no (1 of them not needed), 1 unknown\n"
            "  imports: 3 names: 0 yes, 3 no (1 of them not needed), 0 unknown\n"
            "  attributes: 1 name: 0 yes, 0 no, 1 unknown");
  const auto all = check_text(made, {.all = true});
  const std::string unknown =
      "torch.nn.f.relu: unknown, and not known to be in torch 1.9 (it is compiled)\n  /abs/b.py:2:1\n";
  EXPECT_NE(all.find(unknown), std::string::npos) << all;
  made.fail_on = probe::FailOn::unknown;
  EXPECT_FALSE(made.fails()) << "nothing shows that the older release is any better";
  made.fail_on = probe::FailOn::path;
  const auto json = Json::parse(check_json(made, {}));
  EXPECT_EQ(json["verdicts"][2]["uses"][0]["standing"], "unknown before");
  EXPECT_EQ(results(sarif(made)), std::vector<std::string>{});
  EXPECT_THAT(results(sarif(made, {.all = true})),
              testing::Contains("unknown-name warning file:///abs/b.py:2"));
  earlier.names[1].uses[0].outcome = Verdict::yes;
  made.earlier = earlier;
  EXPECT_TRUE(made.fails());
  EXPECT_TRUE(check_text(made).starts_with(
      "torch.Gone: no, but torch 1.9 has it (torch 2 has no\\x0aGone, 100% sure)\n  src/my code.py:1:23\n"))
      << check_text(made);
}

TEST(Carets, AreUnderTheName) {
  const auto carets = [](const std::string& line, std::uint32_t column) {
    probe::CheckReport made;
    made.lines[{"a.py", 1}] = line;
    return caret_lines(source_line(made, {"a.py", 1, column, Need::must, {}}), "  ");
  };
  EXPECT_EQ(carets("\tfrom torch import \u00e9\u00e8, Gone  # x\x1b  ", 26),
            "  from torch import \u00e9\u00e8, Gone  # x\\x1b\n                        ^^^^");
  EXPECT_EQ(carets("import torch.nn.x as y", 8), "  import torch.nn.x as y\n         ^^^^^^^^^^");
  EXPECT_EQ(carets("x", 9), "  x\n   ^") << "a column behind the line";
  EXPECT_EQ(carets("", 1), "");
  const std::string wide(150, 'a');
  EXPECT_EQ(carets("x = " + wide + ".b + c", 1), "  x = " + wide.substr(0, 95) + "\u2026\n  ^");
  EXPECT_EQ(carets(std::string(120, ' ') + "x + " + wide + " + torch.b", 278), "  torch.b\n  ^^^^^^^");
}

}  // namespace
}  // namespace launch::cli

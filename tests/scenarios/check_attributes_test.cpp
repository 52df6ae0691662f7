// What launch check says of attributes and of keyword arguments.

#include <nlohmann/json.hpp>

#include "scenarios/check_scenario.hpp"

namespace launch::scenarios {
namespace {

fakes::WheelSpec release(const std::string& version, const std::string& functional) {
  return {.name = "torch",
          .version = version,
          .files = {{"torch/__init__.py", "from . import nn, optim\n__version__ = '" + version + "'\n"},
                    {"torch/nn/__init__.py", "from . import functional\n"},
                    {"torch/nn/functional.py", functional},
                    {"torch/optim/__init__.py",
                     "class SGD:\n    def __init__(self, params, lr=1e-3, *, momentum=0): ...\n"}},
          .tags = "cp311-cp311-manylinux_2_28_x86_64"};
}

constexpr const char* kNew =
    "def relu(input, inplace=False): ...\ndef sdpa(query, **options): ...\nmode = 'fast'\n";
constexpr const char* kOld = "def relu(input, inplace=False, threshold=0): ...\ndef gelu(input): ...\n";

constexpr const char* kCode =
    "import torch\n"
    "import torch.nn.functional as F\n"
    "from torch.optim import SGD\n"
    "\n"
    "y = torch.nn.functional.relu(1, threshold=2, inplace=True)\n"
    "z = F.gelu(F.sdpa(y, scale=1))\n"
    "if torch.__version__ >= '2.9':\n"
    "    z = F.relu(z, leak=0.1)\n"
    "if hasattr(F, 'silu'):\n"
    "    z = F.silu(z, inplace=True)\n"
    "\n"
    "\n"
    "def train():\n"
    "    SGD([], learn_rate=1, momentum=1)\n";

TEST_F(CheckScenario, AttributesAndKeywords) {
  index_.add(release("2.8.0", kNew));
  scenario_.write("src/train.py", kCode);
  auto done = scenario_.launch({"check", "--torch", "2.8.0", "src"});
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(
      done.out,
      "torch.nn.functional.gelu: no (torch/nn/functional.py of torch 2.8.0 has no gelu, but relu)\n"
      "  src/train.py:6:5\n"
      "    z = F.gelu(F.sdpa(y, scale=1))\n"
      "        ^^^^^^\n"
      "  no torch from 2.3.1 to 2.8.0 has it\n"
      "torch.nn.functional.relu(threshold=…): no (relu (torch/nn/functional.py:1) of torch 2.8.0 has no "
      "parameter threshold)\n"
      "  src/train.py:5:33\n"
      "    y = torch.nn.functional.relu(1, threshold=2, inplace=True)\n"
      "                                    ^^^^^^^^^\n"
      "  no torch from 2.3.1 to 2.8.0 has it\n"
      "torch.optim.SGD(learn_rate=…): no (SGD.__init__ (torch/optim/__init__.py:2) of torch 2.8.0 has no "
      "parameter learn_rate)\n"
      "  src/train.py:14:13, on a path\n"
      "    SGD([], learn_rate=1, momentum=1)\n"
      "            ^^^^^^^^^^\n"
      "  no torch from 2.3.1 to 2.8.0 has it\n"
      "1 keyword is unknown (-v shows it)\n"
      "2 missing names are not run with this version (-v shows them)\n"
      "torch 2.8.0: 15 names in 1 file: 8 yes, 6 no (3 of them not needed), 1 unknown\n"
      "  imports: 3 names: 3 yes, 0 no, 0 unknown\n"
      "  attributes: 5 names: 3 yes, 2 no (1 of them not needed), 0 unknown\n"
      "  keywords: 7 names: 2 yes, 4 no (2 of them not needed), 1 unknown\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, ATestOfTheVersionThatIsWrongLetsAKeywordRun) {
  index_.add(release("2.8.0", kNew));
  scenario_.write("src/train.py",
                  "import torch\nif torch.__version__ >= '2.6':\n    torch.nn.functional.relu(1, leak=2)\n"
                  "else:\n    torch.nn.functional.gelu(1)\n");
  const auto done = scenario_.launch({"check", "--torch", "2.8.0", "src"});
  EXPECT_EQ(done.out,
            "torch.nn.functional.relu(leak=…): no (relu (torch/nn/functional.py:1) of torch 2.8.0 has no "
            "parameter leak)\n"
            "  src/train.py:3:33\n"
            "    torch.nn.functional.relu(1, leak=2)\n"
            "                                ^^^^\n"
            "  src/train.py:2: this condition lets it run\n"
            "    if torch.__version__ >= '2.6':\n"
            "  no torch from 2.3.1 to 2.8.0 has it\n"
            "1 missing name is not run with this version (-v shows it)\n"
            "torch 2.8.0: 5 names in 1 file: 3 yes, 2 no (1 of them not needed), 0 unknown\n"
            "  imports: 1 name: 1 yes, 0 no, 0 unknown\n"
            "  attributes: 3 names: 2 yes, 1 no (1 of them not needed), 0 unknown\n"
            "  keywords: 1 name: 0 yes, 1 no, 0 unknown\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, AttributesThatTheOlderReleaseHad) {
  index_.add(release("2.8.0", kNew));
  index_.add(release("2.4.0", kOld));
  scenario_.write("src/train.py", kCode);
  const auto done = scenario_.launch({"check", "--from", "2.4.0", "--torch", "2.8.0", "src"});
  EXPECT_EQ(
      done.out,
      "torch.nn.functional.gelu: no, but torch 2.4.0 has it (torch/nn/functional.py of torch 2.8.0 has no "
      "gelu, but relu)\n"
      "  src/train.py:6:5\n"
      "    z = F.gelu(F.sdpa(y, scale=1))\n"
      "        ^^^^^^\n"
      "  torch has it in 2.4.0 alone\n"
      "torch.nn.functional.relu(threshold=…): no, but torch 2.4.0 has it (relu (torch/nn/functional.py:1) "
      "of torch 2.8.0 has no parameter threshold)\n"
      "  src/train.py:5:33\n"
      "    y = torch.nn.functional.relu(1, threshold=2, inplace=True)\n"
      "                                    ^^^^^^^^^\n"
      "  torch has it in 2.4.0 alone\n"
      "1 name is missing in torch 2.4.0 as well (-v shows it)\n"
      "1 name is unknown, and not known to be in torch 2.4.0 (-v shows it)\n"
      "2 missing names are not run with this version (-v shows them)\n"
      "torch 2.8.0 compared with 2.4.0: 15 names in 1 file: 8 yes, 6 no (3 of them not needed), 1 unknown\n"
      "  imports: 3 names: 3 yes, 0 no, 0 unknown\n"
      "  attributes: 5 names: 3 yes, 2 no (1 of them not needed), 0 unknown\n"
      "  keywords: 7 names: 2 yes, 4 no (2 of them not needed), 1 unknown\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, WhatIsUnknownForOneReasonIsSaidOnce) {
  index_.add(release("2.8.0", kNew));
  scenario_.write("src/train.py",
                  "import torch\nx = torch.npu.device_count()\ny = torch.npu.Stream(device=1)\n"
                  "z = torch.Gone(size=1)\n");
  const auto done = scenario_.launch({"check", "--torch", "2.8.0", "src"});
  EXPECT_EQ(done.out,
            "torch.Gone: no (torch/__init__.py of torch 2.8.0 has no Gone)\n"
            "  src/train.py:4:5\n"
            "    z = torch.Gone(size=1)\n"
            "        ^^^^^^^^^^\n"
            "  no torch from 2.3.1 to 2.8.0 has it\n"
            "torch.npu: unknown (torch.npu comes with the package torch_npu)\n"
            "  src/train.py:2:5\n"
            "    x = torch.npu.device_count()\n"
            "        ^^^^^^^^^^^^^^^^^^^^^^\n"
            "  src/train.py:3:5\n"
            "    y = torch.npu.Stream(device=1)\n"
            "        ^^^^^^^^^^^^^^^^\n"
            "torch 2.8.0: 6 names in 1 file: 1 yes, 2 no (1 of them not needed), 3 unknown\n"
            "  imports: 1 name: 1 yes, 0 no, 0 unknown\n"
            "  attributes: 3 names: 0 yes, 1 no, 2 unknown\n"
            "  keywords: 2 names: 0 yes, 1 no (1 of them not needed), 1 unknown\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, OneOfTheNamesThatAreBoundSuffices) {
  index_.add(release("2.8.0", kNew));
  scenario_.write("src/train.py",
                  "import torch\ndef save():\n    if torch.__version__ >= '2.3':\n"
                  "        from torch.nn.functional import relu\n        relu(1, inplace=True)\n    else:\n"
                  "        from torch.nn.functional import gelu as relu\n        relu(1)\n");
  const auto done = scenario_.launch({"check", "--torch", "2.8.0", "src"});
  EXPECT_EQ(done.code, 0) << done.out;
}

TEST_F(CheckScenario, AttributesForOtherPrograms) {
  index_.add(release("2.8.0", kNew));
  scenario_.write("src/train.py", "import torch\ntorch.nn.functional.relu(1, foo=torch.Gone)\n");
  const auto github =
      scenario_.launch({"check", "--torch", "2.8.0", "src", "--no-history", "--format", "github"});
  EXPECT_EQ(github.out,
            "::error file=src/train.py,line=2,col=33,endColumn=42,title=torch.Gone::torch.Gone: no "
            "(torch/__init__.py of torch 2.8.0 has no Gone)\n"
            "::error file=src/train.py,line=2,col=29,endColumn=31,title=torch.nn.functional.relu(foo=…)::"
            "torch.nn.functional.relu(foo=…): no (relu (torch/nn/functional.py:1) of torch 2.8.0 has no "
            "parameter foo)\n"
            "::notice title=launch check::torch 2.8.0: 4 names in 1 file: 2 yes, 2 no, 0 unknown\n"
            "::notice title=launch check::  imports: 1 name: 1 yes, 0 no, 0 unknown\n"
            "::notice title=launch check::  attributes: 2 names: 1 yes, 1 no, 0 unknown\n"
            "::notice title=launch check::  keywords: 1 name: 0 yes, 1 no, 0 unknown\n");
  const auto sarif = nlohmann::json::parse(
      scenario_.launch({"check", "--torch", "2.8.0", "src", "--no-history", "--format", "sarif"}).out);
  std::vector<std::string> results;
  for (const auto& each : sarif["runs"][0]["results"])
    results.push_back(each["ruleId"].get<std::string>() + ": " + each["message"]["text"].get<std::string>());
  EXPECT_EQ(
      results,
      (std::vector<std::string>{
          "missing-attribute: torch.Gone: no (torch/__init__.py of torch 2.8.0 has no Gone)",
          "missing-argument: torch.nn.functional.relu(foo=…): no (relu (torch/nn/functional.py:1) of torch "
          "2.8.0 has no parameter foo)"}));
  const auto json =
      nlohmann::json::parse(scenario_.launch({"--json", "check", "--torch", "2.8.0", "src"}).out);
  std::vector<std::string> verdicts;
  for (const auto& each : json["verdicts"]) {
    verdicts.push_back(each["tier"].get<std::string>() + " " + each["name"].get<std::string>() + " " +
                       each["verdict"].get<std::string>() + (each["fails"] == true ? " fails" : ""));
  }
  EXPECT_EQ(verdicts, (std::vector<std::string>{"import torch: yes", "attribute torch:Gone no fails",
                                                "attribute torch:nn.functional.relu yes",
                                                "keyword torch:nn.functional.relu(foo=) no fails"}));
}

}  // namespace
}  // namespace launch::scenarios

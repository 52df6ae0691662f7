// What launch check leaves out, compares with, and writes for other programs.

#include <nlohmann/json.hpp>

#include "fakes/registry.hpp"
#include "scenarios/check_scenario.hpp"

namespace launch::scenarios {
namespace {

TEST_F(CheckScenario, NotebooksAndEnvironmentsAreLeftOutAloud) {
  scenario_.write("src/train.py", "import torch\n");
  scenario_.write("src/a.ipynb", "{}");
  scenario_.write("src/more/b.ipynb", "{}");
  scenario_.write("src/env/conda-meta/history", "");
  scenario_.write("src/env/lib/x.py", "import torch.gone\n");
  auto done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.out, "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
  EXPECT_EQ(
      done.err,
      "warning: src: 2 notebooks not read, such as src/a.ipynb; convert them with `jupyter nbconvert --to "
      "script`\nskipped src/env, a Python environment (it has conda-meta)\n");
  EXPECT_EQ(done.code, 0);
  done = scenario_.launch({"check", "--torch", "2.3.1", "src/a.ipynb"});
  EXPECT_EQ(done.err,
            "error: src/a.ipynb is a notebook, which is not read\n\nhint: convert it: jupyter nbconvert --to "
            "script "
            "src/a.ipynb\n");
  EXPECT_EQ(done.code, 2);
}

TEST_F(CheckScenario, PatternsLeaveFilesOut) {
  scenario_.write("src/train.py", "import torch\n");
  scenario_.write("src/tests/a.py", "import torch.gone\n");
  scenario_.write("src/x_pb2.py", "import torch.gone\n");
  const auto* const one = "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n";
  EXPECT_EQ(
      scenario_.launch({"check", "--torch", "2.3.1", "--exclude", "tests", "--exclude", "*_pb2.py", "src"})
          .out,
      one);
  EXPECT_EQ(scenario_.launch({"scan", "src", "--exclude", "tests", "--exclude", "*_pb2.py"}).out,
            "torch  must\n  src/train.py:1\n1 name in 1 file\n");
  fakes::Registry registry;
  registry.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
  scenario_.write("launch.toml", fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\n"
                                             "insecure = true\n",
                                             registry.location()));
  scenario_.write(
      "recipes/demo.toml",
      "python = \"3.11\"\npackages = [\"torch\"]\n[image]\npython = \"base\"\n"
      "from = \"docker.io/library/debian:12\"\n[verify]\nscan = [\"src\"]\nexclude = [\"tests\"]\n");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  EXPECT_EQ(scenario_.launch({"check", "demo", "--exclude", "*_pb2.py"}).out, one);
  const auto bad = scenario_.launch({"check", "--torch", "2.3.1", "--exclude", "a[", "src"});
  EXPECT_EQ(bad.err,
            "error: \"a[\" is not a pattern: a \"[\" without its \"]\"\n  while reading --exclude\n");
  EXPECT_EQ(bad.code, 2);
}

TEST_F(CheckScenario, OnlyWhatWasThereAndIsGone) {
  index_.add({.name = "torch",
              .version = "2.0.0",
              .files = {{"torch/__init__.py", "Gone = 1\n"}},
              .tags = "cp311-cp311-manylinux_2_28_x86_64"});
  const auto done = scenario_.launch({"check", "--from", "2.0.0", "--torch", "2.3.1", "src"});
  EXPECT_EQ(
      done.out,
      "torch.Gone: no, but torch 2.0.0 has it (torch/__init__.py of torch 2.3.1 has no Gone)\n"
      "  src/train.py:4:5\n"
      "    Gone,\n"
      "    ^^^^\n"
      "  torch has it up to 2.0.0\n"
      "1 name is missing in torch 2.0.0 as well (-v shows it)\n"
      "1 name is unknown, and not known to be in torch 2.0.0 (-v shows it)\n"
      "1 optional name is missing (-v shows it)\n"
      "torch 2.3.1 compared with 2.0.0: 6 names in 1 file: 2 yes, 3 no (1 of them not needed), 1 unknown\n");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(scenario_.launch({"check", "--from", "2.3.1", "--torch", "2.3.1", "src"}).code, 0);
  const auto bad = scenario_.launch({"check", "demo", "--from", "2.0.0", "src"});
  EXPECT_EQ(bad.err, "error: --from can only be used with --torch VERSION\n");
  const auto none = scenario_.launch({"check", "--from", "1.0", "--torch", "2.3.1", "src"});
  EXPECT_EQ(none.err,
            "error: [INDEX] has no wheel of torch 1.0 for linux-x86_64\n  while looking for the release of "
            "--from\n\n"
            "hint: the newest versions there: 2.3.1, 2.0.0\n");
}

TEST_F(CheckScenario, ABaselineHoldsWhatIsKnown) {
  const std::vector<std::string> check = {"check", "--torch", "2.3.1", "src"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), check.begin(), check.end());
    return scenario_.launch(more);
  };
  auto done = with({"--write-baseline", "known.json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "wrote 2 known failures to known.json\n");
  EXPECT_EQ(scenario_.read("known.json"),
            "{\"schema\": 1, \"failures\": [\n  "
            "{\"name\":\"torch.distributed.pipelining:\",\"file\":\"src/train.py\"},\n"
            "  {\"name\":\"torch:Gone\",\"file\":\"src/train.py\"}\n]}\n");
  scenario_.write("src/train.py", "\n\nfrom torch import Gone\nfrom torch import New\n");
  done = with({"--baseline", "known.json"});
  EXPECT_EQ(done.out,
            "torch.New: no (torch/__init__.py of torch 2.3.1 has no New)\n"
            "  src/train.py:4:19\n"
            "    from torch import New\n"
            "                      ^^^\n"
            "1 missing name is in the baseline (-v shows it)\n"
            "in the baseline, but no longer failing: torch.distributed.pipelining: in src/train.py\n"
            "torch 2.3.1: 2 names in 1 file: 0 yes, 2 no, 0 unknown\n");
  EXPECT_EQ(done.code, 1);
  scenario_.write("src/train.py", "from torch import Gone\n");
  EXPECT_EQ(with({"--baseline", "known.json"}).code, 0);
  EXPECT_EQ(with({"--baseline", "none.json"}).err,
            "error: none.json: no such file\n\nhint: write it: launch check --write-baseline none.json …\n");
  EXPECT_EQ(with({"--baseline", "a", "--write-baseline", "b"}).err,
            "error: --baseline cannot be combined with --write-baseline, which writes all failures\n");
}

TEST_F(CheckScenario, WhatFailsIsChosen) {
  scenario_.write("src/train.py", "def f():\n    import torch.gone\n");
  const auto code = [&](const std::string& need) {
    return scenario_.launch({"check", "--torch", "2.3.1", "src", "--fail-on", need}).code;
  };
  EXPECT_EQ(code("must"), 0);
  EXPECT_EQ(code("path"), 1);
  EXPECT_EQ(code("unknown"), 1);
  scenario_.write("src/train.py", "from torch.lazy import perhaps\n");
  EXPECT_EQ(code("path"), 0);
  EXPECT_EQ(code("unknown"), 1);
  EXPECT_EQ(code("never"), 2);
}

TEST_F(CheckScenario, AnnotationsOfGitHub) {
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "src", "--format", "github"});
  EXPECT_EQ(
      done.out,
      "::error file=src/train.py,line=4,col=5,endColumn=8,title=torch.Gone::torch.Gone: no "
      "(torch/__init__.py of torch 2.3.1 has no Gone)\n"
      "::error file=src/train.py,line=10,col=12,endColumn=39,title=torch.distributed.pipelining::"
      "torch.distributed.pipelining: no (torch 2.3.1 has no module torch/distributed)\n"
      "::notice file=src/train.py,line=6,col=24,endColumn=30,title=torch.lazy.perhaps::torch.lazy.perhaps: "
      "unknown (__getattr__ in torch/lazy.py may provide it)\n"
      "::notice title=launch check::torch 2.3.1: 6 names in 1 file: 2 yes, 3 no (1 of them not needed), 1 "
      "unknown\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, ALogForCodeScanning) {
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "src", "--format", "sarif"});
  EXPECT_EQ(done.code, 1);
  const auto log = nlohmann::json::parse(done.out);
  const auto& result = log["runs"][0]["results"][0];
  EXPECT_EQ(log["runs"][0]["results"].size(), 3U);
  EXPECT_EQ(
      result["locations"].dump(),
      R"([{"physicalLocation":{"artifactLocation":{"uri":"src/train.py"},"region":{"endColumn":9,"snippet":)"
      R"({"text":"    Gone,"},"startColumn":5,"startLine":4}}}])");
  EXPECT_EQ(result["message"]["text"], "torch.Gone: no (torch/__init__.py of torch 2.3.1 has no Gone)");
  EXPECT_EQ(result["level"], "error");
}

TEST_F(CheckScenario, WhatIsMissingHasAHistory) {
  const auto release = [&](const std::string& version, const std::string& init, const std::string& nn) {
    return index_.add({.name = "torch",
                       .version = version,
                       .files = {{"torch/__init__.py", init}, {"torch/nn/__init__.py", nn}},
                       .tags = "cp311-cp311-manylinux_2_28_x86_64"});
  };
  release("2.0.0", "", "Old = Late = 1\n");
  release("2.1.0", "Gone = 1\n", "Old = 1\n");
  release("2.2.0", "Gone = 1\n", "");
  release("2.4.0", "", "Late = 1\n");
  release("2.5.0", "", "Late = 1\n");
  scenario_.write("src/train.py",
                  "from torch import Gone, Never\nfrom torch.nn import Late, Old\nimport torch.lazy\n");
  auto done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.out,
            "torch.Gone: no (torch/__init__.py of torch 2.3.1 has no Gone)\n"
            "  src/train.py:1:19\n"
            "    from torch import Gone, Never\n"
            "                      ^^^^\n"
            "  torch has it from 2.1.0 to 2.2.0\n"
            "torch.Never: no (torch/__init__.py of torch 2.3.1 has no Never)\n"
            "  src/train.py:1:25\n"
            "    from torch import Gone, Never\n"
            "                            ^^^^^\n"
            "  no torch from 2.0.0 to 2.5.0 has it\n"
            "torch.nn.Late: no (torch/nn/__init__.py of torch 2.3.1 has no Late)\n"
            "  src/train.py:2:22\n"
            "    from torch.nn import Late, Old\n"
            "                         ^^^^\n"
            "  torch has it up to 2.0.0 and since 2.4.0\n"
            "torch.nn.Old: no (torch/nn/__init__.py of torch 2.3.1 has no Old)\n"
            "  src/train.py:2:28\n"
            "    from torch.nn import Late, Old\n"
            "                               ^^^\n"
            "  torch has it up to 2.1.0\n"
            "torch 2.3.1: 5 names in 1 file: 1 yes, 4 no, 0 unknown\n");
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(scenario_.launch({"check", "--torch", "2.3.1", "src", "--json"})
                .out.find(R"("history":{"package":"torch","oldest":"2.0.0","newest":"2.5.0",)"
                          R"("has":[{"first":"2.0.0","last":"2.0.0"},{"first":"2.4.0","last":"2.5.0"}],)"
                          R"("unknown":0})"),
            std::string::npos);
  EXPECT_NE(scenario_.launch({"check", "--torch", "2.3.1", "src", "--format", "github"})
                .out.find("has no Gone); torch has it from 2.1.0 to 2.2.0"),
            std::string::npos);
  done = scenario_.launch({"check", "--torch", "2.3.1", "src", "--no-history"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out.find("has it"), std::string::npos) << done.out;
}

TEST_F(CheckScenario, AnotherFunctionOfTheSameNameIsNoAdvice) {
  const auto release = [&](const std::string& version, std::map<std::string, std::string> files) {
    files.insert({{"torch/__init__.py", ""}, {"torch/cpu.py", "def wait(): pass\n"}});
    index_.add({.name = "torch",
                .version = version,
                .files = {files.begin(), files.end()},
                .tags = "cp311-cp311-manylinux_2_28_x86_64"});
  };
  release("2.4.0", {});
  release("2.6.0", {{"torch/accelerator.py", "def wait(): pass\n"}});
  scenario_.write("src/train.py", "from torch.accelerator import wait\n");
  const std::string missing =
      "torch.accelerator.wait: no (torch 2.4.0 has no module torch/accelerator)\n"
      "  src/train.py:1:31\n"
      "    from torch.accelerator import wait\n"
      "                                  ^^^^\n";
  const std::string count = "torch 2.4.0: 1 name in 1 file: 0 yes, 1 no, 0 unknown\n";
  EXPECT_EQ(scenario_.launch({"check", "--torch", "2.4.0", "src"}).out,
            missing + "  torch has it since 2.6.0\n" + count);
  EXPECT_EQ(scenario_.launch({"check", "--torch", "2.4.0", "src", "--no-history"}).out,
            missing + "  also in torch.cpu\n" + count);
}

TEST_F(CheckScenario, AnIndexThatCannotBeAskedForTheHistoryIsSaid) {
  lock(fmt::format("url = \"{}\"", index_.file_url(wheel_)));
  index_.fail_page("torch", {.status = 403});
  scenario_.write("src/train.py", "from torch import Gone\n");
  const auto done = scenario_.launch({"check", "lockfiles/pylock.demo.toml", "src"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "torch.Gone: no (torch/__init__.py of torch 2.3.1 has no Gone)\n"
            "  src/train.py:1:19\n"
            "    from torch import Gone\n"
            "                      ^^^^\n"
            "cannot tell which versions have the missing names: torch: the index page [INDEX]/torch/ "
            "returned 403, expected 200\n"
            "torch 2.3.1: 1 name in 1 file: 0 yes, 1 no, 0 unknown\n");
  EXPECT_EQ(done.err, "");
  scenario_.write("src/train.py", "from torch import Module\n");
  EXPECT_EQ(scenario_.launch({"check", "lockfiles/pylock.demo.toml", "src"}).out,
            "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
}

TEST_F(CheckScenario, EverythingIsShownOnRequest) {
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "src", "-v"});
  EXPECT_NE(done.out.find("torch.extra: no, but not needed (torch 2.3.1 has no module torch/extra)\n"
                          "  src/train.py:12:12\n    import torch.extra\n           ^^^^^^^^^^^\n"),
            std::string::npos)
      << done.out;
}

}  // namespace
}  // namespace launch::scenarios

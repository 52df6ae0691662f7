// matrix, bisect and range on a stand-in for the nightly channel, in which the story of PyTorch's pull
// request 125795 is told again: a name lands, is reverted, and lands again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/index_server.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

std::string commit(int day) {
  return fmt::format("{:02}{}", day, std::string(38, 'a'));
}

class VersionsScenario : public ::testing::Test {
 protected:
  VersionsScenario() {
    scenario_.set("LAUNCH_CHANNEL_URL", channel_.server().url());
    scenario_.set("LAUNCH_INDEX_URL", index_.url());
    scenario_.set("UV_NO_CONFIG", "1");
    scenario_.hide(index_.url(), "[INDEX]");
    scenario_.hide(channel_.server().url(), "[HOST]");
  }

  /// The nightly of a day in June 2024, whose torch.utils.checkpoint is this source.
  std::string nightly(int day, const std::string& checkpoint) {
    return channel_.add({.name = "torch",
                         .version = fmt::format("2.5.0.dev202406{:02}+cu121", day),
                         .files = {{"torch/__init__.py", "from . import utils\n"},
                                   {"torch/version.py", "git_version = '" + commit(day) + "'\n"},
                                   {"torch/utils/__init__.py", ""},
                                   {"torch/utils/checkpoint.py", checkpoint}},
                         .tags = "cp311-cp311-linux_x86_64"});
  }

  /// Lands on the 12th, is reverted on the 13th, lands again on the 17th; nothing on the 15th.
  void article() {
    const std::string before = "def _pt2_selective_checkpoint_context_fn_gen(): ...\n";
    const std::string after = "class CheckpointPolicy: ...\n";
    for (const int day : {10, 11, 12, 13, 14, 16, 17, 18}) {
      nightly(day, day == 12 || day >= 17 ? after : before);
    }
  }

  void release(const std::string& version, const std::string& init) {
    index_.add({.name = "torch",
                .version = version,
                .files = {{"torch/__init__.py", init}, {"torch/nn/__init__.py", "class Module: ...\n"}},
                .tags = "cp311-cp311-manylinux_2_28_x86_64"});
  }

  fakes::IndexServer index_;
  fakes::IndexServer channel_{{.missing = 403, .root = "/nightly/cu121"}};
  Scenario scenario_;
};

const std::vector<std::string> kNightly = {"--channel", "nightly", "--cuda", "cu121"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_F(VersionsScenario, TheArticle) {
  article();
  const auto done = scenario_.launch(with({"bisect", "torch.utils.checkpoint.CheckpointPolicy"}, kNightly));
  EXPECT_EQ(done.out,
            "torch.utils.checkpoint.CheckpointPolicy\n"
            "  no   2.5.0.dev20240610 to 2.5.0.dev20240611  2 versions  torch/utils/checkpoint.py of torch "
            "2.5.0.dev20240611 has no CheckpointPolicy\n"
            "  yes  2.5.0.dev20240612                       1 version   torch/utils/checkpoint.py:1\n"
            "  no   2.5.0.dev20240613 to 2.5.0.dev20240616  3 versions  torch/utils/checkpoint.py of torch "
            "2.5.0.dev20240616 has no CheckpointPolicy\n"
            "  yes  2.5.0.dev20240617 to 2.5.0.dev20240618  2 versions  torch/utils/checkpoint.py:1\n"
            "  changed between 2.5.0.dev20240611 and 2.5.0.dev20240612: "
            "https://github.com/pytorch/pytorch/compare/" +
                commit(11) + "..." + commit(12) +
                "\n"
                "  changed between 2.5.0.dev20240612 and 2.5.0.dev20240613: "
                "https://github.com/pytorch/pytorch/compare/" +
                commit(12) + "..." + commit(13) +
                "\n"
                "  changed between 2.5.0.dev20240616 and 2.5.0.dev20240617: "
                "https://github.com/pytorch/pytorch/compare/" +
                commit(16) + "..." + commit(17) +
                "\n"
                "torch 2.5.0.dev20240610 to 2.5.0.dev20240618: 8 versions, using wheels for Python 3.11\n"
                "skipped 2024-06-15: no nightly\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 0);
}

TEST_F(VersionsScenario, AMissingBuildMayHoldTheChange) {
  nightly(10, "");
  nightly(13, "class CheckpointPolicy: ...\n");
  const auto broken = nightly(12, "");
  channel_.fail_file(broken, {.status = 403});
  const auto done = scenario_.launch(with({"bisect", "torch.utils.checkpoint.CheckpointPolicy"}, kNightly));
  EXPECT_EQ(
      done.out,
      "torch.utils.checkpoint.CheckpointPolicy\n"
      "  no   2.5.0.dev20240610  1 version  torch/utils/checkpoint.py of torch 2.5.0.dev20240610 has no "
      "CheckpointPolicy\n"
      "  yes  2.5.0.dev20240613  1 version  torch/utils/checkpoint.py:1\n"
      "  changed between 2.5.0.dev20240610 and 2.5.0.dev20240613 (2024-06-11 and 2.5.0.dev20240612 were "
      "skipped): https://github.com/pytorch/pytorch/compare/" +
          commit(10) + "..." + commit(13) +
          "\n"
          "torch 2.5.0.dev20240610 to 2.5.0.dev20240613: 2 versions, using wheels for Python 3.11\n"
          "skipped 2024-06-11: no nightly\n"
          "skipped 2.5.0.dev20240612: "
          "[HOST]/files/torch-2.5.0.dev20240612%2Bcu121-cp311-cp311-linux_x86_64.whl "
          "returned 403, expected a part of the file (206)\n");
  EXPECT_EQ(done.err, "");
}

TEST_F(VersionsScenario, CodeWithItsFallback) {
  article();
  scenario_.write("src/train.py",
                  "try:\n    from torch.utils.checkpoint import CheckpointPolicy\nexcept ImportError:\n"
                  "    from torch.utils.checkpoint import _pt2_selective_checkpoint_context_fn_gen\n");
  auto done = scenario_.launch(with({"matrix", "src"}, kNightly));
  EXPECT_EQ(
      done.out,
      "torch.utils.checkpoint.CheckpointPolicy                          yes since 2.5.0.dev20240612, no "
      "from 2.5.0.dev20240613, yes since 2.5.0.dev20240617\n"
      "torch.utils.checkpoint._pt2_selective_checkpoint_context_fn_gen  yes, no from "
      "2.5.0.dev20240612, yes since 2.5.0.dev20240613, no from 2.5.0.dev20240617\n"
      "0 of 2 names in 1 file are in every version\n"
      "torch 2.5.0.dev20240610 to 2.5.0.dev20240618: 8 versions, using wheels for Python 3.11\n"
      "skipped 2024-06-15: no nightly\n");
  EXPECT_EQ(done.code, 0);
  // One of the two is in every nightly.
  done = scenario_.launch(with({"range", "src"}, kNightly));
  EXPECT_EQ(done.out,
            "torch 2.5.0.dev20240610 to 2.5.0.dev20240618 (2 names in 1 file)\n"
            "oldest 2.5.0.dev20240610: no bound found, as it is the oldest version checked\n"
            "newest 2.5.0.dev20240618: no bound found, as it is the newest version checked\n"
            "torch 2.5.0.dev20240610 to 2.5.0.dev20240618: 8 versions, using wheels for Python 3.11\n"
            "skipped 2024-06-15: no nightly\n");
  EXPECT_EQ(done.code, 0);
  // Without the fallback, two stretches are left.
  scenario_.write("src/train.py", "from torch.utils.checkpoint import CheckpointPolicy\n");
  done = scenario_.launch(with({"range", "src"}, kNightly));
  EXPECT_EQ(done.out,
            "torch 2.5.0.dev20240617 to 2.5.0.dev20240618 (1 name in 1 file)\n"
            "oldest 2.5.0.dev20240617: 2.5.0.dev20240616 lacks what the code needs\n"
            "  src/train.py:1: torch.utils.checkpoint.CheckpointPolicy (torch/utils/checkpoint.py of torch "
            "2.5.0.dev20240616 has no CheckpointPolicy)\n"
            "newest 2.5.0.dev20240618: no bound found, as it is the newest version checked\n"
            "also allowed: 2.5.0.dev20240612\n"
            "torch 2.5.0.dev20240610 to 2.5.0.dev20240618: 8 versions, using wheels for Python 3.11\n"
            "skipped 2024-06-15: no nightly\n");
  EXPECT_EQ(done.code, 0);
}

TEST_F(VersionsScenario, TheSecondTimeNothingIsRead) {
  article();
  const auto arguments = with({"matrix", "torch.utils.checkpoint.CheckpointPolicy"}, kNightly);
  const auto first = scenario_.launch(arguments);
  channel_.server().forget_requests();
  const auto second = scenario_.launch(arguments);
  EXPECT_EQ(second.out, first.out);
  for (const auto& request : channel_.server().requests()) EXPECT_EQ(request.path, "/nightly/cu121/torch/");
}

TEST_F(VersionsScenario, RangeOfReleases) {
  release("2.0.0", "from . import nn\n");
  release("2.1.0", "from . import nn\nx = 1\n");
  release("2.2.0", "from . import nn\nx = 1\nold = 1\n");
  release("2.3.0", "from . import nn\nx = 1\n");
  scenario_.write("pyproject.toml",
                  "[project]\nname = \"demo\"\ndependencies = [\n  \"numpy\",\n  \"torch>=2.0\",\n]\n");
  scenario_.write("src/a.py", "import torch\nfrom torch import x\nfrom torch.nn import Module\n");
  scenario_.write("src/b.py", "from torch import old\n\n\ndef run():\n    from torch import gone\n");
  auto done = scenario_.launch({"range", "src"});
  EXPECT_EQ(done.out,
            "torch 2.2.0 (5 names in 2 files)\n"
            "oldest 2.2.0: 2.1.0 lacks what the code needs\n"
            "  src/b.py:1: torch.old (torch/__init__.py of torch 2.1.0 has no old)\n"
            "newest 2.2.0: 2.3.0 lacks what the code needs\n"
            "  src/b.py:1: torch.old (torch/__init__.py of torch 2.3.0 has no old)\n"
            "pyproject.toml:5 declares torch>=2.0, which allows 2.0.0 to 2.1.0 and 2.3.0, where names are "
            "missing; torch==2.2.0 leaves these out\n"
            "torch 2.0.0 to 2.3.0: 4 versions, using wheels for Python 3.11\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
  done = scenario_.launch({"range", "src", "--need", "path"});
  EXPECT_EQ(done.out,
            "no version of torch has all that the code needs (5 names in 2 files); 2.2.0 lacks the fewest\n"
            "  src/b.py:5: torch.gone (torch/__init__.py of torch 2.2.0 has no gone)\n"
            "pyproject.toml:5 declares torch>=2.0, which allows 2.0.0 to 2.3.0, where names are missing\n"
            "torch 2.0.0 to 2.3.0: 4 versions, using wheels for Python 3.11\n");
  EXPECT_EQ(done.code, 1);
  scenario_.write("pyproject.toml", "[project]\nname = \"demo\"\ndependencies = [\"torch>=2.2\"]\n");
  scenario_.write("src/b.py", "");
  done = scenario_.launch({"range", "src", "--json"});
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"package":"torch","oldest":"2.1.0","newest":"2.3.0","below":{"version":"2.0.0",)"
      R"("lacks":[{"name":"torch:x","reason":"torch/__init__.py of torch 2.0.0 has no x","file":)"
      R"("src/a.py","line":2,"need":"must"}]},"above":null,"allowed":[{"first":"2.1.0","last":"2.3.0"}],)"
      R"("declared":[{"requirement":"torch>=2.2","place":"pyproject.toml:3","lacking":[],"refused":)"
      R"(["2.1.0"]}],"versions":[{"version":"2.0.0","lacks":1,"unknown":0},)"
      R"({"version":"2.1.0","lacks":0,"unknown":0},{"version":"2.2.0","lacks":0,"unknown":0},)"
      R"({"version":"2.3.0","lacks":0,"unknown":0}],"skipped":[],"files":2,)"
      R"("problems":[]})"
      "\n");
  EXPECT_EQ(done.code, 0);
}

TEST_F(VersionsScenario, RangeOfVersionsThatDoNotSayAll) {
  release("2.0.0", "globals().update(found())\n");
  release("2.1.0", "y = 1\n");
  release("2.2.0", "x = 1\n");
  scenario_.write("src/a.py", "from torch import x\n");
  const auto done = scenario_.launch({"range", "src"});
  EXPECT_EQ(done.out,
            "torch 2.2.0 (1 name in 1 file)\n"
            "oldest 2.2.0: 2.1.0 lacks what the code needs\n"
            "  src/a.py:1: torch.x (torch/__init__.py of torch 2.1.0 has no x)\n"
            "newest 2.2.0: no bound found, as it is the newest version checked\n"
            "also allowed: 2.0.0, where the answer for 1 name is unknown\n"
            "torch 2.0.0 to 2.2.0: 3 versions, using wheels for Python 3.11\n");
}

TEST_F(VersionsScenario, RangeOfCodeThatUsesNoNames) {
  release("2.0.0", "x = 1\n");
  scenario_.write("src/a.py", "import os\n");
  const auto done = scenario_.launch({"range", "src"});
  EXPECT_EQ(done.out, "the code uses no names of torch (1 file)\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 0);
}

TEST_F(VersionsScenario, NamesInJson) {
  release("2.0.0", "x = 1\n");
  release("2.1.0", "y = 1\n");
  const auto done = scenario_.launch({"matrix", "torch.x", "torch.nn:Module", "--json"});
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"package":"torch","versions":[{"version":"2.0.0","file":)"
      R"("torch-2.0.0-cp311-cp311-manylinux_2_28_x86_64.whl","python":"3.11"},{"version":"2.1.0","file":)"
      R"("torch-2.1.0-cp311-cp311-manylinux_2_28_x86_64.whl","python":"3.11"}],"skipped":[],)"
      R"("prereleases":[],"files":0,"names":[{"name":"torch:x","tier":"import","need":"must",)"
      R"("intervals":[{"verdict":"yes","first":"2.0.0","last":"2.0.0","versions":1,"reason":)"
      R"("torch/__init__.py:1"},{"verdict":"no","first":"2.1.0","last":"2.1.0","versions":1,"reason":)"
      R"("torch/__init__.py of torch 2.1.0 has no x"}],"uses":[]},{"name":"torch.nn:Module","tier":)"
      R"("import","need":"must","intervals":[{"verdict":"yes","first":"2.0.0","last":"2.1.0",)"
      R"("versions":2,"reason":"torch/nn/__init__.py:1"}],"uses":[]}],"problems":[]})"
      "\n");
  EXPECT_EQ(done.code, 0);
}

TEST_F(VersionsScenario, AttributesAndKeywords) {
  const auto add = [&](const std::string& version, const std::string& more) {
    release(version, "from . import nn\n__version__ = '" + version + "'\n" + more);
  };
  add("2.4.0", "def attend(query): ...\n");
  add("2.5.0", "def attend(query, enable_gqa=False): ...\nclass Partial:\n  def reduce(self): ...\n");
  add("2.6.0", "def attend(query, **options): ...\nclass Partial: ...\n");
  auto done =
      scenario_.launch({"matrix", "torch.attend(enable_gqa=)", "torch.Partial.reduce", "torch:nn.Module"});
  EXPECT_EQ(done.out,
            "torch.Partial.reduce          yes since 2.5.0, no from 2.6.0\n"
            "torch.attend(enable_gqa=…)    yes since 2.5.0, unknown from 2.6.0\n"
            "torch.nn.Module               yes\n"
            "torch 2.4.0 to 2.6.0: 3 versions, using wheels for Python 3.11\n");
  EXPECT_EQ(done.err, "");
  done = scenario_.launch({"bisect", "torch.attend(enable_gqa=)", "--to", "2.5.0"});
  EXPECT_EQ(
      done.out,
      "torch.attend(enable_gqa=…)\n"
      "  no   2.4.0  1 version  attend (torch/__init__.py:3) of torch 2.4.0 has no parameter enable_gqa\n"
      "  yes  2.5.0  1 version  a parameter of attend (torch/__init__.py:3)\n"
      "  changed between 2.4.0 and 2.5.0\n"
      "torch 2.4.0 to 2.5.0: 2 versions, using wheels for Python 3.11\n");
  scenario_.write("src/a.py",
                  "import torch\ntorch.attend(1, enable_gqa=True)\nprint(torch.Partial.reduce)\n");
  done = scenario_.launch({"range", "src"});
  EXPECT_EQ(
      done.out,
      "torch 2.5.0 (4 names in 1 file)\n"
      "oldest 2.5.0: 2.4.0 lacks what the code needs\n"
      "  src/a.py:2: torch.attend(enable_gqa=…) (attend (torch/__init__.py:3) of torch 2.4.0 has no "
      "parameter enable_gqa)\n"
      "  src/a.py:3: torch.Partial.reduce (torch/__init__.py of torch 2.4.0 has no Partial)\n"
      "newest 2.5.0: 2.6.0 lacks what the code needs\n"
      "  src/a.py:3: torch.Partial.reduce (the class Partial (torch/__init__.py:4) of torch 2.6.0 has no "
      "attribute reduce)\n"
      "torch 2.4.0 to 2.6.0: 3 versions, using wheels for Python 3.11\n");
  EXPECT_EQ(done.code, 0);
  // A test of the version takes the bound away.
  scenario_.write("src/a.py",
                  "import torch\nif torch.__version__ >= '2.5':\n  torch.attend(1, enable_gqa=True)\n");
  done = scenario_.launch({"range", "src"});
  EXPECT_EQ(done.out,
            "torch 2.4.0 to 2.6.0 (4 names in 1 file)\n"
            "oldest 2.4.0: no bound found, as it is the oldest version checked\n"
            "newest 2.6.0: no bound found, as it is the newest version checked\n"
            "torch 2.4.0 to 2.6.0: 3 versions, using wheels for Python 3.11\n");
}

TEST_F(VersionsScenario, APageThatNeedsNothingElse) {
  release("2.0.0", "x = 1\n");
  release("2.1.0", "y = 1\n");
  const auto done = scenario_.launch({"matrix", "torch.x", "--html", "out.html"});
  EXPECT_EQ(done.out,
            "torch.x  yes, no from 2.1.0\n"
            "torch 2.0.0 to 2.1.0: 2 versions, using wheels for Python 3.11\n");
  const auto page = scenario_.read("out.html");
  EXPECT_NE(page.find("<title>torch: 1 name in 2 versions</title>"), std::string::npos);
  for (const auto* word : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  }
}

TEST_F(VersionsScenario, BisectWithoutAChange) {
  release("2.0.0", "x = 1\n");
  release("2.1.0", "x = 1\n");
  const auto done = scenario_.launch({"bisect", "torch.x"});
  EXPECT_EQ(done.out,
            "torch.x\n  yes  2.0.0 to 2.1.0  2 versions  torch/__init__.py:1\n"
            "torch 2.0.0 to 2.1.0: 2 versions, using wheels for Python 3.11\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(VersionsScenario, APackageNamedOtherwiseThanItsModule) {
  for (const auto* version : {"2024.7.30", "2024.7.31"}) {
    index_.add({.name = "torchtnt-nightly",
                .version = version,
                .files = {{"torchtnt/__init__.py", version[8] == '0' ? "old = 1\n" : ""}}});
  }
  const auto done = scenario_.launch({"bisect", "torchtnt.old", "--package", "torchtnt_nightly"});
  EXPECT_EQ(done.out,
            "torchtnt.old\n"
            "  yes  2024.7.30  1 version  torchtnt/__init__.py:1\n"
            "  no   2024.7.31  1 version  torchtnt/__init__.py of torchtnt-nightly 2024.7.31 has no old\n"
            "  changed between 2024.7.30 and 2024.7.31\n"
            "torchtnt-nightly 2024.7.30 to 2024.7.31: 2 versions\n");
}

TEST_F(VersionsScenario, WhatCannotBeAsked) {
  release("2.0.0", "x = 1\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"matrix", "torch..x"},
       "error: \"torch..x\": expected a name, such as torch.nn:Module or torch.nn\n\n"
       "hint: or give files and folders of code\n"},
      {{"matrix", "nowhere/"}, "error: nowhere/: no such file or folder\n"},
      {{"matrix", "torch.x", "torchvision:y"},
       "error: the names belong to several packages: torch and torchvision\n\n"
       "hint: check one package at a time\n"},
      {{"bisect", "torch.x", "--from", "soon"},
       "error: --from \"soon\": expected a version, such as 2.6.0, or a day, such as 2025-06-06\n"},
      {{"bisect", "torch.x", "--from", "3.0"},
       "error: [INDEX] has no usable wheels of torch from 3.0\n\nhint: available versions: 2.0.0 to 2.0.0\n"},
      {{"matrix", "torch.x", "--channel", "nightly"},
       "error: --channel nightly needs --cuda: the channel has an index for each build\n\n"
       "hint: add --cuda cu128 or --cuda cpu\n"},
      {{"matrix", "torch.x", "--last", "0"}, "error: --last 0: expected 1 or more\n"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto done = scenario_.launch(arguments);
    EXPECT_EQ(done.err, message);
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.code, 2);
  }
}

TEST_F(VersionsScenario, NoVersionThatCanBeRead) {
  release("2.0.0", "x = 1\n");
  index_.fail_file("torch-2.0.0-cp311-cp311-manylinux_2_28_x86_64.whl", {.status = 404});
  scenario_.hide(index_.server().url(), "[SERVER]");
  const auto done = scenario_.launch({"matrix", "torch.x"});
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(
      done.err,
      "error: [SERVER]/files/torch-2.0.0-cp311-cp311-manylinux_2_28_x86_64.whl returned 404, expected a "
      "part of the file (206)\n  while reading torch 2.0.0\n\n"
      "hint: the file is no longer on the index; lock again, or use a mirror that has it\n");
  EXPECT_EQ(done.code, 3);
}

TEST_F(VersionsScenario, ADeclarationThatCannotBeReadIsSaid) {
  release("2.0.0", "x = 1\n");
  scenario_.write("pyproject.toml", "[project\n");
  scenario_.write("requirements.txt", "torch>=2.0\n");
  scenario_.write("src/a.py", "from torch import x\n");
  scenario_.write("src/b/c.py", "from torch import x\n");
  const auto done = scenario_.launch({"range", "src/a.py", "src/b"});
  EXPECT_EQ(done.out,
            "torch 2.0.0 (1 name in 2 files)\n"
            "oldest 2.0.0: no bound found, as it is the oldest version checked\n"
            "newest 2.0.0: no bound found, as it is the newest version checked\n"
            "requirements.txt:1 declares torch>=2.0\n"
            "torch 2.0.0: 1 version, using wheels for Python 3.11\n");
  EXPECT_EQ(
      done.err,
      "warning: pyproject.toml:1:9: not TOML: Error while parsing table header: expected ']', saw '\\n'; "
      "what that file declares is not compared\n");
  EXPECT_EQ(done.code, 0);
}

}  // namespace
}  // namespace launch::scenarios

#include <csignal>

#include "scenarios/check_scenario.hpp"

namespace launch::scenarios {
namespace {

TEST_F(CheckScenario, AnyReleaseWithoutALock) {
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "--python", "3.11", "src"});
  EXPECT_EQ(done.out, kAnswer);
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, ALockByUrl) {
  lock(fmt::format("url = \"{}\"", index_.file_url(wheel_)));
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out, kAnswer);
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, ALockByPathIsLocatedAgain) {
  lock(fmt::format("path = \"wheels/{}\"", wheel_));
  const auto done = scenario_.launch({"check", "lockfiles/pylock.demo.toml", "src"});
  EXPECT_EQ(done.out, kAnswer);
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, WhatIsInTheStoreNeedsNoIndex) {
  lock(fmt::format("url = \"{}\"", index_.file_url(wheel_)));
  EXPECT_EQ(scenario_.launch({"fetch", "demo"}).code, 0);
  index_.fail_file(wheel_, {.status = 403});
  index_.fail_page("torch", {.status = 403});
  EXPECT_EQ(scenario_.launch({"check", "demo", "src", "--no-history"}).out, kAnswer);
}

TEST_F(CheckScenario, PlatformsThatSayTheSameAreOne) {
  lock_of_two(aarch64("2.3.1", "from .nn import Module\n"));
  const auto done = scenario_.launch({"check", "demo", "src", "--package", "torch"});
  EXPECT_EQ(done.out, kAnswer);
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, PlatformsThatDifferAreNamed) {
  lock_of_two(aarch64("2.4.0", "Gone = 1\n"));
  scenario_.write("src/train.py",
                  "from torch import (\n    Module,\n    nn,\n)\nfrom torchvision import x\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(
      done.out,
      "torch.Module on linux-aarch64: no (torch/__init__.py of torch 2.4.0 has no Module)\n"
      "  src/train.py:2:5\n"
      "    Module,\n"
      "    ^^^^^^\n"
      "  also in torch.nn\n"
      "torchvision.x on linux-aarch64: unknown (the lock has no wheel of torchvision for linux-aarch64)\n"
      "  src/train.py:5:25\n"
      "    from torchvision import x\n"
      "                            ^\n"
      "torch 2.3.1 and torchvision 0.18.1 on linux-x86_64: 3 names in 1 file: 3 yes, 0 no, 0 unknown\n"
      "torch 2.4.0 on linux-aarch64: 3 names in 1 file: 1 yes, 1 no, 1 unknown\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, PlatformsThatDifferInJson) {
  lock_of_two(aarch64("2.4.0", "Gone = 1\n"));
  scenario_.write("src/train.py", "from torch import Gone\nfrom torchvision import x\n");
  const auto done = scenario_.launch({"--json", "check", "demo", "src"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"version":"2.3.1","wheels":[{"name":"torch","version":"2.3.1","file":)"
      R"("torch-2.3.1-cp311-cp311-manylinux_2_28_x86_64.whl","platform":"linux-x86_64"},)"
      R"({"name":"torchvision","version":"0.18.1","file":)"
      R"("torchvision-0.18.1-cp311-cp311-manylinux_2_28_x86_64.whl","platform":"linux-x86_64"},)"
      R"({"name":"torch","version":"2.4.0","file":"torch-2.4.0-cp311-cp311-manylinux_2_28_aarch64.whl",)"
      R"("platform":"linux-aarch64"}],"files":1,"fail_on":"path","verdicts":[{"name":"torch:Gone","tier":"import",)"
      R"("verdict":"no","reason":)"
      R"("torch/__init__.py of torch 2.3.1 has no Gone","need":"must","fails":true,"uses":[{"file":)"
      R"("src/train.py","line":1,"column":19,"need":"must","fails":true,"fails_on":["linux-x86_64"],)"
      R"("standing":"fails"}],)"
      R"("platforms":[{"platform":"linux-x86_64","verdict":"no","reason":)"
      R"("torch/__init__.py of torch 2.3.1 has no Gone","fails":true},{"platform":"linux-aarch64",)"
      R"("verdict":"yes","reason":"torch/__init__.py:1","fails":false}]},{"name":"torchvision:x","tier":"import","verdict":)"
      R"("unknown","reason":"the lock has no wheel of torchvision for linux-aarch64","need":"must","fails":)"
      R"(false,"uses":[{"file":"src/train.py","line":2,"column":25,"need":"must","fails":false,"standing":"unknown"}],)"
      R"("platforms":[{"platform":"linux-x86_64","verdict":"yes","reason":"torchvision/__init__.py:1",)"
      R"("fails":false},{"platform":"linux-aarch64","verdict":"unknown","reason":)"
      R"("the lock has no wheel of torchvision for linux-aarch64","fails":false}]}],"problems":[],)"
      R"("platforms":["linux-x86_64","linux-aarch64"],"missing":[{"name":"torchvision","platform":)"
      R"("linux-aarch64"}]})"
      "\n");
}

TEST_F(CheckScenario, InterruptedItHasNoVerdict) {
  index_.server().on("/simple/torch/", [&](const fakes::SeenRequest&) {
    ::kill(std::stoi(scenario_.read("pid")), SIGTERM);
    return fakes::Reply{.body = "never whole", .drip_pause = std::chrono::hours(1)};
  });
  const auto done = scenario_.run(
      {"sh", "-c", std::string("echo $$ > pid; exec ") + LAUNCH_PROGRAM + " check --torch 2.3.1 src"});
  EXPECT_EQ(done.code, 143);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "interrupted; the check did not finish\n");
}

TEST_F(CheckScenario, NothingMissingIsYes) {
  scenario_.write("src/train.py", "from torch.nn import Module\n");
  const auto done = scenario_.launch({"--json", "check", "--torch", "2.3.1", "src/train.py"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.out,
      "{\"schema\":1,\"version\":\"2.3.1\",\"wheels\":[{\"name\":\"torch\",\"version\":\"2.3.1\",\"file\":"
      "\"torch-2.3.1-cp311-cp311-manylinux_2_28_x86_64.whl\"}],\"files\":1,\"fail_on\":\"path\",\"verdicts\":"
      "[{\"name\":"
      "\"torch.nn:Module\",\"tier\":\"import\",\"verdict\":\"yes\",\"reason\":\"torch/nn/"
      "__init__.py:1\",\"need\":\"must\",\"fails\":"
      "false,\"uses\":[{\"file\":\"src/"
      "train.py\",\"line\":1,\"column\":22,\"need\":\"must\",\"fails\":false}]}],"
      "\"problems\":[]}\n");
}

TEST_F(CheckScenario, AFileThatPythonRefuses) {
  scenario_.write("src/train.py", "import torch\nx = 'a\nimport torch.gone\n");
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: src/train.py:2: the string is not closed; the rest of the file was not read\n");
  EXPECT_EQ(done.out, "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
}

TEST_F(CheckScenario, TheWorldFails) {
  index_.fail_page("torch", {.status = 404});
  auto done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.err, "error: [INDEX] has no project torch\n");
  EXPECT_EQ(done.code, 2);
  index_.recover();
  index_.fail_file(wheel_, {.status = 404});
  done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
}

TEST_F(CheckScenario, BadUsage) {
  scenario_.write("recipes/demo.toml", "python = \"3.11\"\n");
  const auto error = [&](const std::vector<std::string>& arguments) {
    const auto done = scenario_.launch(arguments);
    EXPECT_EQ(done.code, 2);
    return done.err;
  };
  EXPECT_EQ(error({"check"}),
            "error: no recipe, lock or --torch version given\n\nhint: use a recipe or lock: launch check "
            "demo src/\n"
            "hint: or give a version: launch check --torch 2.3.1 src/\n");
  EXPECT_EQ(error({"check", "dmeo"}),
            "error: no recipe \"dmeo\" in recipes\n\nhint: did you mean \"demo\"?\n"
            "hint: existing recipes: demo\n");
  EXPECT_EQ(error({"check", "--torch", "2.3.1"}),
            "error: no source files given\n\nhint: give files or folders: launch check --torch 2.3.1 "
            "src/\n");
  EXPECT_EQ(error({"check", "--torch", "2.3.1", "nix"}), "error: nix: no such file or folder\n");
  EXPECT_EQ(error({"check", "--cuda", "cu121", "demo"}),
            "error: --cuda can only be used with --torch VERSION\n");
  EXPECT_EQ(error({"check", "--torch", "2.3.1", "--channel", "nightly", "src"}),
            "error: --channel nightly needs --cuda: the channel has an index for each build\n\n"
            "hint: add --cuda cu128 or --cuda cpu\n");
  for (const std::string bad : {"cu1", "cu12.8", "cu12345", "rocm6", "rocm6.3.1.2"}) {
    EXPECT_EQ(error({"check", "--torch", "2.5.0", "--channel", "nightly", "--cuda", bad, "src"}),
              "error: unknown accelerator \"" + bad +
                  "\": expected cuXXX, rocmX.Y, xpu or cpu, such as cu128\n  while reading --cuda\n");
  }
  EXPECT_EQ(error({"check", "--torch", "9.9", "src"}),
            "error: [INDEX] has no wheel of torch 9.9 for linux-x86_64\n\nhint: the newest versions there: "
            "2.3.1\n");
}

TEST_F(CheckScenario, TheFormatIsChosenByName) {
  scenario_.write("src/train.py", "from torch.nn import Module\n");
  const std::vector<std::string> check = {"check", "--torch", "2.3.1", "src"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), check.begin(), check.end());
    return scenario_.launch(more);
  };
  const auto text = with({});
  const auto json = with({"--json"});
  EXPECT_EQ(text.out, "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
  EXPECT_EQ(json.out.front(), '{');
  auto named = check;
  named.insert(named.end(), {"--format", "text"});
  EXPECT_EQ(scenario_.launch(named).out, text.out);
  named.back() = "json";
  EXPECT_EQ(scenario_.launch(named).out, json.out);
  named.back() = "text";
  named.emplace_back("--json");
  const auto both = scenario_.launch(named);
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.err, "error: --json cannot be combined with --format text\n");
}

TEST_F(CheckScenario, ScanInJson) {
  scenario_.write("src/train.py", "from torch import Module\nx = 'a\n");
  const auto done = scenario_.launch({"scan", "src", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: src/train.py:2: the string is not closed; the rest of the file was not read\n");
  EXPECT_EQ(done.out,
            R"({"schema":1,"files":1,"requirements":[{"name":"torch:Module","need":"must","uses":[{"file":)"
            R"("src/train.py","line":1,"column":19,"need":"must"}]}],"problems":[{"file":"src/train.py",)"
            R"("line":2,"message":"the string is not closed"}]})"
            "\n");
}

TEST_F(CheckScenario, Scan) {
  const auto done = scenario_.launch({"scan", "src"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.out,
      "torch  must\n  src/train.py:1\ntorch.Gone  must\n  src/train.py:4\ntorch.Module  must\n  "
      "src/train.py:3\n"
      "torch.distributed.pipelining  path\n  src/train.py:10\ntorch.extra  optional\n  src/train.py:12\n"
      "torch.lazy.perhaps  must\n  src/train.py:6\n6 names in 1 file\n");
}

}  // namespace
}  // namespace launch::scenarios

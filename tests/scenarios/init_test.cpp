#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

/// A source tree that is no project yet, in the folder "my code".
class InitScenario : public ::testing::Test {
 protected:
  InitScenario() {
    std::filesystem::remove(scenario_.place("recipes"));
    scenario_.set("LAUNCH_INDEX_URL", "http://127.0.0.1:9/simple");
    scenario_.set("UV_NO_CONFIG", "1");
  }
  void write(const std::string& name, const std::string& text) { scenario_.write("my code/" + name, text); }
  /// A training script, a package beside it, and code that training does not run.
  void write_code() {
    write("train.py",
          "import os\nfrom __future__ import annotations\nimport torch\nimport yaml\nfrom model import Net\n"
          "def log():\n    import wandb\n"
          "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n");
    write("model/__init__.py", "import torch.nn\nimport tiktoken\n");
    write("tests/test_model.py", "import pytest\n");
    write("setup.py", "import setuptools\n");
  }
  Outcome init(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"init", "my code"});
    return scenario_.launch(more);
  }
  std::string recipe(const std::string& name = "my-code") {
    return scenario_.read(fmt::format("my code/recipes/{}.toml", name));
  }

  Scenario scenario_;
};

const std::string kPython =
    "python = \"3.12\": the Python of Ubuntu 24.04, on which NVIDIA's images are based\n";
const std::string kIndex =
    "[torch] channel = \"index\": no file asks for a nightly or names one of PyTorch's indexes\n";
const std::string kScript =
    "[image] copy: train.py and model: the Python code in the project's folder\n"
    "[verify] scan = [\"train.py\", \"model\"]: the code to check against torch\n"
    "[train] command = [\"train.py\"]: training scripts often have this name\n";
const std::string kWritten = "my code/recipes/my-code.toml is written: run `launch lock my-code`\n";

TEST_F(InitScenario, FromImportsAlone) {
  write_code();
  const auto done = init();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, kPython + kIndex +
                          "[torch] packages: torch: train.py:3 imports torch\n"
                          "packages: pyyaml: train.py:4 imports yaml\n"
                          "packages: tiktoken: model/__init__.py:2 imports tiktoken\n"
                          "packages: wandb: train.py:7 imports wandb\n" +
                          kScript + kWritten);
  EXPECT_EQ(recipe(),
            "python    = \"3.12\"\n"
            "platforms = [\"linux-x86_64\"]\n"
            "packages  = [\"pyyaml\", \"tiktoken\", \"wandb\"]\n"
            "\n"
            "[torch]\n"
            "channel  = \"index\"\n"
            "packages = [\"torch\"]\n"
            "\n"
            "[image]\n"
            "copy = [\n"
            "    { from = \"train.py\", to = \"/workspace/\" },\n"
            "    { from = \"model\", to = \"/workspace/model\" },\n"
            "]\n"
            "\n"
            "[verify]\n"
            "scan = [\"train.py\", \"model\"]\n"
            "\n"
            "[train]\n"
            "command = [\"train.py\"]\n"
            "nodes   = 1\n");
  // The recipe is one: the index, which is not there, is asked for its packages.
  const auto locked = scenario_.launch({"-C", "my code", "lock", "my-code"});
  EXPECT_EQ(locked.code, 3);
  EXPECT_THAT(locked.err, testing::HasSubstr("while asking the index for "));
}

TEST_F(InitScenario, FromRequirementsThatNameANightly) {
  write_code();
  write("requirements.txt",
        "--extra-index-url https://download.pytorch.org/whl/nightly/cu126\ntorch\npyyaml>=6\nwandb\n");
  write(".python-version", "3.11.9\n");
  const auto done = init();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "python = \"3.11\": .python-version says 3.11.9\n"
            "from = [\"requirements.txt\"]: it lists 3 packages\n"
            "[torch] channel = \"nightly\", cuda = \"cu126\": requirements.txt:1 names that index\n" +
                kScript +
                "warning: model/__init__.py:2 imports tiktoken, which requirements.txt does not list: "
                "if no listed package brings it, add packages = [\"tiktoken\"]\n" +
                kWritten);
  EXPECT_THAT(recipe(), testing::StartsWith("python    = \"3.11\"\n"
                                            "platforms = [\"linux-x86_64\"]\n"
                                            "from      = [\"requirements.txt\"]\n"
                                            "\n"
                                            "[torch]\n"
                                            "channel  = \"nightly\"\n"
                                            "cuda     = \"cu126\"\n"
                                            "packages = [\"torch\"]\n"));
}

TEST_F(InitScenario, FromAPyproject) {
  write("src/train.py", "import torchvision\n");
  write("pyproject.toml",
        "[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \">=3.9,<3.12\"\n"
        "dependencies = [\"torch>=2.9.0.dev20250601\", \"torchvision\"]\n");
  write("requirements.txt", "numpy\n");
  const auto done = init({"--name", "first"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.err,
      "python = \"3.11\": pyproject.toml requires >=3.9,<3.12\n"
      "from = [\"pyproject.toml\"]: it lists 2 packages\n"
      "[torch] channel = \"nightly\", cuda = \"cu134\": pyproject.toml requires torch>=2.9.0.dev20250601\n"
      "[image] copy: src: it has train.py\n"
      "[verify] scan = [\"src\"]: the code to check against torch\n"
      "[train] command = [\"train.py\"]: training scripts often have this name\n"
      "warning: requirements.txt is not used, since pyproject.toml lists the packages\n"
      "my code/recipes/first.toml is written: run `launch lock first`\n");
  EXPECT_THAT(recipe("first"),
              testing::HasSubstr("copy = [\n    { from = \"src\", to = \"/workspace\" },\n]\n"));
}

TEST_F(InitScenario, AFileThatALockCannotUse) {
  write("tool.py", "import requests\n");
  write("requirements.txt", "numpy\nlib @ git+https://host.example/lib\n");
  const auto done = init();
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.err,
      kPython +
          "from = [\"requirements.txt\"]: it lists the packages\n"
          "warning: `launch lock my-code` will refuse requirements.txt as it is: requirements.txt:2: "
          "lib comes from git+https://host.example/lib, but a lock includes only packages from an index\n"
          "warning: tool.py:1 imports requests, which requirements.txt does not list: if no listed package "
          "brings it, add packages = [\"requests\"]\n"
          "warning: no train.py, main.py or run.py was found: to use `launch train`, add [train] command and "
          "[image] copy\n" +
          kWritten);
  EXPECT_THAT(recipe(), testing::Not(testing::HasSubstr("[torch]")));
}

TEST_F(InitScenario, PrintedNotWritten) {
  write("main.py", "import numpy\n");
  auto done = init({"--stdout"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, testing::StartsWith("python    = \"3.12\"\n"));
  EXPECT_FALSE(scenario_.exists("my code/recipes"));
  done = init({"--stdout", "--json"});
  EXPECT_THAT(done.out,
              testing::StartsWith("{\"schema\":1,\"recipe\":\"my code/recipes/my-code.toml\",\"name\":"
                                  "\"my-code\",\"written\":false,\"text\":\"python    = \\\"3.12\\\"\\n"));
  EXPECT_THAT(done.out,
              testing::HasSubstr(R"({"what":"packages: numpy","reason":"main.py:1 imports numpy"})"));
}

TEST_F(InitScenario, AnExistingRecipeIsNeverOverwritten) {
  write("main.py", "import numpy\n");
  write("recipes/my-code.toml", "mine\n");
  const auto done = init();
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "error: my code/recipes/my-code.toml already exists\n"
            "\n"
            "hint: use --name to write another recipe, or --stdout to print it\n");
  EXPECT_EQ(recipe(), "mine\n");
}

TEST_F(InitScenario, NothingToGoBy) {
  write("README.md", "hello\n");
  auto done = init();
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: my code has neither Python files nor a requirements.txt or pyproject.toml\n");
  done = scenario_.launch({"init", "nowhere"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: folder not found: nowhere\n");
  done = init({"--name", "a/b"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "error: expected a name of letters, digits, \"-\" and \"_\", found \"a/b\"\n");
}

}  // namespace
}  // namespace launch::scenarios

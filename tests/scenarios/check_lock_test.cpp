// launch check against every package of a lock.

#include "scenarios/check_scenario.hpp"

namespace launch::scenarios {
namespace {

const fakes::WheelSpec kTorch = {
    .name = "torch",
    .version = "2.3.1",
    .files = {{"torch/__init__.py", ""},
              {"torch/utils/__init__.py", ""},
              {"torch/utils/tensorboard/__init__.py",
               "import os\nimport tensorboard\nfrom .writer import SummaryWriter\n"},
              {"torch/utils/tensorboard/writer.py", "class SummaryWriter: pass\n"}}};
const fakes::WheelSpec kYaml = {
    .name = "pyyaml", .version = "6.0", .files = {{"yaml/__init__.py", "def load(): pass\n"}}};

TEST_F(CheckScenario, EveryPackageOfALockIsAsked) {
  lock_all({kTorch,
            kYaml,
            {.name = "odd-name", .version = "1.0", .files = {{"odd.py", "x = 1\n"}}},
            {.name = "never", .version = "1.0", .files = {{"never.py", "x = 1\n"}}}});
  scenario_.write("src/own/__init__.py", "");
  scenario_.write("src/train.py",
                  "import os, torch, own.part\nfrom yaml import load, dump\nfrom odd import x, y\n"
                  "from . import sibling\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out,
            "odd.y: no (odd.py of odd-name 1.0 has no y)\n"
            "  src/train.py:3:20\n"
            "    from odd import x, y\n"
            "                       ^\n"
            "yaml.dump: no (yaml/__init__.py of pyyaml 6.0 has no dump)\n"
            "  src/train.py:2:24\n"
            "    from yaml import load, dump\n"
            "                           ^^^^\n"
            "torch 2.3.1, odd-name 1.0 and pyyaml 6.0: 5 names in 2 files: 3 yes, 2 no, 0 unknown\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 1);
}

TEST_F(CheckScenario, OnlyWheelsThatTheCodeImportsAreOpened) {
  const fakes::WheelSpec never = {.name = "never", .version = "1.0", .files = {{"never.py", "x = 1\n"}}};
  lock_all({kTorch, kYaml, never});
  index_.fail_file(fakes::wheel_file_name(never), {.status = 404});
  scenario_.write("src/train.py", "import torch, yaml\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out, "torch 2.3.1 and pyyaml 6.0: 2 names in 1 file: 2 yes, 0 no, 0 unknown\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 0);
  scenario_.write("src/train.py", "import torch, odd\n");
  EXPECT_EQ(scenario_.launch({"check", "demo", "src"}).code, 3) << "it may have odd";
}

TEST_F(CheckScenario, AModuleThatNoLockedWheelProvidesIsMissing) {
  lock_all(
      {kTorch, {.name = "google-one", .version = "1.0", .files = {{"google/one/__init__.py", "x = 1\n"}}}});
  scenario_.write(
      "src/train.py",
      "import einops\nfrom google import one, two\nimport google.one.part\n\n\ndef report():\n"
      "    import wandb\n    wandb.log()\n\n\ntry:\n    import apex\nexcept ImportError:\n    apex = None\n"
      "try:\n    import tomllib\nexcept ImportError:\n    import tomli\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out,
            "einops: no (no locked wheel provides einops)\n"
            "  src/train.py:1:8\n"
            "    import einops\n"
            "           ^^^^^^\n"
            "google.two: no (no locked wheel provides google.two)\n"
            "  src/train.py:2:25\n"
            "    from google import one, two\n"
            "                            ^^^\n"
            "google.one.part: no (google-one 1.0 has no module google/one/part)\n"
            "  src/train.py:3:8\n"
            "    import google.one.part\n"
            "           ^^^^^^^^^^^^^^^\n"
            "no locked wheel provides wandb, which is needed on some path (-v shows where)\n"
            "2 optional names are missing (-v shows them)\n"
            "google-one 1.0: 8 names in 1 file: 1 yes, 7 no (2 of them not needed), 0 unknown\n"
            "  imports: 7 names: 1 yes, 6 no (2 of them not needed), 0 unknown\n"
            "  attributes: 1 name: 0 yes, 1 no, 0 unknown\n");
  EXPECT_EQ(done.code, 1);
  scenario_.write("src/train.py", "def report():\n    import wandb\n");
  EXPECT_EQ(scenario_.launch({"check", "demo", "src"}).code, 0) << "on a path it is a warning";
}

TEST_F(CheckScenario, NamesThatAreNotAsciiMayBeOthers) {
  lock_all({kTorch});
  scenario_.write("src/train.py", "import torch, \ufb02ask\ntorch.\ufb02oat32\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out,
            "torch.\ufb02oat32: unknown (the name is not ASCII, and Python may read it as another)\n"
            "  src/train.py:2:1\n"
            "    torch.\ufb02oat32\n"
            "    ^^^^^^^^^^^^\n"
            "\ufb02ask: unknown (no locked wheel provides \ufb02ask, but the name is not ASCII, and Python "
            "may read it as another)\n"
            "  src/train.py:1:15\n"
            "    import torch, \ufb02ask\n"
            "                  ^^^^\n"
            "torch 2.3.1: 3 names in 1 file: 1 yes, 0 no, 2 unknown\n"
            "  imports: 2 names: 1 yes, 0 no, 1 unknown\n"
            "  attributes: 1 name: 0 yes, 0 no, 1 unknown\n");
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.code, 0);
}

TEST_F(CheckScenario, WhatIsLockedWithoutAWheelMayHaveTheModule) {
  lock_all({kTorch},
           "\n[[packages]]\nname = \"from-git\"\n[packages.vcs]\ntype = \"git\"\nurl = "
           "\"https://pypi.example/x.git\"\ncommit-id = \"0123456789012345678901234567890123456789\"\n");
  scenario_.write("src/train.py", "import torch, einops\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out,
            "einops: unknown (no locked wheel provides einops, and the lock has no wheel of from-git)\n"
            "  src/train.py:1:15\n"
            "    import torch, einops\n"
            "                  ^^^^^^\n"
            "torch 2.3.1: 2 names in 1 file: 1 yes, 0 no, 1 unknown\n");
  EXPECT_EQ(done.code, 0);
}

TEST_F(CheckScenario, ANameWhoseModuleNeedsAPackageThatIsNotLocked) {
  lock_all({kTorch});
  scenario_.write("src/train.py", "from torch.utils.tensorboard import SummaryWriter\n");
  const auto done = scenario_.launch({"check", "demo", "src"});
  EXPECT_EQ(done.out,
            "torch.utils.tensorboard.SummaryWriter: no (torch/utils/tensorboard/__init__.py:2 needs "
            "tensorboard, which "
            "no locked wheel provides)\n"
            "  src/train.py:1:37\n"
            "    from torch.utils.tensorboard import SummaryWriter\n"
            "                                        ^^^^^^^^^^^^^\n"
            "torch 2.3.1: 1 name in 1 file: 0 yes, 1 no, 0 unknown\n");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(scenario_.launch({"check", "demo", "src", "--package", "torch"}).code, 0) << "nobody asked";
  scenario_.write("src/train.py", "def f():\n    from torch.utils.tensorboard import SummaryWriter\n");
  EXPECT_EQ(scenario_.launch({"check", "demo", "src"}).code, 0) << "on a path it is a warning";
  lock_all({kTorch, {.name = "tensorboard", .version = "2.0", .files = {{"tensorboard/__init__.py", ""}}}});
  EXPECT_EQ(scenario_.launch({"check", "demo", "src"}).out,
            "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
}

TEST_F(CheckScenario, PackagesAndModulesCanBeChosen) {
  lock_all({kTorch, kYaml});
  scenario_.write("src/train.py",
                  "import torch\nfrom yaml import load\nimport einops, numpy.linalg, os\nimport numpy\n");
  EXPECT_EQ(scenario_.launch({"check", "demo", "src", "--package", "pyyaml"}).out,
            "2 names of numpy, 1 name of einops and 1 name of torch not checked: excluded by --package\n"
            "pyyaml 6.0: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
  EXPECT_EQ(scenario_.launch({"check", "demo", "--module", "yaml", "src"}).out,
            "2 names of numpy, 1 name of einops and 1 name of torch not checked: excluded by --module\n"
            "pyyaml 6.0: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
}

TEST_F(CheckScenario, ALockNamesNoCode) {
  lock_all({kTorch});
  const auto done = scenario_.launch({"check", "lockfiles/pylock.demo.toml"});
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "error: no source files given, and a lock names none\n\n"
            "hint: give files or folders: launch check lockfiles/pylock.demo.toml src/\n");
  EXPECT_EQ(done.code, 2);
}

TEST_F(CheckScenario, WithoutALockOtherPackagesAreCounted) {
  scenario_.write("src/train.py", "from torchvision import a, b\nimport torch, numpy, train\n");
  const auto done = scenario_.launch({"check", "--torch", "2.3.1", "src"});
  EXPECT_EQ(done.out,
            "2 names of torchvision and 1 name of numpy not checked: no wheel given\n"
            "torch 2.3.1: 1 name in 1 file: 1 yes, 0 no, 0 unknown\n");
  EXPECT_EQ(done.code, 0);
}

}  // namespace
}  // namespace launch::scenarios

// launch scan --fallbacks, its patch applied and the result run with both releases.

#include "scenarios/check_scenario.hpp"

namespace launch::scenarios {
namespace {

using Files = std::map<std::string, std::string>;

class FallbacksScenario : public CheckScenario {
 protected:
  /// Offers a release, and installs it where `runs_with` finds it.
  void release(const std::string& version, const Files& files) {
    fakes::WheelSpec spec{.name = "torch", .version = version, .tags = "cp311-cp311-manylinux_2_28_x86_64"};
    for (const auto& [path, text] : files) {
      spec.files.emplace(path, text);
      scenario_.write("site-" + version + "/" + path, text);
    }
    index_.add(spec);
  }

  /// What the code prints with that release.
  std::string run_with(const std::string& version) const {
    const auto done = scenario_.run({"env", "PYTHONDONTWRITEBYTECODE=1",
                                     "PYTHONPATH=" + scenario_.place("site-" + version).string(), "python3",
                                     "-B", "src/train.py"});
    return done.out + done.err;
  }
};

TEST_F(FallbacksScenario, ThePatchWorksWithBothReleases) {
  release("2.4.0", {{"torch/__init__.py", ""},
                    {"torch/distributed/__init__.py", "class DeviceMesh: pass\n"},
                    {"torch/distributed/_tensor/__init__.py", "class Replicate: pass\nclass Shard: pass\n"},
                    {"torch/distributed/_tensor/debug.py", "mode = 'debug'\n"},
                    {"torch/stays.py", "x = 'x'\n"}});
  release("2.6.0", {{"torch/__init__.py", ""},
                    {"torch/distributed/__init__.py", ""},
                    {"torch/distributed/device_mesh.py", "class DeviceMesh: pass\n"},
                    {"torch/distributed/tensor/__init__.py", "class Replicate: pass\nclass Shard: pass\n"},
                    {"torch/distributed/tensor/debug.py", "mode = 'debug'\n"},
                    {"torch/distributed/tensor/parallel.py", "def parallelize(): pass\n"},
                    {"torch/stays.py", "x = 'x'\n"}});
  scenario_.write("src/train.py",
                  "from torch.stays import x\n"
                  "from torch.distributed import DeviceMesh as Mesh  # noqa\n"
                  "from torch.distributed._tensor import (\n    Replicate,\n    Shard as S,\n)\n"
                  "import torch.distributed._tensor.debug as debug\n\n\n"
                  "def main():\n"
                  "    try:\n        import torch.gone\n    except ImportError:\n        pass\n"
                  "    print(Mesh.__name__, Replicate.__name__, S.__name__, debug.mode, x)\n\n\nmain()\n");
  const auto* const answer = "DeviceMesh Replicate Shard debug x\n";
  EXPECT_EQ(run_with("2.4.0"), answer);
  EXPECT_NE(run_with("2.6.0"), answer);

  const auto done = scenario_.launch({"scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(done.err, "wrote fallbacks for 4 of 4 imports that torch 2.4.0 or 2.6.0 lacks\n");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "--- a/src/train.py\n+++ b/src/train.py\n@@ -1,10 +1,16 @@\n from torch.stays import x\n"
            "-from torch.distributed import DeviceMesh as Mesh  # noqa\n"
            "+try:\n+    from torch.distributed.device_mesh import DeviceMesh as Mesh\n+except ImportError:\n"
            "+    from torch.distributed import DeviceMesh as Mesh  # noqa\n"
            "-from torch.distributed._tensor import (\n-    Replicate,\n-    Shard as S,\n-)\n"
            "+try:\n+    from torch.distributed.tensor import Replicate, Shard as S\n+except ImportError:\n"
            "+    from torch.distributed._tensor import Replicate, Shard as S\n"
            "-import torch.distributed._tensor.debug as debug\n"
            "+try:\n+    import torch.distributed.tensor.debug as debug\n+except ImportError:\n"
            "+    import torch.distributed._tensor.debug as debug\n \n \n def main():\n");
  scenario_.write("fallbacks.patch", done.out);
  const auto applied = scenario_.run({"git", "apply", "fallbacks.patch"});
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(run_with("2.4.0"), answer);
  EXPECT_EQ(run_with("2.6.0"), answer);
  EXPECT_EQ(scenario_.launch({"check", "--torch", "2.4.0", "src"}).code, 0);
  EXPECT_EQ(scenario_.launch({"check", "--torch", "2.6.0", "src"}).code, 0);
  const auto again = scenario_.launch({"scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(again.err, "torch 2.4.0 and 2.6.0 have every import\n");
}

TEST_F(FallbacksScenario, CodeForTheNewReleaseGetsTheOldPlace) {
  release("2.4.0", {{"torch/__init__.py", ""}, {"torch/_old.py", "class New: pass\nclass Other: pass\n"}});
  release("2.6.0", {{"torch/__init__.py", ""}, {"torch/old.py", "class New: pass\n"}});
  scenario_.write("src/train.py",
                  "from torch.old import New\nfrom torch import nowhere\nimport torch._old\n");
  auto done = scenario_.launch({"scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(done.out,
            "--- a/src/train.py\n+++ b/src/train.py\n@@ -1,3 +1,6 @@\n-from torch.old import New\n+try:\n"
            "+    from torch.old import New\n+except ImportError:\n+    from torch._old import New\n"
            " from torch import nowhere\n import torch._old\n");
  EXPECT_EQ(done.err,
            "src/train.py:2: torch.nowhere has no fallback: neither 2.4.0 nor 2.6.0 has it\n"
            "src/train.py:3: torch._old has no fallback: `import a.b` binds only a, so the code must be "
            "changed to name the other module\n"
            "wrote fallbacks for 1 of 3 imports that torch 2.4.0 or 2.6.0 lacks\n");
  EXPECT_EQ(done.code, 1);
  done = scenario_.launch({"--json", "scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"from":"2.4.0","to":"2.6.0","imports":[{"name":"torch.old.New","file":"src/train.py","line":1,)"
      R"("older":"torch._old","newer":"torch.old","reason":null},{"name":"torch.nowhere","file":"src/train.py",)"
      R"("line":2,"older":null,"newer":null,"reason":"neither 2.4.0 nor 2.6.0 has it"},{"name":"torch._old",)"
      R"("file":"src/train.py","line":3,"older":"torch._old","newer":"torch.old","reason":"`import a.b` binds only a, )"
      R"(so the code must be changed to name the other module"}],"patch":"--- a/src/train.py\n+++ b/src/train.py\n)"
      R"(@@ -1,3 +1,6 @@\n-from torch.old import New\n+try:\n+    from torch.old import New\n)"
      R"(+except ImportError:\n+    from torch._old import New\n from torch import nowhere\n import torch._old\n"})"
      "\n");
}

TEST_F(FallbacksScenario, ANameThatTheOtherReleaseHasNowhere) {
  release("2.4.0", {{"torch/__init__.py", ""}, {"torch/_old.py", "class Other: pass\n"}});
  release("2.6.0", {{"torch/__init__.py", ""}, {"torch/old.py", ""}});
  scenario_.write("src/train.py", "from torch._old import Other\n");
  const auto done = scenario_.launch({"scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "src/train.py:1: torch._old.Other has no fallback: it was not found anywhere in torch 2.6.0\n"
            "wrote fallbacks for 0 of 1 import that torch 2.4.0 or 2.6.0 lacks\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(FallbacksScenario, AnotherFunctionOfTheSameNameIsNoFallback) {
  release("2.4.0", {{"torch/__init__.py", ""}, {"torch/cpu/__init__.py", "def wait(): pass\n"}});
  release("2.6.0", {{"torch/__init__.py", ""},
                    {"torch/cpu/__init__.py", "def wait(): pass\n"},
                    {"torch/accelerator/__init__.py", "def wait(): pass\n"}});
  scenario_.write("src/train.py", "from torch.accelerator import wait\n");
  const auto done = scenario_.launch({"scan", "--fallbacks", "2.4.0..2.6.0", "src"});
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(
      done.err,
      "src/train.py:1: torch.accelerator.wait has no fallback: it was not found anywhere in torch 2.4.0\n"
      "wrote fallbacks for 0 of 1 import that torch 2.4.0 or 2.6.0 lacks\n");
  EXPECT_EQ(done.code, 1);
}

TEST_F(FallbacksScenario, BadUsage) {
  const auto error = [&](const std::vector<std::string>& arguments) {
    const auto done = scenario_.launch(arguments);
    EXPECT_EQ(done.code, 2);
    return done.err;
  };
  EXPECT_EQ(error({"scan", "--fallbacks", "2.4.0", "src"}),
            "error: --fallbacks expects two versions of torch, such as 2.4.0..2.10.0, found \"2.4.0\"\n");
  EXPECT_EQ(error({"scan", "--fallbacks", "2.4.0..2.6.0", "src", "--module", "torch"}),
            "error: --module cannot be combined with --fallbacks, which checks torch only\n");
}

}  // namespace
}  // namespace launch::scenarios

#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "project/recipe_digest.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {

/// A project whose image exists in tests/fakes/engine/podman.
class TrainScenario : public ::testing::Test {
 protected:
  TrainScenario() {
    write_project("command = [\"train.py\"]\nnodes = 1\ngpus = 0\n");
    scenario_.set("FAKE_PODMAN", scenario_.place("engine").string());
    scenario_.set("PATH", std::string(LAUNCH_FAKE_ENGINE) + ":/usr/local/bin:/usr/bin:/bin");
    scenario_.set("LAUNCH_ENGINE", "podman");
  }

  /// Writes a recipe with this [train] table, its lock, and an image built from that.
  void write_project(const std::string& train) {
    const auto recipe =
        "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n[train]\n" + train;
    const auto lock =
        "lock-version = \"1.0\"\ncreated-by = \"launch\"\nrequires-python = \"==3.11.*\"\n"
        "environments = []\npackages = []\n\n[tool.launch]\nrecipe-digest = \"" +
        project::recipe_digest(project::parse_recipe(recipe, "demo", "demo.toml").value(),
                               project::Stage::lock)
            .text() +
        "\"\nchannel = \"index\"\nplatforms = [\"linux-x86_64\"]\n";
    scenario_.write("recipes/demo.toml", recipe);
    scenario_.write("lockfiles/pylock.demo.toml", lock);
    scenario_.write("engine/image.json", R"([{"Id": ")" + std::string(64, 'a') + R"(", "Digest": "sha256:)" +
                                             std::string(64, 'd') +
                                             R"(", "Config": {"Labels": {"launch.lock": "sha256:)" +
                                             sha256_hex(lock) + "\"}}}]");
  }

  Outcome train(const std::string& fault, std::vector<std::string> arguments = {"train", "demo"}) {
    scenario_.write("engine/fault", fault);
    return scenario_.launch(arguments);
  }
  std::string end_of_record() {
    for (const auto& [name, text] : scenario_.files("state/runs")) {
      if (name.ends_with("run.json")) return text.substr(text.find("\"end\""));
    }
    return {};
  }

  /// What is said of GPUs and of the verification.
  std::string notes() const {
    const auto* gpus = scenario_.exists("/dev/nvidia0")
                           ? "no GPUs requested: one rank per node, on the CPU with gloo\n"
                           : "this machine has no NVIDIA GPU: one rank per node, on the CPU with gloo\n";
    return std::string(gpus) + "not verified: run `launch verify demo`\n";
  }

  Scenario scenario_;
};

}  // namespace launch::scenarios

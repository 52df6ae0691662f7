#pragma once

#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {

/// recipes/demo.toml with torch, code that imports it, and everything that its commands need: an index, a
/// registry of base images, and the fake podman.
struct DemoProject {
  DemoProject() {
    scenario.set("LAUNCH_INDEX_URL", index.url());
    scenario.set("LAUNCH_CHANNEL_URL", "http://127.0.0.1:9/whl");
    scenario.set("UV_NO_CONFIG", "1");
    scenario.set("LAUNCH_STORE", scenario.place("store/wheels").string());
    scenario.set("FAKE_PODMAN", scenario.place("engine").string());
    scenario.set("PATH", std::string(LAUNCH_FAKE_ENGINE) + ":/usr/local/bin:/usr/bin:/bin");
    scenario.set("LAUNCH_ENGINE", "podman");
    scenario.hide(index.url(), "[INDEX]");
    scenario.hide(registry.location(), "[REGISTRY]");
    scenario.write("engine/fault", "");
    scenario.write("launch.toml",
                   fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\ninsecure = true\n",
                               registry.location()));
    registry.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    index.add(
        {.name = "torch", .version = "2.3.1", .files = {{"torch/__init__.py", "class Module: pass\n"}}});
    scenario.write("src/train.py", "from torch import Module\n");
    recipe();
  }

  /// Writes the recipe; `image` is added to its [image], which takes the base image's Python unless it says
  /// something of Python itself.
  void recipe(const std::string& image = "") const {
    const std::string python = image.find("python = ") == std::string::npos ? "python = \"base\"\n" : "";
    scenario.write("recipes/demo.toml",
                   "python = \"3.11\"\n[torch]\nchannel = \"index\"\npackages = [\"torch\"]\n"
                   "[lock]\nwheels = \"path\"\n[image]\nfrom = \"docker.io/library/debian:12\"\n" +
                       python + image +
                       "[verify]\nscan = [\"src\"]\n[train]\ncommand = [\"train.py\"]\ngpus = 0\n");
  }

  /// Runs `launch ARGUMENTS`; shows digests, which depend on the fakes' bytes, as [SHA256].
  Outcome launch(const std::vector<std::string>& arguments) const {
    auto outcome = scenario.launch(arguments);
    for (auto* text : {&outcome.out, &outcome.err}) *text = hide_digests(*text);
    return outcome;
  }
  static std::string hide_digests(const std::string& text) {
    return std::regex_replace(text, std::regex("[0-9a-f]{64}"), "[SHA256]");
  }

  Scenario scenario;
  fakes::IndexServer index;
  fakes::Registry registry;
};

}  // namespace launch::scenarios

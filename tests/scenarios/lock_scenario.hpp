#pragma once

#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {

/// A project with a recipe, an index and a registry.
class LockScenario : public ::testing::Test {
 protected:
  LockScenario() {
    scenario_.set("LAUNCH_INDEX_URL", index_.url());
    scenario_.set("UV_NO_CONFIG", "1");
    scenario_.hide(index_.url(), "[INDEX]");
    scenario_.hide(index_.server().url(), "[SERVER]");
    scenario_.hide(registry_.location(), "[REGISTRY]");
    scenario_.write("launch.toml", fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\n"
                                               "insecure = true\n",
                                               registry_.location()));
    registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    index_.add({.name = "app", .version = "1.0", .requires_dist = {"leaf>=2"}});
    index_.add({.name = "leaf", .version = "1.0"});
    index_.add({.name = "leaf", .version = "2.0"});
    recipe("\"app\"");
  }

  void recipe(const std::string& packages, const std::string& more = "") {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"3.11\"\npackages = [{}]\n{}\n[lock]\nwheels = \"path\"\n"
                                "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n",
                                packages, more));
  }
  std::string lock() const { return scenario_.read("lockfiles/pylock.demo.toml"); }
  /// Of the base image in the lock.
  std::string base_digest() const {
    std::smatch match;
    const auto text = lock();
    EXPECT_TRUE(std::regex_search(text, match, std::regex("\ndigest = \"(sha256:[0-9a-f]{64})\"")));
    return match[1];
  }

  // A command that must fail, and change nothing in the project.
  Outcome refused(const std::vector<std::string>& arguments) {
    const auto before = scenario_.files("lockfiles");
    auto outcome = scenario_.launch(arguments);
    EXPECT_EQ(scenario_.files("lockfiles"), before) << "files from before are untouched";
    return outcome;
  }

  Scenario scenario_;
  fakes::IndexServer index_;
  fakes::Registry registry_;
};

}  // namespace launch::scenarios

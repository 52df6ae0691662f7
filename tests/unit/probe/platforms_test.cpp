#include "probe/platforms.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "unit/probe/memory_wheel.hpp"

namespace launch::probe {
namespace {

using Files = std::map<std::string, std::string>;

OpenedWheels opened(const specs::Platform& platform, const std::map<std::string, Files>& packages,
                    std::vector<std::string> missing = {}) {
  OpenedWheels made{platform, {}, {}, std::move(missing)};
  for (const auto& [package, files] : packages) {
    made.asked.push_back({package, "1", package + ".whl"});
    made.wheels.push_back({package + " 1", std::make_unique<MemoryWheel>(files)});
  }
  return made;
}

/// "x86_64: yes (…)" of each platform, a line each.
std::string answers(std::vector<OpenedWheels> platforms, const pysource::Requirement& requirement) {
  PlatformApis apis(std::move(platforms));
  std::string text;
  TreeScan scan;
  scan.names = {{requirement, pysource::Need::must, {{"a.py", 1, 1, pysource::Need::must, {}}}}};
  const auto all = apis.ask(scan);
  for (const auto& each : all.value()) {
    const auto& answer = each.names.front().answer;
    text += each.platform.text() + ": " + std::string(pysource::verdict_name(answer.verdict)) + " (" +
            answer.reason + ")\n";
  }
  return text;
}

TEST(Platforms, EachIsAsked) {
  std::vector<OpenedWheels> platforms;
  platforms.push_back(opened(fakes::x86(), {{"torch", {{"torch/__init__.py", "x = 1\n"}}}}));
  platforms.push_back(opened(fakes::arm(), {{"torch", {{"torch/__init__.py", "y = 1\n"}}}}));
  EXPECT_EQ(
      answers(std::move(platforms), {"torch", "x"}),
      "linux-x86_64: yes (torch/__init__.py:1)\nlinux-aarch64: no (torch/__init__.py of torch 1 has no x)\n");
}

TEST(Platforms, ANameOfAMissingWheelIsUnknown) {
  std::vector<OpenedWheels> platforms;
  platforms.push_back(opened(fakes::x86(), {}, {"vision"}));
  platforms.push_back(opened(fakes::arm(), {{"vision", {{"vision/__init__.py", "x = 1\n"}}}}));
  EXPECT_EQ(PlatformApis(std::move(platforms)).roots(), (std::set<std::string, std::less<>>{"vision"}));
  platforms.clear();
  platforms.push_back(opened(fakes::x86(), {}, {"vision"}));
  platforms.push_back(opened(fakes::arm(), {{"vision", {{"vision/__init__.py", "x = 1\n"}}}}));
  EXPECT_EQ(answers(std::move(platforms), {"vision", "x"}),
            "linux-x86_64: unknown (the lock has no wheel of vision for linux-x86_64)\nlinux-aarch64: yes "
            "(vision/__init__.py:1)\n");
}

TEST(Platforms, AMissingWheelMayShareANamespace) {
  const Files one = {{"space/one/__init__.py", "x = 1\n"}};
  const Files two = {{"space/two/__init__.py", "y = 1\n"}};
  const auto both = [&] {
    std::vector<OpenedWheels> platforms;
    platforms.push_back(opened(fakes::x86(), {{"one", one}}, {"two"}));
    platforms.push_back(opened(fakes::arm(), {{"one", one}, {"two", two}}));
    return platforms;
  };
  EXPECT_EQ(answers(both(), {"space.one", "x"}),
            "linux-x86_64: yes (space/one/__init__.py:1)\nlinux-aarch64: yes (space/one/__init__.py:1)\n");
  EXPECT_EQ(answers(both(), {"space.two", "y"}),
            "linux-x86_64: unknown (the lock has no wheel of two for linux-x86_64)\nlinux-aarch64: yes "
            "(space/two/__init__.py:1)\n");
}

TEST(Platforms, GatesAreEvaluatedForEachWheel) {
  const Files old = {{"torch/__init__.py", ""}, {"torch/version.py", "__version__ = '1+cu118'\n"}};
  const Files newer = {{"torch/__init__.py", "new = 1\n"}};
  std::vector<OpenedWheels> platforms;
  platforms.push_back(opened(fakes::x86(), {{"torch", old}}));
  platforms.push_back(opened(fakes::arm(), {{"torch", newer}}));
  PlatformApis apis(std::move(platforms));
  const auto runs = [&](const std::string& test) {
    auto file = pysource::scan_source("import torch\nif " + test + ":\n  import torch.x\n", {"torch"});
    auto symbols = std::make_shared<pysource::SymbolTable>();
    symbols->add("/a", false, std::move(file.symbols));
    TreeScan scan;
    scan.symbols = symbols;
    scan.questions = {{"torch", "new", {}, pysource::Tier::attribute}};
    Use use{"a.py", 3, 10, pysource::Need::path, {}};
    use.gates = file.uses.back().gates;
    scan.names = {{file.uses.back().requirement, pysource::Need::path, {use}}};
    std::string text;
    const auto answers = apis.ask(scan).value();
    for (const auto& each : answers) {
      text += std::string(runs_name(each.names.front().uses.front().runs)) + " ";
    }
    return text;
  };
  EXPECT_EQ(runs("hasattr(torch, 'new')"), "no yes ");
  EXPECT_EQ(runs("torch.__version__ == '1+cu118'"), "yes no ");
}

}  // namespace
}  // namespace launch::probe

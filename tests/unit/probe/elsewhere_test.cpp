#include "probe/elsewhere.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "unit/probe/memory_wheel.hpp"

namespace launch::probe {
namespace {

WheelApi api_of(std::map<std::string, std::string> files) {
  std::vector<LabelledWheel> wheels;
  wheels.push_back({"torch 2", std::make_unique<MemoryWheel>(std::move(files))});
  return WheelApi(std::move(wheels));
}

/// "in A, B" or "near A" of the missing name; empty without advice. `has` are the files of a release that has
/// it.
std::string advice(std::map<std::string, std::string> files, const pysource::Requirement& missing,
                   const std::map<std::string, std::string>& has = {}) {
  auto api = api_of(std::move(files));
  auto other = api_of(has);
  const auto found = look_elsewhere(api, {missing}, has.empty() ? nullptr : &other).value();
  const auto at = found.find(missing);
  if (at == found.end()) return {};
  const auto& [moved, near] = at->second;
  return moved.empty() ? "near " + join(near, ", ") : "in " + join(moved, ", ");
}

TEST(Elsewhere, ANameIsInTheNearestModuleThatOffersIt) {
  const std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""},
      {"torch/distributed/__init__.py", ""},
      {"torch/distributed/_tensor/__init__.py", ""},
      {"torch/distributed/tensor/__init__.py", "from torch.distributed.tensor._types import Replicate\n"},
      {"torch/distributed/tensor/_types.py", "class Replicate: pass\nclass Inner: pass\n"},
      {"torch/distributed/tensor/user.py", "from torch.distributed.tensor import Replicate\n"},
      {"torch/distributed/device_mesh.py", "class DeviceMesh: pass\n"},
      {"torch/other/__init__.py", "class DeviceMesh: pass\n"}};
  EXPECT_EQ(advice(files, {"torch.distributed._tensor", "Replicate"}), "in torch.distributed.tensor");
  EXPECT_EQ(advice(files, {"torch.distributed._tensor", "Inner"}), "in torch.distributed.tensor._types");
  EXPECT_EQ(advice(files, {"torch.distributed", "DeviceMesh"}),
            "in torch.distributed.device_mesh, torch.other");
  EXPECT_EQ(advice(files, {"torch", "nn.Nothing", "", pysource::Tier::attribute}), "");
}

TEST(Elsewhere, FartherModulesAreReadIfNoNearOneHasTheName) {
  std::map<std::string, std::string> files = {
      {"torch/__init__.py", ""}, {"torch/a.py", ""}, {"torch/y/z/far.py", "class Thing: pass\n"}};
  for (char name = 'b'; name < 'm'; ++name) files.emplace(std::string("torch/") + name + ".py", "");
  EXPECT_EQ(advice(files, {"torch.a", "Thing"}), "in torch.y.z.far");
}

TEST(Elsewhere, AModuleHasItsNameElsewhere) {
  const std::map<std::string, std::string> files = {{"torch/__init__.py", ""},
                                                    {"torch/distributed/__init__.py", ""},
                                                    {"torch/distributed/tensor/__init__.py", ""},
                                                    {"torch/distributed/tensor/debug/__init__.py", ""},
                                                    {"torch/distributed/pipelining/__init__.py", ""}};
  EXPECT_EQ(advice(files, {"torch.distributed._tensor.debug", ""}), "in torch.distributed.tensor.debug");
  EXPECT_EQ(advice(files, {"torch.distributed.pipelinning", ""}), "near torch.distributed.pipelining");
  EXPECT_EQ(advice(files, {"torch.distributed.nothing", "*"}), "");
}

TEST(Elsewhere, ANameThatOnlyLooksLikeOneIsNone) {
  const std::map<std::string, std::string> files = {{"torch/__init__.py", ""},
                                                    {"torch/a.py", "from torch.b import Gone\n"},
                                                    {"torch/c/__init__.py", "from torch.b import Gone\n"},
                                                    {"torch/b.py", ""}};
  EXPECT_EQ(advice(files, {"torch", "Gone"}), "") << "torch.b has none to import";
}

TEST(Elsewhere, ANameThatTheOtherReleaseHasInBothPlacesDidNotMove) {
  const std::map<std::string, std::string> older = {{"torch/__init__.py", ""},
                                                    {"torch/cpu/__init__.py", "def wait(): pass\n"},
                                                    {"torch/_old.py", "def wait(): pass\n"}};
  auto newer = older;
  newer.erase("torch/_old.py");
  newer.emplace("torch/accelerator/__init__.py", "def wait(): pass\n");
  const pysource::Requirement wait{"torch.accelerator", "wait"};
  EXPECT_EQ(advice(older, wait), "in torch.cpu, torch._old");
  EXPECT_EQ(advice(older, wait, newer), "in torch._old");
  newer["torch/_old.py"] = "from torch.accelerator import wait\n";
  EXPECT_EQ(advice(older, wait, newer), "in torch._old") << "it leads to the same definition";
  newer["torch/_old.py"] = "def wait(): pass\n";
  EXPECT_EQ(advice(older, wait, newer), "");
}

TEST(Elsewhere, AModuleThatTheOtherReleaseHasInBothPlacesDidNotMove) {
  const std::map<std::string, std::string> older = {
      {"torch/__init__.py", ""}, {"torch/jit/__init__.py", ""}, {"torch/jit/export.py", ""}};
  auto newer = older;
  newer.emplace("torch/export.py", "");
  EXPECT_EQ(advice(older, {"torch.export", ""}, newer), "");
  newer.erase("torch/jit/export.py");
  EXPECT_EQ(advice(older, {"torch.export", ""}, newer), "in torch.jit.export");
}

}  // namespace
}  // namespace launch::probe

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

/// "in A, B" or "near A" of the missing name; empty without advice.
std::string advice(std::map<std::string, std::string> files, const pysource::Requirement& missing) {
  auto api = api_of(std::move(files));
  const auto found = look_elsewhere(api, {missing}).value();
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

}  // namespace
}  // namespace launch::probe

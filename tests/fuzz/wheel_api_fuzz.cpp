#include <iterator>
#include <map>

#include "fuzz/fuzz.hpp"
#include "probe/elsewhere.hpp"
#include "probe/third_parties.hpp"
#include "probe/wheel_api.hpp"
#include "pysource/getattr_rule.hpp"

namespace launch::fuzz {
namespace {

using Files = std::map<std::string, std::string>;

class FakeWheel final : public probe::WheelSource {
 public:
  explicit FakeWheel(Files files) : files_(std::move(files)) {}
  std::vector<std::string> files() const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files_) names.push_back(name);
    return names;
  }
  Result<std::vector<std::string>> read(std::span<const std::string> names) override {
    std::vector<std::string> contents;
    for (const auto& name : names) contents.push_back(files_.at(name));
    return contents;
  }
  bool is_local() const override { return true; }

 private:
  Files files_;
};

/// Modules that are always there, so that questions find what the input has.
Files files_of(const std::vector<std::string_view>& parts) {
  constexpr std::string_view kNames[] = {"torch/__init__.py",
                                         "torch/nn/__init__.py",
                                         "torch/nn/functional.py",
                                         "torch/nn/functional.pyi",
                                         "torch/_C.so",
                                         "torch/_C/__init__.pyi",
                                         "torchgen/packaged/ATen/native/native_functions.yaml",
                                         "torch/include/c10/core/ScalarType.h",
                                         "torch/lib/libtorch_python.so"};
  Files files;
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    files.emplace(kNames[i], i < parts.size() ? parts[i] : std::string_view());
  return files;
}

}  // namespace

/// The sources of a wheel's modules, and questions about their names.
void fuzz_wheel_api(std::string_view bytes) {
  const auto parts = parts_of(bytes);
  const auto names = pysource::read_module(std::string(parts.front()), "torch", true, false);
  if (names.getattr != nullptr) (void)pysource::ask_getattr(names, "a");

  std::vector<probe::LabelledWheel> wheels;
  wheels.push_back({"torch 2.0", std::make_unique<FakeWheel>(files_of(parts))});
  probe::WheelApi api(std::move(wheels));
  using pysource::Tier;
  const std::vector<pysource::Requirement> questions = {{"torch", "a.b", {}, Tier::attribute},
                                                        {"torch", "nn.functional.a", {}, Tier::attribute},
                                                        {"torch", "ops.aten.a.b", {}, Tier::attribute},
                                                        {"torch", "_C.a.b", {}, Tier::attribute},
                                                        {"torch", "a", "b", Tier::keyword},
                                                        {"torch.nn.functional", "a.b", "c", Tier::keyword},
                                                        {"torch", "_C.a", "b", Tier::keyword},
                                                        {"torch", ""},
                                                        {"torch", "a"},
                                                        {"torch", "*"},
                                                        {"torch.nn", "a"},
                                                        {"torch.nn.functional", "a"},
                                                        {"torch.a", ""},
                                                        {"torch.a", "b"},
                                                        {"torch.nn.functional", "*"},
                                                        {"torch._C", "a"}};
  const auto answers = api.ask(questions);
  require(answers.has_value() && answers->size() == questions.size(), "every question is answered");
  const auto problems = probe::missing_needs(
      api, questions, [](std::string_view root) -> Result<bool> { return root == "numpy"; });
  require(problems.has_value() && problems->size() == questions.size(), "every name's needs are known");
  require(probe::look_elsewhere(api, questions).has_value(), "names are looked for elsewhere");
}

}  // namespace launch::fuzz

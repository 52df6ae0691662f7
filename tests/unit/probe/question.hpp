#pragma once

#include <map>
#include <string>

#include "memory_wheel.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// "nn.Linear" below torch, or "nn.Linear(bias=)".
inline pysource::Requirement reached(const std::string& name) {
  const auto open = name.find('(');
  if (open == std::string::npos) return {"torch", name, {}, pysource::Tier::attribute};
  return {"torch", name.substr(0, open), name.substr(open + 1, name.size() - open - 3),
          pysource::Tier::keyword};
}

using Files = std::map<std::string, std::string>;

inline std::string shown(const pysource::Answer& answer) {
  return std::string(pysource::verdict_name(answer.verdict)) + ": " + answer.reason;
}

/// The answers of torch 2.3.1, a wheel of these files.
class Questions {
 public:
  explicit Questions(Files files, std::vector<std::vector<std::string>>* reads = nullptr, bool near = false) {
    std::vector<LabelledWheel> wheels;
    wheels.push_back({"torch 2.3.1", std::make_unique<MemoryWheel>(std::move(files), reads, near)});
    api_ = std::make_unique<WheelApi>(std::move(wheels));
  }
  std::string operator()(const std::string& name) { return ask(reached(name)); }
  std::string ask(const pysource::Requirement& requirement) {
    return shown((*api_->ask({&requirement, 1})).front());
  }

 private:
  std::unique_ptr<WheelApi> api_;
};

/// Answers of a module of this source, in a wheel for CPython 3.11 or of no known release.
inline Questions module_of(const std::string& source, bool python_known = true) {
  Files files = {{"torch/__init__.py", source}};
  if (python_known) files.emplace("torch/_x.cpython-311-x86_64-linux-gnu.so", "");
  return Questions(files);
}

}  // namespace launch::probe

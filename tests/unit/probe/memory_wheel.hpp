#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probe/wheel_source.hpp"

namespace launch::probe {

/// A wheel of texts that counts its reads.
class MemoryWheel final : public WheelSource {
 public:
  explicit MemoryWheel(std::map<std::string, std::string> contents,
                       std::vector<std::vector<std::string>>* reads = nullptr, bool near = false)
      : contents_(std::move(contents)), reads_(reads), near_(near) {}

  std::vector<std::string> files() const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : contents_) names.push_back(name);
    return names;
  }
  Result<std::vector<std::string>> read(std::span<const std::string> names) override {
    if (reads_ != nullptr) reads_->emplace_back(names.begin(), names.end());
    std::vector<std::string> all;
    for (const auto& name : names) all.push_back(contents_.at(name));
    return all;
  }
  bool is_local() const override { return near_; }

 private:
  std::map<std::string, std::string> contents_;
  std::vector<std::vector<std::string>>* reads_;
  bool near_;
};

}  // namespace launch::probe

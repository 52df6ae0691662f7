#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::specs {

/// A selection of a machine's GPUs: all, a number of them, or these by index or UUID.
class GpuSet {
 public:
  enum class Kind { all, count, devices };

  static GpuSet all() { return GpuSet(Kind::all); }
  static GpuSet none() { return of_count(0); }
  static GpuSet of_count(std::size_t count);
  /// "0", "3", "GPU-…": in this order, each once.
  static GpuSet of_devices(std::vector<std::string> devices);
  /// "all", a number ("2", "0" for none), or devices: "0,2", "GPU-5f3c…" ("0," is device 0 alone). Errors
  /// (input): anything else; a device listed twice.
  static Result<GpuSet> parse(std::string_view text);

  Kind kind() const { return kind_; }
  /// The number of GPUs; nullopt for all.
  std::optional<std::size_t> count() const;
  /// Empty unless they are named.
  const std::vector<std::string>& devices() const { return devices_; }
  bool empty() const { return count() == std::size_t{0}; }
  /// The form that parse accepts.
  std::string text() const;

  friend bool operator==(const GpuSet&, const GpuSet&) = default;

 private:
  explicit GpuSet(Kind kind) : kind_(kind) {}
  Kind kind_ = Kind::all;
  std::size_t count_ = 0;
  std::vector<std::string> devices_;
};

}  // namespace launch::specs

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::specs {

/// A build target of PyTorch as its channel names it: "cu128", "rocm6.3", "xpu", "cpu". accelerator.cpp has
/// the table of kinds.
class Accelerator {
 public:
  enum class Kind { cpu, cuda, rocm, xpu };

  /// The CPU.
  Accelerator() = default;
  /// Errors (input): anything but "cuXXX", "rocmX.Y", "xpu" and "cpu".
  static Result<Accelerator> parse(std::string_view text);
  /// CUDA by the version of its toolkit: (12, 8) is cu128.
  static Accelerator cuda(unsigned major, unsigned minor);
  /// The accelerator named by the local part of a version: "cu121" for "cu121.full", "rocm6.3" for "rocm6.3".
  /// nullopt if it names none.
  static std::optional<Accelerator> of_local_version(std::string_view local);

  Kind kind() const { return kind_; }
  /// "cu128", "rocm6.3", "xpu", "cpu"
  std::string text() const;
  /// "12.8" for cu128, "6.3" for rocm6.3; empty without a version.
  std::string version() const;
  unsigned major() const { return major_; }
  unsigned minor() const { return minor_; }

  friend auto operator<=>(const Accelerator&, const Accelerator&) = default;

 private:
  Kind kind_ = Kind::cpu;
  unsigned major_ = 0;
  unsigned minor_ = 0;
  std::optional<unsigned> patch_;  // rocm6.2.4
};

}  // namespace launch::specs

#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"

namespace launch::specs {

class Scanner;

/// The values of marker variables (PEP 508, "Environment Markers"), except `extra`.
struct MarkerEnvironment {
  std::string implementation_name = "cpython";
  std::string implementation_version;  ///< "3.12.0"
  std::string os_name = "posix";
  std::string platform_machine;  ///< "x86_64", "aarch64"
  std::string platform_python_implementation = "CPython";
  std::string platform_release;
  std::string platform_system = "Linux";
  std::string platform_version;
  std::string python_full_version;  ///< "3.12.0"
  std::string python_version;       ///< "3.12"
  std::string sys_platform = "linux";
};

/// The environment of a patch release of an interpreter on a platform.
MarkerEnvironment marker_environment(const Interpreter& python, const Platform& platform, int patch = 0);

/// A PEP 508 marker: `python_version < "3.13" and extra == "cuda"`.
class Marker {
 public:
  /// Errors (input): not a marker.
  static Result<Marker> parse(std::string_view text);

  /// Compares as PEP 440 versions where both sides are versions, else as strings (so "3.13t" is no error).
  /// `extra == "x"` holds if x is among the extras (names are normalized). `"x" in extras` and `"x" in
  /// dependency_groups` (PEP 751) test the same sets. Pass extras and groups normalized.
  bool evaluate(const MarkerEnvironment& environment, const std::set<std::string>& extras = {},
                const std::set<std::string>& dependency_groups = {}) const;
  /// True if it compares more of Python's version than the minor one (python_full_version,
  /// implementation_version).
  bool names_patch() const;
  /// Normalized spelling, double quotes.
  std::string text() const;

  struct Node;

 private:
  friend Result<Marker> parse_marker(Scanner& scan);
  explicit Marker(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace launch::specs

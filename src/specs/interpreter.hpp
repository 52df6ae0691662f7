#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::specs {

/// A CPython by its minor version: "3.12", or "3.13t" for the free-threaded build (PEP 703).
struct Interpreter {
  int minor = 0;
  bool free_threaded = false;

  /// Errors (input): not "3.N" with N from 6 to 99, or a "t" before 3.13.
  static Result<Interpreter> parse(std::string_view text);

  /// "3.12", without the "t": the value of the marker `python_version`.
  std::string version() const;
  /// "3.13t", as in the names of folders below lib/.
  std::string text() const;
  /// "cp313t": the Python tag of its wheels, including the "t" of their ABI tag.
  std::string tag() const;

  /// The free-threaded build of the same version; nullopt before 3.13, which introduced it.
  std::optional<Interpreter> without_gil() const;

  /// By version; the free-threaded build follows the one with a GIL.
  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Interpreter&, const Interpreter&) = default;
};

}  // namespace launch::specs

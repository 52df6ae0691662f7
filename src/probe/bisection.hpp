#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "probe/matrix.hpp"

namespace launch::probe {

/// Two neighbouring versions that answer differently.
struct Change {
  std::size_t before = 0;  ///< places among the versions
  std::size_t after = 0;
  std::optional<std::string> commit_before = {};  ///< that the version was built from
  std::optional<std::string> commit_after = {};
  std::vector<std::string> between = {};  ///< versions and days between them that could not be asked
};

/// When names came and went.
struct Bisection {
  Matrix matrix;
  std::vector<std::vector<Change>> changes;  ///< by row of the matrix

  bool found() const;  ///< some name changes
};

/// True if a skipped version, or the first of some days without a nightly, lies between two versions.
bool lies_between(const std::string& skipped, const std::string& before, const std::string& after);

/// The changes of each row, without commits. Pure.
Bisection bisect_rows(Matrix matrix);

}  // namespace launch::probe

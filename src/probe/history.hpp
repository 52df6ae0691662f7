#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace launch::probe {

struct Matrix;
struct MatrixRow;

/// Which versions of a package have a name, of those that its index has.
struct History {
  struct Span {
    std::string first;
    std::string last;
    friend bool operator==(const Span&, const Span&) = default;
  };
  std::string package;
  std::string oldest;  ///< of those asked
  std::string newest;
  std::vector<Span> has;    ///< oldest first
  std::size_t unknown = 0;  ///< versions of which it is unknown
};

/// What a row says. Pure.
History history_of(const MatrixRow& row, const Matrix& matrix);

}  // namespace launch::probe

#include "probe/history.hpp"

#include "probe/matrix.hpp"

namespace launch::probe {

History history_of(const MatrixRow& row, const Matrix& matrix) {
  const auto version = [&](std::size_t place) { return matrix.versions[place].version; };
  History history{matrix.package, version(0), version(matrix.versions.size() - 1), {}, 0};
  for (const auto& stretch : row.stretches()) {
    if (stretch.verdict == pysource::Verdict::yes)
      history.has.push_back({version(stretch.first), version(stretch.last)});
    if (stretch.verdict == pysource::Verdict::unknown) history.unknown += stretch.last - stretch.first + 1;
  }
  return history;
}

}  // namespace launch::probe

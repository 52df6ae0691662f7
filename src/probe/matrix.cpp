#include "probe/matrix.hpp"

#include <algorithm>

namespace launch::probe {

std::vector<Stretch> MatrixRow::stretches() const {
  std::vector<Stretch> all;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (all.empty() || all.back().verdict != cells[i].verdict) {
      all.push_back({cells[i].verdict, i, i});
    } else {
      all.back().last = i;
    }
  }
  return all;
}

bool MatrixRow::changes() const {
  return std::any_of(cells.begin(), cells.end(),
                     [&](const auto& cell) { return cell.verdict != cells.front().verdict; });
}

bool MatrixRow::is_always(pysource::Verdict verdict) const {
  return std::all_of(cells.begin(), cells.end(), [&](const auto& cell) { return cell.verdict == verdict; });
}

}  // namespace launch::probe

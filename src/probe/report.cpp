#include "probe/report.hpp"

#include <algorithm>

namespace launch::probe {

bool same_outcome(const JudgedName& a, const JudgedName& b) {
  return a.answer.verdict == b.answer.verdict &&
         std::equal(a.uses.begin(), a.uses.end(), b.uses.begin(), b.uses.end(),
                    [](const JudgedUse& one, const JudgedUse& other) {
                      return one.outcome == other.outcome && one.runs == other.runs;
                    });
}

}  // namespace launch::probe

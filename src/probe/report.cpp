#include "probe/report.hpp"

#include <algorithm>

namespace launch::probe {

bool same_outcome(const JudgedName& a, const JudgedName& b) {
  return a.answer.verdict == b.answer.verdict &&
         std::equal(
             a.uses.begin(), a.uses.end(), b.uses.begin(), b.uses.end(),
             [](const JudgedUse& one, const JudgedUse& other) { return one.outcome == other.outcome && one.runs == other.runs; });
}

bool CheckReport::fails() const {
  return std::any_of(platforms.begin(), platforms.end(), [](const PlatformAnswers& each) {
    return std::any_of(each.names.begin(), each.names.end(),
                       [](const JudgedName& name) { return name.fails(); });
  });
}

}  // namespace launch::probe

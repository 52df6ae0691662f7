#include "probe/bisection.hpp"

#include <algorithm>
#include <utility>

#include "pytorch/channel.hpp"
#include "specs/day.hpp"
#include "specs/version.hpp"

namespace launch::probe {
bool lies_between(const std::string& skipped, const std::string& before, const std::string& after) {
  const auto low = specs::Version::parse(before);
  const auto high = specs::Version::parse(after);
  if (!low || !high) return false;
  constexpr std::size_t kDay = 10;  // "2025-06-06"
  if (const auto day = specs::Day::parse(skipped.substr(0, kDay))) {
    const auto first = pytorch::nightly_day(*low);
    const auto last = pytorch::nightly_day(*high);
    return first && last && *first < *day && *day < *last;
  }
  const auto version = specs::Version::parse(skipped);
  return version && *low < *version && *version < *high;
}

bool Bisection::found() const {
  return std::any_of(changes.begin(), changes.end(), [](const auto& each) { return !each.empty(); });
}

Bisection bisect_rows(Matrix matrix) {
  Bisection bisection{std::move(matrix), {}};
  const auto& versions = bisection.matrix.versions;
  for (const auto& row : bisection.matrix.rows) {
    std::vector<Change> changes;
    const auto stretches = row.stretches();
    for (std::size_t i = 1; i < stretches.size(); ++i) {
      Change change{.before = stretches[i - 1].last, .after = stretches[i].first};
      for (const auto& each : bisection.matrix.skipped) {
        if (lies_between(each.version, versions[change.before].version, versions[change.after].version)) {
          change.between.push_back(each.version);
        }
      }
      changes.push_back(std::move(change));
    }
    bisection.changes.push_back(std::move(changes));
  }
  return bisection;
}

}  // namespace launch::probe

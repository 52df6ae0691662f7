#include "locking/remarks.hpp"

#include <set>
#include <utility>

#include "locking/target_provider.hpp"

namespace launch::locking {

Result<Remarks> remarks_on(const std::vector<TargetSolution>& solutions) {
  Remarks remarks;
  std::set<std::pair<std::string, std::string>> seen;  // what and whose
  for (const auto& solution : solutions) {
    for (const auto& one : solution.source_only) {
      if (seen.emplace("source archive", one.package).second) remarks.source_only.push_back(one);
    }
    for (const auto& one : solution.held_back) {
      if (seen.emplace("held back", one.package).second) remarks.held_back.push_back(one);
    }
    for (const auto& [name, pick] : solution.picks) {
      const auto& version = pick.wheel.build->version;
      const auto& yanked = pick.wheel.file().yanked;
      if (yanked && seen.emplace("yanked version", name).second)
        remarks.yanked.push_back({name, version, *yanked});
      if (pick.extras.empty()) continue;
      TRY_ASSIGN(const auto* metadata, solution.provider->metadata(name, version));
      const auto& known = metadata->provides_extra;
      for (const auto& extra : pick.extras) {
        if (known.count(extra) == 0 && seen.emplace(extra, name).second)
          remarks.unknown_extras.push_back({name, version, extra, {known.begin(), known.end()}});
      }
    }
  }
  return remarks;
}

}  // namespace launch::locking

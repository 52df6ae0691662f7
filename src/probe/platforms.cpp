#include "probe/platforms.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "pysource/module_files.hpp"

namespace launch::probe {
namespace {

std::set<std::string, std::less<>> roots_of_wheel(const WheelSource& wheel) {
  std::vector<std::string> paths;
  for (const auto& archive_path : wheel.files()) {
    if (auto path = archive::import_path(archive_path)) paths.push_back(std::move(*path));
  }
  return pysource::ModuleFiles(std::move(paths)).roots();
}

}  // namespace

PlatformApis::PlatformApis(std::vector<OpenedWheels> platforms) {
  std::set<std::string> missing;
  for (const auto& each : platforms) missing.insert(each.missing.begin(), each.missing.end());
  for (auto& each : platforms) {
    for (std::size_t i = 0; i < each.asked.size(); ++i) {
      const auto& package = each.asked[i].package;
      if (missing.contains(package)) roots_of_[package].merge(roots_of_wheel(*each.wheels[i].source));
    }
    platforms_.push_back({{each.platform, std::move(each.asked), std::move(each.missing), {}},
                          WheelApi(std::move(each.wheels))});
    const auto& roots = platforms_.back().api.roots();
    roots_.insert(roots.begin(), roots.end());
  }
}

const std::string* PlatformApis::missing_for(const PlatformAnswers& platform,
                                             const std::string& module) const {
  const auto root = std::string_view(module).substr(0, module.find('.'));
  const auto found =
      std::find_if(platform.missing.begin(), platform.missing.end(), [&](const std::string& package) {
        const auto roots = roots_of_.find(package);
        return roots != roots_of_.end() && roots->second.contains(root);
      });
  return found == platform.missing.end() ? nullptr : &*found;
}

Result<std::vector<PlatformAnswers>> PlatformApis::ask(const std::vector<NeededName>& names) {
  std::vector<pysource::Requirement> requirements;
  requirements.reserve(names.size());
  for (const auto& name : names) requirements.push_back(name.requirement);
  std::vector<PlatformAnswers> all;
  for (auto& [known, api] : platforms_) {
    TRY_ASSIGN(auto answers, api.ask(requirements));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].verdict == pysource::Verdict::yes) continue;
      if (const auto* package = missing_for(known, requirements[i].module)) {
        answers[i] = {pysource::Verdict::unknown,
                      fmt::format("the lock has no wheel of {} for {}", *package, known.platform.text())};
      }
    }
    all.push_back(known);
    all.back().names = judge(names, answers);
  }
  return all;
}

}  // namespace launch::probe

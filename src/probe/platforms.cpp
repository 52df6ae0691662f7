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

Result<std::vector<pysource::Answer>> PlatformApis::answers_of(Platform& platform,
                                                               const std::vector<NeededName>& names,
                                                               const AskRules& rules) const {
  std::vector<pysource::Answer> answers(names.size());
  std::vector<pysource::Requirement> asked;
  std::vector<std::size_t> places;  // in `answers`
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto settled = rules.settled ? rules.settled(names[i].requirement) : std::nullopt;
    if (settled) {
      answers[i] = *std::move(settled);
    } else {
      asked.push_back(names[i].requirement);
      places.push_back(i);
    }
  }
  TRY_ASSIGN(auto said, platform.api.ask(asked));
  std::vector<pysource::Requirement> there;  // and needed
  std::vector<std::size_t> needed;
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const auto i = places[k];
    answers[i] = std::move(said[k]);
    const auto* package = answers[i].verdict == pysource::Verdict::yes
                              ? nullptr
                              : missing_for(platform.answers, asked[k].module);
    if (package != nullptr) {
      answers[i] = {pysource::Verdict::unknown, fmt::format("the lock has no wheel of {} for {}", *package,
                                                            platform.answers.platform.text())};
    }
    const bool wanted = names[i].need == pysource::Need::must || names[i].need == pysource::Need::path;
    if (answers[i].verdict != pysource::Verdict::yes || !wanted) continue;
    there.push_back(asked[k]);
    needed.push_back(i);
  }
  if (!rules.provided) return answers;
  TRY_ASSIGN(auto problems, missing_needs(platform.api, there, rules.provided));
  for (std::size_t k = 0; k < problems.size(); ++k) {
    if (problems[k].empty()) continue;
    answers[needed[k]] = {pysource::Verdict::no, std::move(problems[k])};
    platform.answers.unusable.insert(there[k]);
  }
  return answers;
}

Result<std::vector<PlatformAnswers>> PlatformApis::ask(const std::vector<NeededName>& names,
                                                       const AskRules& rules) {
  std::vector<PlatformAnswers> all;
  for (auto& platform : platforms_) {
    TRY_ASSIGN(const auto answers, answers_of(platform, names, rules));
    all.push_back(platform.answers);
    all.back().names = judge(names, answers);
  }
  return all;
}

Result<std::map<pysource::Requirement, Advice>> PlatformApis::look_elsewhere(
    std::size_t platform, const std::vector<pysource::Requirement>& missing) {
  return probe::look_elsewhere(platforms_[platform].api, missing);
}

}  // namespace launch::probe

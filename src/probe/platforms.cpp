#include "probe/platforms.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "probe/import_paths.hpp"
#include "pysource/requirement_names.hpp"
#include "pytorch/commits.hpp"

namespace launch::probe {
PlatformApis::PlatformApis(std::vector<OpenedWheels> platforms) {
  std::set<std::string> missing;
  for (const auto& each : platforms) missing.insert(each.missing.begin(), each.missing.end());
  for (auto& each : platforms) {
    for (std::size_t i = 0; i < each.asked.size(); ++i) {
      const auto& package = each.asked[i].package;
      if (missing.contains(package)) {
        auto roots = modules_of(each.wheels[i].source->files()).roots();
        roots_of_[package].merge(roots);
      }
    }
    WheelSource* torch = nullptr;
    for (std::size_t i = 0; i < each.asked.size(); ++i) {
      if (each.asked[i].package == "torch") torch = each.wheels[i].source.get();
    }
    platforms_.push_back({{each.platform, std::move(each.asked), std::move(each.missing), {}},
                          WheelApi(std::move(each.wheels)),
                          torch});
    const auto& roots = platforms_.back().api.roots();
    roots_.insert(roots.begin(), roots.end());
  }
}

const std::string* PlatformApis::missing_for(const PlatformAnswers& platform,
                                             const std::string& module) const {
  const auto root = pysource::root_of(module);
  const auto found =
      std::find_if(platform.missing.begin(), platform.missing.end(), [&](const std::string& package) {
        const auto roots = roots_of_.find(package);
        return roots != roots_of_.end() && roots->second.contains(root);
      });
  return found == platform.missing.end() ? nullptr : &*found;
}

Result<std::vector<pysource::Answer>> PlatformApis::answers(
    Platform& platform, const std::vector<pysource::Requirement>& requirements, const AskRules& rules) const {
  std::vector<pysource::Answer> answers(requirements.size());
  std::vector<pysource::Requirement> asked;
  std::vector<std::size_t> places;  // in `answers`
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    auto settled = rules.settled ? rules.settled(requirements[i]) : std::nullopt;
    if (settled) {
      answers[i] = *std::move(settled);
    } else {
      asked.push_back(requirements[i]);
      places.push_back(i);
    }
  }
  TRY_ASSIGN(auto said, platform.api.ask(asked));
  for (std::size_t k = 0; k < asked.size(); ++k) {
    auto& answer = answers[places[k]];
    answer = std::move(said[k]);
    if (answer.verdict == pysource::Verdict::yes) continue;
    if (const auto* package = missing_for(platform.answers, asked[k].module)) {
      answer = {pysource::Verdict::unknown, fmt::format("the lock has no wheel of {} for {}", *package,
                                                        platform.answers.platform.text())};
    }
  }
  return answers;
}

Result<void> PlatformApis::require_third_parties(Platform& platform, const std::vector<NeededName>& names,
                                                 std::vector<pysource::Answer>& answers,
                                                 const AskRules& rules) const {
  if (!rules.provided) return {};
  std::vector<pysource::Requirement> there;  // and needed
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool wanted = names[i].need == pysource::Need::must || names[i].need == pysource::Need::path;
    if (answers[i].verdict != pysource::Verdict::yes || !wanted) continue;
    there.push_back(names[i].requirement);
    places.push_back(i);
  }
  TRY_ASSIGN(auto problems, missing_needs(platform.api, there, rules.provided));
  for (std::size_t k = 0; k < problems.size(); ++k) {
    if (problems[k].empty()) continue;
    answers[places[k]] = {pysource::Verdict::no, std::move(problems[k])};
    platform.answers.unusable.insert(there[k]);
  }
  return {};
}

/// What the gates are evaluated with on a platform, without the answers.
Result<GateContext> PlatformApis::context_of(const Platform& platform, const TreeScan& scan,
                                             const AskRules& rules) const {
  GateContext context{.symbols = scan.symbols.get(), .calls = scan.calls.get()};
  context.facts.roots = roots_;
  context.facts.roots.insert(rules.roots.begin(), rules.roots.end());
  for (const auto& wheel : platform.answers.wheels) context.facts.versions[wheel.package] = wheel.version;
  if (platform.torch == nullptr) return context;
  const auto files = platform.torch->files();
  const std::vector<std::string> wanted = {std::string(pytorch::kVersionFile)};
  if (std::find(files.begin(), files.end(), wanted.front()) == files.end()) return context;
  TRY_ASSIGN(const auto contents, during(platform.torch->read(wanted), "reading torch's version"));
  if (auto version = pytorch::version_in(contents.front()))
    context.facts.module_versions["torch"] = *std::move(version);
  return context;
}

Result<std::vector<PlatformAnswers>> PlatformApis::ask(const TreeScan& scan, const AskRules& rules) {
  std::vector<pysource::Requirement> requirements;
  requirements.reserve(scan.names.size() + scan.questions.size());
  for (const auto& name : scan.names) requirements.push_back(name.requirement);
  requirements.insert(requirements.end(), scan.questions.begin(), scan.questions.end());
  std::vector<PlatformAnswers> all;
  for (auto& platform : platforms_) {
    TRY_ASSIGN(auto found, answers(platform, requirements, rules));
    TRY_ASSIGN(auto context, context_of(platform, scan, rules));
    for (std::size_t i = scan.names.size(); i < found.size(); ++i)
      context.facts.answers[requirements[i]] = found[i].verdict;
    found.resize(scan.names.size());
    TRY(require_third_parties(platform, scan.names, found, rules));
    all.push_back(platform.answers);
    all.back().names = judge(scan.names, found, std::move(context));
  }
  return all;
}

Result<std::map<pysource::Requirement, Advice>> PlatformApis::look_elsewhere(
    std::size_t platform, const std::vector<pysource::Requirement>& missing, PlatformApis* has) {
  return probe::look_elsewhere(platforms_[platform].api, missing,
                               has == nullptr ? nullptr : &has->platforms_.front().api);
}

}  // namespace launch::probe

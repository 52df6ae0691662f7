#include "commands/bump_names.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace launch::commands {
namespace {

std::string place_of(const probe::Use& use) {
  return fmt::format("{}:{}", use.file, use.line);
}

std::string shown(const pysource::Requirement& requirement) {
  return requirement.name.empty() ? requirement.module : requirement.text();
}

const probe::PlatformAnswers* same_platform(const probe::PlatformAnswers& wanted,
                                            const probe::CheckReport& report) {
  const auto at = std::find_if(report.platforms.begin(), report.platforms.end(),
                               [&](const auto& each) { return each.platform == wanted.platform; });
  return at == report.platforms.end() ? nullptr : &*at;
}

bool is_needed(const probe::JudgedName& name) {
  return std::any_of(name.uses.begin(), name.uses.end(), [](const auto& use) { return use.is_needed(); });
}

}  // namespace

std::vector<std::string> failing_uses(const probe::CheckReport& report) {
  std::vector<std::string> found;
  for (const auto& platform : report.platforms) {
    for (const auto& name : platform.names) {
      for (const auto& use : name.uses) {
        if (!use.fails()) continue;
        found.push_back(
            fmt::format("{}: {}: {}", place_of(use.use), shown(name.requirement), name.answer.reason));
      }
    }
    if (!found.empty()) break;
  }
  return found;
}

std::vector<NameChange> changed_names(const probe::CheckReport& before, const probe::CheckReport& after) {
  std::vector<NameChange> changes;
  for (const auto& platform : after.platforms) {
    const auto* earlier = same_platform(platform, before);
    if (earlier == nullptr) continue;
    std::map<std::string, const probe::JudgedName*> had;
    for (const auto& name : earlier->names) had.emplace(name.requirement.text(), &name);
    for (const auto& name : platform.names) {
      const auto at = had.find(name.requirement.text());
      if (at == had.end() || !is_needed(name) || at->second->answer.verdict == name.answer.verdict) continue;
      NameChange change{shown(name.requirement), at->second->answer, name.answer, {}};
      for (const auto& use : name.uses) change.uses.push_back(place_of(use.use));
      changes.push_back(std::move(change));
    }
    break;
  }
  return changes;
}

}  // namespace launch::commands

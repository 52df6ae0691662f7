#include "probe/elsewhere.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::probe {
namespace {

/// How many of the nearest modules are read: a few, and more for names that they do not have.
constexpr std::size_t kRounds[] = {8, 32};
constexpr std::size_t kMostRead = 200;
constexpr std::size_t kMostNamed = 3;

/// "Device_Mesh" and "_device_mesh" are "devicemesh".
std::string plain(std::string_view part) {
  auto text = to_lower(part);
  std::erase(text, '_');
  return text;
}

std::vector<std::string> plain_parts(std::string_view module) {
  std::vector<std::string> parts;
  for (const auto part : split(module, '.')) parts.push_back(plain(part));
  return parts;
}

std::string last_part(std::string_view dotted) {
  return std::string(dotted.substr(dotted.rfind('.') + 1));
}

/// What is looked for: a name, or a module if `is_module`.
struct Target {
  std::string module;  ///< where it was
  std::string name;
  bool is_module = false;

  explicit Target(const pysource::Requirement& missing) : is_module(pysource::is_module(missing)) {
    const auto whole = pysource::full_name(missing);
    module = whole.substr(0, std::min(whole.rfind('.'), whole.size()));
    name = last_part(whole);
  }
};

/// How far a module is from the one where the name was: parts that only one of them has, and one more for
/// each that is private. A module named like the name is near.
std::size_t distance(const std::vector<std::string>& from, const std::string& name, std::string_view to) {
  const auto parts = plain_parts(to);
  std::vector<std::size_t> shared(parts.size() + 1);  // a row of the longest common subsequence
  for (const auto& each : from) {
    std::size_t corner = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto above = shared[i + 1];
      shared[i + 1] = each == parts[i] ? corner + 1 : std::max(above, shared[i]);
      corner = above;
    }
  }
  auto far = 2 * (from.size() + parts.size() - 2 * shared.back());
  for (const auto part : split(to, '.')) far += part.starts_with('_') ? 1 : 0;
  if (parts.back() == plain(name)) far -= std::min<std::size_t>(far, 3);
  return far;
}

/// Other modules, the nearest first.
std::vector<std::string> nearest(const std::vector<std::string>& modules, const Target& target) {
  const auto from = plain_parts(target.module);
  std::vector<std::pair<std::size_t, const std::string*>> ranked;
  for (const auto& module : modules) {
    if (module != target.module) ranked.emplace_back(distance(from, target.name, module), &module);
  }
  const auto count = std::min(std::end(kRounds)[-1], ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count), ranked.end(),
                    [](const auto& a, const auto& b) {
                      return std::tuple(a.first, a.second->size(), *a.second) <
                             std::tuple(b.first, b.second->size(), *b.second);
                    });
  std::vector<std::string> best;
  for (std::size_t i = 0; i < count; ++i) best.push_back(*ranked[i].second);
  return best;
}

/// True if the module is a place to import the name from, not one that merely uses it.
bool offers(const pysource::ModuleNames& module, const std::string& name) {
  const auto found = module.bindings.find(name);
  if (module.all && std::find(module.all->begin(), module.all->end(), name) != module.all->end()) return true;
  if (found == module.bindings.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const pysource::Binding& binding) {
    return binding.kind == pysource::Binding::Kind::here ||
           (module.is_package && binding.kind == pysource::Binding::Kind::member);
  });
}

/// The first few modules, without those in a package that is among them: it is the place to import from.
std::vector<std::string> without_parts(const std::vector<std::string>& modules) {
  const auto is_part = [&](const std::string& module) {
    return std::any_of(modules.begin(), modules.end(),
                       [&](const std::string& other) { return module.starts_with(other + '.'); });
  };
  std::vector<std::string> whole;
  for (const auto& module : modules) {
    if (whole.size() < kMostNamed && !is_part(module)) whole.push_back(module);
  }
  return whole;
}

/// Modules of the same name elsewhere, and modules beside it that are spelled like it.
Advice advice_on_module(const std::vector<std::string>& modules, const Target& target) {
  Advice advice;
  const auto from = plain_parts(target.module);
  std::vector<std::pair<std::size_t, std::string>> same;
  std::vector<std::string> beside;
  for (const auto& module : modules) {
    const auto last = last_part(module);
    const auto parent = module.substr(0, std::min(module.rfind('.'), module.size()));
    if (parent == target.module) beside.push_back(last);
    if (plain(last) == plain(target.name) && parent != module)
      same.emplace_back(distance(from, "", parent), module);
  }
  std::sort(same.begin(), same.end());
  for (const auto& [far, module] : same) {
    if (far == same.front().first && advice.moved.size() < kMostNamed) advice.moved.push_back(module);
  }
  if (const auto near = did_you_mean(target.name, beside); near && advice.moved.empty())
    advice.near.push_back(target.module + "." + *near);
  return advice;
}

class Search {
 public:
  Search(WheelApi& api, WheelApi* has) : api_(api), has_(has) {}

  Result<std::map<pysource::Requirement, Advice>> run(const std::vector<pysource::Requirement>& missing) {
    std::map<pysource::Requirement, Advice> advice;
    for (const auto& each : missing) {
      const Target target(each);
      const auto& modules = modules_below(std::string(pysource::root_of(target.module)));
      if (target.is_module) {
        advice[each] = advice_on_module(modules, target);
        TRY(drop_others(each, advice[each].moved));
      } else {
        candidates_.emplace(each, nearest(modules, target));
      }
    }
    std::size_t first = 0;
    for (const auto last : kRounds) {
      TRY(read_candidates(first, last, advice));
      first = last;
    }
    std::erase_if(advice,
                  [](const auto& each) { return each.second.moved.empty() && each.second.near.empty(); });
    return advice;
  }

 private:
  const std::vector<std::string>& modules_below(const std::string& root) {
    const auto [found, added] = modules_.try_emplace(root);
    if (added) found->second = api_.modules_below(root);
    return found->second;
  }

  /// Reads the candidates first … last of names that have not been found.
  Result<void> read_candidates(std::size_t first, std::size_t last,
                               std::map<pysource::Requirement, Advice>& advice) {
    std::set<std::string> wanted;
    std::map<pysource::Requirement, std::vector<std::string>> looked_at;
    for (const auto& [missing, modules] : candidates_) {
      if (!advice[missing].moved.empty()) continue;
      for (auto i = first; i < std::min(last, modules.size()); ++i) {
        const bool known = read_.contains(modules[i]) || wanted.contains(modules[i]);
        if (!known && read_.size() + wanted.size() >= kMostRead) break;
        if (!known) wanted.insert(modules[i]);
        looked_at[missing].push_back(modules[i]);
      }
    }
    const std::vector<std::string> list(wanted.begin(), wanted.end());
    TRY_ASSIGN(const auto read, api_.read_modules(list));
    for (std::size_t i = 0; i < list.size(); ++i) read_.emplace(list[i], read[i]);
    for (const auto& [missing, modules] : looked_at) {
      TRY_ASSIGN(advice[missing].moved, places_of(missing, modules));
    }
    return {};
  }

  Result<std::vector<std::string>> places_of(const pysource::Requirement& missing,
                                             const std::vector<std::string>& candidates) {
    const auto name = Target(missing).name;
    std::vector<pysource::Requirement> questions;
    for (const auto& module : candidates) {
      const auto* names = read_.at(module);
      if (names != nullptr && offers(*names, name)) questions.push_back({module, name});
    }
    TRY_ASSIGN(const auto answers, api_.ask(questions));
    std::vector<std::string> places;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].verdict == pysource::Verdict::yes) places.push_back(questions[i].module);
    }
    TRY(drop_others(missing, places));
    return without_parts(places);
  }

  /// Drops the places that have something else of the same name: what the other release has there is not
  /// what it has where the name is missing.
  Result<void> drop_others(const pysource::Requirement& missing, std::vector<std::string>& places) {
    if (has_ == nullptr || places.empty()) return {};
    std::vector<pysource::Requirement> questions = {missing};
    for (const auto& place : places) questions.push_back(in_place(missing, place));
    TRY_ASSIGN(const auto answers, has_->ask(questions));
    std::vector<std::string> same;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& there = answers[i + 1];
      const bool unknown = there.verdict == pysource::Verdict::unknown;
      if (!unknown && !are_different(answers[0], there)) same.push_back(places[i]);
    }
    places = std::move(same);
    return {};
  }

  WheelApi& api_;
  WheelApi* has_;                                            // null: no other release is known
  std::map<std::string, std::vector<std::string>> modules_;  // by root
  std::map<pysource::Requirement, std::vector<std::string>> candidates_;
  std::map<std::string, const pysource::ModuleNames*> read_;
};

}  // namespace

pysource::Requirement in_place(const pysource::Requirement& missing, const std::string& module) {
  const Target target(missing);
  return {module, target.is_module ? "" : target.name};
}

bool are_different(const pysource::Answer& one, const pysource::Answer& other) {
  const auto yes = pysource::Verdict::yes;
  // The reason of a "yes" says where the name is defined.
  return one.verdict == yes && other.verdict == yes && one.reason != other.reason;
}

Result<std::map<pysource::Requirement, Advice>> look_elsewhere(
    WheelApi& api, const std::vector<pysource::Requirement>& missing, WheelApi* has) {
  return Search(api, has).run(missing);
}

}  // namespace launch::probe

// Random worlds with nightlies, platforms, markers, extras, constraints and several indexes, against trying
// everything.
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/dice.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using fakes::Dice;

constexpr int kDays = 4;
const std::vector<std::string> kMachines = {"x86_64", "aarch64"};

std::string dated(const std::string& base, int day) {
  return fmt::format("{}.dev2025060{}", base, day);
}

/// A version of a package, as it is on its index.
struct Candidate {
  std::string version;
  int day = 0;  ///< of a nightly build
  std::vector<std::string> needs = {};
  std::set<std::string> machines = {kMachines.begin(), kMachines.end()};
  bool yanked = false;
};

struct World {
  std::map<std::string, std::vector<Candidate>>
      packages;  ///< ascending; "torch" and "torchvision" are nightlies
  std::vector<std::string> machines;
  std::vector<std::string> torch;    ///< the recipe's packages of the channel
  std::vector<std::string> general;  ///< its packages of the general index
  std::vector<std::string> bounds;   ///< its constraints
  std::vector<Candidate> decoys;     ///< versions of "own" on the general index, which has it too
  std::optional<int> date;
  std::optional<int> as_of;
};

std::set<std::string> random_machines(Dice& dice) {
  if (dice.chance(80)) return {kMachines.begin(), kMachines.end()};
  return {kMachines[static_cast<std::size_t>(dice.upto(1))]};
}

std::string torch_bound(Dice& dice) {
  static const std::vector<std::string> operators = {"==", ">=", "<=", "!="};
  return "torch" + operators[static_cast<std::size_t>(dice.upto(3))] +
         dated("2.9.0", 1 + dice.upto(kDays - 1));
}

std::string general_need(Dice& dice) {
  static const std::vector<std::string> names = {"a", "b", "own"};
  static const std::vector<std::string> operators = {"==", ">=", "<=", "!="};
  auto need = names[static_cast<std::size_t>(dice.upto(2))];
  if (need == "a" && dice.chance(30)) need += "[x]";
  if (dice.chance(70))
    need += operators[static_cast<std::size_t>(dice.upto(3))] + std::to_string(1 + dice.upto(2));
  if (dice.chance(20)) need += "; platform_machine == 'aarch64'";
  return need;
}

void add_nights(World& world, Dice& dice) {
  for (int day = 1; day <= kDays; ++day) {
    if (dice.chance(80)) {
      Candidate torch{.version = dated("2.9.0", day),
                      .day = day,
                      .machines = random_machines(dice),
                      .yanked = dice.chance(5)};
      if (dice.chance(40)) torch.needs.push_back(general_need(dice));
      world.packages["torch"].push_back(std::move(torch));
    }
    if (dice.chance(80)) {
      Candidate vision{.version = dated("0.23.0", day), .day = day, .machines = random_machines(dice)};
      const int pins = dice.upto(9);
      if (pins < 5) vision.needs.push_back("torch==" + dated("2.9.0", day));
      if (pins >= 5 && pins < 8 && day > 1) vision.needs.push_back("torch==" + dated("2.9.0", day - 1));
      if (pins == 8) vision.needs.push_back(torch_bound(dice));
      world.packages["torchvision"].push_back(std::move(vision));
    }
  }
}

/// A pinned version may be used although it was yanked, whoever pins it: the worlds have no such pins.
void keep_pinned(World& world) {
  std::set<std::string> pins;
  const auto add = [&](const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      const auto parsed = requirement(text);
      for (const auto& clause : parsed.specifier.clauses()) {
        if (clause.op == specs::Operator::equal) pins.insert(parsed.name + " " + clause.version_text);
      }
    }
  };
  for (const auto* list : {&world.torch, &world.general, &world.bounds}) add(*list);
  for (const auto& [name, candidates] : world.packages) {
    for (const auto& candidate : candidates) add(candidate.needs);
  }
  for (auto& [name, candidates] : world.packages) {
    for (auto& candidate : candidates) {
      if (candidate.day == 0 && pins.count(name + " " + candidate.version) != 0) candidate.yanked = false;
    }
  }
}

World random_world(unsigned seed) {
  Dice dice(seed);
  World world;
  world.machines = dice.chance(50) ? kMachines : std::vector<std::string>{"x86_64"};
  add_nights(world, dice);
  for (const auto* name : {"a", "b", "own"}) {
    for (int version = 1; version <= 3; ++version) {
      Candidate candidate{
          .version = std::to_string(version), .machines = random_machines(dice), .yanked = dice.chance(5)};
      if (dice.chance(40))
        candidate.needs.push_back(dice.chance(50) ? torch_bound(dice) : general_need(dice));
      if (std::string(name) == "a" && dice.chance(50)) candidate.needs.push_back(general_need(dice));
      if (std::string(name) == "a" && dice.chance(40))
        candidate.needs.push_back("b>=" + std::to_string(1 + dice.upto(2)) + "; extra == 'x'");
      world.packages[name].push_back(std::move(candidate));
      world.decoys.push_back({.version = std::to_string(7 + version)});
    }
  }
  world.torch = {"torch"};
  if (dice.chance(70)) world.torch.emplace_back("torchvision");
  if (dice.chance(20)) world.torch.emplace_back(torch_bound(dice));
  for (int i = dice.upto(2); i > 0; --i) world.general.push_back(general_need(dice));
  if (dice.chance(25))
    world.bounds.push_back(dice.chance(50) ? torch_bound(dice) : "b<=" + std::to_string(1 + dice.upto(2)));
  if (dice.chance(15)) world.date = 1 + dice.upto(kDays - 1);
  if (!world.date && dice.chance(15)) world.as_of = 1 + dice.upto(kDays - 1);
  keep_pinned(world);
  return world;
}

/// Tries everything for one machine, with only these builds of the nightlies.
class Exhaustive {
 public:
  using Choice = std::map<std::string, const Candidate*>;

  Exhaustive(const World& world, const std::string& machine)
      : world_(world),
        environment_(specs::marker_environment(fakes::python("3.12"),
                                               machine == "x86_64" ? fakes::x86() : fakes::arm())),
        machine_(machine) {}

  bool has_solution(const std::map<std::string, std::set<int>>& days) {
    choices_.clear();
    for (const auto& [name, candidates] : world_.packages) {
      for (const auto& candidate : candidates) {
        const auto night = days.find(name);
        const bool offered = night == days.end() || night->second.count(candidate.day) != 0;
        if (offered && candidate.machines.count(machine_) != 0 && !candidate.yanked)
          choices_[name].push_back(&candidate);
      }
    }
    chosen_.clear();
    return any(world_.packages.begin());
  }

  /// True if exactly these versions are needed and go together.
  bool valid(const Choice& chosen) {
    chosen_ = chosen;
    return valid();
  }

  std::vector<specs::Requirement> roots() const {
    std::vector<specs::Requirement> out;
    for (const auto* list : {&world_.torch, &world_.general}) {
      for (const auto& text : *list) {
        auto parsed = requirement(text);
        if (!parsed.marker || parsed.marker->evaluate(environment_)) out.push_back(std::move(parsed));
      }
    }
    return out;
  }
  bool bound(const std::string& name, const std::string& version) const {
    return std::all_of(world_.bounds.begin(), world_.bounds.end(), [&](const std::string& text) {
      const auto parsed = requirement(text);
      return parsed.name != name || parsed.specifier.matches(*specs::Version::parse(version));
    });
  }

 private:
  bool any(std::map<std::string, std::vector<Candidate>>::const_iterator at) {
    if (at == world_.packages.end()) return valid();
    chosen_.erase(at->first);
    if (any(std::next(at))) return true;
    for (const auto* candidate : choices_[at->first]) {
      chosen_[at->first] = candidate;
      if (any(std::next(at))) return true;
    }
    chosen_.erase(at->first);
    return false;
  }

  bool valid() {
    std::set<std::string> needed;
    std::set<std::pair<std::string, std::string>> seen;
    auto open = roots();
    while (!open.empty()) {
      const auto need = open.back();
      open.pop_back();
      const auto at = chosen_.find(need.name);
      if (at == chosen_.end() || !need.specifier.matches(*specs::Version::parse(at->second->version)))
        return false;
      if (!bound(need.name, at->second->version)) return false;
      needed.insert(need.name);
      auto extras = need.extras;
      extras.insert("");
      for (const auto& extra : extras) {
        if (!seen.insert({need.name, extra}).second) continue;
        for (const auto& text : at->second->needs) {
          auto parsed = requirement(text);
          const auto asked = extra.empty() ? std::set<std::string>{} : std::set<std::string>{extra};
          if (!parsed.marker || parsed.marker->evaluate(environment_, asked))
            open.push_back(std::move(parsed));
        }
      }
    }
    return needed.size() == chosen_.size();
  }

  const World& world_;
  specs::MarkerEnvironment environment_;
  std::string machine_;
  std::map<std::string, std::vector<const Candidate*>> choices_;
  Choice chosen_;
};

/// The day that a lock must have; nullopt if there is none.
class Days {
 public:
  explicit Days(const World& world) : world_(world) {}

  std::optional<int> expected() {
    for (int day = kDays; day >= 1; --day) {
      if (world_.date && *world_.date != day) continue;
      if (world_.as_of && day > *world_.as_of) continue;
      if (works(day)) return day;
    }
    return std::nullopt;
  }

 private:
  bool lists(const std::string& name) const {
    return std::find(world_.torch.begin(), world_.torch.end(), name) != world_.torch.end();
  }

  /// The build of a day that every machine can use, and that the recipe allows.
  const Candidate* build(const std::string& name, int day) {
    const auto at = world_.packages.find(name);
    if (at == world_.packages.end()) return nullptr;
    for (const auto& candidate : at->second) {
      if (candidate.day != day || candidate.yanked) continue;
      const bool fits =
          std::all_of(world_.machines.begin(), world_.machines.end(), [&](const std::string& machine) {
            Exhaustive everything(world_, machine);
            const auto roots = everything.roots();
            return candidate.machines.count(machine) != 0 && everything.bound(name, candidate.version) &&
                   std::all_of(roots.begin(), roots.end(), [&](const specs::Requirement& root) {
                     return root.name != name ||
                            root.specifier.matches(*specs::Version::parse(candidate.version));
                   });
          });
      if (fits) return &candidate;
    }
    return nullptr;
  }

  /// The first later build that requires torch of exactly that day.
  std::optional<int> partner(int day) {
    for (int later = day + 1; later <= kDays; ++later) {
      const auto* candidate = build("torchvision", later);
      if (candidate == nullptr) continue;
      const auto pin = "torch==" + dated("2.9.0", day);
      if (std::find(candidate->needs.begin(), candidate->needs.end(), pin) != candidate->needs.end())
        return later;
    }
    return std::nullopt;
  }

  bool works(int day) {
    if (build("torch", day) == nullptr) return false;
    std::map<std::string, std::set<int>> days = {{"torch", {day}}};
    if (lists("torchvision")) {
      auto& vision = days["torchvision"];
      if (build("torchvision", day) != nullptr) vision.insert(day);
      if (const auto later = partner(day)) vision.insert(*later);
      if (vision.empty()) return false;
    }
    return std::all_of(world_.machines.begin(), world_.machines.end(), [&](const std::string& machine) {
      return Exhaustive(world_, machine).has_solution(days);
    });
  }

  const World& world_;
};

std::string shown(const World& world) {
  std::string out;
  for (const auto& [name, candidates] : world.packages) {
    for (const auto& candidate : candidates) {
      out += fmt::format(
          "{} {}{}: {} [{}]\n", name, candidate.version, candidate.yanked ? " yanked" : "",
          join(candidate.needs, ", "),
          join(std::vector<std::string>(candidate.machines.begin(), candidate.machines.end()), " "));
    }
  }
  return out + fmt::format("recipe: {}; {}; constraints {}; date {}; as-of {}; {}\n", join(world.torch, ", "),
                           join(world.general, ", "), join(world.bounds, ", "), world.date.value_or(0),
                           world.as_of.value_or(0), join(world.machines, " "));
}

/// A part of the worlds, so that the parts run side by side.
class RandomNights : public ResolveLock, public ::testing::WithParamInterface<unsigned> {
 protected:
  static std::string tags(const std::string& machine) { return "cp312-cp312-manylinux_2_28_" + machine; }

  /// The lock of a world, from nothing.
  Result<LockResult> lock_of(const World& world) {
    fakes::MemoryHttp web;
    FakeIndex all(web, std::string(kGeneral));
    FakeIndex ours(web, "https://wheels.example/simple");
    FakeIndex nights(web, std::string(kChannel) + "/nightly/cu128");
    for (const auto& [name, candidates] : world.packages) {
      for (const auto& candidate : candidates) {
        auto& index = candidate.day != 0 ? nights : name == "own" ? ours : all;
        for (const auto& machine : candidate.machines) {
          index.add_wheel({.name = name,
                           .version = candidate.version + (candidate.day != 0 ? "+cu128" : ""),
                           .requires_dist = candidate.needs,
                           .tags = tags(machine),
                           .provides_extra = {"x"}},
                          {.yanked = candidate.yanked ? "broken" : ""});
        }
      }
    }
    for (const auto& decoy : world.decoys) all.add("own", decoy.version);
    web.on(std::string(kChannel) + "/nightly/cu128/",
           [](const net::HttpRequest&) { return fakes::MemoryAnswer{}; });
    LockRequest request{.recipe = recipe_of(world), .previous = {}, .python_patch = 3, .glibc_minor = 39};
    return resolve_lock(request, site, web, store(), work);
  }

  project::Recipe recipe_of(const World& world) const {
    auto out = recipe;
    out.torch.channel = pytorch::Channel::nightly;
    out.torch.cuda = fakes::accelerator("cu128");
    out.platforms = {fakes::x86()};
    if (world.machines.size() > 1) out.platforms.push_back(fakes::arm());
    for (const auto& text : world.torch) out.torch.packages.push_back(requirement(text));
    for (const auto& text : world.general) out.packages.push_back(requirement(text));
    for (const auto& text : world.bounds) out.lock.constraints.push_back(requirement(text));
    out.indexes = {{fakes::url("https://wheels.example/simple"), {"own"}}};
    const auto day = [](int number) { return fakes::day(fmt::format("2025-06-0{}", number)); };
    if (world.date) out.torch.date = day(*world.date);
    if (world.as_of) out.torch.as_of = day(*world.as_of);
    return out;
  }

  /// True if the lock's packages for each machine are what its requirements need.
  static bool is_right(const World& world, const project::Lockfile& lock) {
    return std::all_of(world.machines.begin(), world.machines.end(), [&](const std::string& machine) {
      const auto environment =
          specs::marker_environment(fakes::python("3.12"), machine == "x86_64" ? fakes::x86() : fakes::arm());
      Exhaustive::Choice chosen;
      for (const auto& package : lock.packages) {
        if (package.marker && !specs::Marker::parse(*package.marker)->evaluate(environment)) continue;
        for (const auto& candidate : world.packages.at(package.name)) {
          if (*specs::Version::parse(candidate.version) == package.version.without_local())
            chosen[package.name] = &candidate;
        }
        if (chosen.count(package.name) == 0) return false;
      }
      return Exhaustive(world, machine).valid(chosen);
    });
  }
};

TEST_P(RandomNights, TheDayIsTheNewestOnWhichEverythingResolves) {
  int locked = 0;
  constexpr int kWorlds = 500;
  for (unsigned seed = GetParam() * kWorlds; seed < (GetParam() + 1) * kWorlds; ++seed) {
    const auto world = random_world(seed);
    const auto result = lock_of(world);
    const auto expected = Days(world).expected();
    ASSERT_EQ(result.has_value(), expected.has_value())
        << "seed " << seed
        << (result ? ": locked " + result->lock.provenance.date->text() + "\n" +
                         project::write_lockfile(result->lock)
                   : ": " + result.error().text())
        << shown(world);
    if (!result) {
      ASSERT_LE(lines(result.error().text()).size(), 16U) << "seed " << seed;
      continue;
    }
    ++locked;
    ASSERT_EQ(result->lock.provenance.date->text(), fmt::format("2025-06-0{}", *expected)) << "seed " << seed;
    ASSERT_TRUE(is_right(world, result->lock)) << "seed " << seed << "\n"
                                               << project::write_lockfile(result->lock);
  }
  EXPECT_GT(locked, kWorlds / 5);
  EXPECT_LT(locked, kWorlds * 4 / 5);
}

INSTANTIATE_TEST_SUITE_P(Parts, RandomNights, ::testing::Range(0U, 4U));

}  // namespace
}  // namespace launch::locking

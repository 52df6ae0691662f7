#include "locking/nightly.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/channel.hpp"

namespace launch::locking {
namespace {

/// A build that requires torch of a nightly is of the same day or of one soon after.
constexpr std::size_t kPartnersLookedAt = 3;

bool names_a_day(const pytorch::Build& build) {
  return pytorch::nightly_day(build.version).has_value();
}

/// A wheel of the nightly that is no longer available; null if all are.
const Vanished* vanished_of(const PackageSource& source, const project::Recipe& recipe,
                            const specs::Day& day) {
  const auto& torch = recipe.torch.packages;
  for (const auto& one : source.vanished()) {
    const bool named = std::any_of(torch.begin(), torch.end(), [&](const specs::Requirement& requirement) {
      return requirement.name == one.package;
    });
    if (named && pytorch::nightly_day(one.version) == day) return &one;
  }
  return nullptr;
}

/// True if all that is required of a package on a target, and of its versions, is met by this one.
bool asks_for(const Bounds& bounds, const std::string& name, const specs::Version& version) {
  const auto& asked = bounds.requirements();
  return bounds.allow(name, version) &&
         std::all_of(asked.begin(), asked.end(), [&](const specs::Requirement& requirement) {
           return requirement.name != name || requirement.specifier.matches(version);
         });
}

Error gone(const specs::Day& day, const Vanished& vanished, const project::Recipe& recipe) {
  return environment_error(fmt::format("the locked nightly of {} is no longer available: {}", day.text(),
                                       vanished_text(vanished)))
      .hint(recipe.torch.date
                ? "the recipe's [torch] date requires this nightly: choose another day, or set "
                  "LAUNCH_CHANNEL_URL to a mirror that kept it"
                : fmt::format("run `launch lock {} --upgrade` to use the newest nightly, or set "
                              "LAUNCH_CHANNEL_URL to a mirror that kept this one",
                              recipe.name));
}

}  // namespace

bool is_of_night(const resolve::Conflict& conflict, const Night& night) {
  return std::any_of(conflict.facts.begin(), conflict.facts.end(), [&](const resolve::Fact& fact) {
    if (fact.kind != resolve::Fact::Kind::given) return false;
    return night.days.count(fact.advice.lacks) != 0 ||
           std::any_of(fact.terms.begin(), fact.terms.end(), [&](const resolve::Term& term) {
             return !term.root && night.days.count(std::string(resolve::project_of(term))) != 0;
           });
  });
}

std::string reason_of(const resolve::Conflict& conflict) {
  std::vector<std::string> premises;
  for (const auto& fact : conflict.facts) {
    const auto is_root = [](const resolve::Term& term) { return term.root; };
    const bool of_root = std::any_of(fact.terms.begin(), fact.terms.end(), is_root);
    if (fact.kind != resolve::Fact::Kind::given || of_root) continue;
    // That a build of another day is not from this nightly is obvious here.
    const auto but = fact.text.find(", but ");
    premises.push_back(fact.advice.ruled_out ? fact.text.substr(0, but) : fact.text);
  }
  if (premises.empty() && !conflict.facts.empty()) {
    for (const auto& fact : conflict.facts) {
      if (fact.kind == resolve::Fact::Kind::given) premises.push_back(fact.text);
    }
  }
  return join_words(premises);
}

void Nights::add(const std::string& name, const Listing& listing, const std::vector<Bounds>& bounds) {
  if (std::none_of(listing.builds.begin(), listing.builds.end(), names_a_day)) return;
  Package package{name, &listing, {}, {}, {}};
  for (std::size_t i = 0; i < targets_->size(); ++i) {
    const auto& asked = bounds[i].requirements();
    if (std::any_of(asked.begin(), asked.end(), [&](const auto& one) { return one.name == name; }))
      package.needed.insert((*targets_)[i].platform());
  }
  for (const auto& [day, builds] : pytorch::nights_of(listing.builds)) {
    package.listed.insert(day);
    for (const auto* build : builds) {
      const auto& file = listing.files[build->file];
      if (file.yanked) continue;
      for (std::size_t i = 0; i < targets_->size(); ++i) {
        auto& target = (*targets_)[i];
        if (package.needed.count(target.platform()) == 0 || !asks_for(bounds[i], name, build->version))
          continue;
        auto& offer = package.offers[day];
        if (!pytorch::is_built_for(build->version, *recipe_->torch.cuda)) continue;
        offer.accelerator = true;
        const bool runs = !file.requires_python || target.runs(*file.requires_python);
        if (!runs || !target.rank(build->tags)) continue;
        offer.platforms.insert(target.platform());
        offer.builds.push_back(build);
      }
    }
  }
  packages_.push_back(std::move(package));
}

/// Uses the releases of a package whose nightly builds ended before the leader's begin.
void Nights::drop_stale() {
  if (packages_.empty() || packages_.front().offers.empty()) return;
  const auto first = packages_.front().offers.begin()->first;
  const auto is_stale = [&](const Package& package) {
    const auto& builds = package.listing->builds;
    const bool released = std::any_of(builds.begin(), builds.end(), std::not_fn(names_a_day));
    return released && (package.offers.empty() || package.offers.rbegin()->first < first);
  };
  packages_.erase(std::remove_if(packages_.begin() + 1, packages_.end(), is_stale), packages_.end());
}

Result<Nights> Nights::open(const project::Recipe& recipe, PackageSource& source,
                            std::vector<LockTarget>& targets, const std::optional<specs::Day>& kept) {
  Nights nights(recipe, source, targets);
  if (recipe.torch.channel != pytorch::Channel::nightly) return nights;
  std::vector<Bounds> bounds;
  bounds.reserve(targets.size());
  for (const auto& target : targets) bounds.emplace_back(recipe, target);
  std::set<std::string> seen;
  for (const auto& requirement : recipe.torch.packages) {
    if (!seen.insert(requirement.name).second) continue;
    TRY_ASSIGN(const auto* listing, source.find(requirement.name));
    nights.add(requirement.name, *listing, bounds);
  }
  const auto torch = std::find_if(nights.packages_.begin(), nights.packages_.end(),
                                  [](const Package& package) { return package.name == "torch"; });
  if (torch != nights.packages_.end()) std::iter_swap(nights.packages_.begin(), torch);
  nights.drop_stale();
  TRY(nights.plan(kept));
  return nights;
}

Result<void> Nights::plan(const std::optional<specs::Day>& kept) {
  const auto& torch = recipe_->torch;
  const bool wants_kept =
      kept && torch.date.value_or(*kept) == *kept && (!torch.as_of || *kept <= *torch.as_of);
  if (wants_kept && (none() || lack(*kept))) {
    if (const auto* vanished = vanished_of(*source_, *recipe_, *kept))
      return fail(gone(*kept, *vanished, *recipe_));
  }
  if (torch.date) {
    if (none()) {
      return fail(input_error(fmt::format("cannot use the nightly of {}: the channel has no nightly of {}",
                                          torch.date->text(), torch.packages.front().name))
                      .hint(range_hint()));
    }
    left_ = {*torch.date};
    return {};
  }
  std::set<specs::Day> days;
  for (const auto& package : packages_) {
    for (const auto& [day, offer] : package.offers) {
      if (!torch.as_of || day <= *torch.as_of) days.insert(day);
    }
  }
  left_.assign(days.begin(), days.end());
  if (wants_kept && days.count(*kept) != 0) {
    left_.erase(std::find(left_.begin(), left_.end(), *kept));
    left_.push_back(*kept);
  }
  return {};
}

std::optional<std::string> Nights::lack(const Package& package, const specs::Day& day) const {
  const auto at = package.offers.find(day);
  if (at == package.offers.end()) {
    return package.listed.count(day) == 0
               ? fmt::format("it has no {}", package.name)
               : fmt::format("its {} is not a version that the recipe allows", package.name);
  }
  if (!at->second.accelerator)
    return fmt::format("its {} is not built for {}", package.name, recipe_->torch.cuda->text());
  for (const auto& target : *targets_) {
    const auto& platform = target.platform();
    if (package.needed.count(platform) != 0 && at->second.platforms.count(platform) == 0)
      return fmt::format("its {} has no wheel for {}", package.name, target.text());
  }
  return std::nullopt;
}

std::optional<std::string> Nights::lack(const specs::Day& day) const {
  for (const auto& package : packages_) {
    if (auto lack = this->lack(package, day)) return lack;
  }
  return std::nullopt;
}

/// True if each build of `package` of the day `its` requires the leader of exactly `day`.
Result<bool> Nights::requires_leader_of(const Package& package, const specs::Day& its,
                                        const specs::Day& day) {
  const auto& leader = packages_.front().name;
  const auto pins_it = [&](const specs::Requirement& requirement) {
    if (requirement.name != leader) return false;
    const auto& clauses = requirement.specifier.clauses();
    return std::any_of(clauses.begin(), clauses.end(), [&](const specs::Specifier& clause) {
      return clause.op == specs::Operator::equal && !clause.wildcard && clause.version &&
             pytorch::nightly_day(*clause.version) == day;
    });
  };
  std::vector<PackageSource::Wheel> wheels;
  for (const auto* build : package.offers.at(its).builds) wheels.push_back({package.listing, build});
  source_->prefetch_metadata(wheels);
  for (const auto& wheel : wheels) {
    const auto metadata = source_->metadata(wheel);
    if (!metadata && metadata.error().kind() == ErrorKind::unusable) return false;
    TRY(metadata);
    const auto& needs = (*metadata)->requires_dist;
    if (std::none_of(needs.begin(), needs.end(), pins_it)) return false;
  }
  return !wheels.empty();
}

/// The first later day with builds of `package` for all targets that require the leader of `day`.
Result<std::optional<specs::Day>> Nights::partner(const Package& package, const specs::Day& day) {
  auto at = package.offers.upper_bound(day);
  for (std::size_t looked_at = 0; at != package.offers.end() && looked_at < kPartnersLookedAt; ++at) {
    if (lack(package, at->first)) continue;
    ++looked_at;
    TRY_ASSIGN(const bool fits, requires_leader_of(package, at->first, day));
    if (fits) return at->first;
  }
  return std::nullopt;
}

/// `day` with matching builds of later days; nullopt if there are none or something is still missing.
Result<std::optional<Night>> Nights::with_partners(const specs::Day& day) {
  if (lack(packages_.front(), day)) return std::nullopt;
  Night night{day, {}};
  bool any = false;
  for (const auto& package : packages_) {
    auto& days = night.days[package.name];
    const bool has_it = !lack(package, day);
    if (has_it) days.insert(day);
    if (&package == &packages_.front()) continue;
    TRY_ASSIGN(const auto partner, this->partner(package, day));
    if (!partner && !has_it) return std::nullopt;
    if (partner) days.insert(*partner);
    any = any || partner;
  }
  return any ? std::optional(std::move(night)) : std::nullopt;
}

Result<std::optional<Night>> Nights::next() {
  while (partners_next_ || !left_.empty()) {
    if (!partners_next_) {
      now_ = left_.back();
      left_.pop_back();
      const auto lack = this->lack(*now_);
      partners_next_ = true;
      reason_ = lack.value_or("");
      if (!lack) {
        Night night{*now_, {}};
        for (const auto& package : packages_) night.days[package.name] = {*now_};
        return night;
      }
    }
    partners_next_ = false;
    TRY_ASSIGN(auto night, with_partners(*now_));
    if (night) return night;
    passed_over_.emplace(*now_, reason_);
  }
  return std::nullopt;
}

void Nights::pass_over(std::string reason) {
  // First alone, then with builds of other days: the reason of the former is simpler.
  if (reason_.empty()) reason_ = std::move(reason);
  if (!partners_next_) passed_over_.emplace(*now_, reason_);
}

std::vector<PassedOver> Nights::passed_over() const {
  std::vector<PassedOver> out;
  for (auto at = passed_over_.rbegin(); at != passed_over_.rend(); ++at)
    out.push_back({at->first, at->second});
  return out;
}

std::string Nights::range_hint() const {
  std::set<specs::Day> days;
  for (const auto& package : packages_) {
    days.insert(package.listed.begin(), package.listed.end());
  }
  constexpr const char* kLeave =
      "older ones leave the pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them";
  if (days.empty()) return fmt::format("the channel's pages list no nightly of these packages; {}", kLeave);
  return fmt::format("the channel's pages list nightlies from {} to {}; {}", days.begin()->text(),
                     days.rbegin()->text(), kLeave);
}

/// What the recipe asks of a package: "torch>=3 and torch<4".
std::string Nights::asked_text(const std::string& name) const {
  std::vector<std::string> texts;
  for (const auto* list : {&recipe_->torch.packages, &recipe_->packages, &recipe_->lock.constraints}) {
    for (const auto& requirement : *list) {
      if (requirement.name == name && !requirement.specifier.empty())
        texts.push_back(requirement.name + requirement.specifier.text());
    }
  }
  return join_words(texts);
}

Error Nights::exhausted() const {
  const auto& torch = recipe_->torch;
  if (torch.date) {
    const auto at = passed_over_.find(*torch.date);
    return input_error(fmt::format("cannot use the nightly of {}: {}", torch.date->text(),
                                   at == passed_over_.end() ? "it has none of the packages" : at->second))
        .hint(range_hint());
  }
  const auto unfit = std::find_if(packages_.begin(), packages_.end(), [](const Package& package) {
    return package.offers.empty() && !package.listed.empty();
  });
  if (passed_over_.empty() && unfit != packages_.end()) {
    return input_error(fmt::format("none of the channel's {} of {} is a version that the recipe allows: {}",
                                   count_of(unfit->listed.size(), "nightly build"), unfit->name,
                                   asked_text(unfit->name)))
        .hint(fmt::format("relax {} in the recipe", asked_text(unfit->name)))
        .hint(range_hint());
  }
  auto error = input_error(fmt::format("no nightly{} has all of the recipe's packages",
                                       torch.as_of ? " up to " + torch.as_of->text() : ""));
  constexpr std::size_t kMostShown = 3;
  const auto passed = passed_over();
  for (std::size_t i = 0; i < std::min(kMostShown, passed.size()); ++i)
    error.hint(fmt::format("{}: {}", passed[i].day.text(), passed[i].reason));
  return std::move(error).hint(range_hint());
}

void Nights::hint_at_others(Error& error) const {
  const auto passed = passed_over();
  if (passed.size() < 2) return;
  error.hint(fmt::format(
      "{} tried as well; {}: {}",
      passed.size() == 2 ? "1 other nightly was" : fmt::format("{} other nightlies were", passed.size() - 1),
      passed[1].day.text(), passed[1].reason));
  error.hint(range_hint());
}

}  // namespace launch::locking

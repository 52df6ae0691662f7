#include "locking/nightly.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/channel.hpp"

namespace launch::locking {
namespace {

/// The wheels of one package in one nightly.
struct Offer {
  bool accelerator = false;             // a wheel for the recipe's accelerator
  std::set<specs::Platform> platforms;  // of the targets that it fits
};

using Offers = std::map<specs::Day, Offer>;

Offers offers_of(const specs::Requirement& requirement, const Listing& listing, const project::Recipe& recipe,
                 std::vector<LockTarget>& targets) {
  Offers out;
  for (const auto& [day, builds] : pytorch::nights_of(listing.builds)) {
    for (const auto* build : builds) {
      const auto& file = listing.files[build->file];
      if (file.yanked || !requirement.specifier.matches(build->version)) continue;
      auto& offer = out[day];
      if (!pytorch::is_built_for(build->version, *recipe.torch.cuda)) continue;
      offer.accelerator = true;
      for (auto& target : targets) {
        const bool runs = !file.requires_python || target.runs(*file.requires_python);
        if (runs && target.rank(build->tags)) offer.platforms.insert(target.platform());
      }
    }
  }
  return out;
}

class Nightlies {
 public:
  Nightlies(const project::Recipe& recipe, std::vector<LockTarget>& targets)
      : recipe_(recipe), targets_(targets) {}

  void add(const specs::Requirement& requirement, const Listing& listing) {
    auto offers = offers_of(requirement, listing, recipe_, targets_);
    const bool dated =
        !offers.empty() || std::any_of(listing.builds.begin(), listing.builds.end(), [](const auto& build) {
          return pytorch::nightly_day(build.version).has_value();
        });
    if (!dated) return;
    for (const auto& [day, offer] : offers) days_.insert(day);
    packages_.emplace_back(requirement.name, std::move(offers));
  }

  bool empty() const { return packages_.empty(); }
  const std::set<specs::Day>& days() const { return days_; }

  /// Why a nightly cannot be used; nullopt if it can.
  std::optional<std::string> lack(const specs::Day& day) const {
    for (const auto& [name, offers] : packages_) {
      const auto at = offers.find(day);
      if (at == offers.end()) return fmt::format("it has no {}", name);
      if (!at->second.accelerator)
        return fmt::format("its {} is not built for {}", name, recipe_.torch.cuda->text());
      for (const auto& target : targets_) {
        if (at->second.platforms.count(target.platform()) == 0) {
          return fmt::format("its {} has no wheel for {}", name, target.text());
        }
      }
    }
    return std::nullopt;
  }

 private:
  const project::Recipe& recipe_;
  std::vector<LockTarget>& targets_;
  std::vector<std::pair<std::string, Offers>> packages_;
  std::set<specs::Day> days_;
};

std::string range_hint(const std::set<specs::Day>& days) {
  if (days.empty())
    return "the channel's pages list no nightly of these packages; nightlies leave the pages after about 60 "
           "days; set LAUNCH_CHANNEL_URL to a mirror that kept them";
  return fmt::format(
      "the channel's pages have nightlies from {} to {}; older ones leave the pages after about 60 days; set "
      "LAUNCH_CHANNEL_URL to a mirror that kept them",
      days.begin()->text(), days.rbegin()->text());
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

Error gone(const specs::Day& day, const Vanished& vanished, const project::Recipe& recipe) {
  return environment_error(fmt::format("the locked nightly {} is no longer available: {}", day.text(),
                                       vanished_text(vanished)))
      .hint(recipe.torch.date ? "the recipe's [torch] date requires this nightly: choose another day, or set "
                                "LAUNCH_CHANNEL_URL to a mirror that kept it"
                              : fmt::format("run `launch lock {} --upgrade` to use the newest nightly, or "
                                            "set LAUNCH_CHANNEL_URL to a mirror that kept this one",
                                            recipe.name));
}

/// `kept`: the lock's nightly, if the recipe allows it.
Result<NightlyChoice> choose(const project::Recipe& recipe, const Nightlies& nightlies,
                             const std::optional<specs::Day>& kept) {
  const auto& torch = recipe.torch;
  if (torch.date) {
    if (const auto lack = nightlies.lack(*torch.date)) {
      return fail(input_error(fmt::format("cannot use the nightly of {}: {}", torch.date->text(), *lack))
                      .hint(range_hint(nightlies.days())));
    }
    return NightlyChoice{torch.date, {}};
  }
  const auto kept_lacks = kept ? nightlies.lack(*kept) : std::nullopt;
  if (kept && !kept_lacks) return NightlyChoice{kept, {}};
  NightlyChoice out;
  for (auto day = nightlies.days().rbegin(); day != nightlies.days().rend(); ++day) {
    if (torch.as_of && *day > *torch.as_of) continue;
    const auto lack = nightlies.lack(*day);
    if (!lack) {
      out.day = *day;
      // It is usually older than those that were considered.
      if (kept && *kept < *day) out.passed_over.push_back({*kept, *kept_lacks});
      return out;
    }
    out.passed_over.push_back({*day, *lack});
  }
  auto error = input_error(fmt::format("no nightly{} has all of the recipe's packages",
                                       torch.as_of ? " up to " + torch.as_of->text() : ""));
  constexpr std::size_t kMostShown = 3;
  for (std::size_t i = 0; i < std::min(kMostShown, out.passed_over.size()); ++i) {
    error.hint(fmt::format("{}: {}", out.passed_over[i].day.text(), out.passed_over[i].reason));
  }
  return fail(std::move(error).hint(range_hint(nightlies.days())));
}

}  // namespace

Result<NightlyChoice> choose_nightly(const project::Recipe& recipe, PackageSource& source,
                                     std::vector<LockTarget>& targets,
                                     const std::optional<specs::Day>& kept) {
  const auto& torch = recipe.torch;
  if (torch.channel != pytorch::Channel::nightly) return NightlyChoice{};
  Nightlies nightlies(recipe, targets);
  for (const auto& requirement : torch.packages) {
    TRY_ASSIGN(const auto* listing, source.find(requirement.name));
    nightlies.add(requirement, *listing);
  }
  const bool wants_kept =
      kept && torch.date.value_or(*kept) == *kept && (!torch.as_of || *kept <= *torch.as_of);
  if (wants_kept && (nightlies.empty() || nightlies.lack(*kept))) {
    if (const auto* vanished = vanished_of(source, recipe, *kept))
      return fail(gone(*kept, *vanished, recipe));
  }
  if (nightlies.empty() && !torch.date) return NightlyChoice{};
  return choose(recipe, nightlies, wants_kept ? kept : std::nullopt);
}

}  // namespace launch::locking

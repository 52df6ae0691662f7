#include "locking/absence.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/source_only.hpp"
#include "net/http.hpp"
#include "pytorch/channel.hpp"
#include "specs/tag.hpp"

namespace launch::locking {
namespace {

/// "cp38" before "cp310": letters, then the number.
std::pair<std::size_t, std::string> tag_order(const std::string& tag) {
  return {tag.size(), tag};
}

struct ByTagOrder {
  bool operator()(const std::string& a, const std::string& b) const { return tag_order(a) < tag_order(b); }
};

/// The wheels of one version, and why each cannot be used.
struct Wheels {
  std::set<std::string, ByTagOrder> pythons;    // of wheels for another Python
  std::set<std::string, ByTagOrder> platforms;  // of wheels for this Python
  std::set<std::string, ByTagOrder> abis;       // of wheels for this Python and platform
  std::optional<std::string> requires_python;   // of a wheel whose tags fit
  std::optional<std::string> yanked;
  bool other_day = false;
  bool other_accelerator = false;
};

bool has_python(const specs::CompressedTags& tags, const LockTarget& target) {
  auto with_gil = target.python();
  with_gil.free_threaded = false;
  const auto own = with_gil.tag();
  return std::any_of(tags.pythons.begin(), tags.pythons.end(), [&](const std::string& python) {
    return python == own || python == "py3" || (python.starts_with("cp3") && tags.abis.front() == "abi3");
  });
}

Wheels look_at(const Listing& listing, const specs::Version& version, const project::Recipe& recipe,
               LockTarget& target) {
  Wheels out;
  for (const auto& wheel : listing.builds) {
    if (wheel.version != version) continue;
    const auto tags = specs::CompressedTags::parse(wheel.tags);
    if (!tags) continue;
    const auto& file = listing.files[wheel.file];
    if (!target.rank(wheel.tags)) {
      const bool same_python = has_python(*tags, target);
      if (same_python && target.rank(fmt::format("py3-none-{}", join(tags->platforms, ".")))) {
        out.abis.insert(tags->abis.begin(), tags->abis.end());
        continue;
      }
      (same_python ? out.platforms : out.pythons)
          .insert(same_python ? tags->platforms.begin() : tags->pythons.begin(),
                  same_python ? tags->platforms.end() : tags->pythons.end());
    } else if (file.requires_python && !target.runs(*file.requires_python)) {
      out.requires_python = *file.requires_python;
    } else if (listing.from_channel && !pytorch::is_built_for(version, *recipe.torch.cuda)) {
      out.other_accelerator = true;
    } else if (file.yanked) {
      out.yanked = *file.yanked;
    } else {
      out.other_day = true;
    }
  }
  return out;
}

std::string few(const std::set<std::string, ByTagOrder>& tags) {
  constexpr std::size_t kMost = 12;
  std::vector<std::string> out(tags.begin(), tags.end());
  if (out.size() > kMost) {
    out.resize(kMost);
    out.emplace_back("others");
  }
  return join_words(out);
}

/// N of the least glibc 2.N that wheels for this machine need; nullopt if there are none for it.
std::optional<int> least_glibc(const std::set<std::string, ByTagOrder>& tags,
                               const specs::Platform& platform) {
  std::optional<int> least;
  for (const auto& tag : tags) {
    const auto minor = specs::glibc_minor_of(tag, platform);
    if (minor && (!least || *minor < *least)) least = *minor;
  }
  return least;
}

resolve::Reason why_not(const std::string& what, const Wheels& wheels, const project::Recipe& recipe,
                        const LockTarget& target, const std::optional<specs::Day>& day) {
  if (wheels.requires_python)
    return {fmt::format("{} needs Python {}", what, *wheels.requires_python), kOtherPython};
  if (wheels.yanked) {
    const auto& reason = *wheels.yanked;
    return {fmt::format("{} was yanked from its index{}{}", what, reason.empty() ? "" : ": ", reason)};
  }
  if (wheels.other_accelerator)
    return {fmt::format("{} is not built for {}", what, recipe.torch.cuda->text())};
  if (wheels.other_day) {
    return {.text = fmt::format("{} is not from the nightly of {}", what, day ? day->text() : "that day"),
            .way_out = recipe.torch.date
                           ? "choose another date, or as-of = \"…\" for the newest nightly that works"
                           : "",
            .ruled_out = true};
  }
  const auto pythons = [&](const auto& tags) -> resolve::Reason {
    return {fmt::format("{} has wheels for {}, none for {}", what, few(tags), target.python().tag()),
            kOtherPython};
  };
  if (!wheels.abis.empty()) return pythons(wheels.abis);
  const auto& platform = target.platform();
  if (const auto glibc = least_glibc(wheels.platforms, platform); glibc && *glibc > target.glibc_minor()) {
    return {fmt::format("{} needs glibc 2.{} or later, and the base image has 2.{}", what, *glibc,
                        target.glibc_minor()),
            "choose a base image with a newer glibc: `from` under [image]"};
  }
  if (!wheels.platforms.empty()) {
    return {
        fmt::format("{} has wheels for {}, none for {}", what, few(wheels.platforms), platform.text()),
        fmt::format("remove {} from the recipe's platforms, or require the package only elsewhere, with a "
                    "marker such as platform_machine != '{}'",
                    platform.text(), platform.machine())};
  }
  if (!wheels.pythons.empty()) return pythons(wheels.pythons);
  return {fmt::format("{} has no wheels", what)};
}

resolve::Reason missing(const Listing& listing) {
  resolve::Reason reason{no_such_project(listing)};
  if (!listing.from_channel) {
    reason.way_out = fmt::format(
        "if {0} is on another index, name it in the recipe: [[index]] with its url and packages = [\"{0}\"]",
        listing.name);
  }
  return reason;
}

resolve::Reason archive_alone(const std::string& name, const specs::Version& version,
                              const project::Recipe& recipe) {
  resolve::Reason reason{fmt::format("{} {} has only a source archive", name, version.text())};
  if (!recipe.lock.build.contains(name)) {
    reason.way_out =
        fmt::format("add [lock.build.{}] to the recipe to build it from source in a container", name);
  }
  return reason;
}

}  // namespace

std::string no_such_project(const Listing& listing) {
  if (listing.from_channel && listing.refused)
    return fmt::format("the channel {} refuses {} (403)", listing.index, listing.name);
  return fmt::format("the {} {} has no project named {}", listing.from_channel ? "channel" : "index",
                     listing.index, listing.name);
}

resolve::Reason explain_absence(const Listing& listing, const specs::SpecifierSet& wanted,
                                const std::optional<specs::Version>& newest, const project::Recipe& recipe,
                                LockTarget& target, const std::optional<specs::Day>& day) {
  if (!listing.known) return missing(listing);
  std::optional<specs::Version> unfit;
  for (const auto& wheel : listing.builds) {
    if (wanted.matches(wheel.version) && (!unfit || *unfit < wheel.version)) unfit = wheel.version;
  }
  if (unfit) {
    return why_not(listing.name + " " + unfit->text(), look_at(listing, *unfit, recipe, target), recipe,
                   target, day);
  }
  if (const auto source = only_archive(listing, wanted)) return archive_alone(listing.name, *source, recipe);
  const auto where = fmt::format("{} on {}", listing.name, listing.index);
  if (newest) return {fmt::format("the newest {} for {} is {}", where, target.text(), newest->text())};
  if (listing.builds.empty()) return {fmt::format("{} has no wheels", where)};
  return {fmt::format("no {} has wheels for {}", where, target.text())};
}

}  // namespace launch::locking

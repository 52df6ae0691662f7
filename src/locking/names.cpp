#include "locking/names.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/absence.hpp"
#include "pytorch/packages.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::locking {
namespace {

void hint_at_name(Error& error, const Listing& listing, const project::Recipe& recipe) {
  const auto meant = did_you_mean(listing.name, pytorch::known_names());
  if (meant && *meant != listing.name) error.hint(fmt::format("did you mean {}?", *meant));
  if (!listing.from_channel) return;
  std::vector<std::string> known;
  for (const auto& toolkit : pytorch::cuda_toolkits()) known.push_back(toolkit.accelerator.text());
  error.hint(
      fmt::format("the channel has one index for each build: check cuda = \"{}\" in the recipe (known: {}, "
                  "cpu, rocm and xpu builds)",
                  recipe.torch.cuda->text(), join(known, ", ")));
  if (listing.refused)
    error.hint(
        "a proxy or firewall may refuse the same way: open the address in a browser, or set "
        "LAUNCH_CHANNEL_URL to a mirror");
}

}  // namespace

Result<void> check_names(const project::Recipe& recipe, PackageSource& source, Reporter& reporter) {
  auto requirements = recipe.torch.packages;
  requirements.insert(requirements.end(), recipe.packages.begin(), recipe.packages.end());
  std::vector<std::string> names;
  for (const auto& requirement : requirements) {
    if (requirement.url && recipe.lock.build.contains(requirement.name)) continue;  // from git
    if (requirement.url) {
      return fail(
          input_error(
              fmt::format(
                  "the recipe {} requires {} from {}, but a lock can include only packages from an index",
                  recipe.name, requirement.name, specs::redacted_url(*requirement.url)))
              .hint("put the wheel into a folder and add that folder to find-links in launch.toml"));
    }
    if (std::find(names.begin(), names.end(), requirement.name) == names.end())
      names.push_back(requirement.name);
  }
  reporter.status(fmt::format("asking the index for {}", count_of(names.size(), "package")));
  source.prefetch(names);
  for (const auto& name : names) {
    TRY_ASSIGN(const auto* listing, source.find(name));
    if (listing->known) continue;
    auto error = input_error(no_such_project(*listing));
    error.during(fmt::format("locking the recipe {}", recipe.name));
    hint_at_name(error, *listing, recipe);
    return fail(std::move(error));
  }
  return {};
}

}  // namespace launch::locking

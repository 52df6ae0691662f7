#include "image/dated_apt.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/builder.hpp"
#include "project/dated_archive.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::image {
namespace {

/// Replaces the addresses in the lists of sources.
std::vector<std::string> rewriting(const project::BaseImage& base) {
  const auto known = pytorch::apt_distribution(base.distribution);
  const auto& time = *base.snapshot;
  const auto rewrite = [](const std::string& script) { return fmt::format("lists sed -i '{}'; ", script); };
  if (known.snapshots) return {rewrite(replace_all(known.apt_sources, "/ID/", fmt::format("/{}/", time)))};
  const auto archive = [&](std::string_view address) {
    return rewrite(replace_all(known.apt_sources, "ARCHIVE/", fmt::format("{}/", address)));
  };
  if (base.archive) return {archive(project::dated_archive(*base.archive, "debian\\2", time))};
  // Before each address, a comment has that of the day of the image: "# http://HOST/archive/debian/DATE", or
  // a whole line of a list, "# deb [OPTIONS] http://HOST/archive/debian/DATE SUITE main".
  return {
      "place=$(lists sed -n 's%^#[^:]*\\(https\\?://[A-Za-z0-9:/._~+-]*/\\)debian\\(-security\\)\\?/"
      "[0-9]\\{8\\}T[0-9]\\{6\\}Z/*\\( .*\\)\\?$%\\1%p' | sort -u); ",
      "place=${place%%[[:space:]]*}; ",
      "[[ -z $place ]] || " + archive(fmt::format("'$place'debian\\2/{}", time))};
}

/// What to do if apt cannot read the archive.
std::string way_out(const project::BaseImage& base) {
  if (pytorch::apt_distribution(base.distribution).snapshots)
    return "check that containers of this machine reach it";
  // Without the recipe's name, as recipes share the layer of a script.
  return fmt::format(
      "under [apt] in launch.toml, set debian to a mirror of it (\"{}\"), or to \"{}\" for the versions of "
      "the day of the build; then run `launch lock RECIPE`",
      project::kDatedArchiveForm, project::kLiveArchive);
}

}  // namespace

AptSteps apt_steps(const project::BaseImage& base, const std::string& packages) {
  if (!base.snapshot || base.archive == project::kLiveArchive) return {{"apt-get update -q; "}, "", {}};
  const auto& time = *base.snapshot;
  // Packages are signed, so a snapshot may be read without the certificates that the base may lack.
  AptSteps steps{
      {"tls=; [[ -e /etc/ssl/certs/ca-certificates.crt ]] || tls=-oAcquire::https::Verify-Peer=false; ",
       "rm -rf /tmp/apt; cp -aL /etc/apt /tmp/apt; ",
       "lists() { find /tmp/apt -type f '(' -name '*.list' -o -name '*.sources' ')' -exec \"$@\" {} +; }; "},
      " $dated",
      {"rm -rf /tmp/apt; "}};
  auto& script = steps.update;
  for (auto& line : rewriting(base)) script.push_back(std::move(line));
  script.push_back(fmt::format("if [[ -n $(lists sed -n '/^[^#]*{}/p') ]]; then ", time));
  script.emplace_back("dated=\"-oDir::Etc=/tmp/apt -oAcquire::Check-Valid-Until=false $tls\"; ");
  script.push_back(fmt::format(
      "else dated=; echo '{}the versions of {} depend on the day of the build: the lists of sources in the "
      "base image name a mirror or no dated archive'; fi; ",
      containers::kBuildWarning, packages));
  // apt goes on without lists that it cannot fetch.
  script.emplace_back("code=0; LC_ALL=C apt-get update -q $dated 2>&1 | tee /tmp/apt/said || code=$?; ");
  script.push_back(
      fmt::format("lost=$(sed -n 's%^\\(E: \\|W: Failed to fetch \\)[^:]*\\(http[^ ]*{}\\).*%\\2%p' "
                  "/tmp/apt/said | sort -u); ",
                  time));
  script.push_back(fmt::format(
      "if [[ -n $lost ]]; then echo \"apt cannot read ${{lost//$'\\n'/ and }}\"; echo '{}{}'; exit 1; fi; ",
      containers::kBuildHint, way_out(base)));
  script.emplace_back("[[ $code == 0 ]] || exit $code; ");
  return steps;
}

}  // namespace launch::image

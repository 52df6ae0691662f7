#include "locking/base_image.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/base_image_table.hpp"
#include "pytorch/accelerator_images.hpp"
#include "pytorch/cuda_fit.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/patch_set.hpp"

namespace launch::locking {
namespace {

bool is_standalone(const project::Recipe& recipe) {
  return recipe.image.python == project::Recipe::Image::Python::standalone;
}

/// The distribution that the recipe's Python asks for. A standalone Python asks for none; without CUDA, that
/// of the newest CUDA images is taken.
std::optional<pytorch::Distribution> fitting_distribution(const project::Recipe& recipe,
                                                          const specs::Accelerator& accelerator) {
  if (!is_standalone(recipe)) return pytorch::distribution_with(recipe.python);
  if (accelerator.kind() != specs::Accelerator::Kind::cpu) return std::nullopt;
  return pytorch::distribution(pytorch::cuda_toolkits().back().distribution);
}

std::string variable(const registry::RemoteImage& image, std::string_view name) {
  for (const auto& line : image.environment) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

std::string label(const registry::RemoteImage& image, const std::string& name) {
  const auto found = image.labels.find(name);
  return found == image.labels.end() ? std::string() : found->second;
}

/// "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"
std::string shown(const specs::ImageReference& reference) {
  return fmt::format("{}:{}", reference.name(), reference.tag);
}

std::string other_base_hint(const project::Recipe& recipe) {
  const auto fitting = pytorch::distribution_with(recipe.python);
  if (!fitting)
    return fmt::format("set python in recipes/{}.toml to a version that a base image has", recipe.name);
  return fmt::format("or keep Python {} and set from = \"{}\" under [image], or any image of {}",
                     recipe.python.text(), fitting->image, fitting->title);
}

/// The distribution and the interpreter in an image.
struct Contents {
  std::string distribution;
  std::string title;  ///< " (Ubuntu 24.04)"
  specs::Interpreter python;
};

Contents contents_of(const pytorch::Distribution& known) {
  return {known.name, fmt::format(" ({})", known.title), known.python};
}

/// The distribution that an image's name and tag tell.
std::optional<pytorch::Distribution> distribution_named(const specs::ImageReference& wanted) {
  if (auto known = pytorch::distribution_of(wanted)) return known;
  return pytorch::distribution_of_accelerator_image(wanted);
}

/// The distribution of an image as its labels name it, else its tag; nullopt if neither does.
std::optional<pytorch::Distribution> distribution_in(const specs::ImageReference& wanted,
                                                     const registry::RemoteImage& found) {
  const auto name = fmt::format("{} {}", label(found, "org.opencontainers.image.ref.name"),
                                label(found, "org.opencontainers.image.version"));
  if (auto known = pytorch::distribution(name)) return known;
  return name == " " ? distribution_named(wanted) : std::nullopt;
}

Result<Contents> contents_of(const project::Recipe& recipe, const specs::ImageReference& wanted,
                             const registry::RemoteImage& found) {
  const auto known = distribution_in(wanted, found);
  if (is_standalone(recipe)) return Contents{known ? known->name : "", "", recipe.python};
  // Images of the official Python repository name their version in a variable; that Python, in /usr/local,
  // precedes the distribution's.
  const auto own_python = variable(found, "PYTHON_VERSION");
  if (const auto python = specs::Interpreter::parse(pytorch::minor_of(own_python)))
    return Contents{{}, {}, *python};
  if (known) return contents_of(*known);
  return fail(
      input_error(
          fmt::format("cannot determine the Python version of the base image {}: expected labels that name "
                      "Ubuntu 22.04 or 24.04 or Debian 12 or 13, or the variable PYTHON_VERSION",
                      shown(wanted)))
          .hint(fmt::format("set `from` under [image] in recipes/{}.toml to an image that has one of these",
                            recipe.name)));
}

Result<void> check_python(const project::Recipe& recipe, const specs::ImageReference& wanted,
                          const Contents& contents) {
  if (contents.python == recipe.python) return {};
  return fail(
      input_error(fmt::format("the base image {}{} has Python {}, but recipes/{}.toml requires "
                              "python = \"{}\"",
                              shown(wanted), contents.title, contents.python.text(), recipe.name,
                              recipe.python.text()))
          .hint(fmt::format("set python = \"{}\" in recipes/{}.toml", contents.python.text(), recipe.name))
          .hint(other_base_hint(recipe)));
}

/// Compares the CUDA version of a base, empty if unknown, with that of torch.
Result<void> check_cuda(Reporter& reporter, const project::Recipe& recipe,
                        const specs::Accelerator& accelerator, const specs::ImageReference& wanted,
                        const std::string& base) {
  const auto expected = accelerator.version();
  switch (pytorch::cuda_fit(accelerator, base)) {
    case pytorch::CudaFit::other_major:
      return fail(
          input_error(fmt::format("the base image {} has CUDA {}, but the locked torch is built for CUDA {}",
                                  shown(wanted), base, expected))
              .hint(fmt::format(
                  "set `from` under [image] in recipes/{}.toml to an image with CUDA {}, or leave it "
                  "out",
                  recipe.name, pytorch::major_of(expected))));
    case pytorch::CudaFit::other_minor:
      reporter.warn(fmt::format(
          "the base image {} has CUDA {}, the locked torch is built for CUDA {}; the major version "
          "is the same, so it runs, but code compiled in the image sees the base's",
          shown(wanted), base, expected));
      break;
    case pytorch::CudaFit::same:
    case pytorch::CudaFit::unknown:
      break;
  }
  return {};
}

/// The base's CUDA version: from its environment, else from its tag.
std::string base_cuda(const specs::ImageReference& wanted, const registry::RemoteImage& found) {
  auto own = variable(found, "CUDA_VERSION");
  return own.empty() ? pytorch::cuda_of_image(wanted) : own;
}

/// Everything about a base but its digests. Errors: those of contents_of, check_python and check_cuda.
Result<project::BaseImage> describe(const project::Recipe& recipe, const specs::Accelerator& accelerator,
                                    const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                    Reporter& reporter) {
  TRY_ASSIGN(const auto contents, contents_of(recipe, wanted, found));
  TRY(check_python(recipe, wanted, contents));
  TRY(check_cuda(reporter, recipe, accelerator, wanted, base_cuda(wanted, found)));
  project::BaseImage base;
  base.name = wanted.name();
  base.tag = wanted.tag;
  base.distribution = contents.distribution;
  base.python = contents.python;
  const auto user = project::base_user(found.user);
  if (!user) {
    return fail(input_error(fmt::format("the base image {} runs as the user {}, expected a name or a number",
                                        shown(wanted), in_quotes(found.user))));
  }
  base.user = *user;
  if (const auto toolkit = pytorch::cuda_toolkit(accelerator)) base.driver_floor = toolkit->driver_floor;
  return base;
}

/// The previous lock's base, if it is the image wanted now, for the same platforms.
std::optional<project::BaseImage> same_base(const std::optional<project::Lockfile>& previous,
                                            const project::Recipe& recipe,
                                            const specs::ImageReference& wanted) {
  if (!previous || !previous->provenance.base) return std::nullopt;
  const auto& base = *previous->provenance.base;
  const auto& platforms = previous->provenance.platforms;
  const auto is_locked = [&](const specs::Platform& platform) {
    return std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
  };
  const bool same = base.digest && base.name == wanted.name() && base.tag == wanted.tag &&
                    base.python == recipe.python && (!wanted.digest || wanted.digest == base.digest) &&
                    std::all_of(recipe.platforms.begin(), recipe.platforms.end(), is_locked);
  return same ? std::optional(base) : std::nullopt;
}

/// A base that is kept. The wheels may have changed since it was chosen. Errors: those of check_cuda.
Result<project::BaseImage> kept_base(project::BaseImage base, const project::Recipe& recipe,
                                     const specs::Accelerator& accelerator,
                                     const specs::ImageReference& wanted, Reporter& reporter) {
  TRY(check_cuda(reporter, recipe, accelerator, wanted, pytorch::cuda_of_image(wanted)));
  const auto toolkit = pytorch::cuda_toolkit(accelerator);
  base.driver_floor = toolkit ? toolkit->driver_floor : "";
  return base;
}

std::string taken_from(const specs::ImageReference& wanted, std::string_view source, std::string_view why) {
  return fmt::format("base image digest of {} taken from {}, as {}", shown(wanted), source, why);
}

/// What the table leaves open of a digest that it gives; empty if nothing.
std::string not_in_table(const pytorch::KnownBase& known, const std::vector<specs::Platform>& wanted) {
  std::vector<std::string> unknown;
  for (const auto& platform : wanted) {
    if (!known.platforms.contains(platform)) unknown.push_back(platform.oci());
  }
  if (unknown.empty()) return {};
  return fmt::format("; the table does not say whether it serves {}", join_words(unknown));
}

/// A clause: why the registry says nothing of a base.
std::string why_not(const Error& error) {
  const auto* what = error.kind() == ErrorKind::unusable ? "its registry does not let this user read it"
                                                         : "asking its registry failed";
  return fmt::format("{}: {}{}{}", what, error.message(), error.hints().empty() ? "" : "; ",
                     join(error.hints(), "; "));
}

/// A base without its registry; `why` is a clause. Errors: those of describe.
Result<ChosenBase> base_without_registry(const project::Recipe& recipe, const specs::Accelerator& accelerator,
                                         const specs::ImageReference& wanted,
                                         const std::optional<project::BaseImage>& before,
                                         const std::string& why, Reporter& reporter) {
  if (before) {
    TRY_ASSIGN(auto kept, kept_base(*before, recipe, accelerator, wanted, reporter));
    return ChosenBase{std::move(kept), BaseOrigin::previous_lock,
                      taken_from(wanted, "the previous lock", why)};
  }
  ChosenBase chosen;
  chosen.base.name = wanted.name();
  chosen.base.tag = wanted.tag;
  chosen.base.python = recipe.python;
  if (distribution_named(wanted)) {
    TRY_ASSIGN(chosen.base, describe(recipe, accelerator, wanted, {}, reporter));
    chosen.base.digest = wanted.digest;
    if (chosen.base.digest) {
      chosen.origin = BaseOrigin::recipe;
      chosen.warning = taken_from(wanted, fmt::format("recipes/{}.toml", recipe.name), why);
      return chosen;
    }
    if (const auto known = pytorch::known_base(wanted, recipe.platforms)) {
      chosen.base.digest = known->digest;
      chosen.base.platforms = known->platforms;
      chosen.origin = BaseOrigin::table;
      chosen.warning = taken_from(wanted, "launch's table", why) + not_in_table(*known, recipe.platforms);
      return chosen;
    }
  }
  chosen.origin = BaseOrigin::open;
  chosen.warning = fmt::format(
      "base image digest of {} left open, as {}; to fill it in before the image is built, run `launch lock "
      "{}` once a registry has it for this user ([[registry]] in launch.toml can name a mirror)",
      shown(wanted), why, recipe.name);
  return chosen;
}

/// 4 of "3.12.4-slim", for Python 3.12.
std::optional<int> patch_of_tag(std::string_view tag, const specs::Interpreter& python) {
  const auto version = split(tag, '-').front();
  const auto prefix = python.version() + ".";
  const auto patch = version.starts_with(prefix) ? parse_u64(version.substr(prefix.size())) : std::nullopt;
  return patch && *patch < specs::PatchSet().size() ? std::optional(static_cast<int>(*patch)) : std::nullopt;
}

}  // namespace

Result<specs::ImageReference> wanted_base(const project::Recipe& recipe,
                                          const specs::Accelerator& accelerator) {
  if (recipe.image.from) {
    return during(specs::ImageReference::parse(*recipe.image.from),
                  fmt::format("reading `from` under [image] in recipes/{}.toml", recipe.name));
  }
  const auto fitting = fitting_distribution(recipe, accelerator);
  if (const auto toolkit = pytorch::cuda_toolkit(accelerator)) {
    auto on = pytorch::distribution(toolkit->distribution).value();
    // A toolkit has images on all older releases of its distribution as well.
    const bool older = fitting && fitting->glibc_minor < on.glibc_minor &&
                       split(fitting->name, ' ').front() == split(on.name, ' ').front();
    if (older) on = *fitting;
    return specs::ImageReference::parse(pytorch::cuda_image(*toolkit, recipe.image.variant, on));
  }
  if (const auto known = pytorch::accelerator_image(accelerator, recipe.image.variant)) {
    return specs::ImageReference::parse(known->text());
  }
  if (accelerator.kind() != specs::Accelerator::Kind::cpu) {
    return fail(
        input_error(fmt::format("no known base image for {}", accelerator.text()))
            .hint(fmt::format("set from = \"any/image:tag\" under [image] in recipes/{}.toml", recipe.name)));
  }
  if (!fitting) {
    std::vector<std::string> known;
    for (const auto& each : pytorch::distributions())
      known.push_back(fmt::format("{} has {}", each.title, each.python.text()));
    auto error =
        input_error(
            fmt::format("no known base image has Python {}: {}", recipe.python.text(), join_words(known)))
            .hint(fmt::format(
                "set python in recipes/{}.toml to one of these, or `from` under [image] to an image "
                "that has it{}",
                recipe.name,
                recipe.python.free_threaded
                    ? ""
                    : fmt::format(", such as \"docker.io/library/python:{}-slim\"", recipe.python.text())));
    return fail(std::move(error));
  }
  return specs::ImageReference::parse(fitting->image);
}

Result<int> glibc_minor_for(const project::Recipe& recipe) {
  const auto accelerator = recipe.torch.cuda.value_or(specs::Accelerator());
  const auto fitting = fitting_distribution(recipe, accelerator);
  const bool has_image =
      pytorch::cuda_toolkit(accelerator) || pytorch::accelerator_image(accelerator, recipe.image.variant);
  if (!recipe.image.from && !has_image) {
    return fitting ? fitting->glibc_minor : pytorch::least_glibc_minor();
  }
  TRY_ASSIGN(const auto wanted, wanted_base(recipe, accelerator));
  const auto named = distribution_named(wanted);
  // A base whose content differs from its tag (a site's own image of that name) must have the recipe's Python
  // or is rejected, so the smaller glibc is always safe.
  if (named && fitting && !is_standalone(recipe)) return std::min(named->glibc_minor, fitting->glibc_minor);
  return named ? named->glibc_minor : pytorch::least_glibc_minor();
}

Result<std::optional<int>> python_patch_for(const project::Recipe& recipe) {
  const auto accelerator = recipe.torch.cuda.value_or(specs::Accelerator());
  std::optional<int> patch;
  std::string title;
  const bool known_base =
      recipe.image.from || pytorch::cuda_toolkit(accelerator) || pytorch::distribution_with(recipe.python);
  if (known_base) {
    TRY_ASSIGN(const auto wanted, wanted_base(recipe, accelerator));
    const auto named = distribution_named(wanted);
    title = shown(wanted);
    if (named && named->python == recipe.python) patch = named->python_patch;
    if (wanted.repository == "library/python") patch = patch_of_tag(wanted.tag, recipe.python);
  }
  if (!recipe.python_patch || !patch || patch == recipe.python_patch)
    return recipe.python_patch ? recipe.python_patch : patch;
  return fail(
      input_error(fmt::format("the base image {} has Python {}.{}, but recipes/{}.toml asks for {}.{}", title,
                              recipe.python.version(), *patch, recipe.name, recipe.python.version(),
                              *recipe.python_patch))
          .hint(fmt::format("set python = \"{}\" to use the base's, or from = "
                            "\"docker.io/library/python:{}.{}-slim\" under [image]",
                            recipe.python.text(), recipe.python.version(), *recipe.python_patch)));
}

Result<std::optional<project::PythonBuild>> interpreter_for(const project::Recipe& recipe,
                                                            const std::optional<project::Lockfile>& previous,
                                                            Renew renew, const project::Site& site) {
  if (!is_standalone(recipe)) return std::nullopt;
  auto build = renew == Renew::no && previous ? previous->provenance.interpreter : std::nullopt;
  if (!build || !build->fits(recipe.python, recipe.python_patch, recipe.platforms)) {
    TRY_ASSIGN(build, during(project::choose_python_build(recipe.python, recipe.python_patch,
                                                          recipe.platforms, site.interpreters),
                             fmt::format("choosing the Python of recipes/{}.toml", recipe.name)));
  }
  std::erase_if(build->archives, [&](const auto& archive) {
    return std::find(recipe.platforms.begin(), recipe.platforms.end(), archive.first) ==
           recipe.platforms.end();
  });
  return build;
}

Result<project::BaseImage> base_from(const project::Recipe& recipe, const specs::Accelerator& accelerator,
                                     const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                     Reporter& reporter) {
  TRY_ASSIGN(auto base, describe(recipe, accelerator, wanted, found, reporter));
  base.digest = found.digest;
  for (const auto& platform : recipe.platforms) {
    const auto there = found.platforms.find(platform.oci());
    if (there == found.platforms.end()) {
      return fail(
          input_error(fmt::format("the base image {} has no {}, which recipes/{}.toml requires",
                                  shown(wanted), platform.oci(), recipe.name))
              .hint(fmt::format("remove \"{}\" from platforms, or set `from` under [image] to an image that "
                                "has it",
                                platform.text())));
    }
    base.platforms.emplace(platform, there->second);
  }
  return base;
}

Result<ChosenBase> choose_base(const project::Recipe& recipe, const project::Lockfile& lock,
                               const std::optional<project::Lockfile>& previous, Renew renew,
                               registry::OciRegistry& registry, Reporter& reporter) {
  const auto built_for = project::accelerator(lock);
  TRY_ASSIGN(const auto wanted, wanted_base(recipe, built_for));
  const auto before = same_base(previous, recipe, wanted);
  if (before && renew == Renew::no) {
    TRY_ASSIGN(auto kept, kept_base(*before, recipe, built_for, wanted, reporter));
    return ChosenBase{std::move(kept), BaseOrigin::kept, {}};
  }
  const auto found = registry.find(wanted, recipe.platforms.front());
  const auto step = fmt::format("asking for the base image {}", shown(wanted));
  if (!found || !*found) {
    const auto why = found ? std::string("its registry does not have it") : why_not(found.error());
    return during(base_without_registry(recipe, built_for, wanted, before, why, reporter), step);
  }
  TRY_ASSIGN(auto base, during(base_from(recipe, built_for, wanted, **found, reporter), step));
  return ChosenBase{std::move(base), BaseOrigin::registry, {}, (*found)->created};
}

}  // namespace launch::locking

#include "locking/base_image.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::locking {
namespace {

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

std::string oci_platform(std::string_view platform) {
  return platform == "linux-aarch64" ? "linux/arm64" : "linux/amd64";
}

/// "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"
std::string shown(const specs::ImageReference& reference) {
  return printable(fmt::format("{}:{}", reference.name(), reference.tag));
}

std::string other_base_hint(const project::Recipe& recipe) {
  const auto fitting = pytorch::distribution_with(recipe.python);
  if (!fitting) return fmt::format("set python in recipes/{}.toml to one that a base image has", recipe.name);
  return fmt::format("or keep Python {} and set from = \"{}\" below [image], or any image of {}",
                     recipe.python, pytorch::library_image(*fitting), fitting->title);
}

/// What the image says of its distribution and its interpreter.
struct Contents {
  std::string distribution;
  std::string title;  ///< " (Ubuntu 24.04)"
  std::string python;
};

Contents contents_of(const pytorch::Distribution& known) {
  return {std::string(known.name), fmt::format(" ({})", known.title), std::string(known.python)};
}

Result<Contents> contents_of(const project::Recipe& recipe, const specs::ImageReference& wanted,
                             const registry::RemoteImage& found) {
  // Images of the official Python library say which one they hold; it is in /usr/local, before the
  // distribution's.
  const auto own_python = variable(found, "PYTHON_VERSION");
  if (!own_python.empty()) return Contents{{}, {}, pytorch::minor_of(own_python)};
  const auto name = fmt::format("{} {}", label(found, "org.opencontainers.image.ref.name"),
                                label(found, "org.opencontainers.image.version"));
  if (const auto known = pytorch::distribution(name)) return contents_of(*known);
  if (const auto known = pytorch::distribution_of(wanted); known && name == " ") return contents_of(*known);
  return fail(
      usage_error(fmt::format("which Python the base image {} has cannot be told: expected labels that name "
                              "Ubuntu 22.04 or 24.04 or Debian 12 or 13, or the variable PYTHON_VERSION",
                              shown(wanted)))
          .hint(fmt::format("set from below [image] in recipes/{}.toml to an image that says it",
                            recipe.name)));
}

Result<void> check_python(const project::Recipe& recipe, const specs::ImageReference& wanted,
                          const Contents& contents) {
  if (contents.python == recipe.python) return {};
  return fail(usage_error(fmt::format("the base image {}{} has Python {}, but recipes/{}.toml asks for "
                                      "python = \"{}\"",
                                      shown(wanted), contents.title, printable(contents.python), recipe.name,
                                      recipe.python))
                  .hint(fmt::format("set python = \"{}\" in recipes/{}.toml", printable(contents.python),
                                    recipe.name))
                  .hint(other_base_hint(recipe)));
}

/// CUDA of the base: what it says of itself, else its tag.
std::string base_cuda(const specs::ImageReference& wanted, const registry::RemoteImage& found) {
  auto own = variable(found, "CUDA_VERSION");
  if (!own.empty() || !wanted.repository.ends_with("nvidia/cuda")) return own;
  return std::string(split(wanted.tag, '-').front());
}

Result<void> check_cuda(Reporter& reporter, const project::Recipe& recipe, std::string_view accelerator,
                        const specs::ImageReference& wanted, const registry::RemoteImage& found) {
  const auto expected = pytorch::cuda_minor(accelerator);
  const auto base = printable(base_cuda(wanted, found));
  if (expected.empty() || base.empty()) return {};
  if (pytorch::major_of(base) != pytorch::major_of(expected)) {
    return fail(
        usage_error(fmt::format("the base image {} has CUDA {}, but the locked torch is built for CUDA {}",
                                shown(wanted), base, expected))
            .hint(
                fmt::format("set from below [image] in recipes/{}.toml to an image with CUDA {}, or leave it "
                            "out",
                            recipe.name, pytorch::major_of(expected))));
  }
  if (pytorch::minor_of(base) != expected) {
    reporter.warn(
        fmt::format("the base image {} has CUDA {}, the locked torch is built for CUDA {}; the major version "
                    "is the same, so "
                    "it runs, but code compiled in the image sees the base's",
                    shown(wanted), base, expected));
  }
  return {};
}

}  // namespace

Result<specs::ImageReference> wanted_base(const project::Recipe& recipe, std::string_view accelerator) {
  if (recipe.image.from) {
    return during(specs::ImageReference::parse(*recipe.image.from),
                  fmt::format("reading from below [image] in recipes/{}.toml", recipe.name));
  }
  const auto fitting = pytorch::distribution_with(recipe.python);
  if (const auto toolkit = pytorch::cuda_toolkit(accelerator)) {
    const bool older = fitting && fitting->name == "ubuntu 22.04";
    return specs::ImageReference::parse(fmt::format("docker.io/nvidia/cuda:{}-{}-ubuntu{}", toolkit->version,
                                                    recipe.image.variant, older ? "22.04" : toolkit->ubuntu));
  }
  if (accelerator != "cpu") {
    return fail(
        usage_error(fmt::format("no base image is known for {}", printable(accelerator)))
            .hint(fmt::format("set from = \"any/image:tag\" below [image] in recipes/{}.toml", recipe.name)));
  }
  if (!fitting) {
    return fail(
        usage_error(fmt::format("no base image with Python {} is known: Ubuntu 22.04 has 3.10, Debian 12 has "
                                "3.11, Ubuntu 24.04 has 3.12 and Debian 13 has 3.13",
                                recipe.python))
            .hint(fmt::format("set python in recipes/{}.toml to one of these, or from = \"docker.io/library/"
                              "python:{}-slim\" below [image]",
                              recipe.name, recipe.python)));
  }
  return specs::ImageReference::parse(pytorch::library_image(*fitting));
}

Result<int> glibc_minor_for(const project::Recipe& recipe) {
  const auto fitting = pytorch::distribution_with(recipe.python);
  if (!recipe.image.from && !pytorch::cuda_toolkit(recipe.torch.cuda)) {
    return fitting ? fitting->glibc_minor : pytorch::kLeastGlibcMinor;
  }
  TRY_ASSIGN(const auto wanted, wanted_base(recipe, recipe.torch.cuda));
  const auto named = pytorch::distribution_of(wanted);
  // A base that turns out to be another than its tag says (a site's own of the same name) has the recipe's
  // Python, or is refused; so the smaller of both is always there.
  if (named && fitting) return std::min(named->glibc_minor, fitting->glibc_minor);
  return named ? named->glibc_minor : pytorch::kLeastGlibcMinor;
}

Result<project::BaseImage> base_from(const project::Recipe& recipe, std::string_view accelerator,
                                     const specs::ImageReference& wanted, const registry::RemoteImage& found,
                                     Reporter& reporter) {
  TRY_ASSIGN(const auto contents, contents_of(recipe, wanted, found));
  TRY(check_python(recipe, wanted, contents));
  TRY(check_cuda(reporter, recipe, accelerator, wanted, found));
  project::BaseImage base;
  base.name = wanted.name();
  base.tag = wanted.tag;
  base.digest = found.digest;
  base.distribution = contents.distribution;
  base.python = contents.python;
  if (const auto toolkit = pytorch::cuda_toolkit(accelerator)) base.driver_floor = toolkit->driver_floor;
  for (const auto& platform : recipe.platforms) {
    const auto there = found.platforms.find(oci_platform(platform));
    if (there == found.platforms.end()) {
      return fail(
          usage_error(fmt::format("the base image {} has no {}, which recipes/{}.toml asks for",
                                  shown(wanted), oci_platform(platform), recipe.name))
              .hint(fmt::format("leave \"{}\" out of platforms, or set from below [image] to an image that "
                                "has it",
                                platform)));
    }
    base.platforms.insert(*there);
  }
  return base;
}

Result<project::BaseImage> choose_base(const project::Recipe& recipe, const project::Lockfile& lock,
                                       const std::optional<project::BaseImage>& previous,
                                       registry::OciRegistry& registry, Reporter& reporter) {
  const auto built_for = project::accelerator(lock);
  TRY_ASSIGN(const auto wanted, wanted_base(recipe, built_for));
  const auto has_platform = [&](const std::string& p) {
    return previous->platforms.contains(oci_platform(p));
  };
  if (previous && previous->name == wanted.name() && previous->tag == wanted.tag &&
      previous->python == recipe.python && (wanted.digest.empty() || wanted.digest == previous->digest) &&
      std::all_of(recipe.platforms.begin(), recipe.platforms.end(), has_platform)) {
    return *previous;
  }
  const auto step = fmt::format("asking for the base image {}", shown(wanted));
  TRY_ASSIGN(const auto found, during(registry.find(wanted, oci_platform(recipe.platforms.front())), step));
  if (!found) {
    return fail(
        world_error(fmt::format("the registry of {} has no such image", shown(wanted)))
            .hint("registries drop old tags; name another image in [image] from, or a mirror in launch.toml: "
                  "[[registry]] prefix = \"docker.io\", location = \"HOST:PORT\""));
  }
  return during(base_from(recipe, built_for, wanted, *found, reporter), step);
}

}  // namespace launch::locking

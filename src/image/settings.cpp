#include "image/settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "image/layers.hpp"
#include "project/labels.hpp"
#include "project/recipe_digest.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::image {
namespace {

// What engines set where an image says nothing.
constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The parts of a value around each mention of the variable itself.
std::vector<std::string> parts_of(std::string_view value, const std::string& name) {
  const auto braced = fmt::format("${{{}}}", name);
  const auto plain = '$' + name;
  const auto goes_on = [&](std::size_t at) {
    constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return at < value.size() && kOfNames.find(value[at]) != std::string_view::npos;
  };
  std::vector<std::string> parts(1);
  for (std::size_t at = 0; at < value.size();) {
    const auto rest = value.substr(at);
    if (rest.starts_with(braced)) {
      parts.emplace_back();
      at += braced.size();
    } else if (rest.starts_with(plain) && !goes_on(at + plain.size())) {
      parts.emplace_back();
      at += plain.size();
    } else {
      parts.back() += value[at++];
    }
  }
  return parts;
}

/// `outer` with the value of `inner` in place of the base's.
std::vector<std::string> nested(const std::vector<std::string>& outer,
                                const std::vector<std::string>& inner) {
  std::vector<std::string> out = {outer.front()};
  for (std::size_t i = 1; i < outer.size(); ++i) {
    out.back() += inner.front();
    out.insert(out.end(), inner.begin() + 1, inner.end());
    out.back() += outer[i];
  }
  return out;
}

/// The value of a variable in a list "NAME=value"; `otherwise` if it is not there.
std::string value_in(const std::vector<std::string>& environment, const std::string& name,
                     std::string_view otherwise) {
  for (const auto& line : environment) {
    if (line.starts_with(name + '=')) return line.substr(name.size() + 1);
  }
  return std::string(otherwise);
}

/// The version of torch; empty if the lock has none, or not the same for all platforms.
std::string torch_version(const project::Lockfile& lock) {
  std::string version;
  for (const auto& package : lock.packages) {
    if (package.name != "torch") continue;
    if (!version.empty() && version != package.version.text()) return {};
    version = package.version.text();
  }
  return version;
}

}  // namespace

std::vector<Variable> image_variables(const project::Recipe& recipe, const project::Lockfile& lock) {
  std::vector<Variable> variables = {{"VIRTUAL_ENV", {std::string(kVenv)}},
                                     {"PATH", {fmt::format("{}/bin:", kVenv), ""}}};
  if (pytorch::cuda_toolkit(project::accelerator(lock))) {
    variables.push_back({"NVIDIA_VISIBLE_DEVICES", {"all"}});
    variables.push_back({"NVIDIA_DRIVER_CAPABILITIES", {"compute,utility"}});
  }
  for (const auto& [name, value] : recipe.image.env) {
    auto parts = parts_of(value, name);
    const auto own = std::find_if(variables.begin(), variables.end(),
                                  [&name = name](const Variable& each) { return each.name == name; });
    if (own != variables.end()) {
      parts = nested(parts, own->parts);
      variables.erase(own);
    }
    variables.push_back({name, std::move(parts)});
  }
  return variables;
}

std::vector<std::pair<std::string, std::string>> image_labels(const project::Recipe& recipe,
                                                              const project::LoadedLock& lock) {
  const auto& base = *lock.lock.provenance.base;
  // Version and name are those of the base, such as "24.04" and "ubuntu", where an image does not say its
  // own.
  return {{"org.opencontainers.image.title", recipe.name},
          {"org.opencontainers.image.version", torch_version(lock.lock)},
          {"org.opencontainers.image.ref.name", project::image_name(recipe.name)},
          {"org.opencontainers.image.base.name", fmt::format("{}:{}", base.name, base.tag)},
          {"org.opencontainers.image.base.digest", base.digest->text()},
          {project::kRecipeLabel, project::recipe_digest(recipe, project::Stage::render).text()},
          {project::kLockLabel, lock.digest.text()}};
}

archive::RunConfig run_config(archive::RunConfig base, const project::Locked& locked,
                              const std::string& folder) {
  const auto before = base.environment;
  for (const auto& variable : image_variables(locked.recipe, locked.lock.lock)) {
    const auto in_base = value_in(before, variable.name, variable.name == "PATH" ? kDefaultPath : "");
    std::erase_if(base.environment,
                  [&](const std::string& line) { return line.starts_with(variable.name + '='); });
    base.environment.push_back(fmt::format("{}={}", variable.name, join(variable.parts, in_base)));
  }
  for (auto& [name, value] : image_labels(locked.recipe, locked.lock))
    base.labels.insert_or_assign(name, std::move(value));
  if (!folder.empty()) base.folder = folder;
  if (locked.recipe.image.user) base.user = *locked.recipe.image.user;
  base.entrypoint.clear();
  base.command = {"python3"};
  return base;
}

}  // namespace launch::image

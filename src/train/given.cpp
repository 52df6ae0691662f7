#include "train/given.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"
#include "project/toml_values.hpp"
#include "train/flight.hpp"
#include "train/plan.hpp"

namespace launch::train {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestVariable = 131'071;  // NAME=VALUE, MAX_ARG_STRLEN of Linux less its NUL
constexpr std::uint64_t kLongestSecret = std::uint64_t{64} << 10;
constexpr int kMostRanks = 1024;

/// Where two paths in a container are the same place: "/data", not "/data/".
std::string place_of(const std::string& to) {
  auto place = fs::path(to).lexically_normal();
  return (place.has_filename() ? place : place.parent_path()).string();
}

Result<void> read_variable(const std::string& text, const Environment& environment, Given& given) {
  const auto equals = std::min(text.find('='), text.size());
  const auto name = text.substr(0, equals);
  if (project::bad_variable(name)) {
    return fail(
        input_error(fmt::format("--env {}: expected NAME=VALUE, NAME, image or mounted, with a NAME of "
                                "letters, digits and \"_\"",
                                in_quotes(name))));  // the value may be a secret
  }
  Given::Value value;
  if (equals < text.size()) {
    value.text = text.substr(equals + 1);
  } else {
    const auto& here = environment.values();
    const auto found = here.find(name);
    if (found == here.end()) {
      return fail(
          input_error(fmt::format("--env {}: the variable {} is not set here", name, name))
              .hint(fmt::format("set it, use --env {}=VALUE, or choose --env image or --env mounted", name)));
    }
    value = {found->second, true};
  }
  if (name.size() + 1 + value.text.size() > kLongestVariable) {
    return fail(
        input_error(fmt::format("--env {}: the value has {} bytes, and Linux allows {} for NAME=VALUE", name,
                                value.text.size(), kLongestVariable)));
  }
  given.variables.insert_or_assign(name, std::move(value));
  return {};
}

Result<void> read_mount(const std::string& text, const fs::path& folder, Given& given) {
  const auto wrong = [&] {
    return fail(
        input_error(fmt::format("--mount {}: expected FROM:TO or FROM:TO:ro, where TO is an absolute "
                                "path without \"..\", such as \"/data\"",
                                in_quotes(text))));
  };
  project::MountEntry mount;
  std::string_view rest = text;
  if (const auto last = rest.rfind(':'); last != std::string_view::npos && last > 0 &&
                                         rest.substr(last + 1).find('/') == std::string_view::npos) {
    for (const auto option : split(rest.substr(last + 1), ',')) {
      if (option == "ro") {
        mount.read_only = true;
      } else if (option == "z") {
        mount.relabel = true;
      } else if (option != "rw") {
        return wrong();
      }
    }
    rest = rest.substr(0, last);
  }
  const auto colon = rest.rfind(":/");
  if (colon == std::string_view::npos || colon == 0) return wrong();
  mount.to = place_of(std::string(rest.substr(colon + 1)));
  if (project::bad_container_path(std::string(rest.substr(colon + 1)))) return wrong();
  const auto from = std::string(rest.substr(0, colon));
  if (project::has_control(from) || from.size() > project::kLongestPath) return wrong();
  mount.from = (folder / from).lexically_normal().string();
  for (const auto& other : given.mounts) {
    if (other.to != mount.to) continue;
    return fail(input_error(fmt::format("--mount {} and {} are mounted at the same place, {}", other.from,
                                        mount.from, mount.to)));
  }
  given.mounts.push_back(std::move(mount));
  return {};
}

Result<void> read_secret(const std::string& text, const fs::path& folder, Given& given) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, std::min(equals, text.size()));
  if (equals == std::string::npos || equals + 1 == text.size() || project::bad_variable(name)) {
    // Somebody may have typed the value.
    return fail(input_error("--secret: expected NAME=FILE, such as HF_TOKEN=token.txt"));
  }
  if (given.variables.contains(name))
    return fail(input_error(fmt::format("{} is given by both --env and --secret", name))
                    .hint("remove one of the two"));
  given.secrets.insert_or_assign(name, (folder / text.substr(equals + 1)).lexically_normal().string());
  return {};
}

/// Why ranks cannot have their own value of a variable; empty if they can.
std::string why_refused(std::string_view name) {
  constexpr std::array kOfTorchrun{"RANK",
                                   "LOCAL_RANK",
                                   "WORLD_SIZE",
                                   "LOCAL_WORLD_SIZE",
                                   "GROUP_RANK",
                                   "ROLE_RANK",
                                   "ROLE_WORLD_SIZE",
                                   "ROLE_NAME",
                                   "GROUP_WORLD_SIZE",
                                   "MASTER_ADDR",
                                   "MASTER_PORT",
                                   "TORCHELASTIC_RUN_ID",
                                   "TORCHELASTIC_RESTART_COUNT",
                                   "TORCHELASTIC_MAX_RESTARTS",
                                   "TORCHELASTIC_ERROR_FILE",
                                   "TORCHELASTIC_USE_AGENT_STORE"};
  if (std::find(kOfTorchrun.begin(), kOfTorchrun.end(), name) != kOfTorchrun.end())
    return "torchrun sets it for each rank";
  if (name.starts_with("PET_")) return "torchrun would read it as one of its options, which launch sets";
  if (name.starts_with("LAUNCH_")) return "launch reserves the names that begin with LAUNCH_";
  return {};
}

/// Whether a part of the name says that the value is one to keep: "HF_TOKEN", "WANDB_API_KEY", "PGPASSWORD".
bool looks_secret(std::string_view name) {
  const auto lower = to_lower(name);
  const auto words = split(lower, '_');
  return std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return word.ends_with("token") || word.ends_with("key") || word.ends_with("password") ||
           word.ends_with("secret");
  });
}

Result<void> add_variables(Plan& plan, const project::Recipe& recipe, const Given& given) {
  std::vector<std::string> unrecorded;
  const auto add = [&](const std::string& name, const std::string& value, std::string reason,
                       bool from_here) -> Result<void> {
    if (const auto why = why_refused(name); !why.empty())
      return fail(input_error(fmt::format("{} cannot set {}: {}", reason, name, why)));
    bool hidden = from_here;
    // What NCCL and gloo are told is no secret, and is shown with what it decides.
    const bool for_network = name.starts_with("NCCL_") || name.starts_with("GLOO_");
    if (from_here && for_network) {
      hidden = false;
    } else if (from_here) {
      reason = "taken from the environment";
    } else if (looks_secret(name)) {
      hidden = true;
      reason += "; not recorded, since its name suggests a secret";
      unrecorded.push_back(name);
    }
    add_variable(plan, {name, value, std::move(reason), hidden});
    return {};
  };
  for (const auto& [name, value] : given.variables) TRY(add(name, value.text, "--env", value.from_here));
  for (const auto& [name, value] : recipe.train.env) {
    if (!given.variables.contains(name) && !given.secrets.contains(name))
      TRY(add(name, value, "[train] env of the recipe", false));
  }
  if (unrecorded.empty()) return {};
  const bool one = unrecorded.size() == 1;
  plan.notes.push_back(fmt::format("the {} of {} {} not recorded, since the {}", one ? "value" : "values",
                                   join_words(unrecorded), one ? "is" : "are",
                                   one ? "name suggests a secret" : "names suggest secrets"));
  return {};
}

Result<void> add_mounts(Plan& plan, const project::Recipe& recipe, const Given& given,
                        const fs::path& project) {
  static constexpr std::array kOwn{kNodeFolder, kFlightFolder, kSecretsFolder};
  plan.mounts = given.mounts;
  for (const auto& mount : recipe.train.mounts) {
    const auto from = (project / mount.from).lexically_normal().string();
    const auto place = place_of(mount.to);
    const auto same = std::find_if(given.mounts.begin(), given.mounts.end(),
                                   [&](const auto& own) { return own.to == place; });
    if (same == given.mounts.end()) {
      plan.mounts.push_back({from, place, mount.read_only, mount.relabel});
    } else {
      plan.notes.push_back(
          fmt::format("--mount puts {} at {} instead of the recipe's {}", same->from, same->to, from));
    }
  }
  for (const auto& mount : plan.mounts) {
    const auto* own = std::find_if(kOwn.begin(), kOwn.end(),
                                   [&](const char* folder) { return is_below(mount.to, folder); });
    if (mount.to != "/" && own == kOwn.end()) continue;
    return fail(
        input_error(fmt::format("cannot mount {} at {}: {}", mount.from, mount.to,
                                mount.to == "/" ? "that is the whole container"
                                                : fmt::format("launch has its own files in {}", *own))));
  }
  return {};
}

/// rank.py sets these in the rank, over what torchrun and launch have set there.
std::string why_no_secret(std::string_view name) {
  return name == "PYTHONPATH" ? "launch adds its own folder to it" : why_refused(name);
}

Result<void> add_secrets(Plan& plan, const project::Recipe& recipe, const Given& given,
                         const fs::path& project) {
  plan.secrets = given.secrets;
  for (const auto& [name, file] : recipe.train.secrets) {
    if (!given.variables.contains(name))
      plan.secrets.try_emplace(name, (project / file).lexically_normal().string());
  }
  if (plan.secrets.empty()) return {};
  std::vector<std::string> names;
  for (const auto& [name, file] : plan.secrets) {
    if (const auto why = why_no_secret(name); !why.empty())
      return fail(input_error(fmt::format("a secret cannot set {}: {}", name, why)));
    names.push_back(name);
  }
  add_variable(
      plan, {kSecretsVariable, join(names, " "), fmt::format("rank.py sets these from {}", kSecretsFolder)});
  return {};
}

Result<void> check_secret(const std::string& name, const std::string& file) {
  const auto wrong = [&](std::string_view what) {
    return fail(input_error(fmt::format("the secret {}: {} {}", name, file, what)));
  };
  std::error_code code;
  const auto status = fs::status(file, code);
  if (!fs::exists(status)) return wrong("does not exist");
  if (!fs::is_regular_file(status)) return wrong("is not a file");
  if (const auto size = fs::file_size(file, code); !code && size > kLongestSecret)
    return wrong(fmt::format("has {} bytes, and a secret can have {}", size, kLongestSecret));
  const auto text = read_file(file, kLongestSecret);
  if (!text) return fail(input_error(fmt::format("the secret {}: {}", name, text.error().message())));
  if (text->empty()) return wrong("is empty");
  if (text->find('\0') != std::string::npos) return wrong("has a NUL byte, which a variable cannot hold");
  return {};
}

}  // namespace

Result<Given> read_given(const GivenTexts& texts, const Environment& environment, const fs::path& folder) {
  Given given;
  for (const auto& text : texts.variables) TRY(read_variable(text, environment, given));
  for (const auto& text : texts.mounts) TRY(read_mount(text, folder, given));
  for (const auto& text : texts.secrets) TRY(read_secret(text, folder, given));
  if (texts.workdir && project::bad_container_path(*texts.workdir)) {
    return fail(input_error(fmt::format(
        "--workdir {}: expected an absolute path in the container, without \"..\", such as \"/workspace\"",
        in_quotes(*texts.workdir))));
  }
  given.workdir = texts.workdir;
  if (const auto ranks = texts.ranks_per_node; ranks && (*ranks < 1 || *ranks > kMostRanks))
    return fail(input_error(fmt::format("--ranks-per-node {}: expected 1 to {}", *ranks, kMostRanks)));
  given.ranks_per_node = texts.ranks_per_node;
  return given;
}

Result<void> add_given(Plan& plan, const project::Recipe& recipe, const Given& given,
                       const fs::path& project) {
  TRY(add_variables(plan, recipe, given));
  TRY(add_mounts(plan, recipe, given, project));
  TRY(add_secrets(plan, recipe, given, project));
  plan.workdir = given.workdir ? *given.workdir : recipe.train.workdir.value_or("");
  plan.wanted_ranks = given.ranks_per_node ? given.ranks_per_node : recipe.train.ranks_per_node;
  return {};
}

Result<void> set_ranks(Plan& plan, std::size_t gpus) {
  auto& ranks = plan.rendezvous.ranks_per_node;
  ranks = plan.wanted_ranks.value_or(std::max(1, static_cast<int>(gpus)));
  if (gpus == 0 || static_cast<std::size_t>(ranks) == gpus) return {};
  if (static_cast<std::size_t>(ranks) > gpus) {
    return fail(input_error(fmt::format("{} ranks per node, but a node has {}: {} allows one rank per GPU",
                                        ranks, count_of(gpus, "GPU"), plan.vendor->library))
                    .hint("use --gpus 0 to train on the CPU with gloo, or --ranks-per-node with fewer"));
  }
  plan.notes.push_back(fmt::format("{} per node for {}: some are idle unless ranks use several",
                                   count_of(static_cast<std::size_t>(ranks), "rank"), count_of(gpus, "GPU")));
  return {};
}

std::string ranks_per_node_text(const Plan& plan) {
  const auto ranks = static_cast<std::size_t>(plan.rendezvous.ranks_per_node);
  return ranks == 1 ? "one rank" : count_of(ranks, "rank");
}

void note_proxies(Plan& plan, const Environment& environment) {
  std::vector<std::string> names;
  for (const auto* name : {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) {
    for (const auto& each : {std::string(name), to_lower(name)}) {
      if (environment.get(each) && find_variable(plan.environment, each) == nullptr) names.push_back(each);
    }
  }
  if (names.empty()) return;
  plan.notes.push_back(fmt::format("{} {} set here, but not in the ranks: pass {} with `--env {}`",
                                   join_words(names), names.size() == 1 ? "is" : "are",
                                   names.size() == 1 ? "it" : "one", names.front()));
}

Result<void> check_given_files(const Plan& plan, const Given& given) {
  for (const auto& mount : plan.mounts) {
    std::error_code code;
    if (fs::exists(mount.from, code)) continue;
    const bool own = std::any_of(given.mounts.begin(), given.mounts.end(),
                                 [&](const auto& each) { return each.to == mount.to; });
    return fail(
        input_error(own ? fmt::format("--mount {}:{}: {} does not exist", mount.from, mount.to, mount.from)
                        : fmt::format("{} does not exist, but the recipe {} mounts it at {}", mount.from,
                                      plan.recipe, mount.to)));
  }
  for (const auto& [name, file] : plan.secrets) TRY(check_secret(name, file));
  return {};
}

}  // namespace launch::train

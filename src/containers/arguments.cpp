#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {
namespace {

void add(Arguments& arguments, std::string option, std::string value) {
  arguments.push_back(std::move(option));
  arguments.push_back(std::move(value));
}

void add_pairs(Arguments& arguments, const char* option, const std::map<std::string, std::string>& pairs) {
  for (const auto& [key, value] : pairs) add(arguments, option, fmt::format("{}={}", key, value));
}

std::string mount_value(const Mount& mount, const std::string& relabel) {
  return "type=bind," + csv_field("source=" + mount.from) + "," + csv_field("target=" + mount.to) +
         (mount.read_only ? ",readonly" : "") + (relabel.empty() ? "" : "," + relabel);
}

/// docker's --mount cannot relabel; its --volume can, but takes no path with a colon.
void add_mount(const EngineInfo& info, const Mount& mount, Arguments& arguments) {
  const auto relabel = mount.relabel ? info.type->relabel() : std::string();
  if (mount.relabel && relabel.empty() && (mount.from + mount.to).find(':') == std::string::npos) {
    add(arguments, "--volume", fmt::format("{}:{}:{}z", mount.from, mount.to, mount.read_only ? "ro," : ""));
  } else {
    add(arguments, "--mount", mount_value(mount, relabel));
  }
}

/// `run` or `create`, which take the same options.
Arguments arguments_of(std::string_view verb, const EngineInfo& info, const RunSpec& spec) {
  Arguments arguments{std::string(verb)};
  if (spec.remove) arguments.emplace_back("--rm");
  if (spec.init) arguments.emplace_back("--init");
  // The image was built here; the caller keeps its output, so the engine need not log it as well.
  add(arguments, "--pull", "never");
  add(arguments, "--log-driver", "none");
  if (!spec.name.empty()) add(arguments, "--name", spec.name);
  if (!spec.hostname.empty()) add(arguments, "--hostname", spec.hostname);
  if (!spec.network.empty()) add(arguments, "--network", spec.network);
  if (!spec.address.empty()) add(arguments, "--ip", spec.address);
  for (const auto& [name, address] : spec.hosts)
    add(arguments, "--add-host", fmt::format("{}:{}", name, address));
  add_pairs(arguments, "--label", spec.labels);
  if (spec.shm_bytes) add(arguments, "--shm-size", std::to_string(*spec.shm_bytes));
  if (spec.pids_limit && info.pids_limit) add(arguments, "--pids-limit", std::to_string(*spec.pids_limit));
  for (const auto& [name, limits] : spec.ulimits) {
    if (info.type->sets_limit(name)) add(arguments, "--ulimit", fmt::format("{}={}", name, limits));
  }
  for (const auto& device : spec.devices) add(arguments, "--device", device);
  for (auto& option : info.type->device_groups(info, spec.device_groups))
    arguments.push_back(std::move(option));
  if (spec.stop_seconds) add(arguments, "--stop-timeout", std::to_string(*spec.stop_seconds));
  if (!spec.stop_signal.empty()) add(arguments, "--stop-signal", spec.stop_signal);
  if (!spec.gpus.empty()) {
    const auto gpus = info.type->gpus(spec.gpus);
    arguments.insert(arguments.end(), gpus.begin(), gpus.end());
  }
  if (spec.confined) {
    add(arguments, "--cap-drop", "ALL");
    add(arguments, "--security-opt", "no-new-privileges");
  }
  if (spec.unlabelled) add(arguments, "--security-opt", "label=disable");
  if (spec.without_proxies) {
    for (auto& option : info.type->no_proxies()) arguments.push_back(std::move(option));
  }
  if (spec.caller) {
    for (auto& option : info.type->map_user(info, *spec.caller)) arguments.push_back(std::move(option));
  }
  if (!spec.user.empty()) add(arguments, "--user", spec.user);
  if (!spec.folder.empty()) add(arguments, "--workdir", spec.folder);
  for (const auto& mount : spec.mounts) add_mount(info, mount, arguments);
  add_pairs(arguments, "--env", spec.environment);
  for (const auto& [name, value] : spec.hidden) add(arguments, "--env", name);
  // The argument vector is the complete command; an entry point would be put before it.
  add(arguments, "--entrypoint", "");
  arguments.push_back(spec.image);
  arguments.insert(arguments.end(), spec.argv.begin(), spec.argv.end());
  return arguments;
}

}  // namespace

std::vector<std::string> run_arguments(const EngineInfo& info, const RunSpec& spec) {
  return arguments_of("run", info, spec);
}

std::vector<Command> run_commands(const EngineInfo& info, const RunSpec& spec) {
  if (spec.files.empty()) return {{run_arguments(info, spec)}};
  auto copy = info.type->unpack();
  copy.push_back(spec.name + ":/");
  return {{arguments_of("create", info, spec)},
          {std::move(copy), spec.files},
          {{"start", "--attach", spec.name}}};
}

std::vector<std::string> network_arguments(const EngineInfo& info, const Network& network) {
  Arguments arguments{"network", "create"};
  for (auto& option : info.type->network_options()) arguments.push_back(std::move(option));
  if (!network.subnet.empty()) add(arguments, "--subnet", network.subnet);
  add_pairs(arguments, "--label", network.labels);
  arguments.push_back(network.name);
  return arguments;
}

}  // namespace launch::containers

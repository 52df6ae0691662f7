#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/engine.hpp"

namespace launch::containers {
namespace {

using Arguments = std::vector<std::string>;

void add(Arguments& arguments, std::string option, std::string value) {
  arguments.push_back(std::move(option));
  arguments.push_back(std::move(value));
}

void add_pairs(Arguments& arguments, const char* option, const std::map<std::string, std::string>& pairs) {
  for (const auto& [key, value] : pairs) add(arguments, option, fmt::format("{}={}", key, value));
}

std::string mount_value(const Mount& mount) {
  return "type=bind," + csv_field("source=" + mount.from) + "," + csv_field("target=" + mount.to) +
         (mount.read_only ? ",readonly" : "");
}

/// What engines call them: "all", or indices and UUIDs. A number of GPUs is the machine's first.
std::vector<std::string> gpu_names(const specs::GpuSet& gpus) {
  if (gpus.kind() == specs::GpuSet::Kind::devices) return gpus.devices();
  const auto count = gpus.count();
  if (!count) return {"all"};
  std::vector<std::string> names;
  for (std::size_t index = 0; index < *count; ++index) names.push_back(std::to_string(index));
  return names;
}

/// podman before 5.0 takes --gpus and does nothing, so it always gets CDI devices.
void add_gpus(Arguments& arguments, const EngineInfo& info, const specs::GpuSet& gpus) {
  if (gpus.empty()) return;
  const auto names = gpu_names(gpus);
  if (info.kind == EngineKind::docker) {
    add(arguments, "--gpus", gpus.count() ? "\"device=" + join(names, ",") + "\"" : "all");
    return;
  }
  for (const auto& name : names) add(arguments, "--device", "nvidia.com/gpu=" + name);
}

Arguments podman_build(const EngineInfo& info, const BuildSpec& spec) {
  // Only OCI format is reproducible on podman 4, and with and without layers the image ids differ.
  Arguments arguments{"build", "--format", "oci", "--layers=true", "--pull=missing"};
  if (info.build_timestamp) add(arguments, "--timestamp", std::to_string(spec.timestamp));
  if (info.identity_label_flag) arguments.emplace_back("--identity-label=false");
  add_pairs(arguments, "--annotation", spec.annotations);
  // No instruction asks for it. It is what podman writes down of a build in its working containers and not in
  // the image.
  if (!spec.remains.empty())
    add(arguments, "--secret", fmt::format("id={},src=/dev/null", remains_mark(spec.remains)));
  return arguments;
}

Arguments docker_build(const EngineInfo& info, const BuildSpec& spec) {
  if (!info.buildx) return {"build"};
  Arguments arguments{"buildx", "build", "--provenance=false", "--sbom=false"};
  add(arguments, "--output", "type=docker,rewrite-timestamp=true");
  add(arguments, "--build-arg", "SOURCE_DATE_EPOCH=" + std::to_string(spec.timestamp));
  return arguments;
}

}  // namespace

std::vector<std::string> run_arguments(const EngineInfo& info, const RunSpec& spec) {
  Arguments arguments{"run"};
  if (spec.remove) arguments.emplace_back("--rm");
  if (spec.init) arguments.emplace_back("--init");
  // The image is one that was built here, and its lines are kept by the caller, not a second time by the
  // engine.
  add(arguments, "--pull", "never");
  add(arguments, "--log-driver", "none");
  if (!spec.name.empty()) add(arguments, "--name", spec.name);
  if (!spec.hostname.empty()) add(arguments, "--hostname", spec.hostname);
  if (!spec.network.empty()) add(arguments, "--network", spec.network);
  for (const auto& alias : spec.aliases) add(arguments, "--network-alias", alias);
  add_pairs(arguments, "--label", spec.labels);
  if (spec.shm_bytes) add(arguments, "--shm-size", std::to_string(*spec.shm_bytes));
  if (spec.pids_limit && info.pids_limit) add(arguments, "--pids-limit", std::to_string(*spec.pids_limit));
  if (spec.stop_seconds) add(arguments, "--stop-timeout", std::to_string(*spec.stop_seconds));
  add_gpus(arguments, info, spec.gpus);
  for (const auto& mount : spec.mounts) add(arguments, "--mount", mount_value(mount));
  add_pairs(arguments, "--env", spec.environment);
  // The argument vector is the whole command; an image's entry point would put something before it.
  add(arguments, "--entrypoint", "");
  arguments.push_back(spec.image);
  arguments.insert(arguments.end(), spec.argv.begin(), spec.argv.end());
  return arguments;
}

std::vector<std::string> network_arguments(const std::string& name,
                                           const std::map<std::string, std::string>& labels) {
  Arguments arguments{"network", "create"};
  add_pairs(arguments, "--label", labels);
  arguments.push_back(name);
  return arguments;
}

std::vector<std::string> build_arguments(const EngineInfo& info, const BuildSpec& spec,
                                         const std::filesystem::path& id_file) {
  auto arguments = info.kind == EngineKind::podman ? podman_build(info, spec) : docker_build(info, spec);
  if (spec.from_scratch) arguments.emplace_back("--no-cache");
  if (!spec.platform.empty()) add(arguments, "--platform", spec.platform);
  add(arguments, "--iidfile", id_file.string());
  add(arguments, "--tag", spec.tag);
  add(arguments, "--file", spec.dockerfile.string());
  arguments.push_back(spec.context.string());
  return arguments;
}

}  // namespace launch::containers

#include "containers/podman_parts.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"
#include "containers/cdi.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;

/// helper_binaries_dir of containers.conf(5), and where packages put what podman also looks for in PATH.
constexpr std::array kHelpers = {"/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman",
                                 "/usr/lib/podman",           "/usr/local/bin",        "/usr/bin"};
constexpr std::array kCniPlugins = {"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"};

bool exists(const PartsOf& machine, const fs::path& path) {
  std::error_code ignored;
  return fs::exists(machine.root / path.relative_path(), ignored);
}

template <std::size_t N>
std::optional<std::string> folder_with(const PartsOf& machine, const std::array<const char*, N>& folders,
                                       const char* program) {
  const auto found = std::find_if(folders.begin(), folders.end(), [&](const char* folder) {
    return exists(machine, fs::path(folder) / program);
  });
  return found == folders.end() ? std::nullopt : std::optional<std::string>(*found);
}

Part init_part(const PartsOf& machine) {
  if (const auto folder = folder_with(machine, kHelpers, "catatonit"))
    return {"init", fmt::format("catatonit in {}", *folder)};
  return {"init", "catatonit, which `podman run --init` needs, is not installed",
          "install catatonit: apt-get install catatonit"};
}

std::optional<Part> network_part(std::string_view info, const PartsOf& machine) {
  const auto backend = text_at(info, {"host", "networkBackend"});
  if (backend == "cni") {
    if (const auto folder = folder_with(machine, kCniPlugins, "bridge"))
      return Part{"network", fmt::format("CNI plugins in {}", *folder)};
    return Part{"network", "podman uses CNI, but its plugins are not installed",
                "install them: apt-get install containernetworking-plugins"};
  }
  if (backend != "netavark") return std::nullopt;
  const auto folder = folder_with(machine, kHelpers, "netavark");
  if (!folder) {
    return Part{"network", "netavark, which podman needs for runs' networks, is not installed",
                "install netavark: apt-get install netavark"};
  }
  const bool names = folder_with(machine, kHelpers, "aardvark-dns").has_value();
  return Part{"network", names ? fmt::format("netavark and aardvark-dns in {}", *folder)
                               : fmt::format("netavark in {}; no aardvark-dns, which runs do not need: nodes "
                                             "know each other's addresses",
                                             *folder)};
}

/// Only crun knows `--group-add keep-groups`, by which a rootless container may use the caller's devices.
Part group_part(std::string_view info) {
  const auto runtime = text_at(info, {"host", "ociRuntime", "name"});
  if (runtime == "crun") return {"groups", "crun keeps them for containers"};
  return {"groups",
          fmt::format("AMD GPUs need crun, which keeps the caller's groups, but podman uses {}",
                      runtime.empty() ? "another runtime" : runtime),
          "install crun: apt-get install crun, and set runtime = \"crun\" in containers.conf"};
}

std::vector<CdiSpec> cdi_specs(const PartsOf& machine) {
  std::vector<CdiSpec> specs;
  for (const auto* folder : {"etc/cdi", "var/run/cdi"}) {
    std::error_code error;
    for (fs::directory_iterator each(machine.root / folder, error), end; !error && each != end;
         each.increment(error)) {
      const auto type = each->path().extension();
      if (type != ".yaml" && type != ".json") continue;
      if (const auto text = read_file(each->path())) specs.push_back(parse_cdi(*text));
    }
  }
  return specs;
}

/// podman gives GPUs to containers by the names of CDI.
Part gpu_part(const PartsOf& machine) {
  constexpr const char* kWhat = "CDI";
  constexpr const char* kFix = "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml";
  std::vector<std::string> devices;
  for (const auto& spec : cdi_specs(machine)) {
    devices.insert(devices.end(), spec.devices.begin(), spec.devices.end());
    for (const auto& file : spec.files) {
      if (exists(machine, file)) continue;
      return {kWhat, fmt::format("the GPU specification is for another driver: {} does not exist", file),
              kFix};
    }
  }
  if (devices.empty())
    return {kWhat, "no specification in /etc/cdi or /var/run/cdi names this machine's GPUs", kFix};
  std::vector<std::string> missing;
  const auto expect = [&](const std::string& name) {
    if (std::find(devices.begin(), devices.end(), name) == devices.end()) missing.push_back(name);
  };
  expect("all");
  for (int gpu = 0; gpu < machine.gpus; ++gpu) expect(std::to_string(gpu));
  if (missing.empty())
    return {kWhat, fmt::format("names all {}", count_of(static_cast<std::size_t>(machine.gpus), "GPU"))};
  return {kWhat, fmt::format("the specification does not name nvidia.com/gpu={}", join(missing, ", ")), kFix};
}

}  // namespace

std::vector<Part> podman_parts(const EngineInfo& info, ProcessRunner& runner, const PartsOf& machine) {
  std::vector<Part> parts{init_part(machine)};
  const auto answer = ask(runner, {info.program, "info", "--format", "json"});
  if (answer && answer->ok()) {
    if (machine.device_groups && info.rootless) parts.push_back(group_part(answer->out));
    if (auto part = network_part(answer->out, machine)) parts.push_back(*std::move(part));
  }
  if (machine.gpus > 0) parts.push_back(gpu_part(machine));
  return parts;
}

}  // namespace launch::containers

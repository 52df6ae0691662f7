#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/answers.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {
namespace {

constexpr const char* kBuildx = "buildx";
constexpr const char* kBuildKit = "BuildKit";  // without buildx, in clients before 23
constexpr const char* kContainerdStore = "containerd image store";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Docker final : public EngineType {
 public:
  std::string_view name() const override { return "docker"; }
  std::string_view install_hint() const override { return "install docker: apt-get install docker.io"; }
  std::vector<std::string> expected_features() const override { return {kBuildx}; }

  tl::expected<EngineInfo, Missing> probe(const std::string& program, ProcessRunner& runner) const override {
    const auto answer = ask(runner, {program, "version", "--format", "{{json .}}"});
    if (!answer) return tl::unexpected(not_installed(*this, program));
    EngineInfo info{this, program};
    info.version = text_at(answer->out, {"Server", "Version"});
    if (info.version.empty()) return tl::unexpected(no_server(*answer));
    if (const auto more = ask(runner, {program, "info", "--format", "{{json .}}"})) {
      info.rootless = lists_at(more->out, {"SecurityOptions"}, "name=rootless");
      info.selinux = lists_at(more->out, {"SecurityOptions"}, "name=selinux");
      info.pids_limit = truth_at(more->out, {"PidsLimit"});
      info.elsewhere = elsewhere(runner, program, *more, info.rootless);
      // Under "DriverStatus", as "driver-type".
      if (has(more->out, "\"io.containerd.snapshotter.v1\"")) info.features.insert(kContainerdStore);
    }
    const auto buildx = ask(runner, {program, "buildx", "version"});
    if (buildx && buildx->ok()) info.features.insert(kBuildx);
    constexpr unsigned kFirstWithoutBuildKit = 23;
    const auto client = text_at(answer->out, {"Client", "Version"});
    if (!client.empty() && !version_at_least(client, kFirstWithoutBuildKit, 0))
      info.features.insert(kBuildKit);
    return info;
  }

  Arguments build(const EngineInfo& info, const BuildSpec& spec) const override {
    if (!info.has(kBuildx)) return {"build"};
    // Only a builder in a container heeds it; that store refuses it.
    const bool rewrites = !info.has(kContainerdStore);
    return {"buildx",
            "build",
            "--provenance=false",
            "--sbom=false",
            "--output",
            rewrites ? "type=docker,rewrite-timestamp=true" : "type=docker",
            "--build-arg",
            "SOURCE_DATE_EPOCH=" + std::to_string(spec.timestamp)};
  }

  /// buildx writes the configuration's digest as ID, by which docker does not know an image of that store.
  std::string_view id_option(const EngineInfo& info) const override {
    return info.has(kBuildx) && info.has(kContainerdStore) ? "--metadata-file" : "--iidfile";
  }

  void set_build_variables(const EngineInfo& info, const BuildSpec& spec,
                           ProcessSpec& process) const override {
    process.environment["SOURCE_DATE_EPOCH"] = std::to_string(spec.timestamp);
    process.environment["DOCKER_BUILDKIT"] = info.has(kBuildx) || info.has(kBuildKit) ? "1" : "0";
  }

  /// docker's builders do not rewrite times for its own stores (BuildKit's issues 4230 and 4986).
  std::string build_warning(const EngineInfo&) const override {
    return "docker keeps the times of files as they are, so each build produces a different image ID; use "
           "podman to get the same one";
  }

  /// docker speaks plain HTTP to loopback addresses by itself.
  Arguments plain_pull() const override { return {"pull", "--quiet"}; }
  Arguments list_names() const override {
    return {"images", "--digests", "--format", "{{.Repository}}@{{.Digest}}"};
  }

  Arguments history() const override {
    return {"history", "--no-trunc", "--human=false", "--format", "{{json .}}"};
  }

  Arguments unpack() const override { return {"cp", "-"}; }

  Arguments gpus(const specs::GpuSet& gpus) const override {
    return {"--gpus", gpus.count() ? fmt::format("\"device={}\"", join(gpu_names(gpus), ",")) : "all"};
  }

  /// docker's rm has no grace time.
  std::vector<Arguments> removal(int grace_seconds) const override {
    std::vector<Arguments> commands{{"rm", "--force"}};
    if (grace_seconds > 0) {
      commands.insert(commands.begin(), Arguments{"stop", "--time", std::to_string(grace_seconds)});
    }
    return commands;
  }
  /// Its containerd store takes what is left of a load that failed for a part of the next, and removes it
  /// meanwhile: "failed to get reader from content store: content digest sha256:…: not found".
  bool may_load_again(std::string_view err) const override {
    return has(err, "content digest sha256:") && has(err, ": not found");
  }
  /// docker itself removes what was run with --rm, and does not let anybody wait for that.
  bool may_remove_later(std::string_view err) const override { return has(err, "already in progress"); }

  /// --gpus starts NVIDIA's hook.
  std::vector<Part> parts(const EngineInfo&, ProcessRunner&, const PartsOf& machine) const override {
    if (machine.gpus == 0) return {};
    constexpr const char* kHook = "nvidia-container-runtime-hook";
    for (const auto* folder : {"usr/bin", "usr/local/bin", "usr/local/nvidia/toolkit"}) {
      std::error_code ignored;
      if (std::filesystem::exists(machine.root / folder / kHook, ignored))
        return {{"GPU hook", std::string(kHook) + " in /" + folder}};
    }
    return {{"GPU hook", fmt::format("{}, which docker needs for --gpus, is not installed", kHook),
             "install NVIDIA's container toolkit, then: sudo nvidia-ctk runtime configure --runtime=docker"}};
  }

  std::string hint(std::string_view err) const override {
    if (has(err, "server gave HTTP response to HTTPS client")) {
      return "docker connects to registries over HTTPS: list this one under \"insecure-registries\" in "
             "/etc/docker/daemon.json and restart docker";
    }
    return {};
  }

  std::optional<Error> start_failure(std::string_view err) const override {
    if (!has(err, "could not select device driver") && !has(err, "unknown or invalid runtime name: nvidia")) {
      return std::nullopt;
    }
    return environment_error(fmt::format("docker cannot give GPUs to a container: {}", last_words(err)))
        .hint("install NVIDIA's container toolkit, then: nvidia-ctk runtime configure --runtime=docker");
  }

 private:
  /// See EngineInfo. `answer` is that of `docker info`.
  static std::string elsewhere(ProcessRunner& runner, const std::string& program,
                               const ProcessOutcome& answer, bool rootless) {
    // The current context's, or DOCKER_HOST.
    const auto context = ask(runner, {program, "context", "inspect", "--format", "{{json .}}"});
    const auto host = context ? text_at(context->out, {"Endpoints", "docker", "Host"}) : std::string();
    if (!host.empty() && !host.starts_with("unix://")) return "its daemon is at " + host;
    if (text_at(answer.out, {"OperatingSystem"}) == "Docker Desktop")
      return "its daemon is in Docker Desktop's virtual machine";
    if (rootless) return "its daemon is rootless, with a network of its own";
    return {};
  }

  static Missing no_server(const ProcessOutcome& answer) {
    if (has(answer.err, "permission denied")) {
      return {"docker's daemon denied access: " + said(answer),
              "join the docker group and log in again: sudo usermod -aG docker $USER"};
    }
    if (has(answer.err, "using podman")) return {"docker is an alias of podman here", "use --engine podman"};
    return {"docker is installed, but its daemon does not answer: " + said(answer),
            "start docker's daemon: systemctl start docker"};
  }
};

}  // namespace

const EngineType& docker();
const EngineType& docker() {
  static const Docker type;
  return type;
}

}  // namespace launch::containers

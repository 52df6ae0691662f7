#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "containers/answers.hpp"
#include "containers/engine_type.hpp"
#include "containers/podman_parts.hpp"
#include "containers/registries_conf.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTimestamp = "build --timestamp";
constexpr const char* kIdentityLabel = "build --identity-label";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A registries.conf (containers-registries.conf(5), version 2): the previous text, then one entry per
/// mirror.
std::string registries_conf(std::string out, const std::vector<specs::RegistryMirror>& mirrors) {
  if (!out.empty() && out.back() != '\n') out += '\n';
  for (const auto& mirror : mirrors) {
    out += fmt::format("\n[[registry]]\nprefix = {}\nlocation = {}\n", toml_string(mirror.prefix),
                       toml_string(mirror.location));
    if (mirror.insecure) out += "insecure = true\n";
  }
  return out;
}

/// The registries.conf that podman would read by default.
std::string own_registries_conf(const Environment& environment) {
  return read_file(registries_file(environment)).value_or("");
}

/// Where an interrupted build leaves files, from `podman info`. Empty if it does not say.
BuildPlaces build_places(std::string_view answer) {
  BuildPlaces places;
  const auto root = text_at(answer, {"store", "graphRoot"});
  const auto driver = text_at(answer, {"store", "graphDriverName"});
  if (!root.empty() && !driver.empty())
    places.working_containers = fmt::format("{}/{}-containers", root, driver);
  places.oci_runtime = text_at(answer, {"host", "ociRuntime", "path"});
  const fs::path socket(text_at(answer, {"host", "remoteSocket", "path"}));
  places.runtime_folder = socket.parent_path().parent_path().string();  // FOLDER/podman/podman.sock
  return places;
}

/// The file in which podman's storage lists its images, from `podman info`. Empty if it does not say, or if
/// the storage's configuration has another place for images.
std::string image_list(std::string_view answer) {
  const auto configuration = read_file(text_at(answer, {"store", "configFile"})).value_or("");
  for (const auto line : lines(configuration)) {
    if (trim(line).starts_with("imagestore")) return "";
  }
  const auto root = text_at(answer, {"store", "graphRoot"});
  const auto driver = text_at(answer, {"store", "graphDriverName"});
  return root.empty() || driver.empty() ? "" : fmt::format("{}/{}-images/images.json", root, driver);
}

class Podman final : public EngineType {
 public:
  std::string_view name() const override { return "podman"; }
  std::string_view install_hint() const override { return "install podman: apt-get install podman"; }
  std::vector<std::string> expected_features() const override { return {kTimestamp}; }

  tl::expected<EngineInfo, Missing> probe(const std::string& program, ProcessRunner& runner) const override {
    const auto answer = ask(runner, {program, "info", "--format", "json"});
    if (!answer) return tl::unexpected(not_installed(*this, program));
    const auto broken = [&](const std::string& words) {
      return tl::unexpected(
          Missing{"podman is installed but does not work: " + words, "find out why: " + program + " info"});
    };
    if (!answer->ok()) return broken(said(*answer));
    EngineInfo info{this, program};
    info.version = text_at(answer->out, {"version", "Version"});
    if (info.version.empty()) return broken("'podman info' did not print its version");
    info.rootless = truth_at(answer->out, {"host", "security", "rootless"});
    info.selinux = truth_at(answer->out, {"host", "security", "selinuxEnabled"});
    info.pids_limit = lists_at(answer->out, {"host", "cgroupControllers"}, "pids");
    if (truth_at(answer->out, {"host", "serviceIsRemote"})) {
      info.elsewhere = "it is the client of a remote service";
    } else {
      info.build_places = build_places(answer->out);
      info.image_list = image_list(answer->out);
    }
    // Distributions patch their engines, so test for the options instead of comparing versions.
    const auto help = ask(runner, {program, "build", "--help"});
    for (const auto* feature : {kTimestamp, kIdentityLabel}) {
      const auto option = std::string_view(feature).substr(std::string_view("build ").size());
      if (help && help->ok() && help_has_option(help->out, option)) info.features.insert(feature);
    }
    return info;
  }

  std::optional<ProbeInputs> probe_inputs(const Environment& environment) const override {
    return ProbeInputs{
        {"/usr/bin/runc", "/usr/bin/crun", "/usr/lib/podman", "/usr/libexec/podman"},
        {"CONTAINER", "STORAGE_", "XDG_", "HOME", "PATH", "TMPDIR"},
        {"/usr/share/containers", "/etc/containers", environment.config_dir().parent_path() / "containers"}};
  }

  Result<std::optional<std::map<std::string, std::string>>> mirror_variables(
      const std::vector<specs::RegistryMirror>& mirrors, const fs::path& folder,
      const Environment& environment, Disk& disk) const override {
    const auto text = registries_conf(own_registries_conf(environment), mirrors);
    // By content: projects with other mirrors may build at the same time.
    const auto file = folder / fmt::format("registries-{}.conf", sha256_hex(text).substr(0, 16));
    TRY(during(write_file(disk, file, text),
               "pointing podman at the mirrors of the site's [[registry]] entries"));
    return std::map<std::string, std::string>{{"CONTAINERS_REGISTRIES_CONF", file.string()}};
  }

  Arguments build(const EngineInfo& info, const BuildSpec& spec) const override {
    // podman 4 is reproducible only with the OCI format, and image IDs differ with and without layers.
    Arguments arguments{"build", "--format", "oci", "--layers=true", "--pull=missing"};
    if (info.has(kTimestamp)) {
      arguments.insert(arguments.end(), {"--timestamp", std::to_string(spec.timestamp)});
    }
    if (info.has(kIdentityLabel)) arguments.emplace_back("--identity-label=false");
    for (const auto& [key, value] : spec.annotations) {
      arguments.insert(arguments.end(), {"--annotation", fmt::format("{}={}", key, value)});
    }
    // No instruction reads this secret; podman records it in a build's working containers and not in the
    // image.
    if (!spec.mark.empty()) {
      arguments.insert(arguments.end(), {"--secret", fmt::format("id={},src=/dev/null", spec.mark)});
    }
    return arguments;
  }

  void set_build_variables(const EngineInfo&, const BuildSpec&, ProcessSpec& process) const override {
    process.unset = {"BUILDAH_FORMAT", "BUILDAH_LAYERS", "SOURCE_DATE_EPOCH"};
  }

  Arguments plain_pull() const override { return {"pull", "--quiet", "--tls-verify=false"}; }
  /// Its list of repositories has only the tags of an image that has one, and else only one of the names.
  Arguments list_names() const override { return {"images", "--format", "{{.RepoDigests}}"}; }

  Arguments history() const override { return {"history", "--format", "json"}; }

  /// By default, podman gives what it copies to the container's user.
  Arguments unpack() const override { return {"cp", "--archive=false", "-"}; }

  Arguments network_options() const override { return {"--disable-dns"}; }

  /// podman before 5.0 accepts --gpus and ignores it, so it always gets CDI devices.
  Arguments gpus(const specs::GpuSet& gpus) const override {
    Arguments arguments;
    for (const auto& name : gpu_names(gpus)) {
      arguments.insert(arguments.end(), {"--device", "nvidia.com/gpu=" + name});
    }
    return arguments;
  }

  /// A rootless container does not know the numbers of the machine's groups; crun lets it keep the caller's.
  Arguments device_groups(const EngineInfo& info, const std::vector<unsigned>& groups) const override {
    if (!info.rootless) return EngineType::device_groups(info, groups);
    return groups.empty() ? Arguments() : Arguments{"--group-add", "keep-groups"};
  }

  Arguments no_proxies() const override { return {"--http-proxy=false"}; }

  Arguments map_user(const EngineInfo& info, const UserIds& ids) const override {
    if (!info.rootless || !version_at_least(info.version, 4, 3)) return {};
    return {"--userns", fmt::format("keep-id:uid={},gid={}", ids.user, ids.group)};
  }

  std::string relabel() const override { return "relabel=shared"; }

  /// podman raises its own limit of open files as far as it may, and containers inherit it (or have that of
  /// containers.conf). With any --ulimit it also sets those of files and processes, to numbers that not every
  /// caller may set.
  bool sets_limit(std::string_view name) const override { return name != "nofile"; }

  /// podman 4.3, where the other shares a layer with it.
  bool may_miss_images() const override { return true; }

  /// podman's stop already removes what ran with `run --rm`, which its rm reports as an error.
  std::vector<Arguments> removal(int grace_seconds) const override {
    return {{"rm", "--force", "--time", std::to_string(grace_seconds)}};
  }
  bool is_clients_line(std::string_view line) const override {
    return line.starts_with("time=\"") && line.find(" level=") != std::string_view::npos &&
           line.find(" msg=") != std::string_view::npos;
  }

  /// The container ended before podman's signal came, or was slow to end on a busy machine.
  bool may_remove_later(std::string_view err) const override {
    return has(err, "container state improper") || has(err, "did not die within timeout");
  }

  std::vector<Part> parts(const EngineInfo& info, ProcessRunner& runner,
                          const PartsOf& machine) const override {
    return podman_parts(info, runner, machine);
  }

  std::string hint(std::string_view err) const override {
    if (has(err, "slirp4netns")) {
      return "rootless networks need slirp4netns and a /dev/net/tun that every user can open: sudo chmod "
             "0666 /dev/net/tun";
    }
    if (has(err, "rootless netns")) {
      return "reset podman's rootless network after an earlier failure: podman system migrate";
    }
    return {};
  }

  std::optional<Error> start_failure(std::string_view err) const override {
    if (!has(err, "unresolvable CDI devices")) return std::nullopt;
    return environment_error(fmt::format("podman does not know this machine's GPUs: {}", last_words(err)))
        .hint("describe them once, as root: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml");
  }
};

}  // namespace

const EngineType& podman();
const EngineType& podman() {
  static const Podman type;
  return type;
}

}  // namespace launch::containers

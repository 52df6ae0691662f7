#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/history.hpp"
#include "containers/kept_answers.hpp"
#include "specs/gpu_set.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::containers {

class EngineType;

/// Writes the next bytes of an archive into the buffer.
using Feed = decltype(ProcessSpec::feed);

/// Where an engine that does not clean up after itself leaves files when a build is interrupted. Empty if
/// unknown.
struct BuildPlaces {
  std::string working_containers;  ///< "/var/lib/containers/storage/overlay-containers"
  std::string oci_runtime;         ///< "/usr/bin/runc"
  std::string runtime_folder;      ///< XDG_RUNTIME_DIR or its default: "/run/user/1000"
};

/// What an engine can do on this machine, found by testing it.
struct EngineInfo {
  const EngineType* type;    ///< a row of engine_types()
  std::string program;       ///< "podman", or the path that the user gave
  std::string version = {};  ///< "4.3.1"
  bool rootless = false;
  bool pids_limit = false;  ///< `run --pids-limit` is allowed here
  bool selinux = false;     ///< it confines containers with SELinux
  /// Why servers on this machine's loopback addresses are out of its reach: "its daemon is at
  /// ssh://host.example"; empty if they should be in reach.
  std::string elsewhere = {};
  std::set<std::string> features =
      {};  ///< features that only some versions have: "build --timestamp", "buildx"
  std::optional<BuildPlaces> build_places = {};
  /// The file that it replaces whenever an image or an image's name is added or removed; empty: unknown.
  std::string image_list = {};

  std::string name() const;  ///< "podman"
  bool has(const std::string& feature) const { return features.contains(feature); }
  /// Features that a complete installation has but this one lacks.
  std::vector<std::string> lacking() const;
};

/// The names of all engines: "podman", "docker".
std::vector<std::string> engine_names();
/// The values that engine_named accepts: "podman, docker or a path to one".
std::string engine_choice();
/// The engine of that name, or of a path whose file name starts with one; does not run it. Errors (input): no
/// such engine.
Result<EngineInfo> engine_named(const std::string& wanted);

/// An image in the engine's storage.
struct Image {
  Digest image_id;               ///< of the image's configuration
  std::optional<Digest> digest;  ///< of its manifest; nullopt where docker keeps none for a local image
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};  ///< podman
  std::vector<Digest> layers = {};  ///< of its uncompressed layers (OCI diffIDs), from below
  std::size_t names = 0;
  std::vector<std::string> references = {};  ///< its names with its digest: "localhost/launch/demo@sha256:…"
  std::size_t steps = 0;                     ///< entries of its history: more than its parent's
  std::string user = {};                     ///< of its containers: "trainer", "1000:1000"; empty: root
};

struct Mount {
  std::string from;
  std::string to;
  bool read_only = false;
  bool relabel = false;  ///< for good, with the label that SELinux lets containers use
};

/// A user and a group, in a container.
struct UserIds {
  unsigned user = 0;
  unsigned group = 0;
  std::string text() const;  ///< "1001:1001"
  friend bool operator==(const UserIds&, const UserIds&) = default;
};

/// A network of containers that know each other's addresses, so that no name server is needed, which not
/// every installation has.
struct Network {
  std::string name;
  std::map<std::string, std::string> labels = {};
  std::string subnet = {};  ///< "198.19.4.0/27"; empty: the engine chooses
};

/// Names of what has a label.
struct Labelled {
  std::vector<std::string> containers;  ///< those that ended, too
  std::vector<std::string> networks;
};

/// How a container is given GPUs.
struct GpuAccess {
  specs::GpuSet gpus = specs::GpuSet::none();  ///< by names that the engine knows
  std::vector<std::string> devices = {};       ///< else by files: RunSpec::devices
  std::vector<unsigned> device_groups = {};    ///< as in RunSpec

  bool empty() const { return gpus.empty() && devices.empty(); }
};

/// A container to run in the foreground.
struct RunSpec {
  std::string name;
  std::string image;            ///< name or ID
  std::string image_name = {};  ///< as errors call it; empty: `image`
  std::vector<std::string> argv;
  std::string program = {};  ///< what argv starts, as errors call it; empty: argv's first word
  std::map<std::string, std::string> environment = {};
  /// Further variables, whose values are in no argument: the engine's client takes them from its own
  /// environment.
  std::map<std::string, std::string> hidden = {};
  std::map<std::string, std::string> labels = {};
  std::vector<Mount> mounts = {};
  std::string network = {};  ///< name of a network, "host", "none"; empty: the engine's default
  std::string hostname = {};
  std::string address = {};                       ///< in the network; empty: the engine chooses
  std::map<std::string, std::string> hosts = {};  ///< name → address, in its /etc/hosts
  std::optional<std::uint64_t> shm_bytes = {};
  std::optional<std::int64_t> pids_limit = {};
  std::map<std::string, std::string> ulimits = {};  ///< "nofile" → "1024:4096", soft and hard; -1: unlimited
  std::vector<std::string> devices = {};            ///< "/dev/infiniband", a device or a folder of them
  /// The caller's groups that may use the devices, by number; the container's user becomes a member.
  std::vector<unsigned> device_groups = {};
  /// Time between SIGTERM and SIGKILL when something other than remove_containers ends it (as podman does
  /// when its client is killed); by default the engine's 10 s.
  std::optional<int> stop_seconds = {};
  std::string stop_signal = {};  ///< that asks it to end; empty: the image's, or SIGTERM
  specs::GpuSet gpus = specs::GpuSet::none();

  void give(const GpuAccess& access) {
    gpus = access.gpus;
    devices.insert(devices.end(), access.devices.begin(), access.devices.end());
    device_groups = access.device_groups;
  }

  /// Takes all capabilities from root in the container, and the means to regain them.
  bool confined = false;
  bool init = true;         ///< a small init as PID 1
  bool remove = true;       ///< remove the container when it ends
  std::string user = {};    ///< name or number; empty: the image's
  std::string folder = {};  ///< working folder; empty: the image's
  /// SELinux does not confine the container: folders of this machine have no label that allows it to read
  /// them.
  bool unlabelled = false;
  /// The engine passes on no proxies of its own environment, which may have passwords.
  bool without_proxies = false;
  /// Whom the caller is in the container, where the engine can say so (EngineType::map_user): its files are
  /// theirs.
  std::optional<UserIds> caller = {};
  /// The engine's working folder, an absolute path: podman's monitor leaves a file "oom" there when the
  /// kernel kills for memory. Empty: this process's.
  std::filesystem::path working_folder = {};
  /// Something else removes it if this process dies, so the engine's clients are not ended then: a podman
  /// that is killed while it starts a container leaves the container's network behind.
  bool guarded = false;
  /// A tar on this machine, unpacked over the image's files before the container starts; empty: none. The
  /// container has a name then.
  std::filesystem::path files = {};
};

/// A call of an engine.
struct Command {
  std::vector<std::string> argv;
  std::filesystem::path input = {};  ///< a file given on stdin; empty: none
  friend bool operator==(const Command&, const Command&) = default;
};

/// The exact argument vector of `run`. Pure.
std::vector<std::string> run_arguments(const EngineInfo& info, const RunSpec& spec);

/// The arguments of the calls that run a container: `run`, or with files of its own `create`, `cp` and
/// `start`. Pure.
std::vector<Command> run_commands(const EngineInfo& info, const RunSpec& spec);

/// The argument vector of `network create`. Pure.
std::vector<std::string> network_arguments(const EngineInfo& info, const Network& network);

/// Runs an engine's command line, through the runner only. Failed calls name the engine and quote its last
/// message (environment). Thread-safe if the runner is.
class Engine {
 public:
  /// `environment` is added to the environment of the engine's process.
  Engine(EngineInfo info, ProcessRunner& runner, std::map<std::string, std::string> environment,
         const Work& work)
      : info_(std::move(info)), runner_(&runner), environment_(std::move(environment)), work_(work) {}

  const EngineInfo& info() const { return info_; }
  ProcessRunner& runner() const { return *runner_; }
  /// Sets a function that failed calls ask what is wrong with the engine itself, since `info` may be out of
  /// date.
  void doubt(std::function<std::optional<Error>()> look) { doubt_ = std::move(look); }
  /// Sets the mirrors of an engine that cannot be configured to use them: pull_name names them.
  void pull_from(std::vector<specs::RegistryMirror> mirrors) { mirrors_ = std::move(mirrors); }
  /// Sets where find_image keeps answers.
  void keep_answers(KeptAnswers answers) { answers_ = std::move(answers); }

  /// An image by name, digest or ID; nullopt if the engine does not have it.
  Result<std::optional<Image>> find_image(const std::string& reference) const;
  /// What made the layers of an image, from below; nullopt if the engine does not tell.
  std::optional<std::vector<LayerStep>> layer_steps(const Image& image) const;
  /// The name by which to give `build` a registry's image ("docker.io/nvidia/cuda") with this digest: its
  /// own, or its name at a mirror that the engine would not use by itself.
  Result<std::string> pull_name(const std::string& name, const Digest& digest) const;

  /// Pulls an image by its digest from a registry on a loopback address, which speaks plain HTTP; returns
  /// the image's ID. `authority`: "127.0.0.1:40321", `name`: "launch/demo". Errors (environment): it cannot;
  /// a stop.
  Result<Digest> pull(const std::string& authority, const std::string& name, const Digest& digest,
                      std::stop_token stop) const;
  /// Loads an image from an archive in the engine's own or OCI's layout; it gets no name. `open`: begins the
  /// archive, once more if the engine has to be given it again; see ProcessSpec::feed. `name`: for messages.
  /// Errors (environment): those of `open` and what it gives; it cannot; a stop.
  Result<void> load(const std::function<Result<Feed>()>& open, const std::string& name,
                    const std::stop_token& stop) const;
  /// Writes an image to a file, in the format of `docker save`. Errors (environment): it cannot; a stop.
  Result<void> save(const Digest& image_id, const std::filesystem::path& to, std::stop_token stop) const;
  /// Gives an image a name; another image that has it loses it.
  Result<void> tag(const Digest& image_id, const std::string& reference) const;
  /// Removes a name of an image, and the image if it was the last; a missing one is no error.
  Result<void> untag(const std::string& reference) const;
  /// Removes the names of all images that were pulled as `name` from a loopback address.
  Result<void> forget_loopback(const std::string& name) const;

  /// Runs one container in the foreground (run_commands); passes on lines as they arrive, and calls
  /// `on_pause` when there are no more for the moment. A stop ends and removes the container. If the program
  /// ran, the result is an outcome, whatever its code. Errors: (environment) the engine could not start the
  /// container; (input) the command does not exist in the image or is not executable, the image does not
  /// exist, a mounted folder does not exist.
  Result<ProcessOutcome> run(const RunSpec& spec,
                             const std::function<void(Stream, std::string_view)>& on_line,
                             std::stop_token stop = {}, std::function<void()> on_pause = {}) const;
  /// Ends and removes every container that carries the label, at once; `grace_seconds` before SIGKILL.
  Result<void> remove_containers(const std::string& label, const std::string& value, int grace_seconds) const;
  /// The IDs of a user, "trainer" or "1000:1000", in an image, which is asked if it is a name. `asked`: the
  /// image, the container's name and labels, and mounts without which the image has no programs. nullopt if
  /// they cannot be found out.
  std::optional<UserIds> ids_of(const std::string& user, RunSpec asked, std::stop_token stop = {}) const;
  /// Names of the containers with the label that have not ended.
  Result<std::vector<std::string>> containers(const std::string& label, const std::string& value) const;
  /// All that has the label, whatever its value.
  Result<Labelled> labelled(const std::string& label) const;
  /// False: something on this machine uses the subnet.
  Result<bool> create_network(const Network& network) const;
  /// Removes a network; a missing one is no error.
  Result<void> remove_network(const std::string& name) const;

  /// The complete vector, program first, as --dry-run shows it.
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;
  /// The process for a vector.
  ProcessSpec process(const std::vector<std::string>& arguments) const;
  Result<ProcessOutcome> call(const std::vector<std::string>& arguments) const;
  /// The same, tried again while `missed` recognises the words of an engine that is disturbed by another of
  /// its processes, which removes images.
  Result<ProcessOutcome> call_again(const std::vector<std::string>& arguments, int tries,
                                    bool (*missed)(std::string_view err), std::stop_token stop = {}) const;
  /// The error of a call: the engine could not do `what` ("list its images"). `output`: what to quote of a
  /// long call, instead of its last message.
  Error failed(std::string_view what, const ProcessOutcome& outcome, std::string_view output = {}) const;

 private:
  Result<std::optional<ProcessOutcome>> prepare(const RunSpec& container, const std::vector<Command>& steps,
                                                const std::stop_token& stop) const;
  void remove_named(const RunSpec& container) const;

  EngineInfo info_;
  ProcessRunner* runner_;
  std::map<std::string, std::string> environment_;
  Work work_;
  std::vector<specs::RegistryMirror> mirrors_;
  std::function<std::optional<Error>()> doubt_;
  KeptAnswers answers_;
};

enum class Probing { once, again };

/// Finds an engine by testing it: the wanted one (see engine_named), or the first that works. Images come
/// from `mirrors`: through configuration files below `scratch` if the engine supports them, else by name
/// (Engine::pull_name). The results are cached below `scratch`, until something that they depend on changes,
/// or with `Probing::again`. Errors: (input) another name is wanted; (environment) no engine is installed, or
/// none answers; the hint is the command that fixes it.
Result<Engine> probe_engine(const std::optional<std::string>& wanted,
                            const std::vector<specs::RegistryMirror>& mirrors,
                            const std::filesystem::path& scratch, ProcessRunner& runner,
                            const Environment& environment, const Work& work,
                            Probing probing = Probing::once);

}  // namespace launch::containers

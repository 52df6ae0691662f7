#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "specs/gpu_set.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::containers {

class EngineType;

/// Where an engine that does not clean up after itself leaves what, when a build is cut off. Empty where it
/// did not say.
struct BuildPlaces {
  std::string working_containers;  ///< "/var/lib/containers/storage/overlay-containers"
  std::string oci_runtime;         ///< "/usr/bin/runc"
  std::string runtime_folder;      ///< what stands for XDG_RUNTIME_DIR: "/run/user/1000"
};

/// What an engine can do on this machine, found by using it.
struct EngineInfo {
  const EngineType* type;    ///< a row of engine_types()
  std::string program;       ///< "podman", or the path that the user gave
  std::string version = {};  ///< "4.3.1"
  bool rootless = false;
  bool pids_limit = false;              ///< `run --pids-limit` is allowed here
  std::set<std::string> features = {};  ///< what not every one of its type has: "build --timestamp", "buildx"
  std::optional<BuildPlaces> build_places = {};

  std::string name() const;  ///< "podman"
  bool has(const std::string& feature) const { return features.contains(feature); }
  /// Features that a usable installation has, and this one does not.
  std::vector<std::string> lacking() const;
};

/// The names of all engines: "podman", "docker".
std::vector<std::string> engine_names();
/// What engine_named takes: "podman, docker or a path to one".
std::string engine_choice();
/// The engine of that name, or of a path whose file name begins with it; nothing is asked. Errors (input):
/// there is none.
Result<EngineInfo> engine_named(const std::string& wanted);

/// An image that the engine has.
struct Image {
  Digest image_id;               ///< of the image's configuration
  std::optional<Digest> digest;  ///< of its manifest; nullopt where docker keeps none for a local image
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};  ///< podman
  std::vector<Digest> layers = {};  ///< of its uncompressed layers (OCI diffIDs), from below
  std::size_t names = 0;
  std::size_t steps = 0;  ///< of its history: more than its parent has
};

struct Mount {
  std::string from;
  std::string to;
  bool read_only = false;
};

/// One container, run in the foreground.
struct RunSpec {
  std::string name;
  std::string image;            ///< name or ID
  std::string image_name = {};  ///< as errors call it; empty: `image`
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment = {};
  std::map<std::string, std::string> labels = {};
  std::vector<Mount> mounts = {};
  std::string network = {};  ///< name of a network, "host", "none"; empty: the engine's default
  std::string hostname = {};
  std::vector<std::string> aliases = {};  ///< names in the network, which a host name alone is not (podman 4)
  std::optional<std::uint64_t> shm_bytes = {};
  std::optional<std::int64_t> pids_limit = {};
  /// Between SIGTERM and SIGKILL when somebody other than remove_containers ends it (podman itself does when
  /// its client is killed); else the engine's 10 s.
  std::optional<int> stop_seconds = {};
  specs::GpuSet gpus = specs::GpuSet::none();
  bool init = true;    ///< a small init as PID 1
  bool remove = true;  ///< the container goes when it ends
};

/// The exact argument vector of `run`; pure.
std::vector<std::string> run_arguments(const EngineInfo& info, const RunSpec& spec);

/// The argument vector of `network create`; pure.
std::vector<std::string> network_arguments(const std::string& name,
                                           const std::map<std::string, std::string>& labels);

/// An engine's command line, behind one face. Nothing here touches the machine but through the runner. Every
/// call names the engine and its own last words when it fails (environment). Safe to call from several
/// threads when the runner is.
class Engine {
 public:
  /// `environment` is added to what the engine's process gets.
  Engine(EngineInfo info, ProcessRunner& runner, std::map<std::string, std::string> environment,
         const Work& work)
      : info_(std::move(info)), runner_(&runner), environment_(std::move(environment)), work_(work) {}

  const EngineInfo& info() const { return info_; }
  ProcessRunner& runner() const { return *runner_; }
  /// Asked when a call fails, where `info` was found some time ago: what is wrong with the engine itself.
  void doubt(std::function<std::optional<Error>()> look) { doubt_ = std::move(look); }
  /// For an engine that cannot be configured to use mirrors: pull_name names them.
  void pull_from(std::vector<specs::RegistryMirror> mirrors) { mirrors_ = std::move(mirrors); }

  /// An image by name, digest or id; nullopt if the engine does not have it.
  Result<std::optional<Image>> find_image(const std::string& reference) const;
  /// The name by which `build` is to be given an image of a registry ("docker.io/nvidia/cuda") with this
  /// digest: its own, or the one that it has at a mirror that the engine would not ask by itself.
  Result<std::string> pull_name(const std::string& name, const Digest& digest) const;

  /// Runs one container in the foreground; lines go to `on_line` as they come. A stop ends and removes the
  /// container. A program that ran is an outcome, whatever its code. Errors: (environment) the engine could
  /// not start the container; (input) the command is not in the image or cannot be run, the image is not
  /// there, a mounted folder is not there.
  Result<ProcessOutcome> run(const RunSpec& spec,
                             const std::function<void(Stream, std::string_view)>& on_line,
                             std::stop_token stop = {}) const;
  /// Ends and removes every container that carries the label, at once; `grace_seconds` before SIGKILL.
  Result<void> remove_containers(const std::string& label, const std::string& value, int grace_seconds) const;
  /// Names of the containers that carry the label and have not ended.
  Result<std::vector<std::string>> containers(const std::string& label, const std::string& value) const;
  Result<void> create_network(const std::string& name,
                              const std::map<std::string, std::string>& labels) const;
  /// Removes a network; one that is not there is no error.
  Result<void> remove_network(const std::string& name) const;

  /// The vector as it is started, the program first: what --dry-run shows.
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;
  /// The process of a vector.
  ProcessSpec process(const std::vector<std::string>& arguments) const;
  Result<ProcessOutcome> call(const std::vector<std::string>& arguments) const;
  /// The error of a call: the engine could not do `what` ("list its images").
  Error failed(std::string_view what, const ProcessOutcome& outcome) const;

 private:
  EngineInfo info_;
  ProcessRunner* runner_;
  std::map<std::string, std::string> environment_;
  Work work_;
  std::vector<specs::RegistryMirror> mirrors_;
  std::function<std::optional<Error>()> doubt_;
};

enum class Probing { once, again };

/// Finds an engine that works by using it: the wanted one (what engine_named takes), or the first of all that
/// does. Images come from `mirrors`: where the engine can be configured so, by files below `scratch`; else by
/// their names (Engine::pull_name). What an engine can do is kept there too, and asked again when something
/// that it depends on has changed, or with `Probing::again`. Errors: (input) another name is wanted;
/// (environment) none is there, or none answers; the hint is the command that fixes it.
Result<Engine> probe_engine(const std::optional<std::string>& wanted,
                            const std::vector<specs::RegistryMirror>& mirrors,
                            const std::filesystem::path& scratch, ProcessRunner& runner,
                            const Environment& environment, const Work& work,
                            Probing probing = Probing::once);

}  // namespace launch::containers

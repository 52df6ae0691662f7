#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "specs/gpu_set.hpp"

namespace launch::containers {

enum class EngineKind { podman, docker };

/// What an engine can do on this machine, found by using it.
struct EngineInfo {
  EngineKind kind = EngineKind::podman;
  std::string program;  ///< "podman", or the path that the user gave
  std::string version;  ///< "4.3.1"
  bool rootless = false;
  bool build_timestamp = false;      ///< podman: `build --timestamp`
  bool identity_label_flag = false;  ///< podman: `build --identity-label`
  bool buildx = false;               ///< docker: BuildKit through buildx
  bool buildkit = false;             ///< docker: BuildKit without buildx, which clients before 23 have
  bool pids_limit = false;           ///< `run --pids-limit` is allowed here
  /// podman: what a build that was cut off leaves is found by these. Empty where podman did not say them.
  std::string working_containers = {};  ///< "/var/lib/containers/storage/overlay-containers"
  std::string oci_runtime = {};         ///< "/usr/bin/runc"
  std::string runtime_folder = {};      ///< what stands for XDG_RUNTIME_DIR: "/run/user/1000"
  std::string name() const { return kind == EngineKind::podman ? "podman" : "docker"; }
};

/// Where an image registry is really to be asked (from the site's [[registry]] entries).
struct RegistryMirror {
  std::string prefix;    ///< "docker.io"
  std::string location;  ///< "127.0.0.1:5000"
  bool insecure = false;
};

struct BuildSpec {
  std::filesystem::path context;
  std::filesystem::path dockerfile;
  std::string tag;             ///< "localhost/launch/demo:latest"
  std::int64_t timestamp = 0;  ///< seconds since 1970 that every file and the image get
  std::string platform;        ///< "linux/amd64"
  bool from_scratch = false;   ///< no layer cache
  /// podman: what the image and its intermediate images are known by. They change no image ID, as labels
  /// would.
  std::map<std::string, std::string> annotations = {};
  /// A folder that no other build uses at the same time: what podman has there for a while, and what of it is
  /// to be removed when the build is cut off (Engine::remove_remains). Empty: nothing is removed.
  std::filesystem::path remains = {};
  std::string base = {};  ///< what the Dockerfile is FROM
};

struct BuiltImage {
  std::string image_id;  ///< "sha256:…" of the image's configuration
  std::string digest;    ///< "sha256:…" of its manifest; empty where docker keeps none for a local image
};

/// An image that the engine has.
struct Image : BuiltImage {
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};  ///< podman
  std::vector<std::string> layers = {};  ///< digests of its uncompressed layers (OCI diffIDs), from below
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
  std::string image;
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
/// The exact argument vector of `build`; `id_file` receives the image id. Pure.
std::vector<std::string> build_arguments(const EngineInfo& info, const BuildSpec& spec,
                                         const std::filesystem::path& id_file);

/// The id of the secret that podman's working containers of such a build carry.
std::string remains_mark(const std::filesystem::path& remains);

/// The argument vector of `network create`; pure.
std::vector<std::string> network_arguments(const std::string& name,
                                           const std::map<std::string, std::string>& labels);

/// podman or docker behind one face. Every call names the engine and its own last words when it fails
/// (world). Safe to call from several threads when the runner is.
class Engine {
 public:
  /// `environment` is added to what the engine's process gets.
  Engine(EngineInfo info, ProcessRunner& runner, std::map<std::string, std::string> environment,
         const Work& work)
      : info_(std::move(info)), runner_(&runner), environment_(std::move(environment)), work_(work) {}

  const EngineInfo& info() const { return info_; }
  /// Asked when a call fails, where `info` was found some time ago: what is wrong with the engine itself.
  void doubt(std::function<std::optional<Error>()> look) { doubt_ = std::move(look); }

  /// Builds, sending the engine's lines to `on_line`; the image is found again by its tag. Of a build that is
  /// stopped nothing is left.
  Result<Image> build(const BuildSpec& spec, const std::function<void(std::string_view)>& on_line,
                      std::stop_token stop = {}) const;
  /// Removes what a build that ended without a word left by BuildSpec::remains: processes of its RUN, working
  /// containers, intermediate images that were not there before, and the folder. Nothing to do is no error.
  Result<void> remove_remains(const std::filesystem::path& remains) const;
  /// An image by name, digest or id; nothing when the engine does not have it.
  Result<std::optional<Image>> find_image(const std::string& reference) const;
  /// Runs one container in the foreground; lines go to `on_line` as they come. A stop ends and removes the
  /// container. A program that ran is an outcome, whatever its code. Errors: (world) the engine could not
  /// start the container; (usage) the command is not in the image or cannot be run, the image is not there, a
  /// mounted folder is not there.
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

 private:
  Result<void> expect_remains(const BuildSpec& build, ProcessSpec& process) const;
  enum class HalfMade { wait, remove };
  Result<std::vector<std::string>> image_ids(HalfMade half_made) const;
  Result<std::vector<Image>> inspect(std::vector<std::string> ids) const;
  std::vector<std::filesystem::path> container_folders() const;
  Result<void> remove_remains_folder(const std::filesystem::path& remains) const;
  void end_run_instructions(const std::filesystem::path& temporary) const;
  Result<void> remove_working_containers(const std::filesystem::path& remains) const;
  Result<std::vector<std::string>> orphans(const std::filesystem::path& remains) const;
  Result<void> remove_new_images(const std::filesystem::path& remains) const;

  Error failed(std::string_view what, const ProcessOutcome& outcome) const;
  ProcessSpec spec(const std::vector<std::string>& arguments) const;
  Result<ProcessOutcome> call(const std::vector<std::string>& arguments) const;
  EngineInfo info_;
  ProcessRunner* runner_;
  std::map<std::string, std::string> environment_;
  Work work_;
  std::function<std::optional<Error>()> doubt_;
};

enum class Probing { once, anew };

/// Finds an engine that works by using it: the wanted one ("podman", "docker", or a path whose file name
/// begins so), or the first of both that does. `mirrors` are written to a registries.conf below `scratch`
/// that podman is pointed at. What a podman can do is kept there too, and asked again when something that it
/// depends on has changed, or with `Probing::anew`. Errors: (usage) another name is wanted; (world) none is
/// there, or none answers; the hint is the command that mends it.
Result<Engine> probe_engine(const std::optional<std::string>& wanted,
                            const std::vector<RegistryMirror>& mirrors, const std::filesystem::path& scratch,
                            ProcessRunner& runner, const Environment& environment, const Work& work,
                            Probing probing = Probing::once);

}  // namespace launch::containers

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "containers/builder.hpp"
#include "containers/engine.hpp"
#include "containers/parts.hpp"
#include "specs/gpu_set.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::containers {

using Arguments = std::vector<std::string>;

/// Why an engine cannot be used, and how to fix it.
struct Missing {
  std::string reason;
  std::string hint;
  bool installed = true;
};

/// What the results of a probe depend on, in addition to the user, the boot and the process limits.
struct ProbeInputs {
  std::vector<std::filesystem::path>
      programs;                        ///< compared by size and time, in addition to the engine itself
  std::vector<std::string> variables;  ///< prefixes of names
  std::vector<std::filesystem::path> configuration;  ///< folders, compared by all their contents
};

/// Everything specific to one engine's command line. Each engine has its own file and a row in
/// engine_type.cpp, and is named nowhere else.
class EngineType {
 public:
  virtual ~EngineType() = default;

  /// The user's name for it, and its program.
  virtual std::string_view name() const = 0;
  virtual std::string_view install_hint() const = 0;
  /// Features that a complete installation has.
  virtual std::vector<std::string> expected_features() const = 0;

  /// Finds out what a program can do here by running it.
  virtual tl::expected<EngineInfo, Missing> probe(const std::string& program,
                                                  ProcessRunner& runner) const = 0;
  /// nullopt if the probe is quick, and so not cached.
  virtual std::optional<ProbeInputs> probe_inputs(const Environment&) const { return std::nullopt; }

  /// How to make it pull from the mirrors by itself: variables for its process, and files below `folder`.
  /// nullopt if it has no such setting; images are then pulled by their names at the mirror. Errors
  /// (environment): a file cannot be written.
  virtual Result<std::optional<std::map<std::string, std::string>>> mirror_variables(
      const std::vector<specs::RegistryMirror>& mirrors, const std::filesystem::path& folder,
      const Environment& environment, Disk& disk) const;

  /// `build` and the engine's own options.
  virtual Arguments build(const EngineInfo& info, const BuildSpec& spec) const = 0;
  /// The option for the file that a build writes, for read_built_id.
  virtual std::string_view id_option(const EngineInfo&) const { return "--iidfile"; }
  /// Sets variables without which the same Dockerfile would produce another image.
  virtual void set_build_variables(const EngineInfo& info, const BuildSpec& spec,
                                   ProcessSpec& process) const = 0;
  /// A warning about the images that it builds here; empty for none.
  virtual std::string build_warning(const EngineInfo&) const { return {}; }

  /// `pull` from a registry on this machine, which speaks plain HTTP.
  virtual Arguments plain_pull() const = 0;
  /// Prints all names of all images as NAME@DIGEST, those of one image possibly in brackets.
  virtual Arguments list_names() const = 0;

  /// `history` with sizes in bytes, for layer_steps; followed by the image.
  virtual Arguments history() const = 0;

  /// `cp` of a tar on stdin, whose files keep their owners; followed by the place.
  virtual Arguments unpack() const = 0;

  /// Further options of `network create`.
  virtual Arguments network_options() const { return {}; }
  /// The options of `run` for one or more GPUs.
  virtual Arguments gpus(const specs::GpuSet& gpus) const = 0;
  /// The options of `run` for RunSpec::device_groups.
  virtual Arguments device_groups(const EngineInfo&, const std::vector<unsigned>& groups) const;
  /// The options of `run` for RunSpec::without_proxies.
  virtual Arguments no_proxies() const { return {}; }
  /// The options of `run` for RunSpec::caller; empty if it cannot do that here.
  virtual Arguments map_user(const EngineInfo&, const UserIds&) const { return {}; }
  /// The field of --mount for Mount::relabel; empty if it has none.
  virtual std::string relabel() const { return {}; }
  /// False for a limit that containers have already, without `run --ulimit`.
  virtual bool sets_limit(std::string_view /*name*/) const { return true; }
  /// The commands that end and remove containers, each followed by their names. Only the last one must
  /// succeed.
  virtual std::vector<Arguments> removal(int grace_seconds) const = 0;
  /// Whether it may miss an image, or fail to list them, while another process removes one.
  virtual bool may_miss_images() const { return false; }
  /// Whether `load` that failed with these words may succeed when it is repeated.
  virtual bool may_load_again(std::string_view /*err*/) const { return false; }
  /// Whether a removal that failed with these words may succeed a moment later.
  virtual bool may_remove_later(std::string_view err) const = 0;

  /// Whether a line on the stderr of `run` is the client's own, and none of the container's.
  virtual bool is_clients_line(std::string_view /*line*/) const { return false; }

  /// See parts_of.
  virtual std::vector<Part> parts(const EngineInfo&, ProcessRunner&, const PartsOf&) const { return {}; }

  /// The hint for a failure with this message; empty if the message is not known.
  virtual std::string hint(std::string_view err) const = 0;
  /// Why a container could not start, if the engine's message needs explaining.
  virtual std::optional<Error> start_failure(std::string_view err) const = 0;
};

/// In the order in which they are tried.
std::span<const EngineType* const> engine_types();

// For the engines' files.

/// "all", or indices and UUIDs; a number stands for the machine's first GPUs.
std::vector<std::string> gpu_names(const specs::GpuSet& gpus);
/// Runs a program for its answer; nullopt if it cannot be started.
std::optional<ProcessOutcome> ask(ProcessRunner& runner, Arguments argv);
/// The last words of an answer, or a sentence that there are none.
std::string said(const ProcessOutcome& outcome);
/// The error when `ask` could not start the program.
Missing not_installed(const EngineType& type, const std::string& program);

}  // namespace launch::containers

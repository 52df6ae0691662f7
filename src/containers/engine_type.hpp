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
#include "specs/gpu_set.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::containers {

using Arguments = std::vector<std::string>;

/// Why an engine cannot be used, and what fixes it.
struct Missing {
  std::string reason;
  std::string hint;
  bool installed = true;
};

/// What an engine's answers to a probe depend on, next to the user, the boot and the limits of the process.
struct ProbeInputs {
  std::vector<std::filesystem::path> programs;       ///< by their size and time, next to the engine itself
  std::vector<std::string> variables;                ///< beginnings of names
  std::vector<std::filesystem::path> configuration;  ///< folders, by the content of all that is in them
};

/// One engine program: everything that is true of its command line and of no other's. Each has a file of its
/// own and a row in engine_type.cpp, and is named nowhere else.
class EngineType {
 public:
  virtual ~EngineType() = default;

  /// What users call it, and its program.
  virtual std::string_view name() const = 0;
  virtual std::string_view install_hint() const = 0;
  /// Features that a usable installation has.
  virtual std::vector<std::string> expected_features() const = 0;

  /// Finds out what a program can do here by asking it.
  virtual tl::expected<EngineInfo, Missing> probe(const std::string& program,
                                                  ProcessRunner& runner) const = 0;
  /// nullopt if its probe is not kept, because it is quick.
  virtual std::optional<ProbeInputs> probe_inputs(const Environment&) const { return std::nullopt; }

  /// What makes it pull from the mirrors by itself: variables for its process, and files below `folder`.
  /// nullopt if there is no such thing; images are then pulled by their names at the mirror. Errors
  /// (environment): a file cannot be written.
  virtual Result<std::optional<std::map<std::string, std::string>>> mirror_variables(
      const std::vector<specs::RegistryMirror>& mirrors, const std::filesystem::path& folder,
      const Environment& environment, Disk& disk) const;

  /// `build` and the options that only this engine has.
  virtual Arguments build(const EngineInfo& info, const BuildSpec& spec) const = 0;
  /// Variables without which the same Dockerfile would give another image.
  virtual void set_build_variables(const EngineInfo& info, const BuildSpec& spec,
                                   ProcessSpec& process) const = 0;
  /// What a person must know of the images that it builds here; empty: nothing.
  virtual std::string build_warning(const EngineInfo&) const { return {}; }

  /// The options of `run` for GPUs, of which there are some.
  virtual Arguments gpus(const specs::GpuSet& gpus) const = 0;
  /// The commands that end and remove containers, whose names follow each. Only the last one's success
  /// counts.
  virtual std::vector<Arguments> removal(int grace_seconds) const = 0;
  /// In the words of a removal that fails only because the container is ending, or being removed, at this
  /// moment.
  virtual std::string_view removal_clash() const = 0;

  /// What fixes a failure, by the engine's own words; empty when they say nothing that is known.
  virtual std::string hint(std::string_view err) const = 0;
  /// Why a container could not start, where the engine's words need a translation.
  virtual std::optional<Error> start_failure(std::string_view err) const = 0;
};

/// In the order in which they are tried.
std::span<const EngineType* const> engine_types();

// For the engines' files.

/// "all", or indices and UUIDs; a number of GPUs is the machine's first.
std::vector<std::string> gpu_names(const specs::GpuSet& gpus);
/// The answer to a question; nullopt if the program cannot be started.
std::optional<ProcessOutcome> ask(ProcessRunner& runner, Arguments argv);
/// The last words of an answer, or that there are none.
std::string said(const ProcessOutcome& outcome);
/// What `ask` found nothing for.
Missing not_installed(const EngineType& type, const std::string& program);

}  // namespace launch::containers

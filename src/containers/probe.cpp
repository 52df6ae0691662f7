#include <filesystem>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "containers/engine_type.hpp"
#include "containers/probe_cache.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;

Error error_of(const Missing& missing) {
  return environment_error(missing.reason).hint(missing.hint);
}

fs::path kept_in(const fs::path& scratch, const EngineType& type) {
  return scratch / fmt::format("{}.json", type.name());
}

/// Probes engines, and caches the results of types whose probe is slow.
class Prober {
 public:
  Prober(ProcessRunner& runner, const Environment& environment, Disk& disk, fs::path scratch, Probing probing)
      : runner_(runner),
        environment_(environment),
        disk_(disk),
        scratch_(std::move(scratch)),
        probing_(probing) {}

  Result<EngineInfo> find(const std::optional<std::string>& wanted) {
    if (!wanted) return first_that_works();
    TRY_ASSIGN(const auto named, engine_named(*wanted));
    auto found = probe(*named.type, *wanted);
    if (!found) return fail(error_of(found.error()));
    return *std::move(found);
  }

  bool kept() const { return kept_; }

 private:
  Result<EngineInfo> first_that_works() {
    std::vector<std::string> reasons;
    std::vector<std::string> hints;
    for (const auto* type : engine_types()) {
      auto found = probe(*type, std::string(type->name()));
      if (found) return *std::move(found);
      reasons.push_back(found.error().reason);
      // After the first reason, an engine that is installed but not running is worth a second hint.
      if (hints.empty()) {
        hints.push_back(found.error().hint);
      } else if (found.error().installed) {
        hints.push_back("or " + found.error().hint);
      }
    }
    auto error = environment_error(fmt::format("no working container engine: {}", join(reasons, "; ")));
    for (auto& hint : hints) error.hint(std::move(hint));
    return fail(std::move(error));
  }

  tl::expected<EngineInfo, Missing> probe(const EngineType& type, const std::string& program) {
    const auto inputs = type.probe_inputs(environment_);
    const auto fingerprint = inputs ? probe_fingerprint(program, *inputs, environment_) : std::nullopt;
    const auto file = kept_in(scratch_, type);
    if (fingerprint && probing_ == Probing::once) {
      const auto text = read_file(file);
      if (auto info = text ? read_probe(*text, *fingerprint, type) : std::nullopt) {
        kept_ = true;
        return *std::move(info);
      }
    }
    auto found = type.probe(program, runner_);
    // JSON cannot hold a path that is not UTF-8.
    if (found && fingerprint && is_utf8(found->program))
      (void)write_file(disk_, file, write_probe(*found, *fingerprint), 0600, Flush::no);
    return found;
  }

  ProcessRunner& runner_;
  const Environment& environment_;
  Disk& disk_;
  fs::path scratch_;
  Probing probing_;
  bool kept_ = false;
};

}  // namespace

Result<Engine> probe_engine(const std::optional<std::string>& wanted,
                            const std::vector<specs::RegistryMirror>& mirrors, const fs::path& scratch,
                            ProcessRunner& runner, const Environment& environment, const Work& work,
                            Probing probing) {
  Prober prober(runner, environment, work.disk, scratch, probing);
  TRY_ASSIGN(const auto info, prober.find(wanted));
  log_debug("{} {} at {}, rootless {}, with {}", info.name(), info.version, info.program, info.rootless,
            join(std::vector<std::string>(info.features.begin(), info.features.end()), ", "));
  std::optional<std::map<std::string, std::string>> variables;
  if (!mirrors.empty()) {
    TRY_ASSIGN(variables, info.type->mirror_variables(mirrors, scratch, environment, work.disk));
  }
  Engine engine(info, runner, variables.value_or(std::map<std::string, std::string>()), work);
  if (!variables) engine.pull_from(mirrors);
  if (!info.image_list.empty()) {
    engine.keep_answers({info.image_list, scratch / fmt::format("{}-images.json", info.name()), work.disk});
  }
  if (prober.kept()) {
    engine.doubt(
        [info, file = kept_in(scratch, *info.type), &runner, &disk = work.disk]() -> std::optional<Error> {
          const auto now = info.type->probe(info.program, runner);
          if (now) return std::nullopt;
          disk.remove(file);
          return error_of(now.error());
        });
  }
  return engine;
}

}  // namespace launch::containers

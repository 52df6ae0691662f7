#include "containers/engine_type.hpp"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/answers.hpp"

/// Every engine, the preferred first. An engine costs its own file, which defines
/// `const EngineType& NAME()`, and one row here.
#define LAUNCH_ENGINES(ROW) \
  ROW(podman)               \
  ROW(docker)

namespace launch::containers {

#define LAUNCH_DECLARE_ENGINE(name) const EngineType& name();
LAUNCH_ENGINES(LAUNCH_DECLARE_ENGINE)
#undef LAUNCH_DECLARE_ENGINE

std::span<const EngineType* const> engine_types() {
#define LAUNCH_ENGINE_ROW(name) &name(),
  static const std::array types{LAUNCH_ENGINES(LAUNCH_ENGINE_ROW)};
#undef LAUNCH_ENGINE_ROW
  return types;
}

namespace {

constexpr std::chrono::seconds kPatience{30};

bool is_path(const std::string& program) {
  return program.find('/') != std::string::npos;
}

}  // namespace

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto* type : engine_types()) names.emplace_back(type->name());
  return names;
}

std::string engine_choice() {
  return join(engine_names(), ", ") + " or a path to one";
}

Result<EngineInfo> engine_named(const std::string& wanted) {
  const auto name = std::filesystem::path(wanted).filename().string();
  for (const auto* type : engine_types()) {
    if (is_path(wanted) ? name.starts_with(type->name()) : name == type->name())
      return EngineInfo{type, wanted};
  }
  return fail(
      input_error(fmt::format("'{}' is not an engine: expected {} of them", wanted, engine_choice())));
}

std::string EngineInfo::name() const {
  return std::string(type->name());
}

std::vector<std::string> EngineInfo::lacking() const {
  std::vector<std::string> lacking;
  for (auto& feature : type->expected_features()) {
    if (!has(feature)) lacking.push_back(std::move(feature));
  }
  return lacking;
}

Result<std::optional<std::map<std::string, std::string>>> EngineType::mirror_variables(
    const std::vector<specs::RegistryMirror>&, const std::filesystem::path&, const Environment&,
    Disk&) const {
  return std::nullopt;
}

Arguments EngineType::device_groups(const EngineInfo&, const std::vector<unsigned>& groups) const {
  Arguments arguments;
  for (const auto group : groups) arguments.insert(arguments.end(), {"--group-add", std::to_string(group)});
  return arguments;
}

std::vector<Part> parts_of(const EngineInfo& info, ProcessRunner& runner, const PartsOf& machine) {
  return info.elsewhere.empty() ? info.type->parts(info, runner, machine) : std::vector<Part>();
}

std::vector<std::string> gpu_names(const specs::GpuSet& gpus) {
  if (gpus.kind() == specs::GpuSet::Kind::devices) return gpus.devices();
  const auto count = gpus.count();
  if (!count) return {"all"};
  std::vector<std::string> names;
  names.reserve(*count);
  for (std::size_t index = 0; index < *count; ++index) names.push_back(std::to_string(index));
  return names;
}

std::optional<ProcessOutcome> ask(ProcessRunner& runner, Arguments argv) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.timeout = kPatience;
  auto outcome = runner.run(spec);
  if (!outcome) return std::nullopt;
  return *std::move(outcome);
}

std::string said(const ProcessOutcome& outcome) {
  if (outcome.timed_out) return fmt::format("no answer in {} seconds", kPatience.count());
  auto words = last_words(outcome.err);
  return words.empty() ? fmt::format("it exited with code {} and no message", outcome.exit_code) : words;
}

Missing not_installed(const EngineType& type, const std::string& program) {
  if (is_path(program)) {
    return {program + " cannot be started", fmt::format("use the path of a {} program", type.name()), false};
  }
  return {fmt::format("{} is not installed", type.name()), std::string(type.install_hint()), false};
}

}  // namespace launch::containers

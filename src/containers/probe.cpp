#include <filesystem>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"
#include "containers/engine.hpp"
#include "containers/probe_cache.hpp"

namespace launch::containers {
namespace {

constexpr std::chrono::seconds patience{30};

/// What is in the way of an engine, and what mends it.
struct Missing {
  std::string reason;
  std::string hint;
};
using Found = tl::expected<EngineInfo, Missing>;

std::string place(const std::string& program) {
  return program.find('/') == std::string::npos ? "" : program;
}

/// Runs a probe; nothing when the program is not there.
std::optional<ProcessOutcome> ask(ProcessRunner& runner, std::vector<std::string> argv) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.timeout = patience;
  auto outcome = runner.run(spec);
  if (!outcome) return std::nullopt;
  return *std::move(outcome);
}

std::string said(const ProcessOutcome& outcome) {
  if (outcome.timed_out) return fmt::format("no answer in {} seconds", patience.count());
  auto words = last_words(outcome.err);
  return words.empty() ? fmt::format("it ended with code {} and said nothing", outcome.exit_code) : words;
}

Missing not_installed(const std::string& name, const std::string& program) {
  if (!place(program).empty()) return {program + " cannot be started", "give the path of a " + name};
  return {name + " is not installed", name == "podman" ? "install podman: apt-get install podman"
                                                       : "install docker: apt-get install docker.io"};
}

Found probe_podman(const std::string& program, ProcessRunner& runner) {
  const auto answer = ask(runner, {program, "info", "--format", "json"});
  if (!answer) return tl::unexpected(not_installed("podman", program));
  const Missing broken{"podman is installed but does not work: " + said(*answer),
                       "see what is wrong with: " + program + " info"};
  if (!answer->ok()) return tl::unexpected(broken);
  auto info = read_podman_info(answer->out);
  if (!info)
    return tl::unexpected(
        Missing{"podman is installed but does not work: " + info.error().message(), broken.hint});
  info->program = program;
  // Distributions patch their engines, so the options are looked for and not concluded from the version.
  const auto help = ask(runner, {program, "build", "--help"});
  if (help && help->ok()) {
    info->build_timestamp = help_has_option(help->out, "--timestamp");
    info->identity_label_flag = help_has_option(help->out, "--identity-label");
  }
  return *info;
}

Found probe_docker(const std::string& program, ProcessRunner& runner) {
  const auto answer = ask(runner, {program, "version", "--format", "{{json .}}"});
  if (!answer) return tl::unexpected(not_installed("docker", program));
  EngineInfo info;
  info.kind = EngineKind::docker;
  info.program = program;
  if (const auto version = read_docker_server(answer->out)) {
    info.version = *version;
  } else if (answer->err.find("permission denied") != std::string::npos) {
    return tl::unexpected(Missing{"docker's daemon does not let you in: " + said(*answer),
                                  "join the docker group and log in again: sudo usermod -aG docker $USER"});
  } else if (answer->err.find("using podman") != std::string::npos) {
    return tl::unexpected(Missing{"docker is podman under another name here", "use --engine podman"});
  } else {
    return tl::unexpected(Missing{"docker is installed but no daemon answers: " + said(*answer),
                                  "start docker's daemon: systemctl start docker"});
  }
  if (const auto more = ask(runner, {program, "info", "--format", "{{json .}}"}))
    read_docker_info(more->out, info);
  const auto buildx = ask(runner, {program, "buildx", "version"});
  info.buildx = buildx && buildx->ok();
  constexpr unsigned kFirstWithoutBuildKit = 23;
  const auto client = read_docker_client(answer->out);
  info.buildkit = !client.empty() && !version_at_least(client, kFirstWithoutBuildKit, 0);
  return info;
}

Result<EngineKind> kind_of(const std::string& wanted) {
  const auto name = std::filesystem::path(wanted).filename().string();
  const bool path = !place(wanted).empty();
  if (path ? name.starts_with("podman") : name == "podman") return EngineKind::podman;
  if (path ? name.starts_with("docker") : name == "docker") return EngineKind::docker;
  return fail(usage_error(
      fmt::format("'{}' is not an engine: expected podman, docker or a path to one of them", wanted)));
}

Error error_of(const Missing& missing) {
  return world_error(missing.reason).hint(missing.hint);
}

/// Probes engines, and keeps what was found of podman, whose answers take longest.
class Prober {
 public:
  Prober(ProcessRunner& runner, const Environment& environment, Disk& disk, std::filesystem::path file,
         Probing probing)
      : runner_(runner), environment_(environment), disk_(disk), file_(std::move(file)), probing_(probing) {}

  Result<EngineInfo> find(const std::optional<std::string>& wanted) {
    if (wanted) {
      TRY_ASSIGN(const auto kind, kind_of(*wanted));
      auto found = kind == EngineKind::podman ? podman(*wanted) : probe_docker(*wanted, runner_);
      if (found) return *std::move(found);
      return fail(error_of(found.error()));
    }
    auto first = podman("podman");
    if (first) return *std::move(first);
    auto docker = probe_docker("docker", runner_);
    if (docker) return *std::move(docker);
    auto error = world_error(
        fmt::format("no container engine works here: {}; {}", first.error().reason, docker.error().reason));
    error.hint(first.error().hint);
    // One that is installed and not running is worth a second way out.
    if (!docker.error().reason.ends_with("is not installed")) error.hint("or " + docker.error().hint);
    return fail(std::move(error));
  }

  bool kept() const { return kept_; }

 private:
  Found podman(const std::string& program) {
    const auto fingerprint = podman_fingerprint(program, environment_);
    if (fingerprint && probing_ == Probing::once) {
      const auto text = read_file(file_);
      if (auto info = text ? read_probe(*text, *fingerprint) : std::nullopt) {
        kept_ = true;
        return *std::move(info);
      }
    }
    auto found = probe_podman(program, runner_);
    // JSON keeps no path that is not UTF-8.
    if (found && fingerprint && is_utf8(found->program))
      (void)write_file(disk_, file_, write_probe(*found, *fingerprint), 0600, Flush::no);
    return found;
  }

  ProcessRunner& runner_;
  const Environment& environment_;
  Disk& disk_;
  std::filesystem::path file_;
  Probing probing_;
  bool kept_ = false;
};

/// The registries.conf that podman would read by itself.
std::string own_registries_conf(const Environment& environment) {
  std::vector<std::filesystem::path> places;
  if (const auto given = environment.get("CONTAINERS_REGISTRIES_CONF")) places.emplace_back(*given);
  places.push_back(environment.config_dir().parent_path() / "containers/registries.conf");
  places.emplace_back("/etc/containers/registries.conf");
  std::error_code ignored;
  for (const auto& file : places) {
    if (!std::filesystem::exists(file, ignored)) continue;
    if (auto text = read_file(file)) return *std::move(text);
  }
  return {};
}

}  // namespace

Result<Engine> probe_engine(const std::optional<std::string>& wanted,
                            const std::vector<RegistryMirror>& mirrors, const std::filesystem::path& scratch,
                            ProcessRunner& runner, const Environment& environment, const Work& work,
                            Probing probing) {
  const auto file = scratch / "podman.json";
  Prober prober(runner, environment, work.disk, file, probing);
  TRY_ASSIGN(auto info, prober.find(wanted));
  log_debug("{} {} at {}, rootless {}, build --timestamp {}, --identity-label {}, buildx {}", info.name(),
            info.version, info.program, info.rootless, info.build_timestamp, info.identity_label_flag,
            info.buildx);
  std::map<std::string, std::string> added;
  if (!mirrors.empty() && info.kind == EngineKind::podman) {
    const auto file = scratch / "registries.conf";
    TRY(during(write_file(work.disk, file, registries_conf(own_registries_conf(environment), mirrors)),
               "pointing podman at the mirrors of the site's [[registry]] entries"));
    added["CONTAINERS_REGISTRIES_CONF"] = file.string();
  }
  const auto program = info.program;
  Engine engine(std::move(info), runner, std::move(added), work);
  if (prober.kept()) {
    engine.doubt([program, file, &runner, &disk = work.disk]() -> std::optional<Error> {
      const auto now = probe_podman(program, runner);
      if (now) return std::nullopt;
      disk.remove(file);
      return error_of(now.error());
    });
  }
  return engine;
}

}  // namespace launch::containers

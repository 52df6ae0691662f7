#include "containers/engine.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"

namespace launch::containers {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool not_there(const ProcessOutcome& outcome) {
  for (const auto* words : {"not known", "no such", "No such", "not found"}) {
    if (has(outcome.err, words)) return true;
  }
  return false;
}

std::string filter(const std::string& label, const std::string& value) {
  return "label=" + label + "=" + value;
}

}  // namespace

Error Engine::failed(std::string_view what, const ProcessOutcome& outcome) const {
  if (outcome.cancelled)
    return world_error(fmt::format("{} was interrupted: it could not {}", info_.name(), what));
  if (doubt_) {
    if (auto error = doubt_()) return *std::move(error);
  }
  auto said = last_words(outcome.err);
  if (said.empty()) said = last_words(outcome.out);
  if (said.empty()) said = fmt::format("it ended with code {} and said nothing", outcome.exit_code);
  if (outcome.timed_out) said = "it did not answer in time";
  auto error = world_error(fmt::format("{} could not {}: {}", info_.name(), what, said));
  if (auto hint = network_hint(outcome.err); !hint.empty()) error.hint(std::move(hint));
  return error;
}

std::vector<std::string> Engine::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{info_.program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

ProcessSpec Engine::spec(const std::vector<std::string>& arguments) const {
  ProcessSpec spec;
  spec.argv = command(arguments);
  spec.environment = environment_;
  return spec;
}

Result<ProcessOutcome> Engine::call(const std::vector<std::string>& arguments) const {
  return runner_->run(spec(arguments));
}

Result<Image> Engine::build(const BuildSpec& build, const std::function<void(std::string_view)>& on_line,
                            std::stop_token stop) const {
  if (!build.remains.empty()) TRY(make_folder(work_.disk, build.remains));
  TRY_ASSIGN(const auto folder, TemporaryFolder::make(work_.disk, build.remains));
  const auto id_file = folder.path() / "id";
  auto process = spec(build_arguments(info_, build, id_file));
  // Each of these would give the same Dockerfile another image.
  process.unset = {"BUILDAH_FORMAT", "BUILDAH_LAYERS", "SOURCE_DATE_EPOCH"};
  process.umask = 022;  // podman 4 lets it into the modes of what COPY makes
  if (info_.kind == EngineKind::docker) {
    process.unset.pop_back();
    process.environment["SOURCE_DATE_EPOCH"] = std::to_string(build.timestamp);
    process.environment["DOCKER_BUILDKIT"] = info_.buildx || info_.buildkit ? "1" : "0";
    if (!info_.buildx) {
      work_.reporter.warn(
          "docker has no buildx here, without which it gives the image another ID each time; install "
          "docker's "
          "buildx plugin, or use podman");
    }
  }
  if (on_line) process.on_line = [&](Stream, std::string_view line) { on_line(line); };
  TRY(expect_remains(build, process));
  const auto ended = runner_->run(process, std::move(stop));
  const auto written = read_file(id_file);
  const bool by_itself = ended && !ended->cancelled && ended->signal == 0;
  // One that ends by itself removes what it made, but for its layers, which the next build can use.
  const auto removed = by_itself ? remove_remains_folder(build.remains) : remove_remains(build.remains);
  if (!removed)
    work_.reporter.warn(fmt::format("something may be left of the build: {}", removed.error().message()));
  TRY_ASSIGN(const auto& outcome, ended);
  if (!outcome.ok()) return fail(failed("build " + build.tag, outcome));
  TRY_ASSIGN(auto image, find_image(build.tag));
  if (!image)
    return fail(world_error(fmt::format("{} built {} and does not have it", info_.name(), build.tag)));
  TRY(written);
  const auto id = std::string(trim(*written));
  // With docker's containerd store the file holds the manifest's digest.
  if (id != image->image_id && id != image->digest) {
    return fail(world_error(fmt::format("{} built {} as {}, and that name is now {}: another build took it",
                                        info_.name(), build.tag, id, image->image_id)));
  }
  return *std::move(image);
}

Result<std::optional<Image>> Engine::find_image(const std::string& reference) const {
  TRY_ASSIGN(const auto outcome, call({"image", "inspect", reference}));
  if (outcome.ok()) {
    TRY_ASSIGN(auto images, read_image_inspect(outcome.out));
    return std::move(images.front());
  }
  if (not_there(outcome)) {
    if (doubt_) {
      if (auto error = doubt_()) return fail(*std::move(error));
    }
    return std::nullopt;
  }
  return fail(failed("look for the image " + reference, outcome));
}

Result<ProcessOutcome> Engine::run(const RunSpec& container,
                                   const std::function<void(Stream, std::string_view)>& on_line,
                                   std::stop_token stop) const {
  auto process = spec(run_arguments(info_, container));
  // Only the last words matter here, and a run can print for days.
  constexpr std::size_t kept = 4096;
  std::string err;
  process.capture = !on_line;
  if (on_line) {
    process.on_line = [&](Stream stream, std::string_view line) {
      if (stream == Stream::err) {
        err.append(line).append("\n");
        if (err.size() > 2 * kept) err.erase(0, err.size() - kept);
      }
      on_line(stream, line);
    };
  }
  TRY_ASSIGN(auto outcome, runner_->run(process, std::move(stop)));
  if (outcome.cancelled || outcome.timed_out) {
    // The client is gone; the container has a life of its own.
    if (!container.name.empty()) {
      (void)call(info_.kind == EngineKind::podman
                     ? std::vector<std::string>{"rm", "--force", "--time", "0", container.name}
                     : std::vector<std::string>{"rm", "--force", container.name});
    }
    return outcome;
  }
  if (!outcome.ok()) {
    if (auto error = start_failure(info_, container, outcome.exit_code, on_line ? err : outcome.err)) {
      return fail(*std::move(error));
    }
  }
  return outcome;
}

Result<void> Engine::remove_containers(const std::string& label, const std::string& value,
                                       int grace_seconds) const {
  const auto grace = std::to_string(grace_seconds);
  constexpr int kTries = 50;
  constexpr std::chrono::milliseconds kPause{100};
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(const auto listed,
               call({"ps", "--all", "--filter", filter(label, value), "--format", "{{.Names}}"}));
    if (!listed.ok()) return fail(failed("list its containers", listed));
    const auto names = words(listed.out);
    if (names.empty()) return {};
    // podman's rm knows a grace time, docker's does not; podman's stop leaves nothing to remove after `run
    // --rm`.
    std::vector<std::string> arguments = info_.kind == EngineKind::podman
                                             ? std::vector<std::string>{"rm", "--force", "--time", grace}
                                             : std::vector<std::string>{"rm", "--force"};
    if (info_.kind == EngineKind::docker && grace_seconds > 0 && tries == 1) {
      std::vector<std::string> stop{"stop", "--time", grace};
      stop.insert(stop.end(), names.begin(), names.end());
      TRY(call(stop));
    }
    arguments.insert(arguments.end(), names.begin(), names.end());
    TRY_ASSIGN(const auto removed, call(arguments));
    if (removed.ok()) return {};
    // docker itself removes what was run with --rm, and does not let anybody wait for that.
    if (has(removed.err, "already in progress") && tries < kTries) {
      work_.clock.sleep(kPause);
    } else if (not_there(removed)) {
      return {};
    } else {
      return fail(failed("remove the containers " + join_words(names), removed));
    }
  }
}

Result<std::vector<std::string>> Engine::containers(const std::string& label,
                                                    const std::string& value) const {
  TRY_ASSIGN(const auto listed, call({"ps", "--filter", filter(label, value), "--format", "{{.Names}}"}));
  if (!listed.ok()) return fail(failed("list its containers", listed));
  return words(listed.out);
}

Result<void> Engine::create_network(const std::string& name,
                                    const std::map<std::string, std::string>& labels) const {
  TRY_ASSIGN(const auto outcome, call(network_arguments(name, labels)));
  if (!outcome.ok()) return fail(failed("create the network " + name, outcome));
  return {};
}

Result<void> Engine::remove_network(const std::string& name) const {
  TRY_ASSIGN(const auto outcome, call({"network", "rm", name}));
  if (outcome.ok() || not_there(outcome)) return {};
  return fail(failed("remove the network " + name, outcome));
}

}  // namespace launch::containers

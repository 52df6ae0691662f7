#include "containers/engine.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"
#include "containers/engine_type.hpp"

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

/// The name with its host's port where the host is a bare word, which docker takes for a user of Docker Hub.
std::string with_clear_host(const specs::MirroredName& mirrored) {
  const auto slash = std::min(mirrored.name.find('/'), mirrored.name.size());
  const auto host = mirrored.name.substr(0, slash);
  if (host.find_first_of(".:") != std::string::npos || host == "localhost") return mirrored.name;
  return host + (mirrored.insecure ? ":80" : ":443") + mirrored.name.substr(slash);
}

std::string filter(const std::string& label, const std::string& value) {
  return "label=" + label + "=" + value;
}

}  // namespace

Error Engine::failed(std::string_view what, const ProcessOutcome& outcome, std::string_view output) const {
  if (outcome.cancelled)
    return environment_error(fmt::format("{} was interrupted: it could not {}", info_.name(), what));
  if (doubt_) {
    if (auto error = doubt_()) return *std::move(error);
  }
  auto said = last_words(outcome.err);
  if (said.empty()) said = last_words(outcome.out);
  if (said.empty()) said = fmt::format("it exited with code {} and no message", outcome.exit_code);
  if (outcome.timed_out) said = "it did not answer in time";
  const auto quoted = last_lines(output);
  auto error = environment_error(
      fmt::format("{} could not {}:{}", info_.name(), what, quoted.empty() ? " " + said : quoted));
  if (auto hint = info_.type->hint(outcome.err); !hint.empty()) error.hint(std::move(hint));
  return error;
}

std::vector<std::string> Engine::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{info_.program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

ProcessSpec Engine::process(const std::vector<std::string>& arguments) const {
  ProcessSpec spec;
  spec.argv = command(arguments);
  spec.environment = environment_;
  return spec;
}

Result<ProcessOutcome> Engine::call(const std::vector<std::string>& arguments) const {
  return runner_->run(process(arguments));
}

Result<ProcessOutcome> Engine::call_again(const std::vector<std::string>& arguments, int tries,
                                          bool (*missed)(std::string_view err), std::stop_token stop) const {
  constexpr std::chrono::milliseconds kPause{100};
  const auto spec = process(arguments);
  const auto stopped = std::move(stop);
  TRY_ASSIGN(auto outcome, runner_->run(spec, stopped));
  if (!info_.type->may_miss_images()) return outcome;
  for (int i = 1; i < tries && !outcome.ok() && missed(outcome.err); ++i) {
    work_.clock.sleep(kPause);
    TRY_ASSIGN(outcome, runner_->run(spec, stopped));
  }
  return outcome;
}

Result<std::optional<Image>> Engine::find_image(const std::string& reference) const {
  const auto state = answers_.state();
  if (const auto kept = answers_.find(state, reference)) {
    if (auto images = read_image_inspect(*kept)) return std::move(images->front());
  }
  TRY_ASSIGN(auto outcome, call({"image", "inspect", reference}));
  // At once, and once only: most images that are not found are not there.
  if (!outcome.ok() && info_.type->may_miss_images()) {
    TRY_ASSIGN(outcome, call({"image", "inspect", reference}));
  }
  if (outcome.ok()) {
    TRY_ASSIGN(auto images, read_image_inspect(outcome.out));
    answers_.keep(state, reference, images.front().image_id, std::move(outcome.out));
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

std::optional<std::vector<LayerStep>> Engine::layer_steps(const Image& image) const {
  auto arguments = info_.type->history();
  arguments.push_back(image.image_id.text());
  const auto outcome = call(arguments);
  if (!outcome || !outcome->ok()) return std::nullopt;
  return containers::layer_steps(outcome->out, image.layers.size());
}

Result<std::string> Engine::pull_name(const std::string& name, const Digest& digest) const {
  const auto mirror = specs::mirrored(name, mirrors_);
  if (!mirror) return name;
  TRY_ASSIGN(const auto here, find_image(fmt::format("{}@{}", name, digest.text())));
  if (here) return name;
  return with_clear_host(*mirror);
}

Result<Digest> Engine::pull(const std::string& authority, const std::string& name, const Digest& digest,
                            std::stop_token stop) const {
  auto arguments = info_.type->plain_pull();
  const auto& reference = arguments.emplace_back(fmt::format("{}/{}@{}", authority, name, digest.text()));
  TRY_ASSIGN(const auto outcome, call_again(arguments, 3, missed_layer, std::move(stop)));
  if (!outcome.ok()) return fail(failed(fmt::format("pull the image {}", name), outcome));
  TRY_ASSIGN(const auto image, find_image(reference));
  if (image) return image->image_id;
  return fail(
      environment_error(fmt::format("{} pulled the image {}, but cannot find it", info_.name(), name)));
}

Result<void> Engine::load(const std::function<Result<Feed>()>& open, const std::string& name,
                          const std::stop_token& stop) const {
  for (bool again = false;; again = true) {
    auto process = this->process({"load", "--quiet"});
    TRY_ASSIGN(process.feed, open());
    TRY_ASSIGN(const auto outcome, runner_->run(process, stop));
    if (outcome.ok()) return {};
    if (again || !info_.type->may_load_again(outcome.err))
      return fail(failed(fmt::format("load the image {}", name), outcome));
    work_.reporter.note(fmt::format(
        "{} lost a part of the image that an earlier load had left; loading it again", info_.name()));
  }
}

Result<void> Engine::save(const Digest& image_id, const std::filesystem::path& to,
                          std::stop_token stop) const {
  TRY_ASSIGN(const auto outcome,
             runner_->run(process({"save", "--output", to.string(), image_id.text()}), std::move(stop)));
  if (!outcome.ok()) return fail(failed("save the image " + image_id.text(), outcome));
  return {};
}

Result<void> Engine::tag(const Digest& image_id, const std::string& reference) const {
  TRY_ASSIGN(const auto outcome, call({"tag", image_id.text(), reference}));
  if (!outcome.ok()) return fail(failed("tag the image " + reference, outcome));
  return {};
}

Result<void> Engine::untag(const std::string& reference) const {
  TRY_ASSIGN(const auto outcome, call({"rmi", reference}));
  if (outcome.ok() || not_there(outcome)) return {};
  return fail(failed("remove the name " + reference, outcome));
}

Result<void> Engine::forget_loopback(const std::string& name) const {
  TRY_ASSIGN(auto listed, call_again(info_.type->list_names(), 20, missed_image));
  if (!listed.ok()) return fail(failed("list its images", listed));
  std::ranges::replace_if(
      listed.out, [](char c) { return c == '[' || c == ']' || c == ' '; }, '\n');
  for (const auto& each : words(listed.out)) {
    const auto slash = each.find('/');
    if (!each.starts_with("127.0.0.1:") ||
        !each.substr(std::min(slash, each.size())).starts_with('/' + name + '@'))
      continue;
    TRY(untag(each));
  }
  return {};
}

void Engine::remove_named(const RunSpec& container) const {
  if (container.name.empty()) return;
  for (auto arguments : info_.type->removal(0)) {
    arguments.push_back(container.name);
    (void)call(arguments);
  }
}

/// All calls but the last; the outcome of one that a stop ended.
Result<std::optional<ProcessOutcome>> Engine::prepare(const RunSpec& container,
                                                      const std::vector<Command>& steps,
                                                      const std::stop_token& stop) const {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    auto process = this->process(steps[i].argv);
    process.environment.insert(container.hidden.begin(), container.hidden.end());
    process.outlives = container.guarded;
    std::optional<MappedFile> input;
    if (!steps[i].input.empty()) {
      TRY_ASSIGN(input, MappedFile::open(steps[i].input));
      process.feed = [left = input->text()](std::span<char> buffer) mutable -> Result<std::size_t> {
        const auto count = left.copy(buffer.data(), buffer.size());
        left.remove_prefix(count);
        return count;
      };
    }
    TRY_ASSIGN(auto outcome, runner_->run(process, stop));
    if (outcome.cancelled || stop.stop_requested()) {
      outcome.cancelled = true;
      return outcome;
    }
    if (outcome.ok()) continue;
    answers_.forget();  // the image may no longer be whole
    if (auto error = start_failure(info_, container, outcome.exit_code, outcome.err))
      return fail(*std::move(error));
    return fail(failed("prepare the container " + container.name, outcome));
  }
  return std::nullopt;
}

Result<ProcessOutcome> Engine::run(const RunSpec& container,
                                   const std::function<void(Stream, std::string_view)>& on_line,
                                   std::stop_token stop, std::function<void()> on_pause) const {
  const auto steps = run_commands(info_, container);
  auto prepared = prepare(container, steps, stop);
  if (!prepared || *prepared) {
    if (steps.size() > 1) remove_named(container);
    TRY(prepared);
    return **std::move(prepared);
  }
  auto process = this->process(steps.back().argv);
  process.environment.insert(container.hidden.begin(), container.hidden.end());
  process.outlives = container.guarded;
  process.on_pause = std::move(on_pause);
  if (!container.working_folder.empty()) {
    process.folder = container.working_folder;
    auto& program = process.argv.front();
    if (program.find('/') != std::string::npos) program = std::filesystem::absolute(program).string();
  }
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
    remove_named(container);  // the client was killed, but the container keeps running
    return outcome;
  }
  if (!outcome.ok()) {
    if (auto error = start_failure(info_, container, outcome.exit_code, on_line ? err : outcome.err)) {
      answers_.forget();  // the image may no longer be whole
      return fail(*std::move(error));
    }
  }
  return outcome;
}

Result<void> Engine::remove_containers(const std::string& label, const std::string& value,
                                       int grace_seconds) const {
  constexpr std::chrono::seconds kPatience{30};
  constexpr std::chrono::milliseconds kPause{100};
  const auto until = work_.clock.steady() + std::chrono::seconds(grace_seconds) + kPatience;
  for (bool first = true;; first = false) {
    TRY_ASSIGN(const auto listed,
               call({"ps", "--all", "--filter", filter(label, value), "--format", "{{.Names}}"}));
    if (!listed.ok()) return fail(failed("list its containers", listed));
    const auto names = words(listed.out);
    if (names.empty()) return {};
    auto commands = info_.type->removal(first ? grace_seconds : 0);
    for (auto& arguments : commands) arguments.insert(arguments.end(), names.begin(), names.end());
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) TRY(call(commands[i]));
    TRY_ASSIGN(const auto removed, call(commands.back()));
    if (removed.ok()) return {};
    // One that is gone says nothing of the others: the next look does.
    const bool again = info_.type->may_remove_later(removed.err) || not_there(removed);
    if (!again || work_.clock.steady() >= until)
      return fail(failed("remove the containers " + join_words(names), removed));
    work_.clock.sleep(kPause);
  }
}

Result<std::vector<std::string>> Engine::containers(const std::string& label,
                                                    const std::string& value) const {
  TRY_ASSIGN(const auto listed, call({"ps", "--filter", filter(label, value), "--format", "{{.Names}}"}));
  if (!listed.ok()) return fail(failed("list its containers", listed));
  return words(listed.out);
}

Result<Labelled> Engine::labelled(const std::string& label) const {
  TRY_ASSIGN(const auto containers,
             call({"ps", "--all", "--filter", "label=" + label, "--format", "{{.Names}}"}));
  if (!containers.ok()) return fail(failed("list its containers", containers));
  TRY_ASSIGN(const auto networks,
             call({"network", "ls", "--filter", "label=" + label, "--format", "{{.Name}}"}));
  if (!networks.ok()) return fail(failed("list its networks", networks));
  return Labelled{words(containers.out), words(networks.out)};
}

std::string UserIds::text() const {
  return fmt::format("{}:{}", user, group);
}

std::optional<UserIds> Engine::ids_of(const std::string& user, RunSpec asked, std::stop_token stop) const {
  if (user.empty() || user == "root" || user == "0") return UserIds{};
  if (user.find(':') != std::string::npos) {
    if (auto ids = user_ids(user, "")) return ids;
  }
  asked.argv = {"cat", "/etc/passwd", "/etc/group"};
  asked.network = "none";
  asked.init = false;
  for (auto& mount : asked.mounts) {
    mount.read_only = true;
    mount.relabel = false;
  }
  constexpr std::chrono::seconds kPatience{60};
  auto process = this->process(run_arguments(info_, asked));
  process.timeout = kPatience;
  process.outlives = true;
  const auto answer = runner_->run(process, std::move(stop));
  // An engine's client that is killed while it creates a container leaves it.
  if (!answer || answer->cancelled || answer->timed_out) remove_named(asked);
  // One of the files may be missing.
  return user_ids(user, answer ? answer->out : std::string());
}

Result<bool> Engine::create_network(const Network& network) const {
  TRY_ASSIGN(const auto outcome, call(network_arguments(info_, network)));
  if (outcome.ok()) return true;
  // podman: "subnet … is already used on the host or by another config"; docker: "Pool overlaps with other
  // one on this address space".
  const auto says = [&](std::string_view words) { return outcome.err.find(words) != std::string::npos; };
  if (!network.subnet.empty() && (says("is already used on the host") || says("overlaps with other")))
    return false;
  return fail(failed("create the network " + network.name, outcome));
}

Result<void> Engine::remove_network(const std::string& name) const {
  TRY_ASSIGN(const auto outcome, call({"network", "rm", name}));
  if (outcome.ok() || not_there(outcome)) return {};
  return fail(failed("remove the network " + name, outcome));
}

}  // namespace launch::containers

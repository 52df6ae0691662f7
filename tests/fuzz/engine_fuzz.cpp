#include "containers/answers.hpp"
#include "containers/cdi.hpp"
#include "containers/engine_type.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {
namespace {

/// An engine that says the same to everything.
class Speaker final : public ProcessRunner {
 public:
  explicit Speaker(std::string_view bytes) : bytes_(bytes) {}
  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token /*stop*/) override {
    if (spec.on_line) spec.on_line(Stream::out, bytes_);
    return ProcessOutcome{.exit_code = bytes_.size() % 2 == 0 ? 0 : 125, .out = bytes_, .err = bytes_};
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& /*argv*/) override {
    return fail(environment_error("no guard"));
  }

 private:
  std::string bytes_;
};

void check_engine(const containers::Engine& engine) {
  (void)parsed(engine.find_image("a"));
  (void)parsed(engine.containers("launch.run", "a"));
  (void)parsed(engine.pull_name("docker.io/nvidia/cuda", Digest::of("")));
  (void)parsed(engine.create_network({.name = "a", .subnet = "198.19.0.0/27"}));
  (void)parsed(engine.remove_network("a"));
  (void)parsed(engine.remove_containers("launch.run", "a", 0));
  (void)parsed(engine.run({.name = "a", .image = "b", .argv = {"python3"}}, {}));
}

}  // namespace

/// What podman and docker print.
void fuzz_engine(std::string_view bytes) {
  (void)parsed(containers::read_image_inspect(bytes));
  (void)containers::read_storage_containers(bytes);
  (void)containers::working_container_has_secret(bytes, "launch.build.a");
  (void)containers::half_made_image(bytes);
  (void)containers::words(bytes);
  for (const auto& name : containers::parse_cdi(bytes).devices) require(!name.empty(), "a device has a name");
  (void)containers::last_words(bytes);
  (void)containers::help_has_option(bytes, "--timestamp");
  (void)containers::version_at_least(bytes, 4, 3);
  Speaker speaker(bytes);
  RealDisk disk;
  SystemClock clock;
  SilentReporter reporter;
  for (const auto* type : containers::engine_types()) {
    auto info = type->probe(std::string(type->name()), speaker);
    if (!info) continue;
    for (const int code : {1, 125, 126, 127})
      if (const auto error =
              containers::start_failure(*info, {.name = "a", .image = "b", .argv = {"c"}}, code, bytes))
        check_error(*error);
    check_engine(containers::Engine(*info, speaker, {}, {disk, clock, reporter}));
  }
}

}  // namespace launch::fuzz

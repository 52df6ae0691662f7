#include <regex>

#include "base/text.hpp"
#include "commands/fetch.hpp"
#include "commands/lock.hpp"
#include "containers/engine.hpp"
#include "fakes/wheel.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {

TEST_P(Writer, SaysWhatFailedAndLeavesWhatWasThere) {
  Bench bench;
  const auto& fault = GetParam();
  if (fault.prepare) {
    const auto prepared = fault.prepare(bench);
    ASSERT_TRUE(prepared) << prepared.error().text();
  }
  const auto before = bench.files();
  bench.work.disk.set(fault.fault);
  const auto written = fault.write(bench);
  EXPECT_TRUE(bench.work.disk.struck());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::environment);
  auto text = written.error().text();
  text = std::regex_replace(text, std::regex("registries-[0-9a-f]{16}"), "registries-[KEY]");
  text = std::regex_replace(text, std::regex("demo-[0-9a-f]{12}"), "demo-[KEY]");
  text = std::regex_replace(text, std::regex("build-[A-Za-z0-9]{6}"), "build-NEW");
  text = std::regex_replace(text, std::regex("sha256/[0-9a-f]{2}/[0-9a-f]{64}"), "[DIGEST]");
  EXPECT_EQ(replace_all(text, bench.root().string(), "[ROOT]"), "error: " + fault.error + "\n");
  EXPECT_EQ(bench.files(), before);
}

std::string full(const std::string& verb, const fs::path& file, const std::string& step) {
  const auto folder = fs::path("[ROOT]") / file.parent_path();
  return fmt::format(
      "cannot {} [ROOT]/{}: No space left on device{}\n\nhint: free some space on the disk of {}, or choose "
      "another folder, and run the command again",
      verb, file.string(), step.empty() ? "" : "\n  while " + step,
      file.has_parent_path() ? folder.string() : "[ROOT]");
}
std::string broken(const std::string& verb, const std::string& file, const std::string& step) {
  return fmt::format("cannot {} [ROOT]/{}: Input/output error{}", verb, file,
                     step.empty() ? "" : "\n  while " + step);
}

Result<void> nothing(Bench& /*bench*/) {
  return {};
}
Result<void> lock(Bench& bench) {
  TRY(commands::lock({.recipe = "demo"}, bench.context()));
  return {};
}
Result<void> fetch(Bench& bench) {
  TRY(commands::fetch({.lock = "demo"}, bench.context()));
  return {};
}
Result<void> make_wheel(Bench& bench) {
  bench.put("app.whl",
            fakes::make_wheel({.name = "app",
                               .version = "1.0",
                               .files = {{"app/large.bin", std::string(std::size_t{17} << 20, 'x')}}}));
  return {};
}
Result<void> make_podman(Bench& bench) {
  bench.put("bin/podman", "");
  return {};
}
Result<void> probe(Bench& bench, std::vector<specs::RegistryMirror> mirrors) {
  fakes::FakeRunner runner;
  runner.on("podman info --format json", {0, R"({"version": {"Version": "4.3.1"}})"});
  runner.on("podman build --help", {0, "--timestamp --identity-label"});
  bench.put("bin/podman", "");
  fs::permissions(bench.root() / "bin/podman", fs::perms::owner_all);
  const Environment environment({{"HOME", "/nonexistent"}, {"PATH", (bench.root() / "bin").string()}});
  TRY(containers::probe_engine("podman", mirrors, bench.root() / "engine", runner, environment, bench.work));
  return {};
}
}  // namespace launch::writing

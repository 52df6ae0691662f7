#include <cerrno>

#include "cli/manual.hpp"
#include "commands/bisect_run.hpp"
#include "commands/bump.hpp"
#include "commands/check.hpp"
#include "commands/fabric.hpp"
#include "commands/init.hpp"
#include "commands/lock.hpp"
#include "commands/page.hpp"
#include "commands/render.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {
namespace {

/// A lock of another text than the next one.
Result<void> lock_first(Bench& bench) {
  TRY(lock(bench));
  bench.recipe("\"app\"");
  return {};
}
/// Another machine, of one interface.
Result<void> machine(Bench& bench) {
  return write_file(bench.root() / "machine/sys/class/net/eth0/operstate", "up\n");
}
Result<void> fabric_page(Bench& bench) {
  return commands::write_page("page.html", "<html>", bench.context());
}
Result<void> fabric_record(Bench& bench) {
  TRY(commands::record_fabric("copy", {.tree = "machine"}, bench.context()));
  return {};
}
Result<void> bump(Bench& bench) {
  TRY(commands::bump({.recipe = "demo", .build = false}, bench.context()));
  return {};
}

Result<void> two_torches(Bench& bench) {
  for (const auto* version : {"2.0", "2.1"}) bench.index().add({.name = "torch", .version = version});
  bench.recipe("", "[torch]\nchannel = \"index\"\npackages = [\"torch\"]\n");
  return {};
}
Result<void> bisect_run(Bench& bench) {
  TRY(commands::bisect_run({.recipe = "demo", .command = "true"}, bench.context()));
  return {};
}
Result<void> render(Bench& bench) {
  TRY(commands::render({.recipe = "demo"}, bench.context()));
  return {};
}
Result<void> render_first(Bench& bench) {
  TRY(lock(bench));
  TRY(render(bench));
  bench.put("images/demo/Dockerfile", "FROM old\n");
  bench.put("images/demo/.dockerignore", "old\n");
  return {};
}
Result<void> old_dockerignore(Bench& bench) {
  TRY(lock(bench));
  TRY(render(bench));
  bench.put("images/demo/.dockerignore", "old\n");
  return {};
}
Result<void> sboms(Bench& bench) {
  TRY(commands::render({.recipe = "demo", .sbom = true}, bench.context()));
  return {};
}
Result<void> old_sbom(Bench& bench, const std::string& name) {
  TRY(lock(bench));
  TRY(sboms(bench));
  bench.put("images/demo/" + name, "{}\n");
  return {};
}
Result<void> old_cyclonedx(Bench& bench) {
  return old_sbom(bench, "sbom.cdx.json");
}
Result<void> old_spdx(Bench& bench) {
  return old_sbom(bench, "sbom.spdx.json");
}
Result<void> write_manual(Bench& bench) {
  cli::ManualPage page;
  page.command = "launch lock";
  return cli::write_manual(bench.work.disk, bench.root() / "share", {page});
}
Result<void> source_tree(Bench& bench) {
  bench.put("tree/main.py", "import numpy\n");
  return {};
}
Result<void> init(Bench& bench) {
  TRY(commands::init({.path = "tree", .name = "first"}, bench.context()));
  return {};
}
Result<void> lock_and_code(Bench& bench) {
  bench.put("src/a.py", "import gone\n");
  return lock(bench);
}
Result<void> write_baseline(Bench& bench) {
  TRY(commands::check(
      {.wheels = commands::LockedWheels{"demo", {}}, .paths = {"src"}, .write_baseline = "known.json"},
      bench.context()));
  return {};
}

const std::string kLock = "lockfiles/pylock.demo.toml";
const std::string kBump = "home/.local/state/launch/bump/demo-[KEY]/";
const std::string kBisect = "home/.local/state/launch/bisect/demo-[KEY]/";

INSTANTIATE_TEST_SUITE_P(
    Documents, Writer,
    testing::Values(
        Fault{"InitNoSpace", source_tree, init, Call{"write", "first.toml", ENOSPC},
              full("write", "tree/recipes/first.toml")},
        Fault{"BaselineNoSpace", lock_and_code, write_baseline, Call{"write", "known.json", ENOSPC},
              full("write", "known.json")},
        Fault{"LockNoSpace", lock_first, lock, Call{"write", "pylock", ENOSPC}, full("write", kLock)},
        Fault{"LockNoFile", lock_first, lock, Call{"open_new", "pylock", ENOSPC}, full("write", kLock)},
        Fault{"LockNotFlushed", lock_first, lock, Call{"flush", "pylock", EIO}, broken("write", kLock)},
        Fault{"LockNotRenamed", lock_first, lock, Call{"rename", "pylock", EIO}, broken("write", kLock)},
        Fault{"LockNoFolder", nothing, lock, Call{"make_folders", "lockfiles", ENOSPC},
              full("create the folder", "lockfiles")},
        Fault{"BumpCandidateNoSpace", nothing, bump, Call{"write", "candidates", ENOSPC},
              full("write", kBump + "candidates/newest/pylock.demo.toml")},
        Fault{"BisectCandidateNoSpace", two_torches, bisect_run, Call{"write", "locks", ENOSPC},
              full("write", kBisect + "locks/2.0/pylock.demo.toml")},
        Fault{"BumpNoSpace", nothing, bump, Call{"write", "lockfiles", ENOSPC}, full("write", kLock)},
        Fault{"DockerfileNoSpace", render_first, render, Call{"write", "Dockerfile", ENOSPC},
              full("write", "images/demo/Dockerfile")},
        Fault{"DockerfileNotRenamed", render_first, render, Call{"rename", "Dockerfile", EIO},
              broken("write", "images/demo/Dockerfile")},
        Fault{"DockerignoreNoSpace", old_dockerignore, render, Call{"write", "dockerignore", ENOSPC},
              full("write", "images/demo/.dockerignore")},
        Fault{"DockerignoreNotRenamed", old_dockerignore, render, Call{"rename", "dockerignore", EIO},
              broken("write", "images/demo/.dockerignore")},
        Fault{"CycloneDxNoSpace", old_cyclonedx, sboms, Call{"write", "sbom.cdx", ENOSPC},
              full("write", "images/demo/sbom.cdx.json")},
        Fault{"CycloneDxNotRenamed", old_cyclonedx, render, Call{"rename", "sbom.cdx", EIO},
              broken("write", "images/demo/sbom.cdx.json")},
        Fault{"SpdxNoSpace", old_spdx, sboms, Call{"write", "sbom.spdx", ENOSPC},
              full("write", "images/demo/sbom.spdx.json")},
        Fault{"SpdxNotRenamed", old_spdx, render, Call{"rename", "sbom.spdx", EIO},
              broken("write", "images/demo/sbom.spdx.json")},
        Fault{"FabricPageNoSpace", nothing, fabric_page, Call{"write", "page.html", ENOSPC},
              full("write", "page.html")},
        Fault{"FabricRecordNoSpace", machine, fabric_record, Call{"write", "operstate", ENOSPC},
              full("write", "copy/sys/class/net/eth0/operstate")},
        Fault{"ManualNoSpace", nothing, write_manual, Call{"write", "launch-lock.1", ENOSPC},
              full("write", "share/man/man1/launch-lock.1")}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace launch::writing

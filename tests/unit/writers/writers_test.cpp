// Everything that writes, on a disk that is full or broken: the whole message, what is left behind, and what
// was there before.

#include <cerrno>
#include <functional>
#include <map>
#include <ostream>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "cli/manual.hpp"
#include "commands/build_folder.hpp"
#include "commands/bump.hpp"
#include "commands/check.hpp"
#include "commands/fabric.hpp"
#include "commands/fetch.hpp"
#include "commands/init.hpp"
#include "commands/lock.hpp"
#include "commands/page.hpp"
#include "commands/render.hpp"
#include "containers/builder.hpp"
#include "containers/engine.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/index_server.hpp"
#include "fakes/registry.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "image/context.hpp"
#include "image/scratch.hpp"
#include "image/turn.hpp"
#include "index/index_client.hpp"
#include "store/fetch.hpp"
#include "store/store.hpp"
#include "train/run.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch {
namespace {

namespace fs = std::filesystem;

/// A project, an index, a registry and a world to write in.
class Bench {
 public:
  Bench() {
    app_ = index_.add({.name = "app", .version = "1.0", .requires_dist = {"leaf"}});
    leaf_ = index_.add({.name = "leaf", .version = "1.0"});
    registry_.offer("library/debian", "12", {"PYTHON_VERSION=3.11.2"});
    put("launch.toml",
        fmt::format("[[registry]]\nprefix = \"docker.io\"\nlocation = \"{}\"\ninsecure = true\n",
                    registry_.location()));
    recipe("\"leaf\"");
  }

  fs::path root() const { return scratch_.path(); }
  void put(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(root() / name, text));
  }
  void recipe(const std::string& packages, const std::string& more = "") const {
    put("recipes/demo.toml",
        fmt::format("python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [{}]\n{}"
                    "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n",
                    packages, more));
  }
  const std::string& app() const { return app_; }
  const std::string& leaf() const { return leaf_; }
  fakes::IndexServer& index() { return index_; }

  std::unique_ptr<net::HttpClient> client(net::HttpOptions options = {}) {
    options.retry_base = std::chrono::milliseconds(1);
    return net::make_http_client(std::move(options), environment_, work.clock, work.disk);
  }

  commands::Context context() {
    return {.environment = environment_,
            .runner = runner_,
            .disk = work.disk,
            .clock = work.clock,
            .reporter = work.reporter,
            .make_http = [this](net::HttpOptions options) { return client(std::move(options)); },
            .folder = root(),
            .folder_is_root = true};
  }

  /// Every file with its content, except caches, locks, and partial files that the next try resumes.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      const auto name = entry.path().lexically_relative(root()).string();
      const bool kept = name.starts_with("home/") || name == "engine/podman.json" ||
                        name.ends_with(".lock") || name.ends_with(".part") || name.ends_with(".note");
      if (entry.is_regular_file() && !kept) found[name] = *read_file(entry.path());
    }
    return found;
  }

  fakes::FakeWork work;

 private:
  test::Scratch scratch_;
  fakes::IndexServer index_;
  fakes::Registry registry_;
  fakes::FakeRunner runner_;
  std::string app_;
  std::string leaf_;
  Environment environment_{{{"HOME", (scratch_ / "home").string()},
                            {"LAUNCH_INDEX_URL", index_.url()},
                            {"LAUNCH_STORE", (scratch_ / "store").string()},
                            {"PIP_CONFIG_FILE", "/dev/null"},
                            {"UV_NO_CONFIG", "1"}}};
};

/// One writer and one fault.
struct Fault {
  std::string name;
  std::function<Result<void>(Bench&)> prepare;  ///< what is there before, on a good disk
  std::function<Result<void>(Bench&)> write;
  fakes::FaultyDisk::Fault fault;
  std::string error;  ///< whole, [ROOT] for the folder; empty for caches, without which the work goes on
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class Writer : public testing::TestWithParam<Fault> {};

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

std::string full(const std::string& verb, const fs::path& file, const std::string& step = "") {
  const auto folder = fs::path("[ROOT]") / file.parent_path();
  return fmt::format(
      "cannot {} [ROOT]/{}: No space left on device{}\n\nhint: free some space on the disk of {}, or choose "
      "another folder, and run the command again",
      verb, file.string(), step.empty() ? "" : "\n  while " + step,
      file.has_parent_path() ? folder.string() : "[ROOT]");
}
std::string broken(const std::string& verb, const std::string& file, const std::string& step = "") {
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
Result<void> fetch(Bench& bench) {
  TRY(commands::fetch({.lock = "demo"}, bench.context()));
  return {};
}
/// The lock's wheels belong next to it, but only the store has them.
Result<void> no_folder_beside_lock(Bench& bench) {
  bench.recipe("\"leaf\"", "[lock]\nwheels = \"path\"\n");
  TRY(lock(bench));
  TRY(fetch(bench));
  fs::remove_all(bench.root() / "lockfiles/wheels");
  return {};
}
Result<void> fetch_to(Bench& bench) {
  TRY(commands::fetch({.lock = "demo", .to = "house"}, bench.context()));
  return {};
}
Result<void> fetch_first(Bench& bench) {
  TRY(lock(bench));
  TRY(fetch(bench));
  bench.put("house/leaf-1.0-py3-none-any.whl", "old");
  return {};
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

using Call = fakes::FaultyDisk::Fault;
const std::string kLock = "lockfiles/pylock.demo.toml";
const std::string kBump = "home/.local/state/launch/bump/demo-[KEY]/";
const std::string kStored = "store/[DIGEST]/leaf-1.0-py3-none-any.whl";
const std::string kFetching = "fetching leaf-1.0-py3-none-any.whl";
const std::string kContext = "contexts/build-NEW/context/";
const std::string kSite = kContext + "wheels/app/lib/python3.11/site-packages/";
const std::string kUnpacking = "unpacking app.whl";
const std::string kPointing = "pointing podman at the mirrors of the site's [[registry]] entries";

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

INSTANTIATE_TEST_SUITE_P(
    Wheels, Writer,
    testing::Values(Fault{"StoreNoRoom", lock, fetch, Call{"reserve", "leaf", ENOSPC},
                          full("write", kStored + ".part", kFetching)},
                    Fault{"StoreNoSpace", lock, fetch, Call{"write_at", "leaf", ENOSPC},
                          full("write", kStored + ".part", kFetching)},
                    Fault{"StoreNotFlushed", lock, fetch, Call{"flush", "leaf", EIO},
                          broken("write", kStored + ".part", kFetching)},
                    Fault{"StoreNotRenamed", lock, fetch, Call{"rename", "leaf", EIO},
                          broken("write", kStored, kFetching)},
                    Fault{"StoreNoFolder", nothing, lock, Call{"make_folders", "store", EIO},
                          broken("create the folder", "store")},
                    Fault{"StoreNoLock", nothing, lock, Call{"open", "store/.lock", ENOSPC},
                          full("lock", "store/.lock")},
                    Fault{"StoreNoFolderOfAFile", lock, fetch, Call{"make_folders", "sha256", EIO},
                          broken("create the folder", "store/[DIGEST]")},
                    Fault{"GitignoreNoSpace", no_folder_beside_lock, fetch,
                          Call{"write", "gitignore", ENOSPC}, full("write", "lockfiles/wheels/.gitignore")},
                    Fault{"GitignoreNotRenamed", no_folder_beside_lock, fetch,
                          Call{"rename", "gitignore", EIO}, broken("write", "lockfiles/wheels/.gitignore")},
                    Fault{"HouseNoFolder", fetch_first, fetch_to, Call{"make_folders", "house", ENOSPC},
                          full("create the folder", "house")},
                    Fault{"HouseNotRenamed", fetch_first, fetch_to, Call{"rename", "house", EIO},
                          broken("write", "house/leaf-1.0-py3-none-any.whl")}),
    testing::PrintToStringParamName());

/// Locking succeeds even if the store cannot record the lock.
TEST(StoreRoots, ThatCannotBeWrittenAreAWarning) {
  Bench bench;
  bench.work.disk.set({.call = "write", .path = "roots", .error = ENOSPC});
  ASSERT_TRUE(lock(bench));
  ASSERT_EQ(bench.work.reporter.warnings.size(), 1U);
  const auto warning =
      std::regex_replace(replace_all(bench.work.reporter.warnings[0], bench.root().string(), "[ROOT]"),
                         std::regex("[0-9a-f]{64}"), "[KEY]");
  EXPECT_EQ(warning,
            "cannot write [ROOT]/store/roots/[KEY]: No space left on device; `launch store gc` may remove "
            "wheels that "
            "[ROOT]/lockfiles/pylock.demo.toml needs");
}

/// Where links are refused, as between file systems, the wheel is copied.
TEST(WheelHouse, ThatCannotBeLinkedIsCopiedWhole) {
  for (const auto& [call, error] : std::map<std::string, int>{{"copy", ENOSPC}, {"flush", EIO}}) {
    Bench bench;
    class NoLinks final : public RealDisk {
     public:
      NoLinks(std::string call, int error) : call_(std::move(call)), error_(error) {}
      int link(const Path& /*from*/, const Path& /*to*/) override { return EXDEV; }
      int copy(const Path& from, const Path& to) override {
        const int done = RealDisk::copy(from, to);
        return call_ == "copy" ? error_ : done;
      }
      int flush(const Fd& file) override { return call_ == "flush" ? error_ : RealDisk::flush(file); }

     private:
      std::string call_;
      int error_;
    } disk(call, error);
    bench.put("from/a.whl", "new");
    bench.put("to/a.whl", "old");
    const auto before = bench.files();
    const auto placed = store::place_file(disk, bench.root() / "from/a.whl", bench.root() / "to/a.whl");
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().kind(), ErrorKind::environment);
    EXPECT_EQ(bench.files(), before);
  }
}

// Caches: the work goes on without them, and no half of one is left.

Result<void> ask(Bench& bench) {
  const auto http = bench.client({.cache = bench.root() / "cache"});
  TRY_ASSIGN(const auto response,
             http->fetch({.url = fakes::url(bench.index().url() + "/app/"), .cache = true}));
  if (response.status != 200) return fail(environment_error("no page"));
  return {};
}
Result<void> read_metadata(Bench& bench) {
  const auto http = bench.client();
  index::IndexClient client(*http, {.url = fakes::url(bench.index().url()),
                                    .metadata_cache = {bench.root() / "metadata", &bench.work.disk}});
  TRY_ASSIGN(const auto page, client.page("app"));
  TRY(client.metadata(page->files.front()));
  return {};
}
Result<void> have_leaf(Bench& bench) {
  TRY(lock(bench));
  return fetch(bench);
}
Result<void> hash_leaf(Bench& bench) {
  const auto http = bench.client();
  TRY_ASSIGN(const auto store, store::Store::open(bench.root() / "store", bench.work));
  const std::vector<store::Unhashed> wanted = {
      {.name = bench.leaf(), .url = fakes::url(bench.index().file_url(bench.leaf()))}};
  TRY(store::fetch_unhashed(store, wanted, *http, bench.work));
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
Result<void> probe_podman(Bench& bench) {
  return probe(bench, {});
}
Result<void> point_podman(Bench& bench) {
  return probe(bench, {{"docker.io", "mirror.example", false}});
}

class Cache : public Writer {};

TEST_P(Cache, IsDoneWithoutAndHasNoHalfOfAnything) {
  Bench bench;
  ASSERT_TRUE(GetParam().prepare(bench));
  const auto before = bench.files();
  bench.work.disk.set(GetParam().fault);
  const auto done = GetParam().write(bench);
  EXPECT_TRUE(bench.work.disk.struck());
  EXPECT_TRUE(done) << done.error().text();
  EXPECT_EQ(bench.files(), before);
}

Result<void> make_podman(Bench& bench) {
  bench.put("bin/podman", "");
  return {};
}

INSTANTIATE_TEST_SUITE_P(
    Caches, Cache,
    testing::Values(
        Fault{"HttpNoSpace", nothing, ask, Call{"write", "cache", ENOSPC}, ""},
        Fault{"HttpNotRenamed", nothing, ask, Call{"rename", "cache", EIO}, ""},
        Fault{"HttpNoFolder", nothing, ask, Call{"make_folders", "cache", ENOSPC}, ""},
        Fault{"MetadataNoSpace", nothing, read_metadata, Call{"write", "metadata", ENOSPC}, ""},
        Fault{"MetadataNotRenamed", nothing, read_metadata, Call{"rename", "metadata", EIO}, ""},
        Fault{"HashedNoSpace", have_leaf, hash_leaf, Call{"write", ".hashed", ENOSPC}, ""},
        Fault{"ProbeNoSpace", make_podman, probe_podman, Call{"write", "podman.json", ENOSPC}, ""},
        Fault{"ProbeNotRenamed", make_podman, probe_podman, Call{"rename", "podman.json", EIO}, ""}),
    testing::PrintToStringParamName());

// Files created for an image: the folder is removed with its object.

Result<void> write_image_context(Bench& bench) {
  TRY_ASSIGN(const auto folder, image::ScratchFolder::make(bench.work.disk, bench.root() / "contexts"));
  image::ContextSpec spec;
  spec.python = fakes::python("3.11");
  spec.interpreter = "/usr/bin/python3.11";
  spec.dockerfile = "FROM scratch\n";
  spec.wheels = {{"app", bench.root() / "app.whl"}};
  TRY(image::write_context(folder.path() / "context", spec, bench.work));
  return {};
}
Result<void> make_wheel(Bench& bench) {
  bench.put("app.whl",
            fakes::make_wheel({.name = "app",
                               .version = "1.0",
                               .files = {{"app/large.bin", std::string(std::size_t{17} << 20, 'x')}}}));
  return {};
}
Result<void> take_turn(Bench& bench) {
  TRY(image::BuildTurn::take(bench.root() / "builds", "demo", bench.work));
  return {};
}
/// With a podman whose interrupted builds leave something.
Result<void> build_image(Bench& bench) {
  fakes::FakeRunner runner;
  runner.on("podman images --all --quiet --no-trunc", {0, ""});
  auto podman = *containers::engine_named("podman");
  podman.build_places.emplace();
  const containers::Engine engine(podman, runner, {}, bench.work);
  TRY(containers::Builder(engine, bench.root() / "builds/demo", "mark", bench.work).build({}));
  return {};
}
/// What a build from source sees, and what is kept of it.
Result<void> make_build_folder(Bench& bench) {
  TRY_ASSIGN(const auto folder, image::ScratchFolder::make(bench.work.disk, bench.root() / "contexts"));
  const locking::SourceBuild wanted{.package = "app",
                                    .version = "1.0",
                                    .archive = bench.root() / "app.whl",
                                    .sha256 = fakes::digest('a'),
                                    .record = {},
                                    .needs = {},
                                    .how = {}};
  TRY(commands::make_build_folder(bench.work.disk, folder.path(), wanted));
  return commands::keep_log(bench.work.disk, bench.root() / "source-builds/app-1.0.log", "log\n");
}
/// With a missing podman: the error of the run is in its record.
Result<void> run(Bench& bench) {
  fakes::FakeRunner runner;
  const train::RunFolder folder(bench.root(), "demo-1");
  TRY_ASSIGN(const auto place, train::open_place({"local", "podman", "podman"}, runner, bench.work));
  TRY(train::carry_out(train::plan_of_two_nodes(), *place, folder, {runner, bench.work, "/bin/launch", {}},
                       {}));
  return {};
}
Result<void> mark_lost(Bench& bench) {
  return train::mark_lost(train::RunFolder::at(bench.root() / "run"), bench.work);
}
Result<void> make_record(Bench& bench) {
  bench.put("run/run.json", "{\"run\": \"run\", \"end\": null}");
  return {};
}
Result<void> make_run(Bench& bench) {
  const train::RunFolder folder(bench.root(), "demo-1");
  TRY(folder.make(bench.work.disk));
  return folder.hold(bench.work.disk).map([](const FileLock&) {});
}
Result<void> stop_run(Bench& bench) {
  return train::RunFolder(bench.root(), "demo-1").request_stop(bench.work.disk);
}

INSTANTIATE_TEST_SUITE_P(
    Images, Writer,
    testing::Values(
        Fault{"ContextNoFolder", make_wheel, write_image_context, Call{"make_new_folder", "contexts", ENOSPC},
              full("create the folder", "contexts/build-NEW")},
        Fault{"ContextNoLock", make_wheel, write_image_context, Call{"open", "build-", EIO},
              broken("lock", "contexts/build-NEW.lock")},
        Fault{"ContextDockerfile", make_wheel, write_image_context, Call{"write", "/Dockerfile", ENOSPC},
              full("write", kContext + "Dockerfile")},
        Fault{"ContextDockerignore", make_wheel, write_image_context, Call{"write", "/.dockerignore", ENOSPC},
              full("write", kContext + ".dockerignore")},
        Fault{"ContextVenv", make_wheel, write_image_context, Call{"make_folder", "venv", ENOSPC},
              full("create the folder", kContext + "venv")},
        Fault{"ContextLink", make_wheel, write_image_context, Call{"symlink", "python3", ENOSPC},
              full("create the link", kContext + "venv/bin/python3")},
        Fault{"ContextSmallFile", make_wheel, write_image_context, Call{"write", "METADATA", ENOSPC},
              full("write", kSite + "app-1.0.dist-info/METADATA", kUnpacking)},
        Fault{"ContextLargeFile", make_wheel, write_image_context, Call{"reserve", "large.bin", ENOSPC},
              full("write", kSite + "app/large.bin", kUnpacking)},
        Fault{"ContextRecord", make_wheel, write_image_context, Call{"write", "RECORD", EIO},
              broken("write", kSite + "app-1.0.dist-info/RECORD", kUnpacking)},
        Fault{"Turn", nothing, take_turn, Call{"open", "demo.lock", EIO}, broken("lock", "builds/demo.lock")},
        Fault{"RegistriesNoSpace", make_podman, point_podman, Call{"write", "registries-", ENOSPC},
              full("write", "engine/registries-[KEY].conf", kPointing)},
        Fault{"RegistriesNotRenamed", make_podman, point_podman, Call{"rename", "registries-", EIO},
              broken("write", "engine/registries-[KEY].conf", kPointing)},
        Fault{"SourceFolder", make_wheel, make_build_folder, Call{"make_folder", "in/wheels", ENOSPC},
              full("create the folder", "contexts/build-NEW/in/wheels")},
        Fault{"SourceScript", make_wheel, make_build_folder, Call{"write", "build_wheel.py", ENOSPC},
              full("write", "contexts/build-NEW/in/build_wheel.py")},
        Fault{"SourceLog", make_wheel, make_build_folder, Call{"write", "app-1.0.log", ENOSPC},
              full("write", "source-builds/app-1.0.log")},
        Fault{"BuildNoSpace", nothing, build_image, Call{"write", "builds/demo", ENOSPC},
              full("write", "builds/demo/before.json")},
        Fault{"RankScriptNoSpace", make_run, run, Call{"write", "rank.py", ENOSPC},
              full("write", "runs/demo-1/node/rank.py")},
        Fault{"RankScriptNotRenamed", make_run, run, Call{"rename", "rank.py", EIO},
              broken("write", "runs/demo-1/node/rank.py")},
        Fault{"RankHookFolder", make_run, run, Call{"make_folder", "hook", ENOSPC},
              full("create the folder", "runs/demo-1/node/hook")},
        Fault{"RunFolder", nothing, make_run, Call{"make_folders", "logs", ENOSPC},
              full("create the folder", "runs/demo-1/logs")},
        Fault{"RunLock", nothing, make_run, Call{"open", "demo-1/lock", EIO},
              broken("lock", "runs/demo-1/lock")},
        Fault{"RunStop", nothing, stop_run, Call{"write", "demo-1/.stop", ENOSPC},
              full("write", "runs/demo-1/stop")},
        Fault{"RecordNoSpace", make_record, mark_lost, Call{"write", "run.json", ENOSPC},
              full("write", "run/run.json")},
        Fault{"RecordNotRenamed", make_record, mark_lost, Call{"rename", "run.json", EIO},
              broken("write", "run/run.json")}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace launch

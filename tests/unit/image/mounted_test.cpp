#include "image/mounted.hpp"

#include <array>
#include <cerrno>
#include <future>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "archive/tar.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "image/dockerfile.hpp"
#include "store/tree_list.hpp"
#include "unit/image/plan_bench.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using test::CompilingRunner;
using test::PlanBench;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct MountedBench : PlanBench {
  std::shared_ptr<const OwnLayer> files() {
    return own_files(request(), plan_it().base, store, work).value();
  }
  MountedPlan plan_it() { return plan_mounted(request(), store).value(); }
  Result<store::Environment> make() { return make_environment(request(), plan_it(), store, runner, work); }
  std::vector<std::string> names(const fs::path& folder) const {
    std::vector<std::string> out;
    const auto entries = store::read_tree(folder).value();
    for (const auto& entry : entries) {
      if (entry.kind != store::TreeEntry::Kind::folder) out.push_back(entry.path);
    }
    return out;
  }
  static nlink_t links(const fs::path& file) {
    struct stat status {};
    EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
    return status.st_nlink;
  }
};

TEST(MakeEnvironment, LinksWheelsBytecodeAndPythonTogether) {
  MountedBench bench;
  const auto made = bench.make();
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->folder, bench.plan_it().folder);
  EXPECT_THAT(bench.names(made->folder / "python"),
              ElementsAre("bin/python3", "lib/python3.12/a/b.py", "lib/python3.12/a/b.pyc",
                          "lib/python3.12/data.txt", "lib/python3.12/os.py", "lib/python3.12/os.pyc"));
  const auto venv = bench.names(made->folder / "venv");
  const std::string site = "lib/python3.12/site-packages/";
  for (const auto* name : {"torch/__init__.py", "torch/__init__.pyc", "torch/lib.txt", "numpy/__init__.py",
                           "numpy-2.2.6.dist-info/RECORD", "numpy-2.2.6.dist-info/INSTALLER"})
    EXPECT_THAT(venv, Contains(site + name));
  for (const auto* name : {"bin/python3", "bin/python", "lib64", "pyvenv.cfg"})
    EXPECT_THAT(venv, Contains(name));
  EXPECT_EQ(fs::read_symlink(made->folder / "venv/bin/python3"), "/python/bin/python3");
  EXPECT_EQ(MountedBench::links(made->folder / "venv" / site / "torch/lib.txt"), 2U)
      << "in its own tree, and here";
  EXPECT_EQ(bench.fetches, 1);
  const auto entries = store::read_tree(made->folder / "venv").value();
  for (const auto& entry : entries) {
    EXPECT_EQ(entry.time, entry.kind == store::TreeEntry::Kind::file ? 315532800 : 0) << entry.path;
  }
}

TEST(MakeEnvironment, UnpacksOnlyWhatChanged) {
  MountedBench bench;
  const auto first = bench.make().value();
  const auto jobs = bench.runner.jobs.size();
  bench.offline = true;
  EXPECT_EQ(bench.make()->folder, first.folder);
  bench.offline = false;
  bench.lock_wheels("2.8.0.dev20250607+cu128");
  const auto second = bench.make();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_NE(second->folder, first.folder);
  EXPECT_EQ(bench.runner.jobs.size(), jobs + 1) << "only torch is compiled";
  const std::string site = "venv/lib/python3.12/site-packages/";
  EXPECT_EQ(MountedBench::links(second->folder / site / "numpy/__init__.py"), 3U);
  EXPECT_EQ(MountedBench::links(second->folder / site / "torch/__init__.py"), 2U);
  EXPECT_THAT(bench.fake.reporter.warnings, IsEmpty());
}

TEST(MakeEnvironment, TakesFromTheLastNightWhatIsTheSame) {
  const std::string site = "venv/lib/python3.12/site-packages/";
  const std::string next = "2.8.0.dev20250607+cu128";
  const auto lock_next = [&](MountedBench& bench) {
    bench.locked.lock.lock.packages.back() = bench.locked_wheel("torch", next,
                                                                {{"torch/__init__.py", "night = 'next'\n"},
                                                                 {"torch/same.py", "same = 1\n"},
                                                                 {"torch/lib.txt", std::string(70'000, 't')},
                                                                 {"torch/new.txt", "new"}});
  };
  MountedBench bench;
  bench.locked.lock.lock.packages.back() = bench.locked_wheel("torch", test::kNight,
                                                              {{"torch/__init__.py", "night = 'first'\n"},
                                                               {"torch/same.py", "same = 1\n"},
                                                               {"torch/lib.txt", std::string(70'000, 't')}});
  const auto first = bench.make().value();
  lock_next(bench);
  const auto second = bench.make();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_TRUE(fs::equivalent(first.folder / site / "torch/lib.txt", second->folder / site / "torch/lib.txt"));
  EXPECT_FALSE(
      fs::equivalent(first.folder / site / "torch/__init__.py", second->folder / site / "torch/__init__.py"));
  EXPECT_EQ(read_file(second->folder / site / "torch/__init__.py").value(), "night = 'next'\n");
  const auto& job = bench.runner.jobs.back();
  EXPECT_EQ(fs::path(job["earlier"].get<std::string>()).filename().string(),
            fmt::format("torch-{}-py3-none-any.whl.bytecode.zip", test::kNight));
  const auto prefix = "lib/python3.12/site-packages/torch/";
  EXPECT_EQ(job["files"].size(), 2U);
  EXPECT_EQ(job["files"][0].size(), 2U) << job["files"];
  EXPECT_EQ(job["files"][1][1], prefix + std::string("same.py"));
  EXPECT_EQ(job["files"][1][2], true);

  MountedBench alone;
  lock_next(alone);
  const auto made = alone.make().value();
  EXPECT_EQ(store::read_tree(made.folder).value(), store::read_tree(second->folder).value());
  for (const auto& name : alone.names(made.folder)) {
    if (fs::is_symlink(made.folder / name)) continue;
    EXPECT_EQ(read_file(made.folder / name).value(), read_file(second->folder / name).value()) << name;
  }
}

TEST(MakeEnvironment, TakesNothingFromATreeOrAWheelThatWasChanged) {
  const std::string site = "venv/lib/python3.12/site-packages/";
  for (const std::string changed : {"tree", "wheel"}) {
    MountedBench bench;
    fs::path tree_file;
    {
      const auto first = bench.make().value();
      const auto& wheel = bench.locked.lock.lock.packages.back().wheels.front();
      const auto place = bench.store.path_of(*wheel.sha256, wheel.file_name);
      if (changed == "tree") {
        EXPECT_TRUE(write_file(first.folder / site / "torch/lib.txt.new", "x"));
        for (const auto& each : fs::recursive_directory_iterator(place.parent_path() / "trees")) {
          if (each.path().filename() == "lib.txt") tree_file = each.path();
        }
        fs::last_write_time(tree_file, fs::file_time_type::clock::now());
      } else {
        const auto bytes = read_file(place).value();
        fs::remove(place);
        EXPECT_TRUE(write_file(place, bytes + "x"));
      }
    }
    bench.lock_wheels("2.8.0.dev20250607+cu128");
    const auto second = bench.make();
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_EQ(MountedBench::links(second->folder / site / "torch/lib.txt"), 2U) << changed;
  }
}

TEST(MakeEnvironment, UnpacksWhereFilesOfTheLastNightCannotBeLinked) {
  MountedBench bench;
  bench.make().value();
  bench.lock_wheels("2.8.0.dev20250607+cu128");
  const auto& wheel = bench.locked.lock.lock.packages.back().wheels.front();
  bench.fake.disk.set({"link", wheel.sha256->hex() + "/lib", EMLINK});
  const auto second = bench.make();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(MountedBench::links(second->folder / "venv/lib/python3.12/site-packages/torch/lib.txt"), 2U);
}

/// Unpacking waits in its first report of progress until all is compiled.
struct SlowUnpacking final : RealDisk, Reporter {
  explicit SlowUnpacking(const CompilingRunner& runner) : runner(runner) {}
  int remove_all(const Path& path) override {
    const int error = RealDisk::remove_all(path);
    const bool is_last = path.string().find("/contexts/") != std::string::npos && runner.jobs.size() == 4;
    if (is_last) std::call_once(once, [&] { compiled.set_value(); });
    return error;
  }
  void progress(std::string_view what, std::uint64_t, std::uint64_t) override {
    if (what == "unpacking wheels") all_compiled.wait();
    const std::scoped_lock lock(mutex);
    if (steps.empty() || steps.back() != what) steps.emplace_back(what);
  }
  void warn(std::string_view) override {}
  void note(std::string_view) override {}
  void status(std::string_view) override {}

  const CompilingRunner& runner;
  std::once_flag once;
  std::promise<void> compiled;
  std::shared_future<void> all_compiled = compiled.get_future().share();
  std::mutex mutex;
  std::vector<std::string> steps;
};

TEST(MakeEnvironment, ShowsTheProgressOfOneStepAtATime) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "nothing runs side by side here";
  MountedBench bench;
  SlowUnpacking slow(bench.runner);
  const auto made = make_environment(bench.request(), bench.plan_it(), bench.store, bench.runner,
                                     {slow, bench.fake.clock, slow});
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(slow.steps, ElementsAre("unpacking wheels"));
}

/// As if killed at that moment: nothing is cleaned up.
TEST(MakeEnvironment, KeepsWhatWasUnpackedBeforeItEnded) {
  MountedBench bench;
  bench.fake.disk.set({"write", "numpy-2.2.6.dist-info/RECORD", ENOSPC});  // torch's is larger, and first
  ASSERT_FALSE(bench.make());
  const auto& torch = bench.locked.lock.lock.packages.back().wheels.front();
  const auto trees = bench.store.path_of(*torch.sha256, torch.file_name).parent_path() / "trees";
  EXPECT_TRUE(fs::exists(trees));
  bench.fake.disk.set({"write", "torch/lib.txt", ENOSPC});
  const auto made = bench.make();
  EXPECT_TRUE(made) << "torch is not unpacked again: " << made.error().text();
}

TEST(MakeEnvironment, TwoLaunchesMakeItOnce) {
  MountedBench one;
  MountedBench two;
  two.store = store::Store::open(one.store.root(), two.fake).value();
  std::array<std::optional<Result<store::Environment>>, 2> made;
  side_by_side(2, [&](std::size_t at) { made.at(at) = (at == 0 ? one : two).make(); });
  for (const auto& each : made) ASSERT_TRUE(*each) << each->error().text();
  EXPECT_EQ(made[0]->value().folder, made[1]->value().folder);
  EXPECT_EQ(one.fetches + two.fetches, 1) << "the other one waits";
  EXPECT_EQ(store::tree_change(store::tree_list(made[0]->value().folder.parent_path()).value(),
                               made[0]->value().folder),
            std::nullopt);
}

TEST(MakeEnvironment, TwoLaunchesThatFindItChangedMakeItAgain) {
  MountedBench one;
  MountedBench two;
  two.store = store::Store::open(one.store.root(), two.fake).value();
  const auto folder = one.make().value().folder;
  for (int round = 0; round < 25; ++round) {
    EXPECT_TRUE(write_file(folder / "venv/added.pth", "import os"));
    std::array<std::optional<Result<store::Environment>>, 2> made;
    side_by_side(2, [&](std::size_t at) { made.at(at) = (at == 0 ? one : two).make(); });
    for (const auto& each : made) ASSERT_TRUE(*each) << each->error().text();
    EXPECT_FALSE(fs::exists(folder / "venv/added.pth"));
    EXPECT_TRUE(fs::exists(folder / "venv/pyvenv.cfg")) << "nobody removes what the other mounts";
    EXPECT_EQ(one.fake.reporter.warnings.size() + two.fake.reporter.warnings.size(), std::size_t(round) + 1);
  }
}

TEST(MakeEnvironment, AStoreThatCannotBeWrittenIsNamed) {
  const auto text = [](const std::string& call, const std::string& path, int number) {
    MountedBench bench;
    bench.fake.disk.set({call, path, number});
    const auto made = bench.make();
    return made ? "made" : replace_all(made.error().text(), bench.store.root().string(), "STORE");
  };
  EXPECT_EQ(
      text("open", "scratch.lock", EROFS),
      "error: cannot lock STORE/scratch.lock: Read-only file system\n\n"
      "hint: an environment is made in the store STORE: make it writable, or set LAUNCH_STORE to a folder "
      "that is\n");
  EXPECT_EQ(
      text("make_folder", "/environment/venv", ENOSPC),
      "error: cannot create the folder STORE/scratch/environment/venv: No space left on device\n\n"
      "hint: free some space on the disk of the store STORE, for example with `launch store gc`, or set "
      "LAUNCH_STORE to a folder on another disk\n");
}

TEST(MakeEnvironment, CopiesAloudWhereNothingCanBeLinked) {
  MountedBench bench;
  bench.fake.disk.set({"link", "environment/", EMLINK});
  const auto made = bench.make();
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(bench.fake.reporter.warnings,
              ElementsAre(testing::MatchesRegex(
                  "files of the environment are copied, since .* cannot be linked: Too many links")));
  const auto file = made->folder / "venv/lib/python3.12/site-packages/torch/lib.txt";
  EXPECT_EQ(MountedBench::links(file), 1U);
  EXPECT_EQ(read_file(file).value(), std::string(70'000, 't'));
  bench.fake.disk.set({});
  bench.offline = true;
  EXPECT_TRUE(bench.make()) << "copies have their files' times";
}

TEST(MakeEnvironment, WithoutSpaceLeavesNothingInTheWay) {
  for (const auto& [call, path] :
       std::vector<std::pair<std::string, std::string>>{{"symlink", "bin/python3"},
                                                        {"make_folder", "environment/venv"},
                                                        {"write", "pyvenv.cfg"},
                                                        {"link", "lib.txt"},
                                                        {"rename", "environments/"}}) {
    MountedBench bench;
    bench.fake.disk.set({call, path, ENOSPC});
    const auto made = bench.make();
    ASSERT_FALSE(made) << call;
    EXPECT_THAT(made.error().message(), testing::EndsWith("No space left on device")) << call;
    bench.fake.disk.set({});
    EXPECT_TRUE(bench.make()) << call;
    EXPECT_FALSE(fs::exists(bench.store.root() / "scratch"));
  }
}

TEST(PlanMounted, HasTheSettingsOfTheImage) {
  MountedBench bench;
  const auto plan = bench.plan_it();
  EXPECT_THAT(plan.variables, Contains(Pair("PATH", "/opt/venv/bin:/usr/bin")));
  EXPECT_THAT(plan.variables, Contains(Pair("A", "a")));
  EXPECT_THAT(plan.variables, testing::Not(Contains(Pair("CUDA_VERSION", testing::_))))
      << "the base image has it";
  EXPECT_EQ(plan.user, "");
  EXPECT_EQ(plan.work_folder, "");
  EXPECT_FALSE(plan.has_files);
}

TEST(PlanMounted, FilesOfTheUserAndTheProjectAreOneTar) {
  MountedBench bench;
  bench.locked.recipe.image.user = "trainer";
  bench.put("a.py", "print()\n");
  bench.copies = {
      {"/workspace/", "trainer", {{bench.scratch / "a.py", "a.py", ProjectFile::Kind::file, true}}}};
  const auto plan = bench.plan_it();
  EXPECT_EQ(plan.user, "trainer");
  EXPECT_EQ(plan.work_folder, "/workspace/");
  EXPECT_TRUE(plan.has_files);
  const auto files = bench.files();
  ASSERT_NE(files, nullptr);
  const auto tar = bench.scratch / "files.tar";
  ASSERT_TRUE(write_files(*files, tar, bench.work.disk));
  std::vector<std::string> found;
  const archive::TarVisitor visitor{
      .enter = [&](const archive::TarEntry& entry) -> Result<bool> {
        found.push_back(fmt::format("{} {:o} {}:{} {} {}", entry.name, entry.mode, entry.owner, entry.group,
                                    entry.size, entry.time));
        return false;
      },
      .take = {}};
  ASSERT_TRUE(archive::read_tar(tar, {.bytes = 1 << 20, .members = 100, .content = 1 << 20}, visitor));
  EXPECT_THAT(found,
              ElementsAre("etc/group 644 0:0 16 315532800", "etc/passwd 644 0:0 71 315532800",
                          "home/trainer/ 755 1001:1001 0 315532800", "workspace/ 755 1001:1001 0 315532800",
                          "workspace/a.py 755 1001:1001 8 315532800"));
  bench.fake.disk.set({"write", "files.tar", ENOSPC});
  const auto full = write_files(*files, tar, bench.work.disk);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message(), "cannot write " + tar.string() + ": No space left on device");
}

TEST(PlanMounted, WhatAMountHidesIsLeftOutOfTheTar) {
  MountedBench bench;
  bench.put("a.py", "print()\n");
  bench.copies = {{"/workspace/", "0:0", {{bench.scratch / "a.py", "a.py", ProjectFile::Kind::file, true}}},
                  {"/srv/", "0:0", {{bench.scratch / "a.py", "b.py", ProjectFile::Kind::file, true}}}};
  bench.locked.recipe.train.mounts = {{.from = "/data", .to = "/workspace/"}};
  const auto files = bench.files();
  std::vector<std::string> paths;
  for (const auto& member : files->members) paths.push_back(member.member.path);
  EXPECT_THAT(paths, ElementsAre("srv", "srv/b.py")) << "docker would write it into /data";
  bench.locked.recipe.train.mounts.push_back({.from = "/data", .to = "/srv"});
  EXPECT_EQ(bench.files(), nullptr);
}

TEST(PlanMounted, WhatNeedsAnImageIsSaid) {
  MountedBench bench;
  const auto why = [&](const std::function<void(project::Locked&)>& change) {
    auto locked = bench.locked;
    locked.recipe.name = "demo";
    change(locked);
    return why_not_mounted(locked);
  };
  EXPECT_EQ(why([](auto&) {}), "");
  EXPECT_EQ(why([](auto& locked) { locked.recipe.image.apt = {"gcc"}; }),
            "the recipe demo installs packages with apt under [image]");
  EXPECT_EQ(why([](auto& locked) { locked.lock.lock.provenance.interpreter.reset(); }),
            "the Python of the recipe demo is that of the base image or its distribution");
  EXPECT_EQ(why([](auto& locked) { locked.recipe.platforms = {}; }),
            "the recipe demo is not for this machine's platform");
  for (const std::string to : {"/opt", "/opt/venv", "/python/lib/"}) {
    EXPECT_EQ(why([&](auto& locked) { locked.recipe.train.mounts = {{.from = "/data", .to = to}}; }),
              "the recipe demo mounts a folder at " + to + " under [train]");
  }
}

}  // namespace
}  // namespace launch::image

#include "image/overlaps.hpp"

#include <gmock/gmock.h>

#include "archive/installation.hpp"
#include "base/file.hpp"
#include "image/build.hpp"
#include "image/mounted.hpp"
#include "image/venv.hpp"
#include "unit/image/plan_bench.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;
using test::PlanBench;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kSite = "lib/python3.12/site-packages/";

struct OverlapsBench : PlanBench {
  void lock(const std::string& name, const Files& files) {
    locked.lock.lock.packages.push_back(locked_wheel(name, "1.0", files));
  }
  Result<std::vector<Overlap>> find() {
    const auto grouped = group_wheels(locked, platform, store).value();
    const auto fetch = [&]() -> Result<void> {
      std::vector<project::LockedWheel> wheels;
      for (const auto& each : grouped.wheels) wheels.push_back(each.wheel);
      TRY(request().fetch(wheels));
      return {};
    };
    return find_overlaps(grouped, locked.recipe.python, store, fetch, fake.disk);
  }
  std::vector<std::string> found() {
    std::vector<std::string> out;
    const auto overlaps = find().value();
    for (const auto& each : overlaps) out.push_back(each.text());
    return out;
  }
  Result<void> make_environment() {
    const auto plan = plan_mounted(request(), store).value();
    TRY(image::make_environment(request(), plan, store, runner, work));
    return {};
  }
  Result<void> make_context() {
    const auto asked = request();
    BuildRequest wanted{asked.locked, {}, false, scratch.path(), asked.fetch, asked.fetch_interpreter, {}};
    TRY(export_context(wanted, scratch / "context", store, runner, work));
    return {};
  }
};

TEST(Overlaps, AreFilesWithOtherContents) {
  OverlapsBench bench;
  EXPECT_THAT(bench.found(), IsEmpty());
  bench.lock("also-numpy", {{"numpy/__init__.py", "x = 1\n"}});
  EXPECT_THAT(bench.found(), IsEmpty()) << "the same content";
  bench.lock("other", {{"numpy/__init__.py", "x = 2\n"}, {"torch/__init__.py", ""}, {"torch/lib.txt", "l"}});
  EXPECT_THAT(bench.found(),
              ElementsAre("other 1.0 replaces 2 files of torch " + std::string(test::kNight) + ", such as " +
                              kSite + "torch/__init__.py",
                          "other 1.0 replaces 1 file of numpy 2.2.6: " + kSite + "numpy/__init__.py"));
}

TEST(Overlaps, OfScriptsAreFoundByWhatTheyStart) {
  OverlapsBench bench;
  for (const auto& [name, target] :
       std::map<std::string, std::string>{{"a", "x:y"}, {"b", "x:y"}, {"c", "x:z"}})
    bench.lock(name,
               {{name + "-1.0.dist-info/entry_points.txt", "[console_scripts]\nrun = " + target + "\n"}});
  EXPECT_THAT(bench.found(), ElementsAre("c 1.0 replaces 1 file of b 1.0: bin/run"));
}

TEST(Overlaps, AreKnownOnceTheyWereFound) {
  OverlapsBench bench;
  bench.lock("zz", {{"numpy/__init__.py", "x = 2\n"}});
  const auto first = bench.found();
  EXPECT_EQ(first.size(), 1U);
  EXPECT_EQ(bench.fetches, 1);
  bench.offline = true;
  for (const auto& wheel : group_wheels(bench.locked, bench.platform, bench.store).value().in_order())
    fs::remove(wheel.path);
  EXPECT_EQ(bench.found(), first);
  bench.locked.recipe.python = fakes::python("3.13");
  EXPECT_EQ(bench.find().error().message(), "no wheel may be fetched");
}

/// Each way to the files of an image, which says the same of the same wheels.
struct Way {
  const char* name;
  Result<void> (*make)(OverlapsBench& bench);
};
const Way kWays[] = {
    {"plan",
     [](OverlapsBench& bench) -> Result<void> {
       TRY_ASSIGN(const auto plan, bench.plan());
       warn_of_overlaps(plan.overlaps, bench.fake.reporter);
       return {};
     }},
    {"environment", [](OverlapsBench& bench) { return bench.make_environment(); }},
    {"context", [](OverlapsBench& bench) { return bench.make_context(); }},
};

TEST(Overlaps, ClashesOfFilesAndFoldersAreRefusedInEveryWay) {
  const auto said = [](const std::string& file, const std::string& folder, const std::string& path) {
    return "error: the wheels of " + file + " and " + folder + " cannot be installed together: \"" + kSite +
           path + "\" is a file in the first and a folder in the second\n";
  };
  const struct {
    const char* name;
    Files files;
    std::string error;
  } cases[] = {{"zz", {{"numpy", "a file"}}, said("zz 1.0", "numpy 2.2.6", "numpy")},
               {"aa", {{"numpy", "a file"}}, said("aa 1.0", "numpy 2.2.6", "numpy")},
               {"zz",
                {{"torch/lib.txt/a/b.py", ""}},
                said("torch " + std::string(test::kNight), "zz 1.0", "torch/lib.txt")}};
  for (const auto& way : kWays) {
    for (const auto& each : cases) {
      OverlapsBench bench;
      bench.lock(each.name, each.files);
      const auto made = way.make(bench);
      ASSERT_FALSE(made) << way.name;
      EXPECT_EQ(made.error().text(), each.error) << way.name;
      EXPECT_EQ(made.error().kind(), ErrorKind::input);
      EXPECT_FALSE(fs::exists(bench.scratch / "context/wheels"));
    }
  }
}

TEST(Overlaps, AreSaidInEveryWay) {
  for (const auto& way : kWays) {
    OverlapsBench bench;
    bench.lock("zz", {{"numpy/__init__.py", "x = 2\n"}});
    const auto made = way.make(bench);
    ASSERT_TRUE(made) << way.name << made.error().text();
    EXPECT_THAT(bench.fake.reporter.warnings,
                ElementsAre("zz 1.0 replaces 1 file of numpy 2.2.6: " + kSite + "numpy/__init__.py"))
        << way.name;
    EXPECT_EQ(bench.fetches, 1) << way.name;
  }
}

TEST(Overlaps, NoWheelReplacesTheVirtualEnvironmentInAnyWay) {
  const auto known = archive::InstallPaths::of(fakes::python("3.12")).environment;
  for (const auto& [kind, path, text] : venv_entries(fakes::python("3.12"), "/python/bin/python3")) {
    if (kind == VenvEntry::Kind::folder) continue;
    EXPECT_THAT(known, testing::Contains(path));
  }
  for (const auto& way : kWays) {
    OverlapsBench bench;
    bench.lock("zz", {{"zz-1.0.data/scripts/python3", "#!/bin/sh\n"}});
    const auto made = way.make(bench);
    ASSERT_FALSE(made) << way.name;
    EXPECT_EQ(made.error().text(),
              "error: the wheel cannot be installed: \"bin/python3\" would take the place of a part of the "
              "virtual environment\n  while reading zz-1.0-py3-none-any.whl\n")
        << way.name;
  }
}

}  // namespace
}  // namespace launch::image

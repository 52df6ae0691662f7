#include "locking/resolve_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "project/recipe_digest.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ResolveLock, LocksTheClosureWithEverythingAnInstallerNeeds) {
  const auto leaf = general.add("leaf", "2.1");
  general.add("root", "1.0", {"leaf>=2", "windows-only; sys_platform == 'win32'"});
  take({"root"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  const auto& lock = result->lock;
  EXPECT_EQ(lock.requires_python, "==3.12.*");
  EXPECT_THAT(lock.environments, ElementsAre("python_version == \"3.12\" and sys_platform == \"linux\" and "
                                             "platform_machine == \"x86_64\""));
  ASSERT_EQ(lock.packages.size(), 2U);
  const auto& package = lock.packages[0];
  EXPECT_EQ(package.name, "leaf");
  EXPECT_EQ(package.index, std::string(kGeneral));
  EXPECT_EQ(package.marker, std::nullopt);
  ASSERT_EQ(package.wheels.size(), 1U);
  const auto bytes = fakes::make_wheel({.name = "leaf", .version = "2.1"});
  EXPECT_EQ(package.wheels[0].file_name, leaf);
  EXPECT_EQ(package.wheels[0].url, general.file_url(leaf));
  EXPECT_EQ(package.wheels[0].sha256, Digest::of(bytes));
  EXPECT_EQ(package.wheels[0].size, bytes.size());
  EXPECT_THAT(lock.packages[1].dependencies, ElementsAre("leaf"));
  EXPECT_EQ(lock.provenance.recipe, project::recipe_digest(recipe, project::Stage::lock));
  EXPECT_EQ(lock.provenance.channel, pytorch::Channel::index);
  EXPECT_THAT(lock.provenance.platforms, ElementsAre(fakes::x86()));
}

TEST_F(ResolveLock, ByPathALockNamesNoHost) {
  const auto name = general.add("root", "1.0");
  take({"root"});
  recipe.lock.by_path = true;
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(project::write_lockfile(result->lock).find("example"), std::string::npos);
  EXPECT_EQ(result->lock.packages[0].wheels[0].path, "wheels/" + name);
}

TEST_F(ResolveLock, TakesTheBestWheelForTheTarget) {
  general.add("a", "1.0");
  general.add("a", "1.0", {}, "cp312-cp312-manylinux_2_17_x86_64");
  general.add("a", "1.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  general.add("a", "1.0", {}, "cp313-cp313-manylinux_2_28_x86_64");
  general.add("a", "2.0", {}, "cp312-cp312-manylinux_2_40_x86_64");
  take({"a"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_EQ(result->lock.packages[0].wheels.size(), 1U);
  EXPECT_EQ(result->lock.packages[0].wheels[0].file_name, "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl");
}

TEST_F(ResolveLock, LeavesOutWhatIsYankedUnlessItIsPinned) {
  general.add("a", "1.0");
  general.add_wheel({.name = "a", .version = "2.0"}, {.yanked = "broken"});
  take({"a"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
  recipe.packages = {requirement("a==2.0")};
  EXPECT_THAT(locked(), ElementsAre("a 2.0"));
  recipe.packages = {requirement("a>=2")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a>=2, but a 2.0 was yanked from its index: broken, the requirements of demo cannot be "
            "met.\n\nhint: relax a>=2 in the recipe\n");
}

TEST_F(ResolveLock, MindsRequiresPythonOnThePageAndInTheMetadata) {
  general.add("a", "1.0");
  general.add_wheel({.name = "a", .version = "2.0", .requires_python = ">=3.13"}, {});
  general.add_wheel({.name = "a", .version = "3.0"}, {.requires_python = ">=3.13"});
  take({"a"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
}

TEST_F(ResolveLock, AVersionWithBrokenMetadataIsPassedOver) {
  general.add("a", "1.0");
  general.add_wheel(
      {.name = "a",
       .version = "2.0",
       .metadata = "Metadata-Version: 2.1\nName: a\nVersion: 2.0\nRequires-Dist: b (>=1.0.*)\n"},
      {});
  take({"a"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
  recipe.packages = {requirement("a>1")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a>1 and a 2.0 cannot be used: its METADATA is invalid: \">=1.0.*\" is not a version "
            "specifier: \".*\" is allowed only with == and !=, the requirements of demo cannot be "
            "met.\n\nhint: relax a>1 in the recipe\n");
}

TEST_F(ResolveLock, ExtrasOfTheRecipeAreFollowed) {
  general.add_wheel(
      {.name = "a", .version = "1.0", .requires_dist = {"b; extra == 'x'"}, .provides_extra = {"x"}}, {});
  general.add("b", "1.0");
  take({"a[x]"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.0"));
}

TEST_F(ResolveLock, AFurtherIndexServesThePackagesThatAreNamedAndNoOthers) {
  FakeIndex ours(http, "https://wheels.example/simple");
  general.add("a", "1.0", {"our-kernels"});
  general.add("our-kernels", "9.0");
  ours.add("our-kernels", "1.0", {"b"});
  ours.add("b", "9.0");
  general.add("b", "1.0");
  take({"a"});
  recipe.indexes = {{fakes::url("https://wheels.example/simple"), {"our-kernels"}}};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.0", "our-kernels 1.0"));
  const auto result = lock();
  EXPECT_EQ(result->lock.packages[2].index, "https://wheels.example/simple");
  EXPECT_EQ(result->lock.packages[1].index, kGeneral);
  ours.hide("our-kernels", "our_kernels-1.0-py3-none-any.whl");
  http.put("https://wheels.example/simple/our-kernels/", "<!DOCTYPE html><html><body></body></html>");
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a and a 1.0 requires our-kernels, but our-kernels on https://wheels.example/simple has "
            "no wheels, the requirements of demo cannot be met.\n\nhint: if another version of our-kernels "
            "works, say so: overrides = [\"our-kernels==\xE2\x80\xA6\"] under [lock]\n");
}

TEST_F(ResolveLock, OneEntryForAllPlatformsWhereverThatIsPossible) {
  recipe.platforms = {fakes::x86(), fakes::arm()};
  general.add("both", "1.0", {"x86; platform_machine == 'x86_64'"});
  general.add("x86", "1.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  general.add("native", "1.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  general.add("native", "1.0", {}, "cp312-cp312-manylinux_2_28_aarch64");
  general.add("apart", "1.0", {}, "cp312-cp312-manylinux_2_28_aarch64");
  general.add("apart", "2.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  take({"both", "native", "apart"});
  EXPECT_THAT(locked(), ElementsAre("apart 1.0; platform_machine == \"aarch64\"",
                                    "apart 2.0; platform_machine == \"x86_64\"", "both 1.0", "native 1.0",
                                    "x86 1.0; platform_machine == \"x86_64\""));
  const auto result = lock();
  EXPECT_EQ(result->lock.packages[3].wheels.size(), 2U);
  EXPECT_EQ(result->lock.environments.size(), 2U);
  const auto text = project::write_lockfile(result->lock);
  const auto read = project::parse_lockfile(text, "pylock.demo.toml");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(project::write_lockfile(*read), text);
}

TEST_F(ResolveLock, APlatformTakesTheVersionOfTheOneBeforeIt) {
  recipe.platforms = {fakes::arm(), fakes::x86()};
  general.add("a", "1.0");
  general.add("a", "2.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  take({"a"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
}

TEST_F(ResolveLock, KeepsAPreviousLocksVersionsUnlessToldToUpgrade) {
  general.add("a", "1.0");
  general.add("b", "1.0");
  take({"a", "b"});
  previous = lock()->lock;
  const auto before = project::write_lockfile(*previous);
  general.add("a", "2.0");
  general.add("b", "2.0", {"c"});
  general.add("c", "1.0");
  EXPECT_EQ(project::write_lockfile(lock()->lock), before);
  recipe.packages[0] = requirement("a>=2");
  EXPECT_THAT(locked(), ElementsAre("a 2.0", "b 1.0"));
  upgrade = true;
  EXPECT_THAT(locked(), ElementsAre("a 2.0", "b 2.0", "c 1.0"));
}

// Refused or lost by its server, damaged, of another wheel: the next version is as good.
TEST_F(ResolveLock, AWheelThatCannotBeUsedIsRuledOut) {
  general.add("a", "1.0");
  const auto name = general.add_wheel({.name = "a", .version = "2.0"}, {.sidecar = false});
  take({"a"});
  const auto url = general.file_url(name);
  const auto answers = std::map<std::string, fakes::MemoryAnswer>{
      {fmt::format("{} returned 403, expected a part of the file (206)", url), {.status = 403}},
      {fmt::format("{} returned 404, expected a part of the file (206)", url), {.status = 404}},
      {"the metadata belongs to a different wheel: expected a 2.0, found b 2.0",
       {.body = fakes::make_wheel(
            {.name = "a", .version = "2.0", .metadata = "Metadata-Version: 2.1\nName: b\nVersion: 2.0\n"})}}};
  for (const auto& [reason, answer] : answers) {
    http.put(url, answer);
    EXPECT_THAT(locked(), ElementsAre("a 1.0")) << reason;
    const auto result = lock();
    ASSERT_EQ(result->ruled_out.size(), 1U) << reason;
    EXPECT_EQ(result->ruled_out[0].package, "a");
    EXPECT_EQ(result->ruled_out[0].version.text(), "2.0");
    EXPECT_EQ(result->ruled_out[0].reason, reason);
  }
  http.put(url, fakes::MemoryAnswer{.status = 404});
  recipe.packages = {requirement("a>1")};
  EXPECT_EQ(error_text(),
            fmt::format(
                "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n"
                "  Because demo requires a>1 and a 2.0 cannot be used: {} returned 404, expected a part of "
                "the file (206), the requirements of demo cannot be met.\n\nhint: relax a>1 in the recipe\n",
                url));
  EXPECT_EQ(lock().error().kind(), ErrorKind::environment) << "it is not the recipe's fault";
}

TEST_F(ResolveLock, AMistypedNameIsToldAtOnce) {
  recipe.torch.packages = {requirement("torhc")};
  EXPECT_EQ(error_text(),
            "error: the index https://pypi.example/simple has no project named torhc\n"
            "  while locking the recipe demo\n\n"
            "hint: did you mean torch?\n");
  EXPECT_EQ(lock().error().kind(), ErrorKind::input);
}

TEST_F(ResolveLock, AnImpossibleSetIsExplained) {
  general.add("a", "1.0", {"c<2"});
  general.add("b", "1.0", {"c>=2"});
  general.add("c", "1.0");
  general.add("c", "2.0");
  take({"a", "b"});
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because a 1.0 "
            "requires c<2 and b 1.0 requires c>=2, a 1.0 and b 1.0 cannot be used together.\n  And because "
            "demo requires a and demo requires b, the requirements of demo cannot be met.\n\nhint: if "
            "another version of c works, say so: overrides = [\"c==\xE2\x80\xA6\"] under [lock]\n");
  EXPECT_EQ(lock().error().kind(), ErrorKind::input);
}

TEST_F(ResolveLock, NamesTheWheelsThereAreWhenNoneFits) {
  for (const auto* python : {"cp38", "cp39", "cp310"}) {
    general.add("torch", "2.3.0", {}, fmt::format("{0}-{0}-manylinux1_x86_64", python));
  }
  general.add("torch", "2.9.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  recipe.torch.packages = {requirement("torch==2.3.0")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch==2.3.0, but torch 2.3.0 has wheels for cp38, cp39 and cp310, none for cp312, the "
            "requirements of demo cannot be met.\n\nhint: try another `python` in the recipe\nhint: relax "
            "torch==2.3.0 in the recipe\n");
  recipe.torch.packages = {requirement("torch>=3")};
  EXPECT_THAT(
      error_text(),
      HasSubstr(
          "but the newest torch on https://pypi.example/simple for Python 3.12 on linux-x86_64 is 2.9.0, "));
}

TEST_F(ResolveLock, TheIndexsFailureIsTheWorlds) {
  http.put(general.page_url("a"), {.status = 500});
  take({"a"});
  EXPECT_EQ(error_text(),
            "error: the index page https://pypi.example/simple/a/ returned 500, expected 200\n"
            "  while asking the index for a\n\n"
            "hint: the index returned a server error; try again later, or set another index "
            "(LAUNCH_INDEX_URL, pip's "
            "index-url)\n");
  EXPECT_EQ(lock().error().kind(), ErrorKind::environment);
}

TEST_F(ResolveLock, CudaIsThatOfThePackages) {
  general.add("torch", "2.9.0", {"nvidia-cuda-runtime-cu12==12.8.90"});
  general.add("nvidia-cuda-runtime-cu12", "12.8.90");
  recipe.torch.packages = {requirement("torch")};
  EXPECT_EQ(lock()->lock.provenance.cuda_version, "12.8");
  general.add("torch", "2.10.0", {"nvidia-cuda-runtime==13.0.48", "cuda-toolkit==13.0.2"});
  general.add("nvidia-cuda-runtime", "13.0.48");
  general.add("cuda-toolkit", "13.0.2");
  EXPECT_EQ(lock()->lock.provenance.cuda_version, "13.0.2");
}

TEST_F(ResolveLock, NvidiaComesFromTheChannelWhereItServesIt) {
  channel.add("torch", "2.9.0.dev20250604+cu128", {"nvidia-a==1", "nvidia-b==1", "numpy"});
  channel.add("nvidia-a", "1");
  general.add("nvidia-a", "1");
  general.add("nvidia-b", "1");
  channel.add("numpy", "0.1");
  general.add("numpy", "2.0");
  use_nightly({"torch"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_THAT(locked(),
              ElementsAre("numpy 2.0", "nvidia-a 1", "nvidia-b 1", "torch 2.9.0.dev20250604+cu128"));
  EXPECT_EQ(result->lock.packages[1].index, std::string(kChannel) + "/nightly/cu128");
  EXPECT_EQ(result->lock.packages[2].index, std::string(kGeneral));
}

TEST_F(ResolveLock, ANameOfTheChannelMovesToTheGeneralIndexOnlyIfTheClosureCannotUseIt) {
  channel.add("torch", "2.9.0.dev20250604+cu128",
              {"nvidia-a==2", "nvidia-b>=1", "nvidia-c>=1,<3", "nvidia-d==1"});
  channel.add("nvidia-a", "1");
  general.add("nvidia-a", "2");
  channel.add("nvidia-b", "1", {}, "cp312-cp312-win_amd64");
  general.add("nvidia-b", "3");
  channel.add("nvidia-c", "1", {"nvidia-d==9"});
  channel.add("nvidia-c", "4");
  general.add("nvidia-c", "2");
  channel.add("nvidia-d", "1");
  general.add("nvidia-d", "1");
  use_nightly({"torch"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_THAT(locked(), ElementsAre("nvidia-a 2", "nvidia-b 3", "nvidia-c 2", "nvidia-d 1",
                                    "torch 2.9.0.dev20250604+cu128"));
  EXPECT_THAT(result->moved, ElementsAre("nvidia-a", "nvidia-b", "nvidia-c"));
  EXPECT_EQ(result->lock.packages[0].index, std::string(kGeneral));
  EXPECT_EQ(result->lock.packages[3].index, std::string(kChannel) + "/nightly/cu128");
}

TEST_F(ResolveLock, WhatNoIndexHasIsExplainedWithTheChannel) {
  channel.add("torch", "2.9.0.dev20250604+cu128", {"nvidia-a==2"});
  channel.add("nvidia-a", "1");
  general.add("nvidia-a", "3");
  use_nightly({"torch"});
  EXPECT_THAT(error_text(),
              HasSubstr("torch 2.9.0.dev20250604+cu128 requires nvidia-a==2, but the newest nvidia-a on "
                        "https://channel.example/whl/nightly/cu128 for Python 3.12 on linux-x86_64 is 1, "));
}

TEST_F(ResolveLock, ATorchPackageIsNeverTakenFromTheGeneralIndex) {
  channel.add("torch", "2.9.0.dev20250604+cu128", {"pytorch-triton==3.3.0"});
  general.add("pytorch-triton", "3.3.0");
  use_nightly({"torch"});
  EXPECT_THAT(error_text(),
              HasSubstr("the channel https://channel.example/whl/nightly/cu128 has no project named "
                        "pytorch-triton"));
}

TEST_F(ResolveLock, AStopEndsTheSolverAtItsNextQuestion) {
  general.add("a", "1.0", {"b"});
  general.add("b", "1.0");
  take({"a"});
  std::stop_source stop;
  http.on(general.page_url("b"), [&](const net::HttpRequest&) {
    stop.request_stop();
    return fakes::MemoryAnswer{.status = 404};
  });
  const LockRequest request{.recipe = recipe, .previous = {}, .glibc_minor = 39};
  const auto result = resolve_lock(request, site, http, store(),
                                   Work{work.disk, work.clock, work.reporter, stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(),
            "error: stopped while resolving\n  while resolving demo for Python 3.12 on linux-x86_64\n");
}

TEST_F(ResolveLock, AsksForPagesSideBySide) {
  general.add("a", "1.0", {"b", "c"});
  general.add("b", "1.0");
  general.add("c", "1.0");
  take({"a"});
  ASSERT_TRUE(lock());
  std::vector<std::string> pages;
  for (const auto& line : http.log()) {
    if (line.ends_with("/")) pages.push_back(line);
  }
  EXPECT_THAT(pages, ElementsAre("GET " + general.page_url("a"), "GET " + general.page_url("b"),
                                 "GET " + general.page_url("c")));
}

}  // namespace
}  // namespace launch::locking

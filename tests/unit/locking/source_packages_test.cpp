// Packages that are built from source, with a builder that makes the wheels by itself.
#include <algorithm>
#include <map>
#include <vector>

#include <gmock/gmock.h>

#include "base/file.hpp"
#include "fakes/source_archive.hpp"
#include "locking/source_builder.hpp"
#include "project/build_record.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeBuilder final : public SourceBuilder {
 public:
  FakeBuilder(store::Store store, const test::Scratch& folder) : store_(std::move(store)), folder_(folder) {}

  Result<BuiltWheel> build(const SourceBuild& wanted) override {
    std::vector<std::string> needs;
    for (const auto& need : wanted.record.needs) needs.push_back(need.file_name);
    EXPECT_EQ(wanted.needs.size(), needs.size());
    for (const auto& path : wanted.needs) EXPECT_TRUE(std::filesystem::exists(path)) << path;
    EXPECT_EQ(sha256_file(wanted.archive).value(), wanted.sha256);
    builds.push_back(fmt::format("{} {} with {}", wanted.package, wanted.version, join(needs, ", ")));
    accelerators.push_back(wanted.accelerator.text());
    if (error) return fail(*error);
    auto spec = fakes::WheelSpec{.name = wanted.package, .version = wanted.version};
    if (wheels.contains(wanted.package)) spec = wheels.at(wanted.package);
    const auto bytes = fakes::make_wheel(spec);
    const auto name = fakes::wheel_file_name(spec);
    EXPECT_TRUE(write_file(disk_, folder_ / name, bytes));
    const auto digest = Digest::of(bytes);
    BuiltWheel wheel{store_.add(folder_ / name, digest, name).value(), name, digest, bytes.size(), {}};
    wheel.base.name = "docker.io/library/debian";
    wheel.base.tag = "12";
    wheel.base.digest = fakes::digest('b');
    wheel.base.python = fakes::python("3.12");
    return wheel;
  }

  Result<GitArchive> fetch(const std::string& package, const specs::GitSource& source) override {
    fetches.push_back(fmt::format("{} {} {}", package, source.url, source.commit));
    const auto bytes = fakes::make_source_archive({.name = package, .version = source.commit});
    const auto name = fmt::format("{}-{}.tar.gz", package, source.commit);
    EXPECT_TRUE(write_file(disk_, folder_ / name, bytes));
    const auto digest = Digest::of(bytes);
    return GitArchive{store_.add(folder_ / name, digest, name).value(), digest};
  }

  std::vector<std::string> fetches;
  std::map<std::string, fakes::WheelSpec> wheels;  ///< by package; else plain ones
  std::optional<Error> error;
  std::vector<std::string> builds;
  std::vector<std::string> accelerators;

 private:
  store::Store store_;
  const test::Scratch& folder_;
  RealDisk disk_;
};

class FromSource : public ResolveLock {
 protected:
  FromSource() : builder_(store(), folder) {
    builder = &builder_;
    for (const auto* tool : {"pip", "setuptools", "wheel"}) general.add(tool, "1.0");
  }
  void allow(const std::string& name, project::Recipe::Build build = {}) {
    recipe.lock.build[name] = std::move(build);
  }
  void offer(const fakes::SourceSpec& spec) {
    general.add_archive(spec.name, spec.version, fakes::make_source_archive(spec));
  }
  /// Locks, and keeps the lock for the next time.
  std::string relocked() {
    auto result = lock();
    if (!result) return result.error().text();
    previous = std::move(result->lock);
    return project::write_lockfile(*previous);
  }
  FakeBuilder builder_;
};

constexpr std::string_view kTools =
    "pip-1.0-py3-none-any.whl, setuptools-1.0-py3-none-any.whl, wheel-1.0-py3-none-any.whl";

TEST_F(FromSource, AVersionWithoutAWheelIsBuiltOnce) {
  general.add("rouge", "0.0.4");
  general.add("numpy", "2.0");
  offer({.name = "rouge", .version = "0.1.1"});
  offer({.name = "rouge", .version = "0.1.2"});
  builder_.wheels["rouge"] = {.name = "rouge", .version = "0.1.2", .requires_dist = {"numpy"}};
  take({"rouge"});
  EXPECT_THAT(locked(), ElementsAre("rouge 0.0.4"));
  allow("rouge");
  EXPECT_THAT(locked(), ElementsAre("numpy 2.0", "rouge 0.1.2"));
  EXPECT_THAT(builder_.builds, ElementsAre(fmt::format("rouge 0.1.2 with {}", kTools)));
  EXPECT_THAT(builder_.accelerators, ElementsAre("cpu"));

  const auto text = relocked();
  const auto archive = fakes::make_source_archive({.name = "rouge", .version = "0.1.2"});
  const auto wheel = fakes::make_wheel(builder_.wheels["rouge"]);
  EXPECT_THAT(text, HasSubstr(fmt::format(R"(
[packages.sdist]
name = "rouge-0.1.2.tar.gz"
url = "https://pypi.example/simple/files/rouge-0.1.2.tar.gz"
size = {}
hashes = {{ sha256 = "{}" }}

[[packages.wheels]]
name = "rouge-0.1.2-py3-none-any.whl"
path = "wheels/rouge-0.1.2-py3-none-any.whl"
size = {}
hashes = {{ sha256 = "{}" }}

[packages.tool.launch.build]
settings = "{}"
image = "docker.io/library/debian"
tag = "12"
digest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
python = "3.12"
needs = [
    {{ name = "pip-1.0-py3-none-any.whl", url = "https://pypi.example/simple/files/pip-1.0-py3-none-any.whl", size = )",
                                          archive.size(), sha256_hex(archive), wheel.size(),
                                          sha256_hex(wheel), project::build_settings(recipe, {}).text())));
  builder_.builds.clear();
  general.add("setuptools", "2.0");
  EXPECT_EQ(relocked(), text) << "a lock's wheel is not built again";
  EXPECT_THAT(builder_.builds, IsEmpty());
  upgrade = true;
  EXPECT_NE(relocked(), text);
  EXPECT_THAT(builder_.builds,
              ElementsAre("rouge 0.1.2 with pip-1.0-py3-none-any.whl, setuptools-2.0-py3-none-any.whl, "
                          "wheel-1.0-py3-none-any.whl"));
  upgrade = false;
  builder_.builds.clear();
  allow("rouge", {.apt = {"g++"}});
  relocked();
  EXPECT_EQ(builder_.builds.size(), 1U) << "other settings build another wheel";
}

TEST_F(FromSource, AWheelOfTheSameVersionWins) {
  general.add("rouge", "0.1.2");
  offer({.name = "rouge", .version = "0.1.2"});
  take({"rouge"});
  allow("rouge");
  EXPECT_THAT(locked(), ElementsAre("rouge 0.1.2"));
  EXPECT_THAT(builder_.builds, IsEmpty());
}

TEST_F(FromSource, FinalMetadataIsUsedWithoutABuild) {
  general.add("c", "1.0");
  general.add("c", "2.0");
  offer({.name = "demo-a", .version = "2.0", .requires_dist = {"c>2"}, .metadata_version = "2.2"});
  offer({.name = "demo-a", .version = "1.0", .requires_dist = {"c<2"}, .metadata_version = "2.2"});
  builder_.wheels["demo-a"] = {.name = "demo_a", .version = "1.0", .requires_dist = {"c<2"}};
  take({"demo-a"});
  allow("demo-a");
  EXPECT_THAT(locked(), ElementsAre("c 1.0", "demo-a 1.0"));
  EXPECT_THAT(builder_.builds, ElementsAre(fmt::format("demo-a 1.0 with {}", kTools)));
}

TEST_F(FromSource, AWheelWithOtherRequirementsThanTheFinalOnesIsRefused) {
  general.add("c", "1.0");
  offer({.name = "a", .version = "1.0", .requires_dist = {"c"}, .metadata_version = "2.2"});
  take({"a"});
  allow("a");
  EXPECT_EQ(error_text(),
            "error: a-1.0.tar.gz builds to a wheel with other requirements than its PKG-INFO says: expected "
            "\"c\", found \"\"\n");
}

TEST_F(FromSource, BuildRequirementsAreThoseOfPyproject) {
  general.add("hatchling", "1.0", {"pluggy"});
  general.add("pluggy", "1.0");
  general.add("extra-tool", "1.0");
  offer({.name = "a",
         .version = "1.0",
         .pyproject = "[build-system]\nrequires = [\"hatchling\", \"missing; python_version < '3'\"]\n"});
  take({"a"});
  allow("a", {.needs = {requirement("extra-tool")}});
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
  EXPECT_THAT(builder_.builds,
              ElementsAre("a 1.0 with extra_tool-1.0-py3-none-any.whl, hatchling-1.0-py3-none-any.whl, "
                          "pip-1.0-py3-none-any.whl, pluggy-1.0-py3-none-any.whl"));
}

TEST_F(FromSource, ABuildRequirementMayBeBuiltToo) {
  offer({.name = "tool", .version = "1.0"});
  offer({.name = "a", .version = "1.0", .pyproject = "[build-system]\nrequires = [\"tool\"]\n"});
  take({"a"});
  allow("a");
  EXPECT_EQ(error_text(),
            "error: the requirements of the build of a 1.0 cannot be met for Python 3.12 on linux-x86_64:\n  "
            "Because the build of a 1.0 requires tool, but tool 1.0 has only a source archive, the "
            "requirements of the build of a 1.0 cannot be met.\n  while resolving what a 1.0 needs to be "
            "built\n  while resolving demo for Python 3.12 on linux-x86_64\n\nhint: add [lock.build.tool] to "
            "the recipe to build it from source in a container\n");
  allow("tool");
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
  EXPECT_THAT(builder_.builds, ElementsAre(fmt::format("tool 1.0 with {}", kTools),
                                           "a 1.0 with pip-1.0-py3-none-any.whl, tool-1.0-py3-none-any.whl"));
}

TEST_F(FromSource, ACycleOfBuildsIsAnError) {
  offer({.name = "a", .version = "1.0", .pyproject = "[build-system]\nrequires = [\"b\"]\n"});
  offer({.name = "b", .version = "1.0", .pyproject = "[build-system]\nrequires = [\"a\"]\n"});
  take({"a"});
  allow("a");
  allow("b");
  EXPECT_THAT(error_text(), HasSubstr("error: a needs itself to be built: a → b → a\n"));
}

TEST_F(FromSource, WithoutIsolationABuildSeesWhatIsLocked) {
  general.add("torch", "2.9.0", {"sympy"});
  general.add("sympy", "1.0");
  general.add("einops", "0.8");
  offer({.name = "flash", .version = "1.0", .requires_dist = {"torch", "einops"}});
  builder_.wheels["flash"] = {.name = "flash", .version = "1.0", .requires_dist = {"torch", "einops"}};
  take({"torch", "flash"});
  allow("flash", {.isolation = false});
  EXPECT_THAT(locked(), ElementsAre("einops 0.8", "flash 1.0", "sympy 1.0", "torch 2.9.0"));
  EXPECT_THAT(builder_.builds,
              ElementsAre("flash 1.0 with einops-0.8-py3-none-any.whl, pip-1.0-py3-none-any.whl, "
                          "setuptools-1.0-py3-none-any.whl, sympy-1.0-py3-none-any.whl, "
                          "torch-2.9.0-py3-none-any.whl, wheel-1.0-py3-none-any.whl"));
}

TEST_F(FromSource, WithoutIsolationItIsBuiltAgainForWhatIsLocked) {
  general.add("torch", "2.8.0");
  general.add("torch", "2.9.0");
  offer({.name = "flash", .version = "1.0", .requires_dist = {"torch"}});
  builder_.wheels["flash"] = {.name = "flash", .version = "1.0", .requires_dist = {"torch<2.9"}};
  take({"flash"});
  allow("flash", {.isolation = false});
  EXPECT_THAT(locked(), ElementsAre("flash 1.0", "torch 2.8.0"));
  EXPECT_EQ(builder_.builds.size(), 2U);
  EXPECT_THAT(builder_.builds.back(), HasSubstr("torch-2.8.0-py3-none-any.whl"));
  builder_.builds.clear();
  relocked();
  builder_.builds.clear();
  relocked();
  EXPECT_THAT(builder_.builds, IsEmpty());
}

TEST_F(FromSource, WithoutIsolationABuildSeesTheNightly) {
  for (const auto* day : {"20250605", "20250606"})
    channel.add("torch", fmt::format("2.8.0.dev{}+cu128", day), {}, "cp312-cp312-manylinux_2_28_x86_64");
  offer({.name = "flash", .version = "1.0", .requires_dist = {"torch"}});
  builder_.wheels["flash"] = {.name = "flash", .version = "1.0", .requires_dist = {"torch"}};
  use_nightly({"torch"});
  take({"flash"});
  allow("flash", {.isolation = false});
  recipe.torch.as_of = fakes::day("2025-06-05");
  EXPECT_THAT(locked(), ElementsAre("flash 1.0", "torch 2.8.0.dev20250605+cu128"));
  EXPECT_THAT(builder_.builds,
              ElementsAre("flash 1.0 with pip-1.0-py3-none-any.whl, setuptools-1.0-py3-none-any.whl, "
                          "torch-2.8.0.dev20250605+cu128-cp312-cp312-manylinux_2_28_x86_64.whl, "
                          "wheel-1.0-py3-none-any.whl"));
  EXPECT_THAT(builder_.accelerators, ElementsAre("cu128"));
  relocked();
  builder_.builds.clear();
  recipe.torch.as_of = fakes::day("2025-06-06");
  upgrade = true;
  EXPECT_THAT(locked(), ElementsAre("flash 1.0", "torch 2.8.0.dev20250606+cu128"));
  EXPECT_EQ(builder_.builds.size(), 1U) << "the wheel is built again for another torch";
}

TEST_F(FromSource, ANightlyWithoutAHashOnItsIndexIsHashedForTheBuild) {
  const auto name = channel.add_wheel(
      {.name = "torch", .version = "2.8.0.dev20250605+cu128", .tags = "cp312-cp312-manylinux_2_28_x86_64"},
      {.hash = false});
  offer({.name = "flash", .version = "1.0", .requires_dist = {"torch"}});
  builder_.wheels["flash"] = {.name = "flash", .version = "1.0", .requires_dist = {"torch"}};
  use_nightly({"torch"});
  take({"flash"});
  allow("flash", {.isolation = false});
  EXPECT_THAT(locked(), ElementsAre("flash 1.0", "torch 2.8.0.dev20250605+cu128"));
  ASSERT_EQ(builder_.builds.size(), 1U);
  EXPECT_THAT(builder_.builds[0], HasSubstr(name));
}

TEST_F(FromSource, AnotherLockedVersionBuildsAgainWithoutIsolation) {
  general.add("torch", "2.8.0");
  general.add("torch", "2.9.0");
  offer({.name = "flash", .version = "1.0", .requires_dist = {"torch"}});
  builder_.wheels["flash"] = {.name = "flash", .version = "1.0", .requires_dist = {"torch"}};
  take({"flash", "torch==2.8.0"});
  allow("flash", {.isolation = false});
  relocked();
  builder_.builds.clear();
  recipe.packages.clear();
  take({"flash", "torch==2.9.0"});
  EXPECT_THAT(locked(), ElementsAre("flash 1.0", "torch 2.9.0"));
  ASSERT_EQ(builder_.builds.size(), 1U) << "the locked wheel was made for another torch";
  EXPECT_THAT(builder_.builds[0], HasSubstr("torch-2.9.0-py3-none-any.whl"));
}

TEST_F(FromSource, AnErrorOfTheBuildEndsTheLock) {
  general.add("rouge", "0.0.4");
  offer({.name = "rouge", .version = "0.1.2"});
  take({"rouge"});
  allow("rouge");
  builder_.error = input_error("rouge 0.1.2 cannot be built");
  EXPECT_EQ(error_text(),
            "error: rouge 0.1.2 cannot be built\n  while resolving demo for Python 3.12 on linux-x86_64\n");
}

TEST_F(FromSource, ADamagedArchiveIsPassedOver) {
  general.add("rouge", "0.0.4");
  general.add_archive("rouge", "0.1.2", "no archive");
  take({"rouge"});
  allow("rouge");
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_EQ(result->ruled_out.size(), 1U);
  EXPECT_EQ(result->ruled_out[0].reason,
            "rouge-0.1.2.tar.gz: not a valid .tar.gz file: it is not compressed by gzip");
  general.add_archive("rouge", "0.1.2", fakes::make_source_archive({.name = "rouge", .version = "0.1.3"}));
  EXPECT_EQ(lock()->ruled_out[0].reason,
            "rouge-0.1.2.tar.gz belongs to another package: expected rouge 0.1.2, found rouge 0.1.3");
}

TEST_F(FromSource, AWheelForThisMachineDoesNotFitAnother) {
  recipe.platforms = {fakes::x86(), fakes::arm()};
  offer({.name = "a", .version = "1.0"});
  take({"a"});
  allow("a");
  EXPECT_THAT(locked(), ElementsAre("a 1.0")) << "a pure wheel fits all";
  builder_.wheels["a"] = {.name = "a", .version = "1.0", .tags = "cp312-cp312-linux_x86_64"};
  EXPECT_EQ(error_text(),
            "error: a 1.0 builds to a-1.0-cp312-cp312-linux_x86_64.whl, which does not fit Python 3.12 on "
            "linux-aarch64\n\nhint: make a recipe for linux-aarch64 only, and lock it on such a machine\n");
}

TEST_F(FromSource, AWheelOfAnotherPackageIsRefused) {
  offer({.name = "a", .version = "1.0"});
  take({"a"});
  allow("a");
  builder_.wheels["a"] = {.name = "a", .version = "1.1"};
  EXPECT_THAT(error_text(), HasSubstr("error: a-1.0.tar.gz builds to \"a-1.1-py3-none-any.whl\", expected a "
                                      "wheel of a 1.0\n"));
}

TEST_F(FromSource, ACommitInGitIsBuiltOnce) {
  general.add("numpy", "2.0");
  general.add("ours", "9.0");
  const std::string commit(40, 'a');
  builder_.wheels["ours"] = {.name = "ours", .version = "1.0.dev3", .requires_dist = {"numpy"}};
  take({"ours @ git+https://user:secret@git.example/ours.git@" + commit});
  allow("ours");
  EXPECT_THAT(locked(), ElementsAre("numpy 2.0", "ours 1.0.dev3"));
  EXPECT_THAT(builder_.fetches, ElementsAre("ours https://git.example/ours.git " + commit));
  EXPECT_THAT(builder_.builds, ElementsAre(fmt::format("ours aaaaaaaaaaaa with {}", kTools)));
  const auto text = relocked();
  EXPECT_THAT(text, HasSubstr("git = \"https://git.example/ours.git\"\ncommit = \"" + commit + "\"\n"));
  EXPECT_THAT(text,
              HasSubstr("name = \"ours\"\nversion = \"1.0.dev3\"\ndependencies = [\n    { name = \"numpy\" },"
                        "\n]\n\n[[packages.wheels]]\nname = \"ours-1.0.dev3-py3-none-any.whl\"\npath = "
                        "\"wheels/ours-1.0.dev3-py3-none-any.whl\"\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
  builder_.builds.clear();
  builder_.fetches.clear();
  EXPECT_EQ(relocked(), text);
  EXPECT_THAT(builder_.builds, IsEmpty());
  EXPECT_THAT(builder_.fetches, IsEmpty());
  recipe.packages.clear();
  take({"ours @ git+https://git.example/ours.git@" + std::string(40, 'b')});
  relocked();
  EXPECT_EQ(builder_.builds.size(), 1U) << "another commit is another wheel";
}

TEST_F(FromSource, ACommitOfAnotherPackageIsRefused) {
  builder_.wheels["ours"] = {.name = "theirs", .version = "1.0"};
  take({"ours @ git+https://git.example/ours.git@" + std::string(40, 'a')});
  allow("ours");
  EXPECT_EQ(
      error_text(),
      "error: https://git.example/ours.git at aaaaaaaaaaaa builds to theirs-1.0-py3-none-any.whl, expected a "
      "wheel of ours\n  while building ours from git\n");
}

TEST_F(FromSource, TheErrorWithoutATableSaysHowToAddOne) {
  offer({.name = "a", .version = "1.0"});
  take({"a"});
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a, but a 1.0 has only a source archive, the requirements of demo cannot be "
            "met.\n\nhint: add [lock.build.a] to the recipe to build it from source in a container\n");
}

}  // namespace
}  // namespace launch::locking

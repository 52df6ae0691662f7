#include "project/build_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "project/build_record.hpp"
#include "project/recipe_digest.hpp"

namespace launch::project {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Result<Recipe> parse(const std::string& tables) {
  return parse_recipe("python = \"3.12\"\npackages = [\"a\"]\n" + tables, "demo", "recipes/demo.toml");
}

std::string error_of(const std::string& tables) {
  const auto recipe = parse(tables);
  return recipe ? "no error" : recipe.error().text();
}

TEST(BuildTable, AnEmptyOneIsEnough) {
  const auto recipe = parse("[lock.build.Rouge_Score]\n");
  ASSERT_TRUE(recipe) << recipe.error().text();
  ASSERT_TRUE(recipe->lock.build.contains("rouge-score"));
  const auto& build = recipe->lock.build.at("rouge-score");
  EXPECT_TRUE(build.isolation);
  EXPECT_EQ(text_of(build), "");
}

TEST(BuildTable, IsReadWhole) {
  const auto recipe = parse(
      "[lock.build.flash-attn]\napt = [\"g++\"]\nenv = { MAX_JOBS = \"4\" }\nisolation = false\n"
      "requires = [\"Packaging>=20\"]\nvariant = \"devel\"\n");
  ASSERT_TRUE(recipe) << recipe.error().text();
  const auto& build = recipe->lock.build.at("flash-attn");
  EXPECT_THAT(build.apt, ElementsAre("g++"));
  EXPECT_THAT(build.env, ElementsAre(Pair("MAX_JOBS", "4")));
  EXPECT_FALSE(build.isolation);
  EXPECT_EQ(text_of(build), "apt g++\nenv MAX_JOBS=4\nrequires packaging>=20\nno isolation\nvariant devel\n");
}

TEST(BuildTable, ErrorsNameTheKey) {
  EXPECT_EQ(
      error_of("[lock.build.a]\nisolaton = false\n"),
      "error: recipes/demo.toml:4:1: [lock] build.a.isolaton: unknown key; did you mean \"isolation\"?\n\n"
      "hint: valid keys: apt, env, isolation, requires and variant\n");
  EXPECT_EQ(
      error_of("[lock.build.a]\nisolation = \"no\"\n"),
      "error: recipes/demo.toml:4:13: [lock] build.a.isolation: expected true or false, found a string\n");
  EXPECT_EQ(
      error_of("[lock.build.a]\napt = [\"G\"]\n"),
      "error: recipes/demo.toml:4:8: [lock] build.a.apt: expected the name of a Debian package, such as "
      "\"libc6-dev\" or \"gcc=4:12.2.0-3\", found \"G\"\n");
  EXPECT_EQ(
      error_of("[lock.build.a]\nvariant = \"develop\"\n"),
      "error: recipes/demo.toml:4:11: [lock] build.a.variant: expected \"base\", \"runtime\" or \"devel\", "
      "found \"develop\"; did you mean \"devel\"?\n");
  EXPECT_EQ(
      error_of("[lock.build.a]\nrequires = [\"b @ https://host.example/b.whl\"]\n"),
      "error: recipes/demo.toml:4:13: [lock] build.a.requires: \"b @ https://host.example/b.whl\" names a "
      "URL, but packages come from an index\n");
  EXPECT_EQ(error_of("[lock]\nbuild = true\n"),
            "error: recipes/demo.toml:4:9: [lock] build: expected a table, found true or false\n");
  EXPECT_EQ(error_of("[lock.build.\"a b\"]\n"),
            "error: recipes/demo.toml:3:1: [lock] build.a b: expected a package's name, found \"a b\"\n");
  EXPECT_EQ(error_of("[lock.build.A_b]\n[lock.build.a-b]\n"),
            "error: recipes/demo.toml:4:1: [lock] build.a-b: a-b has a table already\n");
}

std::string git_error(const std::string& url, const std::string& tables = "[lock.build.ours]\n") {
  const auto recipe = parse_recipe("python = \"3.12\"\npackages = [\"ours @ " + url + "\"]\n" + tables,
                                   "demo", "recipes/demo.toml");
  return recipe ? "no error" : recipe.error().text();
}

TEST(BuildTable, AllowsAFullCommitInGit) {
  const std::string commit(40, 'a');
  const std::string kExpected =
      "error: recipes/demo.toml:2:13: packages: expected git+https://HOST/REPOSITORY.git@COMMIT with the 40 "
      "digits "
      "of a commit, found ";
  EXPECT_EQ(git_error("git+https://git.example/ours.git@" + commit), "no error");
  EXPECT_EQ(git_error("git+https://git.example/ours.git@main"),
            kExpected + "\"git+https://git.example/ours.git@main\"\n");
  EXPECT_EQ(git_error("git+https://git.example/ours.git"),
            kExpected + "\"git+https://git.example/ours.git\"\n");
  EXPECT_EQ(git_error("git+https://git.example/ours.git@" + commit, ""),
            "error: recipes/demo.toml:2:12: packages: ours comes from git, so its wheel must be built\n\n"
            "hint: add [lock.build.ours] to allow that\n");
}

TEST(BuildTable, IsPartOfTheLocksDigest) {
  const auto digest = [](const std::string& tables) { return recipe_digest(*parse(tables), Stage::lock); };
  EXPECT_NE(digest(""), digest("[lock.build.a]\n"));
  EXPECT_NE(digest("[lock.build.a]\n"), digest("[lock.build.a]\nisolation = false\n"));
  EXPECT_EQ(digest("[lock.build.a]\n"), digest("[lock.build.a]\nisolation = true\n"));
}

constexpr std::string_view kLock = R"(lock-version = "1.0"
requires-python = "==3.11.*"
created-by = "launch"

[[packages]]
name = "rouge-score"
version = "0.1.2"
index = "https://pypi.example/simple"

[packages.sdist]
name = "rouge_score-0.1.2.tar.gz"
url = "https://pypi.example/files/rouge_score-0.1.2.tar.gz"
size = 17400
hashes = { sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }

[[packages.wheels]]
name = "rouge_score-0.1.2-py3-none-any.whl"
path = "wheels/rouge_score-0.1.2-py3-none-any.whl"
size = 24000
hashes = { sha256 = "2222222222222222222222222222222222222222222222222222222222222222" }

[packages.tool.launch.build]
settings = "sha256:3333333333333333333333333333333333333333333333333333333333333333"
image = "docker.io/library/debian"
tag = "12"
digest = "sha256:4444444444444444444444444444444444444444444444444444444444444444"
distribution = "debian 12"
python = "3.11"
apt = ["g++"]
env = { MAX_JOBS = "4" }
needs = [
    { name = "pip-25.3-py3-none-any.whl", url = "https://pypi.example/files/pip-25.3-py3-none-any.whl", size = 5, sha256 = "5555555555555555555555555555555555555555555555555555555555555555" },
    { name = "wheel-0.45-py3-none-any.whl", path = "wheels/wheel-0.45-py3-none-any.whl", sha256 = "6666666666666666666666666666666666666666666666666666666666666666" },
]
)";

TEST(BuildRecord, IsWrittenAsItWasRead) {
  const auto lock = parse_lockfile(kLock, "pylock.demo.toml");
  ASSERT_TRUE(lock) << lock.error().text();
  const auto& package = lock->packages.at(0);
  ASSERT_TRUE(package.sdist);
  EXPECT_EQ(package.sdist->file_name, "rouge_score-0.1.2.tar.gz");
  ASSERT_TRUE(package.build);
  EXPECT_EQ(package.build->base.distribution, "debian 12");
  EXPECT_EQ(package.build->needs.size(), 2U);
  EXPECT_EQ(write_lockfile(*lock), kLock);
}

TEST(BuildRecord, ErrorsNameTheKey) {
  std::string text(kLock);
  text.replace(text.find("sha256:3333"), 11, "sha256:333x");
  EXPECT_EQ(
      parse_lockfile(text, "l.toml").error().message(),
      "l.toml:23:12: [[packages]] tool.launch.build.settings: expected \"sha256:\" and 64 hex digits, found "
      "\"sha256:333x333333333333333333333333333333333333333333333333333333333333\"");
}

}  // namespace
}  // namespace launch::project

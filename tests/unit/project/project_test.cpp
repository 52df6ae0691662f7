#include "project/project.hpp"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/files.hpp"
#include "project/recipe_digest.hpp"
#include "specs/image_reference.hpp"
#include "unit/base/scratch.hpp"

namespace launch::project {
namespace {

constexpr std::string_view kRecipe = "python = \"3.12\"\npackages = [\"numpy\"]\n";

class ProjectTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file(scratch_.path() / name, text));
  }
  Project project(const std::string& start = "") { return *Project::find(scratch_.path() / start); }
  std::string root() const { return scratch_.path().string(); }

  test::Scratch scratch_;
  fakes::FakeReporter reporter_;
};

TEST_F(ProjectTest, IsTheNearestParentWithRecipes) {
  put("recipes/demo.toml", kRecipe);
  put("a/b/c.py", "");
  EXPECT_EQ(project("a/b").root(), scratch_.path());
  put("a/recipes/demo.toml", kRecipe);
  EXPECT_EQ(project("a/b").root(), scratch_.path() / "a");
}

TEST_F(ProjectTest, NoRecipesAnywhere) {
  const auto found = Project::find(scratch_.path());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().text(),
            "error: neither " + root() +
                " nor a folder above it has a recipes folder\n"
                "\n"
                "hint: run launch in your project's folder, use -C DIR, or start a project: mkdir recipes\n");
}

TEST_F(ProjectTest, RecipesByNameAndByPath) {
  put("recipes/demo.toml", kRecipe);
  put("other/mine.toml", kRecipe);
  put("sub/x", "");
  const auto here = project("sub");
  EXPECT_EQ(here.recipe_file("demo"), scratch_.path() / "recipes/demo.toml");
  EXPECT_EQ(here.recipe_file("recipes/demo.toml"), scratch_.path() / "recipes/demo.toml");
  EXPECT_EQ(here.recipe_file("../other/mine.toml"), scratch_.path() / "other/mine.toml");
  EXPECT_EQ(here.recipe_file(root() + "/other/mine.toml"), scratch_.path() / "other/mine.toml");
}

TEST_F(ProjectTest, RecipeThatIsNotThere) {
  put("recipes/demo.toml", kRecipe);
  put("recipes/nightly.toml", kRecipe);
  EXPECT_EQ(project().recipe_file("nigtly").error().text(),
            "error: no recipe \"nigtly\" in recipes\n"
            "\n"
            "hint: did you mean \"nightly\"?\n"
            "hint: existing recipes: demo and nightly\n");
  EXPECT_EQ(project().recipe_file("recipes/no.toml").error().text(),
            "error: recipe not found: recipes/no.toml\n");
  EXPECT_EQ(project().recipe_file("").error().text(),
            "error: no recipe \"\" in recipes\n"
            "\n"
            "hint: existing recipes: demo and nightly\n");
}

TEST_F(ProjectTest, NoRecipeYet) {
  std::filesystem::create_directory(scratch_.path() / "recipes");
  EXPECT_EQ(project().recipe_file("demo").error().text(),
            "error: no recipe \"demo\" in recipes\n"
            "\n"
            "hint: create one: recipes/NAME.toml\n");
}

TEST_F(ProjectTest, Locks) {
  put("recipes/demo.toml", kRecipe);
  put("recipes/other.toml", kRecipe);
  put("lockfiles/pylock.demo.toml", "");
  EXPECT_EQ(project().lock_file("demo"), scratch_.path() / "lockfiles/pylock.demo.toml");
  EXPECT_EQ(project().lock_file("lockfiles/pylock.demo.toml"),
            scratch_.path() / "lockfiles/pylock.demo.toml");
  EXPECT_EQ(project().lock_file("other").error().text(),
            "error: lock not found: lockfiles/pylock.other.toml\n"
            "\n"
            "hint: run `launch lock other`\n");
  EXPECT_EQ(project().lock_file("lockfiles/pylock.other.toml").error().text(),
            "error: lock not found: lockfiles/pylock.other.toml\n"
            "\n"
            "hint: run `launch lock other`\n");
  EXPECT_EQ(project().lock_file("othr").error().text(),
            "error: no recipe \"othr\" in recipes\n"
            "\n"
            "hint: did you mean \"other\"?\n"
            "hint: existing recipes: demo and other\n");
}

TEST_F(ProjectTest, PathsAreShownFromWhereTheProgramStarted) {
  put("recipes/demo.toml", kRecipe);
  put("sub/x", "");
  EXPECT_EQ(project().shown(scratch_.path() / "recipes/demo.toml"), "recipes/demo.toml");
  EXPECT_EQ(project("sub").shown(scratch_.path() / "recipes/demo.toml"), "../recipes/demo.toml");
  EXPECT_EQ(project("sub").shown("/etc/passwd"), "/etc/passwd");
  EXPECT_EQ(Project::at(scratch_.path()).shown(scratch_.path() / "images/demo"), "images/demo");
}

TEST_F(ProjectTest, RecipeNamesMustSuitLocks) {
  put("recipes/a.b.toml", kRecipe);
  EXPECT_EQ(
      load_recipe(project(), scratch_.path() / "recipes/a.b.toml").error().text(),
      "error: the recipe recipes/a.b.toml needs another name: expected 1 to 128 letters, digits, \"-\" and "
      "\"_\" before "
      ".toml\n");
}

TEST_F(ProjectTest, ALockedRecipeIsThisVeryRecipe) {
  put("recipes/demo.toml", kRecipe);
  const auto missing = load_locked(project(), "demo", reporter_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::input);
  EXPECT_EQ(missing.error().text(),
            "error: recipes/demo.toml has no lock: lockfiles/pylock.demo.toml does not exist\n"
            "\n"
            "hint: run `launch lock demo`\n");

  Lockfile lock;
  lock.provenance.recipe = recipe_digest(parse_recipe(kRecipe, "demo", "demo.toml").value(), Stage::lock);
  lock.provenance.channel = pytorch::Channel::index;
  const auto text = write_lockfile(lock);
  put("lockfiles/pylock.demo.toml", text);
  const auto locked = load_locked(project(), "demo", reporter_);
  ASSERT_TRUE(locked) << locked.error().text();
  EXPECT_EQ(locked->recipe.name, "demo");
  EXPECT_EQ(locked->lock.digest, lock_digest(text, lock));
  EXPECT_EQ(locked->lock.file, scratch_.path() / "lockfiles/pylock.demo.toml");

  put("recipes/demo.toml", std::string(kRecipe) + "# changed\n[train]\nnodes = 7\n");
  EXPECT_TRUE(load_locked(project(), "demo", reporter_)) << "no lock is made of comments and [train]";
  put("recipes/demo.toml", std::string(kRecipe) + "[image]\nvariant = \"devel\"\n");
  const auto stale = load_locked(project(), "demo", reporter_);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().kind(), ErrorKind::no);
  EXPECT_EQ(stale.error().text(),
            "error: lockfiles/pylock.demo.toml is out of date: it was made from another version "
            "of recipes/demo.toml\n"
            "\n"
            "hint: run `launch lock demo`\n");

  put("lockfiles/pylock.demo.toml", replace_all(text, "recipe-digest", "recipe"));
  EXPECT_EQ(load_locked(project(), "demo", reporter_).error().text(),
            "error: lockfiles/pylock.demo.toml is out of date: an earlier version of launch wrote it\n\n"
            "hint: run `launch lock demo`\n");
}

TEST_F(ProjectTest, RecipesExtendOthers) {
  put("recipes/demo.toml", "extends = \"cuda/base.toml\"\npackages = [\"b\"]\n");
  put("recipes/cuda/base.toml", "extends = \"../least.toml\"\npackages = [\"a\"]\n");
  put("recipes/least.toml", "python = \"3.12\"\n");
  const auto demo = scratch_.path() / "recipes/demo.toml";
  const auto recipe = load_recipe(project(), demo);
  ASSERT_TRUE(recipe) << recipe.error().text();
  EXPECT_EQ(recipe->name, "demo");
  ASSERT_EQ(recipe->packages.size(), 2U);
  EXPECT_EQ(recipe->packages[1].text(), "b");

  put("recipes/least.toml", "extends = \"cuda/base.toml\"\n");
  EXPECT_EQ(load_recipe(project(), demo).error().text(),
            "error: recipes/least.toml extends recipes/cuda/base.toml, which extends it in turn\n");
  put("recipes/least.toml", "extends = \"nothing.toml\"\n");
  EXPECT_EQ(load_recipe(project(), demo).error().text(),
            "error: recipes/least.toml extends recipes/nothing.toml, which does not exist\n");
  put("recipes/least.toml", "extends = \"nothing\"\n");
  EXPECT_EQ(load_recipe(project(), demo).error().text(),
            "error: recipes/least.toml:1:11: extends: expected a recipe's file, such as \"base.toml\", found "
            "\"nothing\"\n");
}

TEST_F(ProjectTest, ErrorsInFilesNameThemAsShown) {
  put("recipes/demo.toml", "pyton = 3\n");
  put("lockfiles/pylock.demo.toml", "x");
  EXPECT_EQ(load_recipe(project(), scratch_.path() / "recipes/demo.toml").error().message(),
            "recipes/demo.toml:1:1: pyton: unknown key; did you mean \"python\"?");
  EXPECT_EQ(load_lock(project(), scratch_.path() / "lockfiles/pylock.demo.toml", reporter_).error().message(),
            "lockfiles/pylock.demo.toml:1:2: not TOML: Error while parsing key-value pair: encountered "
            "end-of-file");
}

TEST(ImageName, IsOneThatEnginesTake) {
  EXPECT_EQ(image_name("demo"), "localhost/launch/demo");
  EXPECT_EQ(image_name("a_b"), "localhost/launch/a_b");
  EXPECT_EQ(image_name("a__b--c"), "localhost/launch/a__b--c");
  EXPECT_EQ(image_name("My_Recipe-2"),
            "localhost/launch/my-recipe-2." + sha256_hex("My_Recipe-2").substr(0, 12));
  EXPECT_EQ(image_reference("_a"), "localhost/launch/a." + sha256_hex("_a").substr(0, 12) + ":latest");
  EXPECT_EQ(image_name("__"), "localhost/launch/recipe." + sha256_hex("__").substr(0, 12));
}

TEST(ImageName, IsOfOneRecipeAlone) {
  std::set<std::string> names;
  const std::vector<std::string> recipes{"a-b",  "a_b",  "A-B",  "A_b",  "a__b", "a___b", "a-_b",
                                         "a_-b", "-a-b", "_a-b", "a-b-", "a-b_", "-",     "_"};
  for (const auto& recipe : recipes) {
    const auto name = image_reference(recipe);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(specs::ImageReference::parse(name)) << name;
  }
}

TEST(RecipeName, IsOneThatFilesAndEnginesTake) {
  EXPECT_TRUE(is_recipe_name(std::string(128, 'a')));
  for (const std::string name : {"", "a b", "ü", ".a", "a.b", "a/b"})
    EXPECT_FALSE(is_recipe_name(name)) << name;
  EXPECT_FALSE(is_recipe_name(std::string(129, 'a')));
}

}  // namespace
}  // namespace launch::project

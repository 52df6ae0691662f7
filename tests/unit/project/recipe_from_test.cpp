#include "project/recipe_from.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"

namespace launch::project {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecipeFrom : public ::testing::Test {
 protected:
  RecipeFrom() {
    put("recipes/x.toml", "");
    recipe.name = "demo";
    recipe.python = fakes::python("3.12");
    recipe.platforms = {fakes::x86()};
  }
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file(scratch.path() / name, text));
  }
  /// The error's text, "" if there is none.
  std::string add(const std::vector<std::string>& from) {
    recipe.from = from;
    const auto added = add_from(recipe, Project::find(scratch.path()).value());
    return added ? "" : added.error().text();
  }
  static std::vector<std::string> texts(const std::vector<specs::Requirement>& requirements) {
    std::vector<std::string> out;
    for (const auto& requirement : requirements) out.push_back(requirement.text());
    return out;
  }
  void use_nightly() {
    recipe.torch.channel = pytorch::Channel::nightly;
    recipe.torch.cuda = fakes::accelerator("cu128");
  }

  test::Scratch scratch;
  Recipe recipe;
};

TEST_F(RecipeFrom, ARequirementsFileIsReadAsPipReadsIt) {
  put("requirements.txt",
      "--extra-index-url https://me:secret@wheels.example/simple\n"
      "# what it needs\n"
      "numpy>=1.26 ; python_version > '3.9'  # arrays\n"
      "old; python_version < '3.8'\n"
      "torch==2.9.1 \\\n"
      "    --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
      "--pre\n"
      "-e .\n"
      "-r more/others.txt\n"
      "-c bounds.txt\n");
  put("more/others.txt", "scipy\n-r others.txt\n");
  put("bounds.txt", "scipy[x]<2\n");
  EXPECT_EQ(add({"requirements.txt"}), "");
  EXPECT_THAT(texts(recipe.packages),
              ElementsAre("numpy>=1.26; python_version > \"3.9\"", "torch==2.9.1", "scipy"));
  EXPECT_THAT(texts(recipe.lock.constraints), ElementsAre("scipy<2"));
  EXPECT_THAT(
      recipe.notes,
      ElementsAre(
          "requirements.txt:1: --extra-index-url https://wheels.example/simple is ignored: packages come "
          "from this machine's index, the recipe's [torch] and its [[index]]",
          "requirements.txt:7: --pre is ignored",
          "requirements.txt:8: the project itself is not locked, only what it requires: list pyproject.toml "
          "under from",
          "requirements.txt:5: hashes are ignored: the lock has its own"));
}

TEST_F(RecipeFrom, PackagesOfPyTorchJoinThoseOfTheChannel) {
  use_nightly();
  recipe.torch.packages = {*specs::Requirement::parse("torch")};
  put("requirements.txt", "torch>=2.6\ntorchvision\ntorchdata>=0.8\nnumpy\nnumpy\n");
  EXPECT_EQ(add({"requirements.txt"}), "");
  EXPECT_THAT(texts(recipe.torch.packages), ElementsAre("torch", "torch>=2.6", "torchvision"));
  EXPECT_THAT(texts(recipe.packages), ElementsAre("torchdata>=0.8", "numpy"));
}

TEST_F(RecipeFrom, APyprojectWithExtrasAndGroups) {
  put("pyproject.toml", R"(
[project]
name = "My.Project"
requires-python = ">=3.10"
dependencies = ["numpy", "torch>=2.6"]
optional-dependencies.eval = ["lm-eval<0.5"]
optional-dependencies.all = ["my-project[eval]", "rich"]
[dependency-groups]
Test_Group = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
[tool.uv]
constraint-dependencies = ["numpy<2.3", "rich<14"]
override-dependencies = ["protobuf==5.29.*"]
)");
  recipe.lock.constraints = {*specs::Requirement::parse("rich<13")};
  EXPECT_EQ(add({"pyproject.toml[all, test-group]"}), "");
  EXPECT_THAT(texts(recipe.packages),
              ElementsAre("numpy", "torch>=2.6", "lm-eval<0.5", "rich", "pytest", "ruff"));
  EXPECT_THAT(texts(recipe.lock.constraints), ElementsAre("rich<13", "numpy<2.3"));
  EXPECT_THAT(texts(recipe.lock.overrides), ElementsAre("protobuf==5.29.*"));
  EXPECT_THAT(recipe.notes, IsEmpty());
  EXPECT_EQ(add({"pyproject.toml[evil]"}),
            "error: pyproject.toml has no extra or dependency group \"evil\"; did you mean \"eval\"?\n"
            "\n"
            "hint: it has \"Test_Group\", \"all\", \"eval\" and \"lint\"\n");
}

TEST_F(RecipeFrom, APyprojectWhoseDependenciesAreInFiles) {
  put("sub/pyproject.toml", R"(
[project]
name = "a"
dynamic = ["version", "dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = {file = ["requirements.txt"]}
optional-dependencies = {dev = {file = "dev.txt"}}
)");
  put("sub/requirements.txt", "numpy\n");
  put("sub/dev.txt", "pytest\n");
  EXPECT_EQ(add({"sub/pyproject.toml[dev]"}), "");
  EXPECT_THAT(texts(recipe.packages), ElementsAre("numpy", "pytest"));
}

TEST_F(RecipeFrom, WhatALockCannotTakeIsNamedByFileAndLine) {
  put("pyproject.toml",
      "[project]\n"
      "name = \"a\"\n"
      "dependencies = [\n"
      "  \"dion; sys_platform == 'linux'\",\n"
      "  \"winner; sys_platform == 'win32'\",\n"
      "  \"ours\",\n"
      "  \"mine\",\n"
      "]\n"
      "[tool.uv.sources]\n"
      "dion = { git = \"https://host.example/dion.git\", rev = \"abc\" }\n"
      "winner = { url = \"https://host.example/winner.whl\" }\n"
      "ours = [{ index = \"company\", marker = \"sys_platform == 'linux'\" }]\n"
      "mine = { workspace = true }\n");
  EXPECT_EQ(
      add({"pyproject.toml"}),
      "error: pyproject.toml:4: dion comes from git https://host.example/dion.git, but a lock includes only "
      "packages from an index\n"
      "\n"
      "hint: list dion under packages in the recipe to take it from the index\n");
  recipe.packages = {*specs::Requirement::parse("dion")};
  EXPECT_EQ(
      add({"pyproject.toml"}),
      "error: pyproject.toml:6: uv takes ours from the index \"company\", and the recipe does not say which "
      "that is\n"
      "\n"
      "hint: add [[index]] to the recipe, with its url and packages = [\"ours\"], or list ours under "
      "packages "
      "to take it from the general index\n");
  recipe.packages = {*specs::Requirement::parse("dion")};
  recipe.indexes = {{fakes::url("https://company.example/simple"), {"ours"}}};
  recipe.notes.clear();
  EXPECT_EQ(add({"pyproject.toml"}), "");
  EXPECT_THAT(texts(recipe.packages), ElementsAre("dion", "ours"));
  EXPECT_THAT(recipe.notes,
              ElementsAre("pyproject.toml:7: mine is a local project of uv and is not locked",
                          "pyproject.toml:4: dion comes from git https://host.example/dion.git; launch takes "
                          "it from an index, because the recipe lists it"));
}

TEST_F(RecipeFrom, AUvLockBindsVersions) {
  put("uv.lock", R"(version = 1
revision = 3
[[package]]
name = "mine"
version = "0.1"
source = { editable = "." }
dependencies = [
    { name = "torch" },
    { name = "numpy", extra = ["x"], marker = "sys_platform == 'linux'" },
]
[package.optional-dependencies]
eval = [{ name = "rich" }]
[[package]]
name = "torch"
version = "2.8.0.dev20250606+cu128"
source = { registry = "https://download.pytorch.org/whl/nightly/cu128" }
[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://pypi.example/simple" }
resolution-markers = ["python_full_version < '3.10'"]
[[package]]
name = "numpy"
version = "2.2.6"
source = { registry = "https://pypi.example/simple" }
resolution-markers = ["python_full_version >= '3.10' and sys_platform == 'linux'", "sys_platform == 'win32'"]
[[package]]
name = "dion"
version = "1.0"
source = { git = "https://host.example/dion.git?rev=abc#0123" }
)");
  EXPECT_EQ(add({"uv.lock[eval]"}), "");
  EXPECT_THAT(texts(recipe.packages), ElementsAre("torch", "numpy[x]; sys_platform == \"linux\"", "rich"));
  EXPECT_THAT(texts(recipe.lock.constraints),
              ElementsAre("torch==2.8.0.dev20250606", "numpy==1.26.4; python_full_version < \"3.10\"",
                          "numpy==2.2.6; (python_full_version >= \"3.10\" and sys_platform == \"linux\") or "
                          "sys_platform == \"win32\""));
  EXPECT_THAT(recipe.notes,
              ElementsAre("uv.lock:30: dion comes from git https://host.example/dion.git?rev=abc#0123; "
                          "launch takes it from an index"));
  EXPECT_EQ(add({"uv.lock[train]"}), "error: uv.lock has no extra or dependency group \"train\"\n");
  put("uv.lock", "version = 2\n");
  EXPECT_EQ(add({"uv.lock"}),
            "error: uv.lock:1:11: version: expected 1, the format of uv's locks, found 2\n");
}

TEST_F(RecipeFrom, FilesThatCannotBeUsed) {
  EXPECT_EQ(add({"nothing.txt"}), "error: from: nothing.txt does not exist\n");
  put("requirements.txt", "numpy\n\n-r base.txt\n");
  EXPECT_EQ(add({"requirements.txt"}), "error: requirements.txt:3: base.txt does not exist\n");
  EXPECT_EQ(add({"requirements.txt[train]"}),
            "error: from: requirements.txt is a requirements file, which has no extras\n");
  put("requirements.txt", "numpy>\n");
  EXPECT_EQ(add({"requirements.txt"}),
            "error: requirements.txt:1: \">\" is not a version specifier: expected a version after it\n");
  put("requirements.txt", "--no-such\n");
  EXPECT_EQ(add({"requirements.txt"}), "error: requirements.txt:1: unknown option --no-such\n");
  put("requirements.txt", "git+https://me:secret@host.example/a.git@main\n");
  EXPECT_EQ(add({"requirements.txt"}),
            "error: requirements.txt:1: git+https://host.example/a.git@main has no name\n"
            "\n"
            "hint: write it as NAME @ URL\n");
  put("requirements.txt", "-e git+https://host.example/a.git@main#egg=a&subdirectory=b\n");
  EXPECT_EQ(
      add({"requirements.txt"}),
      "error: requirements.txt:1: a comes from git+https://host.example/a.git@main, but a lock includes only "
      "packages from an index\n"
      "\n"
      "hint: list a under packages in the recipe to take it from the index\n");
  put("requirements.txt", "# nothing\n");
  recipe.packages.clear();
  EXPECT_EQ(add({"requirements.txt"}), "error: recipe demo: the files under from list no packages\n");
}

TEST_F(RecipeFrom, PyprojectsThatCannotBeUsed) {
  put("pyproject.toml", "[tool.poetry.dependencies]\nnumpy = \"*\"\n");
  EXPECT_EQ(
      add({"pyproject.toml"}),
      "error: pyproject.toml has no [project] table, only Poetry's own [tool.poetry]\n"
      "\n"
      "hint: export its requirements (`poetry export -o requirements.txt`) and list that file under from\n");
  put("pyproject.toml", "[tool.ruff]\nline-length = 120\n");
  EXPECT_EQ(add({"pyproject.toml"}),
            "error: pyproject.toml has no [project] table\n"
            "\n"
            "hint: list a requirements file under from instead\n");
  put("pyproject.toml", "[project]\nname = \"a\"\ndynamic = [\"dependencies\"]\n");
  EXPECT_EQ(add({"pyproject.toml"}),
            "error: pyproject.toml:3:11: [project] dynamic: the dependencies are computed when the project "
            "is built, "
            "and nothing is built here\n"
            "\n"
            "hint: list a requirements file under from instead\n");
  put("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \">=3.13\"\n");
  EXPECT_EQ(add({"pyproject.toml"}),
            "error: pyproject.toml:3:19: [project] requires-python: the project needs Python >=3.13, but the "
            "recipe's "
            "is 3.12\n");
  put("pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\n  \"numpy>\",\n]\n");
  EXPECT_EQ(add({"pyproject.toml"}),
            "error: pyproject.toml:4: \">\" is not a version specifier: expected a version after it\n");
  use_nightly();
  put("pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\"numpy\"]\n");
  EXPECT_EQ(add({"pyproject.toml"}),
            "error: recipe demo: neither [torch] packages nor a file under from lists a package of PyTorch's "
            "channel\n");
}

}  // namespace
}  // namespace launch::project

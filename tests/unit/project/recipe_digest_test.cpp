#include "project/recipe_digest.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "unit/project/fixture.hpp"

namespace launch::project {
namespace {

constexpr std::string_view kRecipe = R"(python    = "3.12"
platforms = ["linux-x86_64"]
packages  = ["numpy>=2"]
[torch]
channel  = "nightly"
cuda     = "cu128"
date     = "2025-06-06"
packages = ["torch"]
[lock]
wheels = "url"
[image]
variant = "base"
python  = "base"
apt     = ["gcc"]
copy    = [{ from = "src", to = "/workspace" }]
env     = { HF_HOME = "/data" }
user    = "trainer"
[verify]
scan = ["src"]
[train]
command = ["train.py"]
nodes   = 2
gpus    = 1
mounts  = [{ from = "/data", to = "/data", read-only = true }]
env     = { OMP_NUM_THREADS = "8" }
grace   = 10
workdir = "/workspace"
secrets = { HF_TOKEN = "token" }
ranks-per-node = 1
)";

/// The stages whose digest a change of the recipe's text changes.
std::string changed(const std::string& from, const std::string& to) {
  EXPECT_NE(kRecipe.find(from), std::string_view::npos) << from;
  const auto before = test::recipe(std::string(kRecipe));
  const auto after = test::recipe(replace_all(std::string(kRecipe), from, to));
  std::string stages;
  for (const auto& [stage, name] :
       {std::pair(Stage::lock, "lock"), {Stage::render, " render"}, {Stage::image, " image"}}) {
    if (recipe_digest(before, stage) != recipe_digest(after, stage)) stages += name;
  }
  return stages;
}

TEST(RecipeDigest, OfAStageChangesWithWhatItReadsAlone) {
  struct Case {
    const char* from;
    const char* to;
    const char* stages;
  };
  constexpr const char* kAll = "lock render image";
  for (const auto& [from, to, stages] : std::initializer_list<Case>{
           {"python    = \"3.12\"", "python = \"3.13\"", kAll},
           {"[\"linux-x86_64\"]", "[\"linux-x86_64\", \"linux-aarch64\"]", kAll},
           {"numpy>=2", "numpy>=2.1", kAll},
           {"\"nightly\"\ncuda     = \"cu128\"\ndate     = \"2025-06-06\"", "\"test\"\ncuda = \"cu128\"",
            kAll},
           {"cu128", "cu126", kAll},
           {"date     = \"2025-06-06\"", "date = \"2025-06-07\"", kAll},
           {"date     = \"2025-06-06\"", "as-of = \"2025-06-06\"", kAll},
           {"date     = \"2025-06-06\"", "", kAll},
           {"[\"torch\"]", "[\"torch\", \"torchvision\"]", kAll},
           {"wheels = \"url\"", "wheels = \"path\"", kAll},
           {"variant = \"base\"", "variant = \"devel\"", kAll},
           {"variant = \"base\"", "from = \"debian:12\"", kAll},
           {"python  = \"base\"", "python = \"standalone\"", kAll},
           {"python  = \"base\"", "", kAll},
           {"[\"gcc\"]", "[\"gcc\", \"g++\"]", " render image"},
           {"to = \"/workspace\"", "to = \"/app\"", " render image"},
           {"HF_HOME = \"/data\"", "HF_HOME = \"/hf\"", " render image"},
           {"HF_HOME = ", "HF_HOME2 = ", " render image"},
           {"\"trainer\"", "\"other\"", " render image"},
           {"from = \"src\"", "from = \"lib\"", " image"},
           {"to = \"/workspace\"", "to = \"/workspace\", owner = \"root\"", " render image"},
           {"to = \"/workspace\"", "to = \"/workspace\", exclude = [\"*.ipynb\"]", " image"},
           {"scan = [\"src\"]", "scan = [\"lib\"]", ""},
           {"[\"train.py\"]", "[\"other.py\"]", ""},
           {"nodes   = 2", "nodes = 3", ""},
           {"gpus    = 1", "gpus = 0", ""},
           {"from = \"/data\"", "from = \"/other\"", ""},
           {"OMP_NUM_THREADS = \"8\"", "OMP_NUM_THREADS = \"9\"", ""},
           {"mounts  = [{ from = \"/data\", to = \"/data\", read-only = true }]", "", ""},
           {"read-only = true", "read-only = false, relabel = true", ""},
           {"grace   = 10", "grace = 20", ""},
           {"workdir = \"/workspace\"", "workdir = \"/other\"", ""},
           {"HF_TOKEN = \"token\"", "HF_TOKEN = \"other\"", ""},
           {"ranks-per-node = 1", "", ""},
           {"python    =", "# a comment\npython =", ""},
           {"numpy>=2", "NumPy >= 2", ""},
           {"wheels = \"url\"", "", ""},
       }) {
    EXPECT_EQ(changed(from, to), stages) << from << " → " << to;
  }
}

TEST(RecipeDigest, StaysTheSameOverVersions) {
  const auto recipe = test::recipe(std::string(kRecipe));
  EXPECT_EQ(recipe_digest(recipe, Stage::lock).hex().substr(0, 12), "f20c254bfcbc");
  EXPECT_EQ(recipe_digest(recipe, Stage::image).hex().substr(0, 12), "620232eaccf8");
}

}  // namespace
}  // namespace launch::project

#include "project/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/values.hpp"

namespace launch::project {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kWhole = R"TOML(python    = "3.12"
platforms = ["linux-x86_64", "linux-aarch64"]
packages  = ["torchdata>=0.8", "Some_Package[extra]"]

[torch]
channel  = "nightly"
cuda     = "cu128"
as-of    = "2025-06-06"
packages = ["torch", "torchvision"]

[lock]
wheels = "path"

[image]
variant = "devel"
apt     = ["gcc", "libc6-dev", "g++=4:12.2.0-3"]
copy    = [{ from = "src", to = "/workspace" }, { from = ".", owner = "1000:50", exclude = ["*.ipynb"] }]
env     = { HF_HOME = "/data/hf", _X1 = "" }
user    = "trainer"

[verify]
scan  = ["src"]
exclude = ["tests"]

[train]
command = ["train.py", "--config", "llama3.toml"]
nodes   = 2
gpus    = 4
mounts  = [{ from = "/data", to = "/data", read-only = true }, { from = "out", to = "/out" }]
env     = { OMP_NUM_THREADS = "8" }
)TOML";

Recipe read(std::string_view text) {
  auto recipe = parse_recipe(text, "demo", "recipes/demo.toml");
  if (!recipe) {
    ADD_FAILURE() << recipe.error().text();
    return {};
  }
  return *std::move(recipe);
}

std::string error_of(std::string_view text) {
  const auto recipe = parse_recipe(text, "demo", "recipes/demo.toml");
  if (recipe) return "no error";
  EXPECT_EQ(recipe.error().kind(), ErrorKind::input);
  return recipe.error().text();
}

// The error of a valid recipe with one additional line in the given table.
std::string error_with(std::string_view table, std::string_view line) {
  std::string text = "python = \"3.12\"\npackages = [\"torch\"]\n";
  if (!table.empty()) text += "[" + std::string(table) + "]\n";
  return error_of(text + std::string(line) + "\n");
}

TEST(Recipe, IsReadWhole) {
  const auto recipe = read(kWhole);
  EXPECT_EQ(recipe.name, "demo");
  EXPECT_EQ(recipe.python, fakes::python("3.12"));
  EXPECT_THAT(recipe.platforms, ElementsAre(fakes::x86(), fakes::arm()));
  ASSERT_EQ(recipe.packages.size(), 2U);
  EXPECT_EQ(recipe.packages[0].text(), "torchdata>=0.8");
  EXPECT_EQ(recipe.packages[1].text(), "some-package[extra]");
  EXPECT_EQ(recipe.torch.channel, pytorch::Channel::nightly);
  EXPECT_EQ(recipe.torch.cuda, fakes::accelerator("cu128"));
  EXPECT_EQ(recipe.torch.date, std::nullopt);
  EXPECT_EQ(recipe.torch.as_of, fakes::day("2025-06-06"));
  ASSERT_EQ(recipe.torch.packages.size(), 2U);
  EXPECT_EQ(recipe.torch.packages[1].name, "torchvision");
  EXPECT_TRUE(recipe.lock.by_path);
  EXPECT_EQ(recipe.image.variant, "devel");
  EXPECT_THAT(recipe.image.apt, ElementsAre("gcc", "libc6-dev", "g++=4:12.2.0-3"));
  ASSERT_EQ(recipe.image.copy.size(), 2U);
  EXPECT_EQ(recipe.image.copy[0].from, "src");
  EXPECT_EQ(recipe.image.copy[0].to, "/workspace");
  EXPECT_EQ(recipe.image.copy[0].owner, std::nullopt);
  EXPECT_THAT(recipe.image.copy[0].exclude, IsEmpty());
  EXPECT_EQ(recipe.image.copy[1].from, ".");
  EXPECT_EQ(recipe.image.copy[1].to, "/workspace/");
  EXPECT_EQ(recipe.image.copy[1].owner, "1000:50");
  EXPECT_THAT(recipe.image.copy[1].exclude, ElementsAre("*.ipynb"));
  EXPECT_THAT(recipe.image.env, ElementsAre(Pair("HF_HOME", "/data/hf"), Pair("_X1", "")));
  EXPECT_EQ(recipe.image.user, "trainer");
  EXPECT_THAT(recipe.verify.scan, ElementsAre("src"));
  EXPECT_THAT(recipe.verify.exclude, ElementsAre("tests"));
  EXPECT_THAT(recipe.train.command, ElementsAre("train.py", "--config", "llama3.toml"));
  EXPECT_EQ(recipe.train.nodes, 2);
  EXPECT_EQ(recipe.train.gpus, specs::GpuSet::of_count(4));
  ASSERT_EQ(recipe.train.mounts.size(), 2U);
  EXPECT_TRUE(recipe.train.mounts[0].read_only);
  EXPECT_FALSE(recipe.train.mounts[1].read_only);
  EXPECT_THAT(recipe.train.env, ElementsAre(Pair("OMP_NUM_THREADS", "8")));
}

TEST(Recipe, HasDefaults) {
  const auto recipe = read("python = \"3.11\"\npackages = [\"numpy\"]\n");
  EXPECT_THAT(recipe.platforms, ElementsAre(fakes::x86()));
  EXPECT_EQ(recipe.torch.channel, pytorch::Channel::index);
  EXPECT_THAT(recipe.torch.packages, IsEmpty());
  EXPECT_FALSE(recipe.lock.by_path);
  EXPECT_EQ(recipe.image.variant, "base");
  EXPECT_EQ(recipe.image.from, std::nullopt);
  EXPECT_EQ(recipe.train.nodes, 1);
  EXPECT_EQ(recipe.train.gpus, specs::GpuSet::all());
}

TEST(Recipe, GpusAreAllANumberOrDevices) {
  const auto gpus = [](const std::string& value) {
    return read("python = \"3.11\"\npackages = [\"numpy\"]\n[train]\ngpus = " + value + "\n").train.gpus;
  };
  EXPECT_EQ(gpus("\"all\""), specs::GpuSet::all());
  EXPECT_EQ(gpus("0"), specs::GpuSet::none());
  EXPECT_EQ(gpus("\"0,2\""), specs::GpuSet::of_devices({"0", "2"}));
}

TEST(Recipe, EveryRecipeOfTheRepositoryIsGood) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LAUNCH_TEST_RECIPES)) {
    if (entry.path().extension() != ".toml") continue;
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text);
    const auto recipe = parse_recipe(*text, entry.path().stem().string(), entry.path().string());
    EXPECT_TRUE(recipe) << recipe.error().text();
    EXPECT_TRUE(recipe && recipe->lock.by_path)
        << entry.path() << " would name the hosts of one machine in its lock";
    ++count;
  }
  EXPECT_GE(count, 3U);
}

TEST(RecipeError, Syntax) {
  EXPECT_EQ(error_of("python = \"3.12\"\npackages = [\"torch\"\n[torch]\n"),
            "error: recipes/demo.toml:3:1: not TOML: Error while parsing array: expected comma or closing "
            "']', saw '['\n");
}

TEST(RecipeError, UnknownKeys) {
  EXPECT_EQ(error_with("", "platform = [\"linux-x86_64\"]"),
            "error: recipes/demo.toml:3:1: platform: unknown key; did you mean \"platforms\"?\n"
            "\n"
            "hint: valid keys: extends, python, platforms, packages, from, torch, lock, index, image, verify "
            "and train\n");
  EXPECT_EQ(error_with("trein", "nodes = 2"),
            "error: recipes/demo.toml:3:2: trein: unknown key; did you mean \"train\"?\n"
            "\n"
            "hint: valid keys: extends, python, platforms, packages, from, torch, lock, index, image, verify "
            "and train\n");
  EXPECT_EQ(error_with("train", "node = 2"),
            "error: recipes/demo.toml:4:1: [train] node: unknown key; did you mean \"nodes\"?\n"
            "\n"
            "hint: valid keys: command, nodes, gpus, mounts, env, grace, workdir, ranks-per-node, secrets, "
            "restarts, rendezvous-timeout and hang-timeout\n");
  EXPECT_EQ(error_with("image", "copy = [{ from = \"a\", into = \"/b\" }]"),
            "error: recipes/demo.toml:4:23: [image] copy.into: unknown key\n"
            "\n"
            "hint: valid keys: from, to, owner and exclude\n");
}

TEST(RecipeError, WrongTypes) {
  EXPECT_EQ(error_of("python = 3.12\n"),
            "error: recipes/demo.toml:1:10: python: expected a string, found a number\n");
  EXPECT_EQ(error_with("train", "nodes = \"2\""),
            "error: recipes/demo.toml:4:9: [train] nodes: expected an integer, found a string\n");
  EXPECT_EQ(error_with("train", "gpus = true"),
            "error: recipes/demo.toml:4:8: [train] gpus: expected a number, \"all\" or devices such as "
            "\"0,2\", found true or false\n");
  EXPECT_EQ(error_with("train", "command = \"train.py\""),
            "error: recipes/demo.toml:4:11: [train] command: expected an array of strings, found a string\n");
  EXPECT_EQ(error_with("train", "command = [\"train.py\", 3]"),
            "error: recipes/demo.toml:4:24: [train] command: expected a string, found an integer\n");
  EXPECT_EQ(
      error_with("train", "env = { OMP_NUM_THREADS = 8 }"),
      "error: recipes/demo.toml:4:27: [train] env.OMP_NUM_THREADS: expected a string, found an integer\n");
  EXPECT_EQ(
      error_with("train", "mounts = [{ from = \"/a\", to = \"/b\", read-only = 1 }]"),
      "error: recipes/demo.toml:4:49: [train] mounts.read-only: expected true or false, found an integer\n");
  EXPECT_EQ(error_with("train", "mounts = [\"/data\"]"),
            "error: recipes/demo.toml:4:11: [train] mounts: expected a table, found a string\n");
  EXPECT_EQ(error_with("", "image = 3"),
            "error: recipes/demo.toml:3:9: image: expected a table, found an integer\n");
  EXPECT_EQ(error_with("torch", "channel = \"nightly\"\ndate = 2025-06-06"),
            "error: recipes/demo.toml:5:8: [torch] date: expected a string, found a date\n");
}

TEST(RecipeError, Python) {
  EXPECT_EQ(error_of("packages = [\"torch\"]\n"),
            "error: recipes/demo.toml:1:1: python: expected the version of the image's Python, such as "
            "\"3.12\", but "
            "it is missing\n");
  EXPECT_EQ(
      error_of("python = \"3.12.x\"\n"),
      "error: recipes/demo.toml:1:10: python: unknown Python version \"3.12.x\": expected \"3.N\", such as "
      "\"3.12\"\n");
  const auto exact = read("python = \"3.14.1t\"\npackages = [\"a\"]\n");
  EXPECT_EQ(exact.python, fakes::python("3.14t"));
  EXPECT_EQ(exact.python_patch, 1);
  EXPECT_EQ(read("python = \"3.12\"\npackages = [\"a\"]\n").python_patch, std::nullopt);
}

TEST(RecipeError, Platforms) {
  EXPECT_EQ(error_with("", "platforms = []"),
            "error: recipes/demo.toml:3:13: platforms: expected at least one, such as \"linux-x86_64\"\n");
  EXPECT_EQ(error_with("", "platforms = [\"linux-x86-64\"]"),
            "error: recipes/demo.toml:3:14: platforms: expected \"linux-x86_64\" or \"linux-aarch64\", found "
            "\"linux-x86-64\"; did you mean \"linux-x86_64\"?\n");
  EXPECT_EQ(error_with("", "platforms = [\"linux-aarch64\", \"linux-aarch64\"]"),
            "error: recipes/demo.toml:3:31: platforms: duplicate \"linux-aarch64\"\n");
}

TEST(RecipeError, Packages) {
  EXPECT_EQ(error_of("python = \"3.12\"\n"),
            "error: recipes/demo.toml:1:1: packages: expected at least one package here or in [torch]\n");
  EXPECT_EQ(error_of("python = \"3.12\"\npackages = [\"numpy\", \"NumPy>=2\"]\n"), "no error");
  EXPECT_EQ(error_of("python = \"3.12\"\npackages = [\"numpy>=2\", \"NumPy >= 2\"]\n"),
            "error: recipes/demo.toml:2:25: packages: numpy>=2 is already listed at 2:13\n");
  EXPECT_EQ(error_with("torch", "channel = \"index\"\npackages = [\"torch\"]"),
            "error: recipes/demo.toml:5:13: [torch] packages: torch is also listed under packages, but a "
            "name comes "
            "from one index\n");
  EXPECT_EQ(
      error_of("python = \"3.12\"\npackages = [\"a @ https://pypi.example/a.whl\"]\n"),
      "error: recipes/demo.toml:2:13: packages: \"a @ https://pypi.example/a.whl\" names a URL, but packages "
      "come from an index\n");
  const auto longer = "numpy[" + std::string(200, 'x') + "," + std::string(100, 'y') + "]?";
  EXPECT_THAT(error_of("python = \"3.12\"\npackages = [\"" + longer + "\"]\n"),
              ::testing::HasSubstr("of the requirement \"" + longer + "\", found \"?\""));
  EXPECT_THAT(error_of("python = \"3.12\"\npackages = [\"numpy>\"]\n"),
              ::testing::StartsWith("error: recipes/demo.toml:2:13: packages: "));
}

TEST(RecipeError, Bounds) {
  EXPECT_EQ(
      error_with("lock", "constraints = [\"numpy[x]<2\"]"),
      "error: recipes/demo.toml:4:16: [lock] constraints: numpy[x]<2 has extras, but constraints only bound "
      "versions\n"
      "\n"
      "hint: list the package with its extras under packages\n");
}

TEST(RecipeError, Indexes) {
  EXPECT_EQ(
      error_with("[index]", "packages = [\"a\"]"),
      "error: recipes/demo.toml:3:1: [[index]] url: expected the https or http URL of a simple index, found "
      "\"\"\n");
  EXPECT_EQ(
      error_with("[index]", "url = \"ftp://wheels.example\"\npackages = [\"a\"]"),
      "error: recipes/demo.toml:4:7: [[index]] url: expected the https or http URL of a simple index, found "
      "\"ftp://wheels.example\"\n");
  EXPECT_EQ(
      error_with("[index]", "url = \"https://wheels.example/simple\""),
      "error: recipes/demo.toml:3:1: [[index]] packages: expected the names of the packages that come from "
      "this index\n");
  EXPECT_EQ(error_with("[index]", "url = \"https://wheels.example/simple\"\npackages = [\"a b\"]"),
            "error: recipes/demo.toml:5:13: [[index]] packages: expected a package's name, found \"a b\"\n");
  EXPECT_EQ(
      error_with("[index]",
                 "url = \"https://a.example/simple\"\npackages = [\"a\"]\n[[index]]\nurl = "
                 "\"https://b.example/simple\"\npackages = [\"A\"]"),
      "error: recipes/demo.toml:8:12: [[index]] packages: a already comes from https://a.example/simple: a "
      "name comes from one index\n");
  EXPECT_EQ(
      error_with("[index]",
                 "url = \"https://a.example/simple\"\npackages = [\"vision\"]\n[torch]\nchannel = "
                 "\"stable\"\ncuda = \"cpu\"\npackages = [\"vision\"]"),
      "error: recipes/demo.toml:9:13: [torch] packages: vision is also listed under [[index]], but a name "
      "comes from one index\n");
}

Recipe extended(std::string_view above, std::string_view below) {
  const std::vector<RecipeText> texts = {{std::string(above), "recipes/demo.toml"},
                                         {std::string(below), "recipes/base.toml"}};
  auto recipe = parse_recipe(texts, "demo");
  if (recipe) return *std::move(recipe);
  ADD_FAILURE() << recipe.error().text();
  return {};
}

std::vector<std::string> texts_of(const std::vector<specs::Requirement>& requirements) {
  std::vector<std::string> out;
  for (const auto& requirement : requirements) out.push_back(requirement.text());
  return out;
}

TEST(RecipeExtends, KeysReplaceOrAdd) {
  const auto recipe = extended(
      "extends = \"base.toml\"\n"
      "packages = [\"numpy<2\", \"extra\"]\n"
      "[torch]\n"
      "cuda = \"cpu\"\n"
      "date = \"2025-06-07\"\n"
      "packages = [\"torchaudio\"]\n"
      "[lock]\n"
      "constraints = [\"a==2\"]\n"
      "[train]\n"
      "nodes = 4\n",
      "python = \"3.11\"\n"
      "packages = [\"numpy>=1; sys_platform == 'linux'\", \"numpy!=1.1\", \"scipy\"]\n"
      "[torch]\n"
      "channel = \"nightly\"\n"
      "cuda = \"cu128\"\n"
      "as-of = \"2025-06-06\"\n"
      "packages = [\"torch\"]\n"
      "[lock]\n"
      "constraints = [\"a==1\", \"b==1\"]\n"
      "[train]\n"
      "command = [\"train.py\"]\n"
      "nodes = 2\n");
  EXPECT_EQ(recipe.python, fakes::python("3.11"));
  EXPECT_THAT(texts_of(recipe.packages), ElementsAre("scipy", "numpy<2", "extra"));
  EXPECT_EQ(recipe.torch.cuda, fakes::accelerator("cpu"));
  EXPECT_EQ(recipe.torch.date, fakes::day("2025-06-07"));
  EXPECT_EQ(recipe.torch.as_of, std::nullopt);
  EXPECT_THAT(texts_of(recipe.torch.packages), ElementsAre("torch", "torchaudio"));
  EXPECT_THAT(texts_of(recipe.lock.constraints), ElementsAre("b==1", "a==2"));
  EXPECT_EQ(recipe.train.nodes, 4);
  EXPECT_THAT(recipe.train.command, ElementsAre("train.py"));
}

TEST(RecipeExtends, WhatTheNewChannelOrBaseHasNotIsLeftOut) {
  const auto recipe = extended("[torch]\nchannel = \"index\"\n[image]\nfrom = \"debian:12\"\n",
                               "python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cu128\"\ndate = "
                               "\"2025-06-06\"\npackages = [\"torch\"]\n[image]\nvariant = \"devel\"\n");
  EXPECT_EQ(recipe.torch.channel, pytorch::Channel::index);
  EXPECT_EQ(recipe.torch.cuda, std::nullopt);
  EXPECT_EQ(recipe.torch.date, std::nullopt);
  EXPECT_EQ(recipe.image.from, "debian:12");
}

TEST(RecipeExtends, ErrorsNameTheFileThatHasTheFault) {
  const std::vector<RecipeText> texts = {{"python = \"3.12\"\n", "recipes/demo.toml"},
                                         {"\npackages = [\"a\"]\n[train]\nnodes = 0\n", "recipes/base.toml"}};
  const auto recipe = parse_recipe(texts, "demo");
  ASSERT_FALSE(recipe);
  EXPECT_EQ(recipe.error().text(),
            "error: recipes/base.toml:4:9: [train] nodes: expected 1 or more, found 0\n");
}

TEST(RecipeError, Torch) {
  EXPECT_EQ(error_with("torch", "cuda = \"cu128\""),
            "error: recipes/demo.toml:3:1: [torch] channel: expected \"nightly\", \"test\", \"stable\" or "
            "\"index\", "
            "but it is missing\n");
  EXPECT_EQ(error_with("torch", "channel = \"nightlies\""),
            "error: recipes/demo.toml:4:11: [torch] channel: expected \"nightly\", \"test\", \"stable\" or "
            "\"index\", found \"nightlies\"; did you mean \"nightly\"?\n");
  EXPECT_EQ(error_with("torch", "channel = \"nightly\""),
            "error: recipes/demo.toml:3:1: [torch] cuda: expected a build of the channel such as \"cu128\", "
            "\"cpu\", "
            "\"rocm6.3\" or \"xpu\", but it is missing\n");
  EXPECT_EQ(
      error_with("torch", "channel = \"nightly\"\ncuda = \"12.8\""),
      "error: recipes/demo.toml:5:8: [torch] cuda: unknown accelerator \"12.8\": expected cuXXX, rocmX.Y, "
      "xpu or cpu, such as cu128\n");
  EXPECT_EQ(
      error_with("torch", "channel = \"index\"\ncuda = \"cu128\""),
      "error: recipes/demo.toml:5:8: [torch] cuda: cannot be combined with channel \"index\", which has one "
      "build of "
      "each wheel\n"
      "\n"
      "hint: remove it, or choose channel \"nightly\", \"test\" or \"stable\"\n");
  EXPECT_EQ(
      error_with("torch", "channel = \"nightly\"\ncuda = \"cpu\""),
      "error: recipes/demo.toml:3:1: [torch] packages: expected at least one package, such as \"torch\"\n");
}

TEST(RecipeError, WhatBelongsToTheMachineOrIsReadByNothing) {
  EXPECT_EQ(
      error_with("image", "env = { HF_HOME = \"/hf\", NCCL_DEBUG = \"INFO\" }"),
      "error: recipes/demo.toml:4:39: [image] env.NCCL_DEBUG: belongs to the machine that runs the image, "
      "not to the image\n\nhint: set it in env under [train]\n");
}

TEST(RecipeError, ASmokeTestThatIsNoCommand) {
  for (const auto* bad : {"smoke = []", "smoke = [\"\", \"x\"]"}) {
    EXPECT_EQ(
        error_with("verify", bad),
        "error: recipes/demo.toml:4:9: [verify] smoke: expected a command, such as [\"python\", \"-c\", "
        "\"import torch\"]\n");
  }
  EXPECT_EQ(error_with("verify", "smoke = [\"a\\u0000\"]"),
            "error: recipes/demo.toml:4:10: [verify] smoke: expected text without a NUL character, found "
            "\"a\\x00\"\n");
}

TEST(RecipeError, AnAcceleratorThatCheckRefusesToo) {
  for (const std::string bad : {"cu1", "cu12.8", "cu12345", "rocm6", "rocm6.3.1.2"}) {
    EXPECT_EQ(error_with("torch", "channel = \"nightly\"\ncuda = \"" + bad + "\""),
              "error: recipes/demo.toml:5:8: [torch] cuda: unknown accelerator \"" + bad +
                  "\": expected cuXXX, rocmX.Y, xpu or cpu, such as cu128\n");
  }
}

TEST(Recipe, MayTakeNothingFromTorchOfTheIndex) {
  for (const std::string packages : {"", "packages = []\n"}) {
    const auto recipe =
        read("python = \"3.12\"\npackages = [\"numpy\"]\n[torch]\nchannel = \"index\"\n" + packages);
    EXPECT_THAT(recipe.torch.packages, IsEmpty());
  }
}

TEST(RecipeError, Dates) {
  const std::string nightly = "channel = \"nightly\"\ncuda = \"cpu\"\n";
  EXPECT_EQ(error_with("torch", nightly + "date = \"2025-02-29\""),
            "error: recipes/demo.toml:6:8: [torch] date: expected a day such as \"2025-06-06\", found "
            "\"2025-02-29\"\n");
  EXPECT_EQ(error_with("torch", nightly + "as-of = \"6 June\""),
            "error: recipes/demo.toml:6:9: [torch] as-of: expected a day such as \"2025-06-06\", found \"6 "
            "June\"\n");
  EXPECT_EQ(
      error_with("torch", nightly + "date = \"2025-06-06\"\nas-of = \"2025-06-06\""),
      "error: recipes/demo.toml:7:9: [torch] as-of: cannot be combined with date: date is that exact day, "
      "as-of the newest up to it\n"
      "\n"
      "hint: remove one of the two\n");
  EXPECT_EQ(error_with("torch", "channel = \"index\"\ndate = \"2025-06-06\""),
            "error: recipes/demo.toml:5:8: [torch] date: requires channel \"nightly\", but this is "
            "\"index\"\n");
}

TEST(RecipeError, Lock) {
  EXPECT_EQ(
      error_with("lock", "wheels = \"paths\""),
      "error: recipes/demo.toml:4:10: [lock] wheels: expected \"url\" or \"path\", found \"paths\"; did you "
      "mean \"path\"?\n");
}

TEST(RecipeError, Image) {
  EXPECT_EQ(
      error_with("image", "variant = \"slim\""),
      "error: recipes/demo.toml:4:11: [image] variant: expected \"base\", \"runtime\" or \"devel\", found "
      "\"slim\"\n");
  EXPECT_EQ(
      error_with("image", "variant = \"base\"\nfrom = \"debian:12\""),
      "error: recipes/demo.toml:4:11: [image] variant: cannot be combined with from, which names the whole "
      "image\n"
      "\n"
      "hint: remove one of the two\n");
  EXPECT_EQ(error_with("image", "from = \"debian 12\""),
            "error: recipes/demo.toml:4:8: [image] from: expected an image such as "
            "\"docker.io/library/debian:12\", "
            "found \"debian 12\"\n");
  for (const std::string name :
       {"gcc; rm -rf /", "Gcc", "g", "-o", "gcc=", "gcc=1 2", "gcc/testing", "g++-", "gcc-=1"}) {
    EXPECT_EQ(error_with("image", "apt = [\"" + name + "\"]"),
              "error: recipes/demo.toml:4:8: [image] apt: expected the name of a Debian package, such as "
              "\"libc6-dev\" or \"gcc=4:12.2.0-3\", found \"" +
                  name + "\"\n");
  }
  for (const std::string user : {"Trainer", "1000", "a b", "-x", "a:b"}) {
    EXPECT_EQ(
        error_with("image", "user = \"" + user + "\""),
        "error: recipes/demo.toml:4:8: [image] user: expected a user name of lower-case letters, digits, "
        "\"_\" and \"-\", such as \"trainer\", found \"" +
            user + "\"\n");
  }
  EXPECT_EQ(
      error_with("image", "env = { \"A B\" = \"x\" }"),
      "error: recipes/demo.toml:4:17: [image] env.A B: expected a variable's name of letters, digits and "
      "\"_\"\n");
  EXPECT_EQ(error_with("image", "env = { A = \"x\\ny\" }"),
            "error: recipes/demo.toml:4:13: [image] env.A: expected text without control characters, found "
            "\"x\\x0ay\"\n");
}

TEST(RecipeError, Paths) {
  for (const std::string from : {"", "/etc", "..", "a/../../b", "../demo"}) {
    EXPECT_EQ(
        error_with("image", "copy = [{ from = \"" + from + "\", to = \"/w\" }]"),
        "error: recipes/demo.toml:4:18: [image] copy.from: expected a path below the project's root, such as "
        "\"src\", found \"" +
            from + "\"\n");
  }
  for (const std::string from : {".", "./a/../b"})
    EXPECT_EQ(
        read("python = \"3.12\"\npackages = [\"torch\"]\n[image]\ncopy = [{ from = \"" + from + "\" }]\n")
            .image.copy.at(0)
            .from,
        from);
  for (const std::string to : {"", "w", "/w/../etc", "../w"}) {
    EXPECT_EQ(
        error_with("image", "copy = [{ from = \"a\", to = \"" + to + "\" }]"),
        "error: recipes/demo.toml:4:28: [image] copy.to: expected an absolute path without \"..\", such as "
        "\"/workspace\", found \"" +
            to + "\"\n");
  }
  EXPECT_EQ(error_with("verify", "scan = [\"src\", \"../other\"]"),
            "error: recipes/demo.toml:4:16: [verify] scan: expected a path below the project's root, such as "
            "\"src\", found \"../other\"\n");
  EXPECT_EQ(error_with("verify", "exclude = [\"tests\", \"a[b\"]"),
            "error: recipes/demo.toml:4:21: [verify] exclude: \"a[b\" is not a pattern: a \"[\" without its "
            "\"]\"\n");
  EXPECT_EQ(
      error_with("train", "mounts = [{ from = \"\", to = \"/data\" }]"),
      "error: recipes/demo.toml:4:20: [train] mounts.from: expected a folder of the host, such as \"/data\", "
      "found \"\"\n");
  EXPECT_EQ(
      error_with("image", "copy = [{ to = \"/w\" }]"),
      "error: recipes/demo.toml:4:9: [image] copy.from: expected a path below the project's root, such as "
      "\"src\", found \"\"\n");
}

TEST(RecipeError, CopiesIntoTheFoldersOfPythonAndItsPackages) {
  const auto of = [](const std::string& to, const std::string& more = {}) {
    return error_with("image", "copy = [{ from = \"src\", to = \"" + to + "\" }]" + more);
  };
  const auto error = [](const std::string& own, const std::string& holds, const std::string& to) {
    return "error: recipes/demo.toml:4:30: [image] copy.to: expected a path outside " + own +
           ", which holds the image's " + holds + ", found \"" + to + "\"\n";
  };
  for (const std::string to : {"/opt/venv", "/opt/venv/", "/opt/venv/lib", "//opt/./venv/x"})
    EXPECT_EQ(of(to), error("/opt/venv", "virtual environment", to));
  for (const std::string to : {"/python", "/python/lib/"}) EXPECT_EQ(of(to), error("/python", "Python", to));
  EXPECT_EQ(of("/python", "\npython = \"base\""), "no error") << "it has none there";
  for (const std::string to : {"/opt", "/opt/venvs", "/", "/python3"}) EXPECT_EQ(of(to), "no error");
}

TEST(RecipeError, RankOptions) {
  EXPECT_EQ(
      error_with("train", "workdir = \"data\""),
      "error: recipes/demo.toml:4:11: [train] workdir: expected an absolute path without \"..\", such as "
      "\"/workspace\", found \"data\"\n");
  EXPECT_EQ(error_with("train", "ranks-per-node = 0"),
            "error: recipes/demo.toml:4:18: [train] ranks-per-node: expected 1 to 1024, found 0\n");
  EXPECT_EQ(
      error_with("train", "secrets = { \"A-B\" = \"token\" }"),
      "error: recipes/demo.toml:4:21: [train] secrets.A-B: expected a variable's name of letters, digits and "
      "\"_\"\n");
  EXPECT_EQ(
      error_with("train", "secrets = { A = \"\" }"),
      "error: recipes/demo.toml:4:17: [train] secrets.A: expected a file with the value, such as \"token\", "
      "found \"\"\n");
  EXPECT_EQ(error_with("train", "env = { A = \"1\" }\nsecrets = { A = \"token\" }"),
            "error: recipes/demo.toml:5:17: [train] secrets.A: A is in env as well\n\n"
            "hint: remove one of the two\n");
}

TEST(RecipeError, Owners) {
  const std::string copy = "copy = [{ from = \"a\", owner = \"";
  for (const std::string owner :
       {"bob", "", "1000:", ":50", "1:2:3", "-1", "007", "4294967296", "trainer:trainer"}) {
    EXPECT_EQ(error_with("image", copy + owner + "\" }]"),
              "error: recipes/demo.toml:4:31: [image] copy.owner: expected \"root\" or numbers such as "
              "\"1000:1000\", "
              "found \"" +
                  owner + "\"\n");
  }
  EXPECT_EQ(error_with("image", copy + "bob\" }]\nuser = \"trainer\""),
            "error: recipes/demo.toml:4:31: [image] copy.owner: expected the user \"trainer\", \"root\" or "
            "numbers such "
            "as \"1000:1000\", found \"bob\"\n");
  for (const std::string owner : {"trainer", "root", "0", "1000:50"}) {
    EXPECT_EQ(read("python = \"3.12\"\npackages = [\"torch\"]\n[image]\nuser = \"trainer\"\n" + copy + owner +
                   "\" }]\n")
                  .image.copy.at(0)
                  .owner,
              owner);
  }
}

TEST(RecipeError, Counts) {
  EXPECT_EQ(error_with("train", "nodes = 0"),
            "error: recipes/demo.toml:4:9: [train] nodes: expected 1 or more, found 0\n");
  EXPECT_EQ(error_with("train", "gpus = -1"),
            "error: recipes/demo.toml:4:8: [train] gpus: expected 0 or more, found -1\n");
  EXPECT_EQ(error_with("train", "gpus = \"some\""),
            "error: recipes/demo.toml:4:8: [train] gpus: \"some\" is not a set of GPUs: expected \"all\", a "
            "number, or indices or UUIDs such as \"0,2\"\n");
  EXPECT_EQ(error_with("train", "command = [\"a\\u0000b\"]"),
            "error: recipes/demo.toml:4:12: [train] command: expected text without a NUL character, found "
            "\"a\\x00b\"\n");
}

TEST(RecipeError, DeepNestingIsNoCrash) {
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_EQ(error_of(dotted + " = 1\n"),
            "error: recipes/demo.toml:1:1: the line has more than 2000 dots outside strings\n");
  EXPECT_THAT(error_of("packages = " + std::string(100'000, '[')), ::testing::HasSubstr("not TOML: "));
}

TEST(RecipeError, DotsOfStringsAreNoNesting) {
  const std::string dots(3000, '.');
  std::string dotted = "a";
  for (int i = 0; i < 3000; ++i) dotted += ".a";
  for (const auto& text : {"\"" + dots + "\\\"" + dots + "\"", "'" + dots + "\"" + dots + "'",
                           "\"\"\"\n\"'" + dots + "\\\"\"\"\"\"", "'''" + dots + "'\n" + dots + "'''"}) {
    EXPECT_THAT(error_of("packages = " + text + "  # \" ' " + dots + "\n"),
                ::testing::HasSubstr("expected the version"))
        << text;
    EXPECT_THAT(error_of("x = {y = " + text + ", " + dotted + " = 1}\n"),
                ::testing::HasSubstr("has more than 2000 dots outside strings"))
        << text;
  }
}

}  // namespace
}  // namespace launch::project

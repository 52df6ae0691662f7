#include "train/given.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

const Environment kHere({{"HF_TOKEN", "hf_1"}, {"EMPTY", ""}});

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const Machine kLaptop{.cpus = 8, .memory = 16 * kGiB};
const Machine kServer{.cpus = 64, .memory = 512 * kGiB, .gpus = gpus_of(8)};

project::Recipe demo() {
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.train.command = {"train.py"};
  return recipe;
}

Result<Plan> plan_with(const project::Recipe& recipe, const GivenTexts& texts,
                       const Machine& machine = kLaptop) {
  PlanRequest request;
  request.run = "demo-1";
  request.project = "/project";
  TRY_ASSIGN(request.given, read_given(texts, kHere, "/here"));
  return plan_local(recipe, request, machine);
}

std::string error_of(const GivenTexts& texts, const project::Recipe& recipe = demo(),
                     const Machine& machine = kLaptop) {
  const auto plan = plan_with(recipe, texts, machine);
  return plan ? "no error" : plan.error().text();
}

/// "NAME=VALUE (REASON)"
std::vector<std::string> variables_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& variable : plan.environment)
    out.push_back(variable.shown() + " (" + variable.reason + ")");
  return out;
}

TEST(Given, TheOptionsVariablesComeBeforeTheRecipesAndThoseBeforeTheRuns) {
  auto recipe = demo();
  recipe.train.env = {{"A", "recipe"}, {"B", "recipe"}, {"GLOO_SOCKET_IFNAME", "eth1"}};
  const auto plan =
      plan_with(recipe, {.variables = {"A=1", "A=a=b c", "OMP_NUM_THREADS=3", "EMPTY", "NONE="}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_THAT(variables_of(*plan), ElementsAre("A=a=b c (--env)", "B=recipe ([train] env of the recipe)",
                                               "EMPTY (taken from the environment)",
                                               "GLOO_SOCKET_IFNAME=eth1 ([train] env of the recipe)",
                                               "NONE= (--env)", "OMP_NUM_THREADS=3 (--env)",
                                               testing::StartsWith("TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40 (")));
  EXPECT_EQ(plan->environment[2].value, "");
}

TEST(Given, ValuesOfTheShellAndThoseWithTheNameOfASecretAreHidden) {
  auto recipe = demo();
  recipe.train.env = {{"WANDB_API_KEY", "k"}};
  const auto plan =
      plan_with(recipe, {.variables = {"HF_TOKEN", "PGPASSWORD=p", "TOKENIZERS_PARALLELISM=false"}});
  ASSERT_TRUE(plan) << plan.error().text();
  const auto variables = variables_of(*plan);
  EXPECT_THAT(variables,
              testing::IsSupersetOf(
                  {std::string("HF_TOKEN (taken from the environment)"),
                   std::string("PGPASSWORD (--env; not recorded, since its name suggests a secret)"),
                   std::string("TOKENIZERS_PARALLELISM=false (--env)"),
                   std::string("WANDB_API_KEY ([train] env of the recipe; not recorded, since "
                               "its name suggests a secret)")}));
  EXPECT_THAT(plan->notes,
              testing::Contains(
                  "the values of PGPASSWORD and WANDB_API_KEY are not recorded, since the names suggest "
                  "secrets"));
}

TEST(Given, MountsReplaceThoseOfTheRecipeAtTheSamePlace) {
  auto recipe = demo();
  recipe.train.mounts = {{"/proc", "/data/", true}, {"/sys", "/other/", false}};
  const auto plan = plan_with(recipe, {.mounts = {"/:/data:ro", "/tmp:/with:colon:/t:rw"}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message(), "--mount /tmp:/with:colon:/t: /tmp:/with:colon does not exist");
  const auto good = plan_with(recipe, {.mounts = {"/:/data:ro", "../tmp:/tmp/./t:ro,z"}});
  ASSERT_TRUE(good) << good.error().text();
  std::vector<std::string> mounts;
  for (const auto& mount : good->mounts) {
    mounts.push_back(mount.from + ":" + mount.to + (mount.read_only ? ":ro" : "") +
                     (mount.relabel ? ",z" : ""));
  }
  EXPECT_THAT(mounts, ElementsAre("/:/data:ro", "/tmp:/tmp/t:ro,z", "/sys:/other"));
  EXPECT_THAT(good->notes, testing::Contains("--mount puts / at /data instead of the recipe's /proc"));
}

TEST(Given, ErrorsOfItsTexts) {
  const std::string mount =
      "expected FROM:TO or FROM:TO:ro, where TO is an absolute path without \"..\", such as \"/data\"\n";
  const std::string variable =
      "expected NAME=VALUE, NAME, image or mounted, with a NAME of letters, digits and \"_\"\n";
  EXPECT_EQ(error_of({.variables = {"venv"}}),
            "error: --env venv: the variable venv is not set here\n\n"
            "hint: set it, use --env venv=VALUE, or choose --env image or --env mounted\n");
  EXPECT_EQ(error_of({.variables = {"A-B=1"}}), "error: --env \"A-B\": " + variable);
  EXPECT_EQ(error_of({.variables = {"=1"}}), "error: --env \"\": " + variable);
  EXPECT_EQ(error_of({.variables = {"A=" + std::string(131'070, 'x')}}),
            "error: --env A: the value has 131070 bytes, and Linux allows 131071 for NAME=VALUE\n");
  for (const auto* text :
       {"/data", "data:data", ":/data", "/data:/data:rx", "/data:/../data", "/data:/data:"})
    EXPECT_EQ(error_of({.mounts = {text}}), std::string("error: --mount \"") + text + "\": " + mount);
  EXPECT_EQ(error_of({.mounts = {"/a:/data", "/b:/data/"}}),
            "error: --mount /a and /b are mounted at the same place, /data\n");
  EXPECT_EQ(error_of({.mounts = {"/:/"}}), "error: cannot mount / at /: that is the whole container\n");
  EXPECT_EQ(error_of({.mounts = {"/:/run/launch/x"}}),
            "error: cannot mount / at /run/launch/x: launch has its own files in /run/launch\n");
  EXPECT_EQ(error_of({.mounts = {"/:/run/launch-flight"}}),
            "error: cannot mount / at /run/launch-flight: launch has its own files in /run/launch-flight\n");
  EXPECT_EQ(error_of({.mounts = {"/:/run/secrets/A"}}),
            "error: cannot mount / at /run/secrets/A: launch has its own files in /run/secrets\n");
  EXPECT_EQ(error_of({.secrets = {"hf_very_secret"}}),
            "error: --secret: expected NAME=FILE, such as HF_TOKEN=token.txt\n");
  EXPECT_EQ(error_of({.variables = {"A=1"}, .secrets = {"A=f"}}),
            "error: A is given by both --env and --secret\n\nhint: remove one of the two\n");
  EXPECT_EQ(error_of({.workdir = "data"}),
            "error: --workdir \"data\": expected an absolute path in the container, without \"..\", such as "
            "\"/workspace\"\n");
  EXPECT_EQ(error_of({.ranks_per_node = 0}), "error: --ranks-per-node 0: expected 1 to 1024\n");
}

TEST(Given, VariablesThatARunNeedsAreRefused) {
  EXPECT_EQ(error_of({.variables = {"RANK=0"}}),
            "error: --env cannot set RANK: torchrun sets it for each rank\n");
  EXPECT_EQ(
      error_of({.variables = {"PET_STANDALONE=1"}}),
      "error: --env cannot set PET_STANDALONE: torchrun would read it as one of its options, which launch "
      "sets\n");
  auto recipe = demo();
  recipe.train.env = {{"LAUNCH_X", "1"}};
  EXPECT_EQ(error_of({}, recipe),
            "error: [train] env of the recipe cannot set LAUNCH_X: launch reserves the names that begin with "
            "LAUNCH_\n");
  EXPECT_EQ(error_of({.secrets = {"MASTER_ADDR=f"}}),
            "error: a secret cannot set MASTER_ADDR: torchrun sets it for each rank\n");
  EXPECT_EQ(error_of({.secrets = {"PYTHONPATH=f"}}),
            "error: a secret cannot set PYTHONPATH: launch adds its own folder to it\n");
  EXPECT_EQ(error_of({.variables = {"NCCL_SOCKET_IFNAME=eth1"}}), "no error");
}

TEST(Given, SecretsAreFilesThatAVariableCanHold) {
  const test::Scratch scratch;
  const auto write = [&](const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file(scratch.path() / name, text));
    return (scratch.path() / name).string();
  };
  const auto good = write("good", "s3cret\n");
  auto recipe = demo();
  recipe.train.env = {{"A", "1"}};
  recipe.train.secrets = {{"B", "none"}, {"C", "none"}};
  const auto plan = plan_with(recipe, {.variables = {"C=1"}, .secrets = {"A=" + good, "B=" + good}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->secrets, (std::map<std::string, std::string>{{"A", good}, {"B", good}}));
  EXPECT_THAT(variables_of(*plan),
              testing::Contains("LAUNCH_SECRETS=A B (rank.py sets these from /run/secrets)"));

  const auto error = [&](const std::string& file) { return error_of({.secrets = {"A=" + file}}); };
  EXPECT_EQ(error("none"), "error: the secret A: /here/none does not exist\n");
  EXPECT_EQ(error("/"), "error: the secret A: / is not a file\n");
  const auto empty = write("empty", "");
  EXPECT_EQ(error(empty), "error: the secret A: " + empty + " is empty\n");
  const auto large = write("large", std::string(65'537, 'x'));
  EXPECT_EQ(error(large),
            "error: the secret A: " + large + " has 65537 bytes, and a secret can have 65536\n");
  const auto binary = write("binary", std::string("a\0b", 3));
  EXPECT_EQ(error(binary),
            "error: the secret A: " + binary + " has a NUL byte, which a variable cannot hold\n");
}

TEST(Given, RanksOfANode) {
  auto recipe = demo();
  recipe.train.ranks_per_node = 2;
  const auto two = plan_with(recipe, {});
  ASSERT_TRUE(two) << two.error().text();
  EXPECT_EQ(two->world_size(), 2);
  const auto four = plan_with(recipe, {.ranks_per_node = 4});
  EXPECT_EQ(four->rendezvous.ranks_per_node, 4);
  EXPECT_THAT(four->notes,
              ElementsAre("this machine has no NVIDIA GPU: 4 ranks per node, on the CPU with gloo"));
  EXPECT_THAT(variables_of(*four),
              testing::Contains(
                  "OMP_NUM_THREADS=2 (8 CPUs shared by 4 ranks on this machine; torchrun would set 1)"));

  const auto server = plan_with(recipe, {}, kServer);
  EXPECT_EQ(server->rendezvous.ranks_per_node, 2);
  EXPECT_EQ(server->backend, "nccl");
  EXPECT_THAT(server->notes,
              ElementsAre("2 ranks per node for 8 GPUs: some are idle unless ranks use several"));
  EXPECT_EQ(error_of({.ranks_per_node = 9}, recipe, kServer),
            "error: 9 ranks per node, but a node has 8 GPUs: NCCL allows one rank per GPU\n\n"
            "hint: use --gpus 0 to train on the CPU with gloo, or --ranks-per-node with fewer\n");
}

TEST(Given, ProxiesThatRanksDoNotGetAreNoted) {
  const auto notes = [](const GivenTexts& texts, const Environment& environment) {
    auto plan = *plan_with(demo(), texts);
    plan.notes.clear();
    note_proxies(plan, environment);
    return plan.notes;
  };
  EXPECT_THAT(notes({}, kHere), testing::IsEmpty());
  EXPECT_THAT(notes({}, Environment({{"HTTPS_PROXY", "http://me:pw@proxy.example"}, {"NO_PROXY", "x"}})),
              ElementsAre("HTTPS_PROXY is set here, but not in the ranks: pass it with `--env HTTPS_PROXY`"));
  EXPECT_THAT(notes({.variables = {"http_proxy=x"}},
                    Environment({{"HTTP_PROXY", "x"}, {"http_proxy", "x"}, {"all_proxy", "x"}})),
              ElementsAre("HTTP_PROXY and all_proxy are set here, but not in the ranks: pass one with `--env "
                          "HTTP_PROXY`"));
}

TEST(Given, TheFolderWhereRanksStart) {
  auto recipe = demo();
  EXPECT_EQ(plan_with(recipe, {})->workdir, "");
  recipe.train.workdir = "/recipe";
  EXPECT_EQ(plan_with(recipe, {})->workdir, "/recipe");
  EXPECT_EQ(plan_with(recipe, {.workdir = "/given"})->workdir, "/given");
}

}  // namespace
}  // namespace launch::train

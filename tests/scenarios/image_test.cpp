#include <csignal>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;

class ImageScenario : public ::testing::Test {
 protected:
  ImageScenario() { EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0); }

  DemoProject demo_;
  const Scenario& scenario_ = demo_.scenario;
};

using Render = ImageScenario;
using Build = ImageScenario;

TEST_F(Render, WritesOnceAndThenNothingChanges) {
  auto done = demo_.launch({"render", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "images/demo/Dockerfile is written\n");
  const auto files = scenario_.files("images");
  EXPECT_EQ(files.size(), 2U);
  done = demo_.launch({"render", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "images/demo/Dockerfile is up to date\n");
  EXPECT_EQ(scenario_.files("images"), files);
}

TEST_F(Render, ToStandardOutput) {
  const auto done = demo_.launch({"render", "demo", "--stdout"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "");
  EXPECT_FALSE(scenario_.exists("images"));
  demo_.launch({"render", "demo"});
  EXPECT_EQ(done.out, DemoProject::hide_digests(scenario_.read("images/demo/Dockerfile")));
  EXPECT_THAT(done.out, HasSubstr("FROM docker.io/library/debian@sha256:[SHA256]\n"));
}

TEST_F(Render, Json) {
  EXPECT_EQ(demo_.launch({"render", "demo", "--json"}).out,
            "{\"changed\":true,\"dockerfile\":\"images/demo/Dockerfile\",\"sboms\":[],\"schema\":1}\n");
  EXPECT_EQ(demo_.launch({"render", "demo", "--json"}).out,
            "{\"changed\":false,\"dockerfile\":\"images/demo/Dockerfile\",\"sboms\":[],\"schema\":1}\n");
}

TEST_F(Render, BillsOfMaterialsAreWrittenWhenAskedForAndKeptUpToDate) {
  auto done = demo_.launch({"render", "demo", "--sbom"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "images/demo/Dockerfile is written\n"
            "images/demo/sbom.cdx.json is written\n"
            "images/demo/sbom.spdx.json is written\n");
  const auto files = scenario_.files("images");
  EXPECT_EQ(files.size(), 4U);
  EXPECT_THAT(
      DemoProject::hide_digests(scenario_.read("images/demo/sbom.cdx.json")),
      HasSubstr("\"purl\": \"pkg:pypi/torch@2.3.1?checksum=sha256:[SHA256]&file_name=torch-2.3.1-py3-none-"
                "any.whl\""));
  EXPECT_THAT(scenario_.read("images/demo/sbom.spdx.json"), HasSubstr("\"spdxVersion\": \"SPDX-2.3\""));

  scenario_.write("images/demo/sbom.spdx.json", "{}\n");
  done = demo_.launch({"render", "demo"});
  EXPECT_EQ(done.err,
            "images/demo/Dockerfile is up to date\n"
            "images/demo/sbom.cdx.json is up to date\n"
            "images/demo/sbom.spdx.json is written\n");
  EXPECT_EQ(scenario_.files("images"), files);
  EXPECT_EQ(
      demo_.launch({"render", "demo", "--json"}).out,
      "{\"changed\":false,\"dockerfile\":\"images/demo/Dockerfile\",\"sboms\":[{\"changed\":false,\"file\":"
      "\"images/demo/sbom.cdx.json\"},{\"changed\":false,\"file\":\"images/demo/sbom.spdx.json\"}],"
      "\"schema\":1}\n");
}

TEST_F(Render, CheckCoversTheBillsOfMaterialsThatExistOrAreAskedFor) {
  ASSERT_EQ(demo_.launch({"render", "demo"}).code, 0);
  EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 0);
  auto done = demo_.launch({"render", "demo", "--check", "--sbom"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "error: images/demo/sbom.cdx.json is missing\n\nhint: run `launch render demo --sbom`\n");
  EXPECT_EQ(scenario_.files("images").size(), 2U);

  ASSERT_EQ(demo_.launch({"render", "demo", "--sbom"}).code, 0);
  EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 0);
  scenario_.write("images/demo/sbom.cdx.json", "{}\n");
  done = demo_.launch({"render", "demo", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "error: images/demo/sbom.cdx.json is out of date\n\nhint: run `launch render demo --sbom`\n");
}

TEST_F(Render, CheckSaysWhetherItWouldChange) {
  auto done = demo_.launch({"render", "demo", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "error: images/demo/Dockerfile is missing\n\nhint: run `launch render demo`\n");
  EXPECT_FALSE(scenario_.exists("images"));

  demo_.launch({"render", "demo"});
  done = demo_.launch({"render", "demo", "--check"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out + done.err, "");

  scenario_.write("images/demo/.dockerignore", "*\n!\x1b[2J\n");
  done = demo_.launch({"render", "demo", "--check"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "--- images/demo/.dockerignore\n"
            "+++ rendered from recipe and lock\n"
            " *\n"
            "-!\\x1b[2J\n"
            "+!Dockerfile\n"
            "+!bytecode\n"
            "+!python\n"
            "+!venv\n"
            "+!wheels\n"
            "+!project\n"
            "error: images/demo/.dockerignore is out of date\n"
            "\n"
            "hint: run `launch render demo`\n");
  EXPECT_EQ(scenario_.read("images/demo/.dockerignore"), "*\n!\x1b[2J\n");
}

TEST_F(Render, ALockOfAnotherRecipe) {
  const auto recipe = scenario_.read("recipes/demo.toml");
  scenario_.write("recipes/demo.toml", replace_all(recipe, "wheels = \"path\"", "wheels = \"url\""));
  const auto done = demo_.launch({"render", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "error: lockfiles/pylock.demo.toml is out of date: it was made from another version "
            "of recipes/demo.toml\n\nhint: run `launch lock demo`\n");
  EXPECT_FALSE(scenario_.exists("images"));
}

TEST_F(Render, WhatIsReadByNoStageMakesNothingOutOfDate) {
  ASSERT_EQ(demo_.launch({"render", "demo"}).code, 0);
  const auto recipe = scenario_.read("recipes/demo.toml");
  scenario_.write("recipes/demo.toml",
                  "# a comment\n" + replace_all(recipe, "gpus = 0", "gpus = 1\nnodes = 4"));
  auto done = demo_.launch({"lock", "demo", "--check"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, testing::EndsWith("lockfiles/pylock.demo.toml is unchanged\n"));
  EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 0);
  demo_.recipe("apt = [\"gcc\"]\n");
  EXPECT_EQ(demo_.launch({"lock", "demo", "--check"}).code, 0) << "apt is for the Dockerfile";
  EXPECT_EQ(demo_.launch({"render", "demo", "--check"}).code, 1);
}

TEST_F(Render, ALockOfAnEarlierLaunchIsRenewedOnce) {
  const auto lock = scenario_.read("lockfiles/pylock.demo.toml");
  scenario_.write("lockfiles/pylock.demo.toml", replace_all(lock, "recipe-digest", "recipe"));
  auto done = demo_.launch({"render", "demo"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err,
            "error: lockfiles/pylock.demo.toml is out of date: an earlier version of launch wrote it\n\n"
            "hint: run `launch lock demo`\n");
  done = demo_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, testing::EndsWith("lockfiles/pylock.demo.toml has changed:\n"
                                          "  no package; an earlier version of launch wrote it\n"
                                          "not verified yet: run `launch verify demo`\n"));
  EXPECT_EQ(scenario_.read("lockfiles/pylock.demo.toml"), lock);
  EXPECT_EQ(demo_.launch({"render", "demo"}).code, 0);
}

TEST_F(Render, WhatCannotBeCombined) {
  const auto done = demo_.launch({"render", "demo", "--check", "--stdout"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "error: --check cannot be combined with --stdout\n\nhint: run `launch render --help` to list the "
            "options\n");
  EXPECT_EQ(demo_.launch({"render", "demo", "--sbom", "--stdout"}).err,
            "error: --sbom cannot be combined with --stdout\n\nhint: run `launch render --help` to list the "
            "options\n");
}

/// The end of a build.
const std::string kBuilt =
    "localhost/launch/demo is built: 151 B of wheels, [TIME]\n1 layer of wheels, 421 B unpacked:\n"
    "  UNPACKED  LAYER\n"
    "  421 B     torch 2.3.1\n";

TEST_F(Build, OnceAndThenItIsFound) {
  auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "localhost/launch/demo@sha256:[SHA256]\n");
  EXPECT_EQ(done.err, kBuilt);
  done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "localhost/launch/demo@sha256:[SHA256]\n");
  EXPECT_EQ(done.err, "localhost/launch/demo is up to date\n");
}

TEST_F(Build, AnEarlierImageIsLeftWithoutAName) {
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  demo_.recipe("env = { NEW = \"1\" }\n");
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  const auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(std::regex_replace(done.err, std::regex("[0-9a-f]{12}"), "[ID]"),
            kBuilt + "the earlier image [ID] is kept without a name: `podman image rm [ID]` removes it\n");
}

TEST_F(Build, Json) {
  const auto done = demo_.launch({"build", "demo", "--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(std::regex_replace(done.out, std::regex("\"seconds\":[0-9.e-]+"), "\"seconds\":[SECONDS]"),
            "{\"digest\":\"sha256:[SHA256]\",\"engine\":\"podman\",\"image\":\"localhost/launch/"
            "demo@sha256:[SHA256]\","
            "\"image_id\":"
            "\"sha256:[SHA256]\",\"layers\":[{\"digest\":\"sha256:[SHA256]\",\"size\":421,\"wheels\":"
            "[\"torch-2.3.1-py3-none-any.whl\"]}],\"replaced\":[],\"schema\":1,\"seconds\":[SECONDS],"
            "\"sizes\":[{\"digest\":"
            "\"sha256:[SHA256]\",\"name\":"
            "\"torch 2.3.1\",\"unpacked\":421}],\"up_to_date\":false}\n");
}

TEST_F(Build, OfTheWholeProject) {
  demo_.recipe("copy = [{ from = \".\", exclude = [\"*.ipynb\"] }]\nuser = \"trainer\"\n");
  scenario_.write(".dockerignore", "store\nengine\nhome\n");
  scenario_.write(".git/config", "");
  scenario_.write("a.ipynb", "");
  scenario_.write("src/__pycache__/train.pyc", "");
  auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.err,
      "not copied into the image: .git and lockfiles; to copy one, give it an entry of its own under copy\n" +
          kBuilt);
  scenario_.write("a.ipynb", "changed");
  scenario_.write(".git/config", "changed");
  done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("localhost/launch/demo is up to date\n"))
      << "what is left out changes nothing";
  EXPECT_THAT(
      demo_.launch({"render", "demo", "--stdout"}).out,
      HasSubstr(
          "COPY --chown=trainer [\"project/0/\", \"/workspace/\"]\nWORKDIR /workspace/\nUSER trainer\n"));

  scenario_.write(".env", "TOKEN=1");
  scenario_.write("src/id_rsa", "");
  const std::string refused =
      "error: copy under [image] in recipes/demo.toml: 2 files look like secrets: .env and src/id_rsa\n"
      "\n"
      "hint: to leave one out, list it in .dockerignore or in `exclude`\n"
      "hint: to copy one, give it an entry of its own: { from = \".env\" }\n";
  for (const auto* command : {"build", "render"}) {
    done = demo_.launch({command, "demo"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.err, refused);
  }
  EXPECT_FALSE(scenario_.exists("images"));
}

TEST_F(Build, OfADockerfileThatIsOld) {
  scenario_.write("images/demo/Dockerfile", "FROM scratch\n");
  const auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: images/demo/Dockerfile is out of date and is not used: the image is built from recipe "
            "and lock; "
            "run `launch render demo`\n" +
                kBuilt);
}

TEST_F(Build, RecipesWithNamesThatEnginesCannotTellApartHaveImagesOfTheirOwn) {
  std::set<std::string> images;
  for (const std::string name : {"a-b", "a_b", "A-B", "_a-b"}) {
    scenario_.write("recipes/" + name + ".toml", scenario_.read("recipes/demo.toml"));
    EXPECT_EQ(demo_.launch({"lock", name}).code, 0) << name;
    const auto done = scenario_.launch({"build", name});
    EXPECT_EQ(done.code, 0) << done.err;
    images.insert(done.out.substr(0, done.out.find('@')));
  }
  EXPECT_THAT(images,
              testing::UnorderedElementsAre(
                  "localhost/launch/a-b", "localhost/launch/a-b." + sha256_hex("A-B").substr(0, 12),
                  "localhost/launch/a-b." + sha256_hex("_a-b").substr(0, 12), "localhost/launch/a_b"));
}

TEST_F(Build, OddNamesOfRecipesAreRefusedByEveryCommand) {
  for (const std::string& name : {std::string("my recipe"), std::string("\u00fc"), std::string(".hidden"),
                                  std::string("a.b"), std::string(200, 'x')}) {
    scenario_.write("recipes/" + name + ".toml", scenario_.read("recipes/demo.toml"));
    for (const auto* command : {"lock", "render", "build", "verify", "train"}) {
      const auto done = demo_.launch({command, name});
      EXPECT_EQ(done.code, 2) << name;
      EXPECT_EQ(done.err,
                "error: the recipe recipes/" + name +
                    ".toml needs another name: expected 1 to 128 letters, digits, \"-\" and \"_\" before "
                    ".toml\n");
    }
  }
}

TEST_F(Build, ThatTheEngineRefuses) {
  scenario_.write("engine/fault", "build-fails");
  const auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(
      done.err,
      "error: podman could not build localhost/launch/demo:latest:\n"
      "  STEP 1/9: FROM docker.io/library/debian@sha256:[SHA256]\n"
      "  STEP 2/9: ENV VIRTUAL_ENV=/opt/venv      PATH=\"/opt/venv/bin:${PATH}\"\n"
      "  STEP 3/9: COPY venv/ /opt/venv/\n"
      "  STEP 4/9: COPY wheels/torch/ /opt/venv/\n"
      "  STEP 5/9: RUN [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\", \"   /opt/venv/bin/python3 -c pass;   "
      " "
      "if ! PYTHONHASHSEED=0 /opt/venv/bin/python3 -B -m compileall -qq -j1 --invalidation-mode checked-hash "
      "/opt/venv/lib/python3.11/site-packages; then    [[ -n $(find /opt/venv/lib/python3.11/site-packages "
      "-name …\n"
      "  E: Unable to locate package gcc-99\n"
      "  Error: building at STEP \"RUN …\": while running runtime: exit status 100\n");
}

TEST_F(Build, WithoutAnEngine) {
  demo_.scenario.set("PATH", "/nonexistent");
  const auto done = demo_.launch({"build", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, "error: podman is not installed\n\nhint: install podman: apt-get install podman\n");
}

TEST_F(Build, ThatIsInterrupted) {
  const std::string wheel = "torch-2.3.1-py3-none-any.whl";
  demo_.index.server().on("/files/" + wheel, [&, wheel](const fakes::SeenRequest&) {
    ::kill(std::stoi(scenario_.read("pid")), SIGTERM);
    return fakes::Reply{.body = demo_.index.bytes(wheel), .drip_pause = std::chrono::hours(1)};
  });
  const auto done =
      scenario_.run({"sh", "-c", std::string("echo $$ > pid; exec ") + LAUNCH_PROGRAM + " build demo"});
  EXPECT_EQ(done.code, 143);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "interrupted; no image was built\n");
}

}  // namespace
}  // namespace launch::scenarios

#include "image/build.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "project/labels.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

constexpr const char* kTag = "localhost/launch/demo:latest";
constexpr const char* kUntried = "localhost/launch/demo:untried";

const std::string kRecipe = R"(python    = "3.12"
platforms = ["linux-x86_64"]
packages  = ["numpy"]
)";

/// An engine that "builds" by reading the context's Dockerfile, and then has the image.
class FakeEngine final : public ProcessRunner {
 public:
  std::vector<std::string> dockerfiles;  ///< of its builds
  std::vector<std::string> named;        ///< the names that were given and taken
  std::string inputs;                    ///< what the label of the image that it has says

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    const auto& argv = spec.argv;
    ProcessOutcome outcome;
    if (argv[1] == "build") {
      TRY_ASSIGN(const auto text, read_file(after(argv, "--file")));
      dockerfiles.push_back(text);
      inputs = text.substr(text.rfind('=') + 1, std::string("sha256:").size() + 64);
      TRY(write_file(after(argv, "--iidfile"), id()));
    } else if (argv[1] == "tag" || argv[1] == "rmi") {
      named.push_back(argv[1] + " " + argv.back());
    } else if ((argv.back() == kTag || argv.back() == kUntried) && !inputs.empty()) {
      outcome.out =
          fmt::format(R"([{{"Id": "{}", "Config": {{"Labels": {{"launch.inputs": "{}"}}}}}}])", id(), inputs);
    } else {
      outcome.exit_code = 1;
      outcome.err = "Error: No such image: " + argv.back();
    }
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }

 private:
  static std::string id() { return Digest::of("image").text(); }
  static std::string after(const std::vector<std::string>& argv, const char* option) {
    return *(std::find(argv.begin(), argv.end(), option) + 1);
  }
};

class BuildImage : public testing::Test {
 protected:
  Result<BuildOutcome> build(const std::string& recipe = kRecipe,
                             std::vector<specs::RegistryMirror> mirrors = {}) {
    containers::Engine engine(*containers::engine_named("docker"), runner_, {}, work_);
    engine.pull_from(std::move(mirrors));
    BuildRequest request{{project::test::recipe(recipe),
                          project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"))},
                         {},
                         false,
                         scratch_.path(),
                         [](const auto&) { return std::vector<std::filesystem::path>(); }};
    request.try_it = try_it_;
    const auto store = store::Store::open(scratch_ / "store", work_);
    EXPECT_TRUE(store);
    return build_image(request, *store, engine, work_);
  }

  FakeEngine runner_;
  std::function<Result<void>(const Digest&)> try_it_;
  fakes::FakeWork work_;
  test::Scratch scratch_;
};

TEST_F(BuildImage, BuildsOnceWhatStaysTheSame) {
  const auto first = build();
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_FALSE(first->up_to_date);
  EXPECT_EQ(first->name, "localhost/launch/demo");
  EXPECT_EQ(first->image.image_id, Digest::of("image"));
  const auto second = build();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_TRUE(second->up_to_date);
  EXPECT_EQ(second->image.image_id, Digest::of("image"));
  EXPECT_EQ(runner_.dockerfiles.size(), 1U);
}

TEST_F(BuildImage, HasItsNameOnceItIsTried) {
  ASSERT_TRUE(build());
  EXPECT_EQ(runner_.named,
            (std::vector<std::string>{std::string("tag ") + kTag, std::string("rmi ") + kUntried}));
  runner_.named.clear();
  runner_.inputs.clear();
  try_it_ = [](const Digest& id) { return fail(input_error("does not work: " + id.text())); };
  const auto broken = build();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message(), "does not work: " + Digest::of("image").text());
  EXPECT_EQ(runner_.named, (std::vector<std::string>{std::string("rmi ") + kUntried}));
}

TEST_F(BuildImage, IsUpToDateAfterAnEditOfWhatItIsNotMadeFrom) {
  ASSERT_TRUE(build());
  for (const auto& edited :
       {"# why\n" + kRecipe, kRecipe + "[train]\ncommand = [\"train.py\"]\nnodes = 2\ngpus = 0\n",
        kRecipe + "[verify]\nscan = [\"src\"]\n", replace_all(kRecipe, "    = ", " = ")}) {
    const auto again = build(edited);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_TRUE(again->up_to_date) << edited;
  }
  const auto other = build(kRecipe + "[image]\nenv = { HF_HOME = \"/data\" }\n");
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_FALSE(other->up_to_date);
}

TEST_F(BuildImage, TakesTheBaseFromAMirrorAndSaysTheSameOfTheImage) {
  ASSERT_TRUE(build());
  const auto inputs = std::exchange(runner_.inputs, "");
  const auto mirrored = build(kRecipe, {{"docker.io/nvidia", "mirror.example:5000/nv"}});
  ASSERT_TRUE(mirrored) << mirrored.error().text();
  EXPECT_EQ(runner_.inputs, inputs);
  ASSERT_EQ(runner_.dockerfiles.size(), 2U);
  const auto from = [](const std::string& name) {
    return fmt::format("\nFROM {}@{}\n", name, project::test::kDigest);
  };
  EXPECT_THAT(runner_.dockerfiles[0], testing::HasSubstr(from("docker.io/nvidia/cuda")));
  EXPECT_EQ(runner_.dockerfiles[1], replace_all(runner_.dockerfiles[0], from("docker.io/nvidia/cuda"),
                                                from("mirror.example:5000/nv/cuda")));
}

}  // namespace
}  // namespace launch::image

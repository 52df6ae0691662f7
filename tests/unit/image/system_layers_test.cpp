#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/gzip.hpp"
#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "fakes/values.hpp"
#include "image/dockerfile.hpp"
#include "image/system.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// An engine that has the image of the system already, and saves it.
class SavingEngine final : public ProcessRunner {
 public:
  std::string inputs;
  std::vector<Digest> layers;
  std::string saved;
  std::vector<std::string> calls;

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    calls.push_back(spec.argv[1]);
    ProcessOutcome outcome;
    if (spec.argv[1] == "image") {
      std::vector<std::string> digests;
      for (const auto& layer : layers) digests.push_back('"' + layer.text() + '"');
      outcome.out = fmt::format(
          R"([{{"Id": "{}", "Config": {{"Labels": {{"launch.inputs": "{}"}}}}, "RootFS": {{"Layers": [{}]}}}}])",
          fakes::digest('e').text(), inputs, join(digests, ","));
    }
    if (spec.argv[1] == "save") {
      EXPECT_EQ(spec.argv[4], fakes::digest('e').text());
      EXPECT_TRUE(write_file(spec.argv[3], saved));
    }
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }
};

class SystemLayersTest : public testing::Test {
 protected:
  SystemLayersTest() {
    base_.diff_ids = {Digest::of("base")};
    runner_.layers = {Digest::of("base"), Digest::of(tar_)};
    set_inputs();
    save({"base.tar", "apt.tar"});
  }

  /// The engine's image is the one of the request.
  void set_inputs() {
    const auto text = render_system({request_.recipe, request_.lock, {}}).value();
    runner_.inputs = Digest::of(fmt::format("{}\n{}\n{}", request_.platform->text(),
                                            project::lock_timestamp(request_.lock.lock), text))
                         .text();
  }
  /// What the engine saves: these files, of which manifest.json names the layers.
  void save(const std::vector<std::string>& layers) {
    std::vector<std::string> quoted;
    for (const auto& layer : layers) quoted.push_back('"' + layer + '"');
    runner_.saved = fakes::make_tar(
        {{.name = "base.tar", .content = "base"},
         {.name = "apt.tar", .content = tar_},
         {.name = "manifest.json", .content = fmt::format(R"([{{"Layers":[{}]}}])", join(quoted, ","))}});
  }
  Result<SystemLayers> make() {
    return system_layers(
        request_, fakes::digest('b'), base_,
        [this]() -> Result<containers::Engine> {
          return containers::Engine(*containers::engine_named("docker"), runner_, {}, work_);
        },
        store_, work_);
  }
  std::string failure() {
    const auto made = make();
    return made ? "made" : made.error().message();
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  store::Store store_ = store::Store::open(scratch_ / "store", work_).value();
  std::string tar_ = fakes::make_tar({{.name = "usr/bin/gcc", .content = std::string(100'000, 'g')}});
  archive::Image base_;
  SavingEngine runner_;
  SystemRequest request_{.recipe = project::test::recipe(
                             "python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
                             "[image]\napt = [\"gcc\", \"libc6-dev\"]\n"),
                         .lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12")),
                         .folder = scratch_.path(),
                         .platform = fakes::x86()};
};

TEST_F(SystemLayersTest, AreThoseAboveTheBaseAndKept) {
  const auto made = make();
  ASSERT_TRUE(made) << made.error().text();
  ASSERT_EQ(made->layers.size(), 1U);
  const auto& [layer, file] = made->layers.front();
  EXPECT_EQ(layer.diff_id, Digest::of(tar_));
  EXPECT_EQ(layer.created_by, "apt: gcc libc6-dev");
  EXPECT_EQ(layer.blob.digest, sha256_file(file).value());
  EXPECT_EQ(layer.blob.size, std::filesystem::file_size(file));
  EXPECT_EQ(archive::gunzipped(file).value().digest, Digest::of(tar_));
  EXPECT_THAT(
      work_.reporter.notes,
      ElementsAre("docker installs gcc, libc6-dev of the distribution once; the layer is kept in the store"));

  runner_.calls.clear();
  const auto again = make();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->key, made->key);
  EXPECT_EQ(again->layers.front().layer.blob.digest, layer.blob.digest);
  EXPECT_THAT(runner_.calls, IsEmpty());
}

TEST_F(SystemLayersTest, AreMadeAgainOnceTheirFileIsGone) {
  const auto made = make();
  ASSERT_TRUE(made) << made.error().text();
  std::filesystem::remove_all(made->layers.front().file.parent_path());
  runner_.calls.clear();
  ASSERT_TRUE(make());
  EXPECT_THAT(runner_.calls, testing::Contains("save"));
}

TEST_F(SystemLayersTest, HaveAnotherKeyForOtherPackages) {
  const auto one = make()->key;
  request_.recipe.image.apt = {"gcc"};
  set_inputs();
  EXPECT_NE(make()->key, one);
}

TEST_F(SystemLayersTest, OfAnImageThatIsNotTheBaseWithMoreAreRefused) {
  runner_.layers.front() = Digest::of("another base");
  EXPECT_EQ(failure(), "the image that the engine built does not begin with the base's layers");
}

TEST_F(SystemLayersTest, OfAFileInAnotherFormAreRefused) {
  save({"base.tar"});
  EXPECT_THAT(failure(), HasSubstr("system.tar has 1 layer, expected 2"));
  save({"base.tar", "gone.tar"});
  EXPECT_THAT(failure(), HasSubstr("system.tar lacks a layer"));
  save({"base.tar", "base.tar"});
  EXPECT_THAT(failure(), HasSubstr("system.tar has a layer with another digest"));
  runner_.saved = fakes::make_tar({{.name = "manifest.json", .content = "{}"}});
  EXPECT_THAT(failure(), HasSubstr("system.tar has no manifest.json of one image"));
  runner_.saved = "x";
  EXPECT_THAT(failure(), HasSubstr("not a valid .tar.gz file"));
}

}  // namespace
}  // namespace launch::image

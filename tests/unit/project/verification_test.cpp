#include "project/verification.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/fake_reporter.hpp"
#include "fakes/faulty_disk.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"

namespace launch::project {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Verification verification() {
  return {.lock = fakes::digest('a'),
          .recipe = "demo",
          .image_id = fakes::digest('b'),
          .image_digest = fakes::digest('c'),
          .platform = fakes::x86(),
          .torch = pytorch::TorchBuild{"2.8.0+cu128", "12.8", {}, std::string(40, 'd')},
          .smoke = {"python", "-c", "import torch"},
          .names = 12,
          .gpus = {"NVIDIA H100 80GB HBM3"},
          .driver = "550.54.15",
          .engine = "podman 4.3.1",
          .time = "2026-11-24T05:55:12Z"};
}

const std::string kText = R"({
  "schema": 1,
  "recipe": "demo",
  "lock": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "image": {
    "id": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "platform": "linux-x86_64"
  },
  "torch": {
    "version": "2.8.0+cu128",
    "cuda": "12.8",
    "hip": null,
    "git_version": "dddddddddddddddddddddddddddddddddddddddd"
  },
  "smoke": [
    "python",
    "-c",
    "import torch"
  ],
  "names": 12,
  "gpus": [
    "NVIDIA H100 80GB HBM3"
  ],
  "driver": "550.54.15",
  "engine": "podman 4.3.1",
  "time": "2026-11-24T05:55:12Z"
}
)";

TEST(Verification, IsWrittenInOneOrderAndReadAgain) {
  EXPECT_EQ(write_verification(verification()), kText);
  const auto again = parse_verification(kText, "demo.verified.json");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(write_verification(*again), kText);
  EXPECT_EQ(again->torch, verification().torch);
}

TEST(Verification, OfLittle) {
  auto little = verification();
  little.image_digest.reset();
  little.torch.reset();
  little.smoke.clear();
  little.gpus.clear();
  little.driver.clear();
  const auto text = write_verification(little);
  EXPECT_THAT(text,
              testing::HasSubstr("  \"torch\": null,\n  \"smoke\": null,\n  \"names\": 12,\n  \"gpus\": [],\n"
                                 "  \"driver\": null,\n"));
  const auto again = parse_verification(text, "x");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(write_verification(*again), text);
}

TEST(Verification, KeysOfALaterVersionAreIgnored) {
  EXPECT_TRUE(
      parse_verification(replace_all(kText, "{\n  \"schema\"", "{\n  \"more\": [1],\n  \"schema\""), "x"));
}

TEST(Verification, SaysWhereItWasMade) {
  auto made = verification();
  EXPECT_EQ(made.text(), "verified on 2026-11-24 with NVIDIA H100 80GB HBM3, driver 550.54.15");
  made.gpus = {"B", "A", "B"};
  made.driver = "unknown";
  EXPECT_EQ(made.text(), "verified on 2026-11-24 with A and 2 × B, driver unknown");
  made.gpus.clear();
  EXPECT_EQ(made.text(), "verified on 2026-11-24 without a GPU");
}

TEST(Verification, KnowsItsImageByEitherDigest) {
  auto made = verification();
  EXPECT_TRUE(made.has_image(fakes::digest('b'), std::nullopt));
  EXPECT_TRUE(made.has_image(fakes::digest('c'), std::nullopt)) << "docker's containerd store";
  EXPECT_TRUE(made.has_image(fakes::digest('c'), fakes::digest('c')));
  EXPECT_FALSE(made.has_image(fakes::digest('d'), fakes::digest('e')));
  made.image_digest.reset();
  EXPECT_FALSE(made.has_image(fakes::digest('d'), std::nullopt));
}

TEST(Verification, ThatIsDamagedIsAnErrorThatNamesIt) {
  const auto error = [](const std::string& from, const std::string& to) {
    const auto parsed = parse_verification(replace_all(kText, from, to), "demo.verified.json");
    if (parsed) return std::string("parsed");
    EXPECT_EQ(parsed.error().kind(), ErrorKind::input);
    return parsed.error().message();
  };
  const std::string digest = "expected a digest such as \"sha256:…\", found ";
  EXPECT_EQ(error("\"schema\": 1", "\"schema\": 2"), "demo.verified.json: expected schema 1, found 2");
  EXPECT_EQ(error("\"schema\"", "\"scheme\""), "demo.verified.json: expected schema 1, found null");
  EXPECT_EQ(error(kText, "half of a fi"), "demo.verified.json is not a JSON document");
  EXPECT_EQ(error(kText, "[]"), "demo.verified.json is not a JSON document");
  EXPECT_EQ(error("\"demo\"", "\"../demo\""),
            "demo.verified.json: recipe: expected a recipe's name, found \"../demo\"");
  EXPECT_EQ(error("\"lock\": \"sha256:a", "\"lock\": \"sha256:z"),
            "demo.verified.json: lock: " + digest + "\"sha256:z" + std::string(63, 'a') + "\"");
  EXPECT_EQ(error("\"id\"", "\"ID\""), "demo.verified.json: image.id: " + digest + "nothing");
  EXPECT_EQ(error("\"digest\": \"sha256:c", "\"digest\": \"c"),
            "demo.verified.json: image.digest: " + digest + "\"c" + std::string(63, 'c') + "\"");
  EXPECT_EQ(error("\"names\": 12", "\"names\": -1"),
            "demo.verified.json: names: expected a number, found -1");
  EXPECT_EQ(error("\"12.8\"", "12.8"), "demo.verified.json: torch.cuda: expected text, or null, found 12.8");
  EXPECT_EQ(error("\"version\": \"2.8.0+cu128\",", ""),
            "demo.verified.json: torch.version: expected a version, found nothing");
  EXPECT_EQ(error("\"import torch\"", "null"),
            "demo.verified.json: smoke: expected a list of texts, found [\"python\",\"-c\",null]");
  EXPECT_EQ(error("2026-11-24T05", "yesterday"),
            "demo.verified.json: time: expected a time such as \"2026-11-24T05:55:12Z\", found "
            "\"yesterday:55:12Z\"");
}

class VerificationFile : public ::testing::Test {
 protected:
  std::optional<Verification> of(char lock) {
    return verification_of(project_, lock_, fakes::digest(lock), reporter_);
  }

  test::Scratch scratch_;
  Project project_ = Project::at(scratch_.path());
  std::filesystem::path lock_ = project_.lock_place("demo");
  std::filesystem::path place_ = scratch_ / "lockfiles/demo.verified.json";
  fakes::FaultyDisk disk_;
  fakes::FakeReporter reporter_;
};

TEST_F(VerificationFile, IsBesideTheLock) {
  EXPECT_EQ(verification_place(lock_), place_);
  EXPECT_EQ(verification_place("/a/pylock.toml"), std::nullopt);
  EXPECT_EQ(of('a'), std::nullopt);
  ASSERT_TRUE(save_verification(disk_, lock_, verification()));
  EXPECT_EQ(*read_file(place_), kText);
  ASSERT_TRUE(of('a'));
  EXPECT_EQ(of('a')->time, "2026-11-24T05:55:12Z");
  EXPECT_FALSE(of('b')) << "it is of another lock";
  EXPECT_TRUE(remove_verification(disk_, lock_));
  EXPECT_FALSE(std::filesystem::exists(place_));
  EXPECT_TRUE(remove_verification(disk_, lock_)) << "there is nothing to remove";
  EXPECT_THAT(reporter_.warnings, IsEmpty());
}

TEST_F(VerificationFile, ThatCannotBeReadIsAWarning) {
  ASSERT_TRUE(write_file(place_, "{"));
  EXPECT_FALSE(of('a'));
  std::filesystem::remove(place_);
  std::filesystem::create_directories(place_);
  EXPECT_FALSE(of('a'));
  EXPECT_THAT(
      reporter_.warnings,
      ElementsAre("lockfiles/demo.verified.json is not a JSON document; the lock counts as not verified",
                  "lockfiles/demo.verified.json is not a file; the lock counts as not verified"));
}

TEST_F(VerificationFile, OnAFullDiskIsAnErrorAndTheOldOneStays) {
  ASSERT_TRUE(write_file(place_, "old"));
  disk_.set({"write", {}, ENOSPC});
  const auto saved = save_verification(disk_, lock_, verification());
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().message(), "cannot write " + place_.string() + ": No space left on device");
  EXPECT_EQ(*read_file(place_), "old");
}

}  // namespace
}  // namespace launch::project

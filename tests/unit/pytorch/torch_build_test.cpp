#include "pytorch/torch_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::pytorch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');

/// The accelerator of the lock; empty: unknown.
std::vector<std::string> differences(const std::string& version, const std::string& accelerator,
                                     const TorchBuild& found,
                                     const std::optional<std::string>& commit = kCommit) {
  LockedBuild locked{*specs::Version::parse(version), std::nullopt, commit};
  if (!accelerator.empty()) locked.accelerator = fakes::accelerator(accelerator);
  std::vector<std::string> texts;
  for (const auto& each : build_differences(locked, found)) texts.push_back(each.text());
  return texts;
}

TEST(TorchBuild, IsThatOfTheLock) {
  EXPECT_THAT(
      differences("2.8.0.dev20250606+cu128", "cu128", {"2.8.0.dev20250606+cu128", "12.8", {}, kCommit}),
      IsEmpty());
  EXPECT_THAT(differences("2.6.0+cpu", "cpu", {"2.6.0+cpu", {}, {}, kCommit}), IsEmpty());
  EXPECT_THAT(differences("2.6.0+xpu", "xpu", {"2.6.0+xpu", {}, {}, kCommit}), IsEmpty());
  EXPECT_THAT(
      differences("2.6.0+rocm6.2.4", "rocm6.2.4", {"2.6.0+rocm6.2.4", {}, "6.2.41134-65d174c3e", kCommit}),
      IsEmpty())
      << "HIP has a third number of its own";
}

TEST(TorchBuild, OnTheGeneralIndexNamesItsAcceleratorItself) {
  EXPECT_THAT(differences("2.3.1", "cu121", {"2.3.1+cu121", "12.1", {}, kCommit}), IsEmpty());
  EXPECT_THAT(differences("2.3.1", "", {"2.3.1+cpu", {}, {}, kCommit}), IsEmpty());
  EXPECT_THAT(differences("2.3.1+cpu", "cpu", {"2.3.1", {}, {}, kCommit}),
              ElementsAre("torch.__version__ is 2.3.1, expected 2.3.1+cpu"));
}

TEST(TorchBuild, EveryDifferenceIsNamed) {
  EXPECT_THAT(
      differences("2.8.0.dev20250606+cu128", "cu128", {"2.8.0.dev20250605+cu126", "12.6", {}, kOther}),
      ElementsAre("torch.__version__ is 2.8.0.dev20250605+cu126, expected 2.8.0.dev20250606+cu128",
                  "torch.version.cuda is 12.6, expected 12.8",
                  "torch.version.git_version is " + kOther + ", expected " + kCommit));
  EXPECT_THAT(
      differences("2.6.0+rocm6.3", "rocm6.3", {"2.6.0+rocm6.3", "12.8", "6.2.41134", kCommit}),
      ElementsAre("torch.version.cuda is 12.8, expected None", "torch.version.hip is 6.2, expected 6.3"));
  EXPECT_THAT(differences("2.6.0", "", {"patched by me", {}, {}, {}}),
              ElementsAre("torch.__version__ is patched by me, expected 2.6.0",
                          "torch.version.git_version is None, expected " + kCommit));
}

TEST(TorchBuild, WhatIsUnknownIsNotCompared) {
  EXPECT_THAT(differences("2.6.0", "", {"2.6.0+cu126", "12.6", {}, kOther}, std::nullopt), IsEmpty());
}

}  // namespace
}  // namespace launch::pytorch

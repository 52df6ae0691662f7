#include "locking/nightly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

class NightlyLock : public ResolveLock {
 protected:
  static constexpr const char* kTorch = "torch-2.9.0.dev20250604+cu128-py3-none-any.whl";
  static constexpr const char* kTorchUrl =
      "https://channel.example/whl/nightly/cu128/files/torch-2.9.0.dev20250604%2Bcu128-py3-none-any.whl";
  static constexpr const char* kTorchPage = "https://channel.example/whl/nightly/cu128/torch/";

  /// A lock of the nightly of 2025-06-04, which then leaves the page; there is a newer one.
  void lock_and_hide() {
    channel.add("torch", "2.9.0.dev20250604+cu128");
    use_nightly({"torch"});
    previous = lock()->lock;
    channel.add("torch", "2.9.0.dev20250606+cu128");
    channel.hide("torch", kTorch);
  }
  std::string relocked() {
    const auto result = lock();
    return result ? project::write_lockfile(result->lock) : result.error().text();
  }
};

TEST_F(NightlyLock, ANightlyIsTheNewestThatIsComplete) {
  const std::string tags = "cp312-cp312-manylinux_2_28_x86_64";
  channel.add("torch", "2.9.0.dev20250604+cu128", {"pytorch-triton==3.3.0+git1"}, tags);
  channel.add("torchvision", "0.23.0.dev20250604+cu128", {"torch==2.9.0.dev20250604"}, tags);
  channel.add("torch", "2.9.0.dev20250605+cu128", {"pytorch-triton==3.3.0+git1"}, tags);
  channel.add("torchvision", "0.23.0.dev20250605+cu128", {"torch==2.9.0.dev20250605"},
              "cp312-cp312-win_amd64");
  channel.add("torch", "2.9.0.dev20250606+cu128", {}, tags);
  channel.add("torch", "2.9.0.dev20250607+cu126", {}, tags);
  channel.add("pytorch-triton", "3.3.0+git1", {}, tags);
  general.add("pytorch-triton", "3.3.0");
  general.add("torch", "99.0");
  use_nightly({"torch", "torchvision"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_THAT(locked(), ElementsAre("pytorch-triton 3.3.0+git1", "torch 2.9.0.dev20250604+cu128",
                                    "torchvision 0.23.0.dev20250604+cu128"));
  EXPECT_EQ(result->lock.provenance.date, fakes::day("2025-06-04"));
  EXPECT_EQ(result->lock.provenance.cuda, fakes::accelerator("cu128"));
  ASSERT_EQ(result->passed_over.size(), 3U);
  EXPECT_EQ(result->passed_over[0].day, fakes::day("2025-06-07"));
  EXPECT_EQ(result->passed_over[0].reason, "its torch is not built for cu128");
  EXPECT_EQ(result->passed_over[1].reason, "it has no torchvision");
  EXPECT_EQ(result->passed_over[2].reason, "its torchvision has no wheel for Python 3.12 on linux-x86_64");
}

TEST_F(NightlyLock, ANightlyOfADay) {
  channel.add("torch", "2.9.0.dev20250604+cu128");
  channel.add("torch", "2.9.0.dev20250606+cu128");
  use_nightly({"torch"});
  recipe.torch.as_of = fakes::day("2025-06-05");
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128"));
  recipe.torch.as_of.reset();
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128"));
  recipe.torch.date = fakes::day("2025-06-05");
  EXPECT_EQ(error_text(),
            "error: cannot use the nightly of 2025-06-05: it has no torch\n\n"
            "hint: the channel's pages have nightlies from 2025-06-04 to 2025-06-06; older ones leave the "
            "pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
  EXPECT_EQ(lock().error().kind(), ErrorKind::input);
}

TEST_F(NightlyLock, ANightlyStaysUntilItIsUpgraded) {
  channel.add("torch", "2.9.0.dev20250604+cu128");
  use_nightly({"torch"});
  previous = lock()->lock;
  channel.add("torch", "2.9.0.dev20250606+cu128");
  EXPECT_EQ(project::write_lockfile(lock()->lock), project::write_lockfile(*previous));
  upgrade = true;
  EXPECT_EQ(lock()->lock.provenance.date, fakes::day("2025-06-06"));
}

TEST_F(NightlyLock, OneThatLeftThePageStaysWhileItsFilesAreThere) {
  lock_and_hide();
  EXPECT_EQ(relocked(), project::write_lockfile(*previous));
  upgrade = true;
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250606+cu128"));
}

TEST_F(NightlyLock, OneThatLeftThePageAltogether) {
  lock_and_hide();
  channel.hide("torch", "torch-2.9.0.dev20250606+cu128-py3-none-any.whl");
  EXPECT_EQ(relocked(), project::write_lockfile(*previous));
  http.put(channel.page_url("torch"), fakes::MemoryAnswer{.status = 403});
  EXPECT_EQ(relocked(), project::write_lockfile(*previous));
}

TEST_F(NightlyLock, FilesThatThePageShowsAreNotLookedFor) {
  lock_and_hide();
  channel.add("torch", "2.9.0.dev20250604+cu128");
  http.forget_requests();
  EXPECT_EQ(relocked(), project::write_lockfile(*previous));
  EXPECT_THAT(http.log(), Not(::testing::Contains(std::string("GET ") + kTorchUrl + " 0-0")));
}

TEST_F(NightlyLock, OneThatIsGoneIsAnError) {
  lock_and_hide();
  for (const int status : {403, 404, 410}) {
    http.put(kTorchUrl, fakes::MemoryAnswer{.status = status});
    EXPECT_EQ(
        relocked(),
        fmt::format("error: the locked nightly 2025-06-04 is no longer available: {} is neither on the page "
                    "{} nor at {}\n\n"
                    "hint: run `launch lock demo --upgrade` to use the newest nightly, or set "
                    "LAUNCH_CHANNEL_URL to a mirror that kept this one\n",
                    kTorch, kTorchPage, kTorchUrl));
  }
  EXPECT_EQ(lock().error().kind(), ErrorKind::environment);
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_EQ(
      relocked(),
      fmt::format("error: the locked nightly 2025-06-04 is no longer available: {} is neither on the page "
                  "{} nor at {}\n\n"
                  "hint: the recipe's [torch] date requires this nightly: choose another day, or set "
                  "LAUNCH_CHANNEL_URL to a mirror that kept it\n",
                  kTorch, kTorchPage, kTorchUrl));
  recipe.torch.date = fakes::day("2025-06-06");
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250606+cu128"));
  channel.hide("torch", "torch-2.9.0.dev20250606+cu128-py3-none-any.whl");
  recipe.torch.date.reset();
  EXPECT_EQ(lock().error().kind(), ErrorKind::environment) << "also when the page is empty";
}

TEST_F(NightlyLock, AServerThatSaysNeitherYesNorNo) {
  lock_and_hide();
  http.put(kTorchUrl, fakes::MemoryAnswer{.status = 503});
  EXPECT_EQ(relocked(),
            fmt::format("error: {} returned 503, expected the file (206) or that it does not exist (404)\n"
                        "  while looking for {}, which its index page no longer shows\n\n"
                        "hint: the server returned a server error; try again later, or use another mirror\n",
                        kTorchUrl, kTorch));
}

TEST_F(NightlyLock, ADependencyThatIsGone) {
  channel.add("torch", "2.9.0.dev20250604+cu128", {"pytorch-triton==3.3.0+git1"});
  const auto triton = channel.add("pytorch-triton", "3.3.0+git1");
  use_nightly({"torch"});
  previous = lock()->lock;
  channel.hide("pytorch-triton", triton);
  EXPECT_EQ(relocked(), project::write_lockfile(*previous));
  http.remove(channel.file_url(triton));
  EXPECT_EQ(
      relocked(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n"
      "  Because demo requires torch and torch 2.9.0.dev20250604+cu128 requires pytorch-triton==3.3.0+git1, "
      "but "
      "pytorch-triton has no wheels, the requirements of demo cannot be met.\n\n"
      "hint: the lock's pytorch_triton-3.3.0+git1-py3-none-any.whl is neither on the page "
      "https://channel.example/whl/nightly/cu128/pytorch-triton/ nor at "
      "https://channel.example/whl/nightly/cu128/files/pytorch_triton-3.3.0%2Bgit1-py3-none-any.whl; `launch "
      "lock demo --upgrade` resolves to the current versions\n");
}

// A lock that names no host finds what the store has, else what lies where the channel keeps its files.
TEST_F(NightlyLock, ALockByPathFindsWhatThePageHides) {
  recipe.lock.by_path = true;
  lock_and_hide();
  const auto before = project::write_lockfile(*previous);
  const auto bytes = fakes::make_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"});
  const std::string quoted = "torch-2.9.0.dev20250604%2Bcu128-py3-none-any.whl";
  EXPECT_EQ(
      relocked(),
      fmt::format(
          "error: the locked nightly 2025-06-04 is no longer available: {0} is neither on the page {1} nor "
          "at https://channel.example/whl/nightly/cu128/{2} or https://channel.example/whl/nightly/{2}\n\n"
          "hint: run `launch lock demo --upgrade` to use the newest nightly, or set LAUNCH_CHANNEL_URL to a "
          "mirror that kept this one\n",
          kTorch, kTorchPage, quoted));
  for (const std::string place : {"/nightly/cu128/", "/nightly/"}) {
    http.put(std::string(kChannel) + place + quoted, bytes);
    EXPECT_EQ(relocked(), before) << place;
    http.remove(std::string(kChannel) + place + quoted);
  }
  ASSERT_TRUE(write_file(folder / "torch.whl", bytes));
  const auto& wheel = previous->packages[0].wheels[0];
  ASSERT_TRUE(store().add(folder / "torch.whl", wheel.sha256.value(), wheel.file_name));
  EXPECT_EQ(relocked(), before);
}

TEST_F(NightlyLock, ANightlyThatLacksWhatTheRecipeAddsIsPassedOver) {
  lock_and_hide();
  channel.add("torchvision", "0.23.0.dev20250606+cu128");
  recipe.torch.packages.push_back(requirement("torchvision"));
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->lock.provenance.date, fakes::day("2025-06-06"));
  ASSERT_EQ(result->passed_over.size(), 1U);
  EXPECT_EQ(result->passed_over[0].day, fakes::day("2025-06-04"));
  EXPECT_EQ(result->passed_over[0].reason, "it has no torchvision");
}

/// The day chosen from a real page, or why there is none.
class RealNightlyPage : public ResolveLock {
 protected:
  RealNightlyPage() {
    recipe.torch.channel = pytorch::Channel::nightly;
    recipe.torch.packages = {requirement("torch")};
  }
  std::string day(const std::string& python, const std::string& platform, const std::string& cuda) {
    recipe.torch.cuda = fakes::accelerator(cuda);
    http.put(fmt::format("https://channel.example/whl/nightly/{}/torch/", cuda),
             *read_file(std::string(LAUNCH_TEST_DATA) + "/index/torch-nightly-cu126.html"));
    PackageSource source(recipe, site, http, {}, work);
    std::vector<LockTarget> targets = {{fakes::python(python), fakes::platform(platform), 36}};
    const auto choice = choose_nightly(recipe, source, targets, std::nullopt);
    return choice ? choice->day.value().text() : choice.error().message();
  }
};

TEST_F(RealNightlyPage, HasOtherDaysForOtherTargets) {
  EXPECT_EQ(day("3.9", "linux-x86_64", "cu126"), "2025-01-02");
  EXPECT_EQ(day("3.10", "linux-aarch64", "cu126"), "2025-01-03");
  EXPECT_EQ(day("3.13", "linux-x86_64", "cu126"), "no nightly has all of the recipe's packages")
      << "that day had Windows only";
  EXPECT_EQ(day("3.9", "linux-x86_64", "cu124"), "no nightly has all of the recipe's packages");
}

}  // namespace
}  // namespace launch::locking

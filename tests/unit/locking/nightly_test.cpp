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
            "hint: the channel's pages list nightlies from 2025-06-04 to 2025-06-06; older ones leave the "
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
    EXPECT_EQ(relocked(),
              fmt::format(
                  "error: the locked nightly of 2025-06-04 is no longer available: {} is neither on the page "
                  "{} nor at {}\n\n"
                  "hint: run `launch lock demo --upgrade` to use the newest nightly, or set "
                  "LAUNCH_CHANNEL_URL to a mirror that kept this one\n",
                  kTorch, kTorchPage, kTorchUrl));
  }
  EXPECT_EQ(lock().error().kind(), ErrorKind::environment);
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_EQ(
      relocked(),
      fmt::format("error: the locked nightly of 2025-06-04 is no longer available: {} is neither on the page "
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
  EXPECT_EQ(relocked(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch and torch 2.9.0.dev20250604+cu128 requires pytorch-triton==3.3.0+git1, but "
            "pytorch-triton on https://channel.example/whl/nightly/cu128 has no wheels, the requirements of "
            "demo cannot be met.\n\nhint: if another version of pytorch-triton works, say so: overrides = "
            "[\"pytorch-triton==\xE2\x80\xA6\"] under [lock]\nhint: the lock's "
            "pytorch_triton-3.3.0+git1-py3-none-any.whl is neither on the page "
            "https://channel.example/whl/nightly/cu128/pytorch-triton/ nor at "
            "https://channel.example/whl/nightly/cu128/files/pytorch_triton-3.3.0%2Bgit1-py3-none-any.whl; "
            "run `launch lock demo --upgrade` to resolve to the current versions\n");
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
          "error: the locked nightly of 2025-06-04 is no longer available: {0} is neither on the page {1} "
          "nor "
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

/// Nights out of step: what is taken, and why others were passed over ("06-07: …").
class NightsOutOfStep : public NightlyLock {
 protected:
  void torch(const std::string& day, const std::vector<std::string>& needs = {}) {
    channel.add("torch", "2.9.0.dev202506" + day + "+cu128", needs);
  }
  void vision(const std::string& day, const std::string& torch_day) {
    channel.add("torchvision", "0.23.0.dev202506" + day + "+cu128", {"torch==2.9.0.dev202506" + torch_day});
  }
  std::vector<std::string> passed_over() {
    std::vector<std::string> out;
    const auto result = lock();
    if (!result) return {result.error().text()};
    for (const auto& one : result->passed_over) out.push_back(one.day.text() + ": " + one.reason);
    return out;
  }
  std::string date() { return lock()->lock.provenance.date->text(); }
};

TEST_F(NightsOutOfStep, OnTheLastDayOnly) {
  for (const auto* day : {"04", "05", "06", "07"}) torch(day);
  vision("04", "04");
  vision("05", "05");
  vision("06", "06");
  vision("07", "06");
  use_nightly({"torchvision", "torch"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250606+cu128", "torchvision 0.23.0.dev20250606+cu128"));
  EXPECT_EQ(date(), "2025-06-06");
  EXPECT_THAT(passed_over(), ElementsAre("2025-06-07: torchvision 0.23.0.dev20250607+cu128 requires "
                                         "torch==2.9.0.dev20250606"));
}

TEST_F(NightsOutOfStep, OnEveryDay) {
  for (const auto* day : {"03", "04", "05", "06"}) torch(day);
  vision("04", "03");
  vision("05", "04");
  vision("06", "05");
  use_nightly({"torch", "torchvision"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250605+cu128", "torchvision 0.23.0.dev20250606+cu128"));
  EXPECT_EQ(date(), "2025-06-05") << "the lock's date is torch's";
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128", "torchvision 0.23.0.dev20250605+cu128"));
  recipe.torch.date = fakes::day("2025-06-06");
  EXPECT_EQ(
      error_text(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
      "requires torchvision and torchvision 0.23.0.dev20250606+cu128 requires torch==2.9.0.dev20250605, but "
      "torch 2.9.0.dev20250605+cu128 is not from the nightly of 2025-06-06, the requirements of demo cannot "
      "be met.\n\nhint: choose another date, or as-of = \"…\" for the newest nightly that works\n");
}

TEST_F(NightsOutOfStep, ADayWithoutItsTriton) {
  torch("05", {"pytorch-triton==3.4.0+gita"});
  torch("06", {"pytorch-triton==3.4.0+gitb"});
  channel.add("pytorch-triton", "3.4.0+gita");
  use_nightly({"torch"});
  EXPECT_THAT(locked(), ElementsAre("pytorch-triton 3.4.0+gita", "torch 2.9.0.dev20250605+cu128"));
  EXPECT_THAT(
      passed_over(),
      ElementsAre("2025-06-06: torch 2.9.0.dev20250606+cu128 requires pytorch-triton==3.4.0+gitb, but the "
                  "newest pytorch-triton on https://channel.example/whl/nightly/cu128 for Python 3.12 on "
                  "linux-x86_64 is 3.4.0+gita"));
}

TEST_F(NightsOutOfStep, AGeneralPackageThatFitsOnlyAnOlderDay) {
  torch("04", {"sympy==1.13.3"});
  torch("05", {"sympy==1.14.0"});
  torch("06", {"sympy==1.14.0"});
  general.add("sympy", "1.13.3");
  general.add("sympy", "1.14.0");
  general.add("solver", "1.0", {"sympy<1.14"});
  use_nightly({"torch"});
  take({"solver"});
  EXPECT_THAT(locked(), ElementsAre("solver 1.0", "sympy 1.13.3", "torch 2.9.0.dev20250604+cu128"));
  EXPECT_THAT(passed_over(), ElementsAre("2025-06-06: torch 2.9.0.dev20250606+cu128 requires sympy==1.14.0 "
                                         "and solver 1.0 requires sympy<1.14",
                                         "2025-06-05: torch 2.9.0.dev20250605+cu128 requires sympy==1.14.0 "
                                         "and solver 1.0 requires sympy<1.14"));
}

TEST_F(NightsOutOfStep, APackageThatIsBuiltNowAndThen) {
  for (const auto* day : {"03", "04", "05", "06", "07"}) torch(day);
  channel.add("torchcomms", "0.1.0.dev20250605+cu128", {"torch==2.9.0.dev20250604"});
  use_nightly({"torch", "torchcomms"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250604+cu128", "torchcomms 0.1.0.dev20250605+cu128"));
  EXPECT_THAT(passed_over(),
              ElementsAre("2025-06-07: it has no torchcomms", "2025-06-06: it has no torchcomms",
                          "2025-06-05: torchcomms 0.1.0.dev20250605+cu128 requires "
                          "torch==2.9.0.dev20250604"));
}

TEST_F(NightsOutOfStep, ALaterBuildIsOnlyTakenIfItRequiresTorchOfTheDay) {
  torch("05");
  torch("06");
  channel.add("torchaudio", "2.9.0.dev20250605+cu128");
  channel.add("torchaudio", "2.9.0.dev20250607+cu128", {"torch"});
  use_nightly({"torch", "torchaudio"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250605+cu128", "torchaudio 2.9.0.dev20250605+cu128"));
  EXPECT_THAT(passed_over(), ElementsAre("2025-06-07: it has no torch", "2025-06-06: it has no torchaudio"));
}

TEST_F(NightsOutOfStep, AReleaseOnTheNightlyPageNeverBeatsTheNight) {
  torch("05");
  torch("06");
  channel.add("torch", "2.9.0+cu128");
  use_nightly({"torch"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250606+cu128"));
  recipe.torch.date = fakes::day("2025-06-05");
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250605+cu128"));
}

TEST_F(NightsOutOfStep, AProjectWithoutNightlyBuildsAnyMoreIsTakenAsReleased) {
  torch("05", {"torchdata>=0.8"});
  channel.add("torchdata", "0.8.0");
  channel.add("torchdata", "0.9.0.dev20240226");
  use_nightly({"torch"});
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250605+cu128", "torchdata 0.8.0"));
  recipe.torch.packages.push_back(requirement("torchdata"));
  EXPECT_THAT(locked(), ElementsAre("torch 2.9.0.dev20250605+cu128", "torchdata 0.8.0"));
}

// What no night can change is said at once.
TEST_F(NightsOutOfStep, AConflictThatIsNotOfTheNight) {
  torch("05");
  torch("06");
  general.add("a", "1.0", {"b<1"});
  general.add("b", "0.5");
  general.add("b", "1.0");
  use_nightly({"torch"});
  take({"a", "b>=1"});
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a and a 1.0 requires b<1, demo requires b<1.\n  And because demo requires b>=1, the "
            "requirements of demo cannot be met.\n\nhint: relax b>=1 in the recipe\n");
  EXPECT_THAT(
      work.reporter.statuses,
      Not(::testing::Contains("resolving for Python 3.12 on linux-x86_64 with the nightly of 2025-06-05")));
}

TEST_F(NightsOutOfStep, NoNightDoes) {
  for (const auto* day : {"03", "04", "05", "06"}) torch(day, {"sympy==1.14.0"});
  general.add("sympy", "1.13.3");
  general.add("sympy", "1.14.0");
  use_nightly({"torch"});
  take({"sympy<1.14"});
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch and torch 2.9.0.dev20250606+cu128 requires sympy==1.14.0, demo requires "
            "sympy==1.14.0.\n  And because demo requires sympy<1.14, the requirements of demo cannot be "
            "met.\n\nhint: relax sympy<1.14 in the recipe\nhint: 3 other nightlies were tried as well; "
            "2025-06-05: torch 2.9.0.dev20250605+cu128 requires sympy==1.14.0\nhint: the channel's pages "
            "list nightlies from 2025-06-03 to 2025-06-06; older ones leave the pages after about 60 days; "
            "set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

/// The day that is taken of a real page, or why none is.
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
    auto nights = Nights::open(recipe, source, targets, std::nullopt).value();
    const auto night = nights.next().value();
    return night ? night->day.text() : nights.exhausted().message();
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

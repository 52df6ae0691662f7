#include "project/platform_wheels.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::project {
namespace {

LockedPackage package(const std::string& name, const std::string& version, const std::string& machine,
                      const std::vector<std::string>& tags) {
  LockedPackage made;
  made.name = name;
  made.version = specs::Version::parse(version).value();
  if (!machine.empty()) made.marker = "platform_machine == \"" + machine + "\"";
  for (const auto& each : tags) {
    made.wheels.emplace_back().file_name = name + "-" + version + "-" + each + ".whl";
  }
  return made;
}

/// A lock of two platforms for Python 3.12.
Lockfile lock_of(std::vector<LockedPackage> packages) {
  Lockfile lock;
  lock.requires_python = "==3.12.*";
  lock.provenance.platforms = {fakes::x86(), fakes::arm()};
  lock.packages = std::move(packages);
  return lock;
}

/// "linux-x86_64: FILE FILE", one line per platform; "-" for none.
std::string picked(const Lockfile& lock, const std::vector<std::string>& names) {
  std::string text;
  const auto all = pick_for_platforms(lock, names).value();
  for (const auto& [platform, picks] : all) {
    text += platform.text() + ":";
    for (const auto& pick : picks) text += " " + (pick.wheel == nullptr ? "-" : pick.wheel->file_name);
    text += "\n";
  }
  return text;
}

TEST(PlatformWheels, ByMarker) {
  EXPECT_EQ(picked(lock_of({package("torch", "1", "aarch64", {"py3-none-any"}),
                            package("torch", "2", "x86_64", {"py3-none-any"})}),
                   {"torch"}),
            "linux-x86_64: torch-2-py3-none-any.whl\nlinux-aarch64: torch-1-py3-none-any.whl\n");
}

TEST(PlatformWheels, ByTheBestTag) {
  EXPECT_EQ(
      picked(lock_of({package("torch", "1", "",
                              {"py3-none-any", "cp311-cp311-linux_x86_64", "cp312-cp312-linux_aarch64",
                               "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_28_x86_64"})}),
             {"torch"}),
      "linux-x86_64: torch-1-cp312-cp312-manylinux_2_28_x86_64.whl\n"
      "linux-aarch64: torch-1-cp312-cp312-linux_aarch64.whl\n");
}

TEST(PlatformWheels, AnotherPlatformsWheelIsNone) {
  const auto lock = lock_of(
      {package("a", "1", "aarch64", {"py3-none-any"}), package("b", "1", "", {"cp312-cp312-linux_aarch64"})});
  EXPECT_EQ(picked(lock, {"a", "b", "c"}),
            "linux-x86_64: - - -\nlinux-aarch64: a-1-py3-none-any.whl b-1-cp312-cp312-linux_aarch64.whl -\n");
  const auto target = WheelTarget({fakes::python("3.12"), fakes::x86(), 39});
  EXPECT_EQ(pick_wheel(lock, "a", target)->package, nullptr);
  EXPECT_EQ(pick_wheel(lock, "b", target)->package, &lock.packages[1]);
}

TEST(PlatformWheels, AFreeThreadedPython) {
  EXPECT_EQ(picked(lock_of({package("torch", "1", "", {"cp312-cp312t-linux_x86_64"})}), {"torch"}),
            "linux-x86_64: -\nlinux-aarch64: -\n");
  auto lock = lock_of({package("torch", "1", "", {"cp313-cp313t-linux_x86_64"})});
  lock.requires_python = "==3.13.*";
  EXPECT_EQ(picked(lock, {"torch"}),
            "linux-x86_64: torch-1-cp313-cp313t-linux_x86_64.whl\nlinux-aarch64: -\n");
}

TEST(PlatformWheels, WithoutPlatformsThoseThatGetMost) {
  auto lock =
      lock_of({package("a", "1", "", {"py3-none-any"}),
               package("b", "1", "", {"cp310-cp310-linux_aarch64", "cp312-cp312-macosx_11_0_arm64"})});
  lock.requires_python.clear();
  lock.provenance.platforms.clear();
  EXPECT_EQ(picked(lock, {"a", "b"}),
            "linux-aarch64: a-1-py3-none-any.whl b-1-cp310-cp310-linux_aarch64.whl\n");
  EXPECT_EQ(picked(lock, {"a"}), "linux-x86_64: a-1-py3-none-any.whl\n");
  lock.packages[1].wheels.emplace_back().file_name = "b-1-cp310-cp310-linux_x86_64.whl";
  EXPECT_EQ(picked(lock, {"b"}),
            "linux-x86_64: b-1-cp310-cp310-linux_x86_64.whl\n"
            "linux-aarch64: b-1-cp310-cp310-linux_aarch64.whl\n");
  lock.environments = {"platform_machine == \"aarch64\""};
  EXPECT_EQ(picked(lock, {"b"}), "linux-aarch64: b-1-cp310-cp310-linux_aarch64.whl\n");
}

TEST(PlatformWheels, AMarkerThatIsNoneIsAnError) {
  auto lock = lock_of({package("a", "1", "", {"py3-none-any"})});
  lock.packages[0].marker = "nonsense";
  EXPECT_FALSE(pick_for_platforms(lock, {"a"}));
}

}  // namespace
}  // namespace launch::project

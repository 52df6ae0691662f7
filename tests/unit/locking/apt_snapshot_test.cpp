#include "locking/apt_snapshot.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "unit/project/fixture.hpp"

namespace launch::locking {
namespace {

TEST(AptSnapshot, IsOfTheTimeOfTheLock) {
  auto base = project::test::base("ubuntu 24.04", "3.12");
  project::Lockfile lock;
  EXPECT_EQ(apt_snapshot(base, lock, ""), std::nullopt) << "a lock without a time";
  lock.provenance.locked = fakes::day("2025-06-07");
  EXPECT_EQ(apt_snapshot(base, lock, ""), "20250607T000000Z");
  lock.provenance.date = fakes::day("2025-06-06");
  EXPECT_EQ(apt_snapshot(base, lock, ""), "20250606T000000Z") << "a nightly";
  lock.packages.push_back(project::test::package("six", "1.17", 1));
  auto& wheels = lock.packages[0].wheels;
  wheels[0].upload_time = "2024-12-04T17:35:26.5Z";
  EXPECT_EQ(apt_snapshot(base, lock, ""), "20241204T173526Z");
  wheels.push_back(wheels[0]);
  wheels[1].upload_time = "2022-01-01T00:00:00Z";
  EXPECT_EQ(apt_snapshot(base, lock, ""), "20241204T173526Z") << "the newest";
}

TEST(AptSnapshot, IsNotOlderThanTheBase) {
  const auto base = project::test::base("ubuntu 24.04", "3.12");
  project::Lockfile lock;
  lock.provenance.date = fakes::day("2025-06-06");
  EXPECT_EQ(apt_snapshot(base, lock, "2025-07-01T01:02:03.4Z"), "20250701T010203Z");
  EXPECT_EQ(apt_snapshot(base, lock, "2025-01-01T00:00:00Z"), "20250606T000000Z");
  EXPECT_EQ(apt_snapshot(base, lock, "yesterday"), "20250606T000000Z");
}

TEST(AptSnapshot, IsTheFirstForAnOlderLock) {
  project::Lockfile lock;
  lock.provenance.date = fakes::day("2022-06-06");
  EXPECT_EQ(apt_snapshot(project::test::base("ubuntu 22.04", "3.10"), lock, ""), "20230301T000000Z");
  for (const auto* distribution : {"debian 12", ""})
    EXPECT_EQ(apt_snapshot(project::test::base(distribution, "3.11"), lock, ""), "20220606T000000Z");
}

TEST(AptSnapshot, OfDebianIsInTheArchiveThatTheSiteNames) {
  const std::string ours = "http://ours.example/{archive}/{date}";
  auto base = project::test::base("debian 12", "3.11");
  project::Site site;
  EXPECT_EQ(apt_archive(base, site, std::nullopt), std::nullopt);
  site.debian_archive = project::Setting{ours, "launch.toml"};
  EXPECT_EQ(apt_archive(base, site, std::nullopt), ours);
  EXPECT_EQ(apt_archive(project::test::base("", "3.12"), site, std::nullopt), ours) << "python:3.12-slim";

  auto before = base;
  before.archive = "http://before.example/{archive}/{date}";
  EXPECT_EQ(apt_archive(base, site, before), ours);
  EXPECT_EQ(apt_archive(base, {}, before), "http://before.example/{archive}/{date}");
  const auto ubuntu = project::test::base("ubuntu 24.04", "3.12");
  EXPECT_EQ(apt_archive(ubuntu, site, before), std::nullopt);

  project::Lockfile lock;
  lock.provenance.date = fakes::day("2025-06-06");
  for (const auto& archive : std::vector<std::optional<std::string>>{std::nullopt, ours}) {
    base.archive = archive;
    EXPECT_EQ(apt_snapshot(base, lock, ""), "20250606T000000Z");
    EXPECT_EQ(apt_snapshot(base, lock, "2025-07-01T01:02:03.4Z"), "20250701T010203Z");
  }
  base.archive = "live";
  EXPECT_EQ(apt_snapshot(base, lock, ""), std::nullopt);
}

TEST(AptVersions, AreSaidWhereTheUploadsDoNotDecideThem) {
  const auto said = [](const std::string& distribution, const std::optional<std::string>& archive,
                       const std::optional<std::string>& locked = {}) {
    project::Provenance provenance;
    provenance.base = project::test::base(distribution, "3.11");
    provenance.base->archive = archive;
    if (archive != "live") provenance.base->snapshot = "20250606T000000Z";
    if (locked) provenance.locked = fakes::day(*locked);
    return apt_versions(provenance);
  };
  const std::string ours = "http://ours.example/{archive}/{date}";
  const std::string lists =
      "; if the lists of sources in docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 name no dated archive of "
      "Debian, they are those of the day of the build";
  EXPECT_EQ(said("ubuntu 24.04", {}), "");
  EXPECT_EQ(said("debian 12", ours), "");
  EXPECT_EQ(said("debian 12", {}), "are those of 20250606T000000Z" + lists);
  EXPECT_EQ(said("", {}), "are those of 20250606T000000Z" + lists);
  EXPECT_EQ(said("debian 12", "live"),
            "are those of the day of the build, as [apt] debian = \"live\" has them");
  const std::string undated =
      "are those of 20250606T000000Z, as no index gives the upload times of the locked packages";
  EXPECT_EQ(said("ubuntu 24.04", {}, "2025-06-06"), undated);
  EXPECT_EQ(said("debian 12", {}, "2025-06-06"), undated + lists);
}

}  // namespace
}  // namespace launch::locking

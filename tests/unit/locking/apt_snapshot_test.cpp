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
  EXPECT_EQ(apt_snapshot(project::test::base("debian 12", "3.11"), lock, ""), std::nullopt);
  EXPECT_EQ(why_no_snapshot(project::test::base("debian 12", "3.11")),
            "launch.toml names no dated archive of Debian 12 ([apt] debian = "
            "\"http://HOST/archive/{archive}/{date}\")");
  EXPECT_EQ(apt_snapshot(project::test::base("", "3.11"), lock, ""), std::nullopt)
      << "an unknown distribution";
}

TEST(AptSnapshot, OfDebianIsInTheArchiveThatTheSiteNames) {
  const std::string ours = "http://ours.example/{archive}/{date}";
  auto base = project::test::base("debian 12", "3.11");
  project::Site site;
  EXPECT_EQ(apt_archive(base, site, std::nullopt), std::nullopt);
  site.debian_archive = project::Setting{ours, "launch.toml"};
  EXPECT_EQ(apt_archive(base, site, std::nullopt), ours);
  EXPECT_EQ(apt_archive(project::test::base("ubuntu 24.04", "3.12"), site, std::nullopt), std::nullopt);
  EXPECT_EQ(apt_archive(project::test::base("", "3.12"), site, std::nullopt), std::nullopt);

  project::Lockfile lock;
  lock.provenance.date = fakes::day("2025-06-06");
  lock.provenance.base = base;
  lock.provenance.base->archive = "http://before.example/{archive}/{date}";
  EXPECT_EQ(apt_archive(base, site, lock), ours);
  EXPECT_EQ(apt_archive(base, {}, lock), "http://before.example/{archive}/{date}");
  base.archive = ours;
  EXPECT_EQ(apt_snapshot(base, lock, ""), "20250606T000000Z");
  EXPECT_EQ(apt_snapshot(base, lock, "2025-07-01T01:02:03.4Z"), "20250701T010203Z");
}

}  // namespace
}  // namespace launch::locking

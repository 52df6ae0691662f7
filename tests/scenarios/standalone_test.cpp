#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "fakes/source_archive.hpp"
#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A recipe whose Python is a build that the site names.
class StandaloneScenario : public LockScenario {
 protected:
  StandaloneScenario() {
    archive_ =
        fakes::gzip(fakes::make_tar({{.name = "python/bin/python3", .content = "program", .mode = 0755}}));
    index_.server().serve(kPath, {.body = archive_});
    const auto url = index_.server().url(kPath);
    scenario_.write(
        "launch.toml",
        scenario_.read("launch.toml") +
            fmt::format("[[interpreter]]\nversion = \"3.11.9\"\nlinux-x86_64 = {{ url = \"{}\", sha256 = "
                        "\"{}\" }}\n",
                        url, sha256_hex(archive_)));
    scenario_.write(
        "recipes/demo.toml",
        "python = \"3.11\"\npackages = [\"app\", \"late; python_full_version >= '3.11.9'\"]\n[lock]\nwheels "
        "= \"path\"\n[image]\nfrom = \"docker.io/library/debian:12\"\npython = \"standalone\"\n");
    index_.add({.name = "late", .version = "1.0"});
  }
  static constexpr const char* kPath = "/python/cpython-3.11.9%2Btest-install_only.tar.gz";
  static constexpr const char* kName = "cpython-3.11.9+test-install_only.tar.gz";
  std::string archive_;
};

TEST_F(StandaloneScenario, IsLockedFetchedAndRendered) {
  const auto locked = scenario_.launch({"lock", "demo"});
  ASSERT_EQ(locked.code, 0) << locked.err;
  EXPECT_THAT(lock(),
              HasSubstr(fmt::format("\n[tool.launch.interpreter]\nversion = \"3.11.9\"\n\n"
                                    "[tool.launch.interpreter.linux-x86_64]\nurl = \"{}\"\nsha256 = \"{}\"\n",
                                    index_.server().url(kPath), sha256_hex(archive_))));
  EXPECT_THAT(lock(), HasSubstr("name = \"late\"")) << "the patch release is known";
  EXPECT_EQ(scenario_.launch({"lock", "demo", "--check"}).code, 0);

  const auto fetched = scenario_.launch({"fetch", "demo", "--to", "house", "--json"});
  ASSERT_EQ(fetched.code, 0) << fetched.err;
  EXPECT_THAT(fetched.out,
              HasSubstr(fmt::format(R"("archives":[],"interpreters":[{{"name":"{}","sha256":"{}","size":{})",
                                    kName, sha256_hex(archive_), archive_.size())));
  EXPECT_EQ(scenario_.read(std::string("house/") + kName), archive_);

  for (const auto& entry : std::filesystem::recursive_directory_iterator(scenario_.place("store"))) {
    std::filesystem::last_write_time(entry, entry.last_write_time() - std::chrono::days(100));
  }
  EXPECT_EQ(scenario_.launch({"store", "gc"}).err, "removed nothing; kept 4 unused files for 1 lock\n");

  ASSERT_EQ(scenario_.launch({"render", "demo"}).code, 0);
  const auto dockerfile = scenario_.read("images/demo/Dockerfile");
  EXPECT_THAT(dockerfile,
              HasSubstr("\nCOPY python/ /python/\nCOPY bytecode/python/ /python/\nCOPY venv/ /opt/venv/\n"));
  EXPECT_THAT(dockerfile, Not(HasSubstr("apt-get")));
}

TEST_F(StandaloneScenario, AnArchiveThatCannotBeFetched) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  index_.server().serve(kPath, {.status = 403, .body = "no"});
  const auto done = refused({"fetch", "demo"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "error: cannot download [SERVER]/python/cpython-3.11.9%2Btest-install_only.tar.gz: the server "
            "answered 403\n  while fetching cpython-3.11.9+test-install_only.tar.gz\n\nhint: set python = "
            "\"base\" under [image] of the recipe, and lock again, to use the base image's Python\nhint: or "
            "bring the archive from a machine that can reach it: `launch fetch LOCK --to DIR` there, `launch "
            "fetch LOCK --from DIR` here\n");
}

TEST_F(StandaloneScenario, AReleaseOfWhichThereIsNoBuild) {
  recipe("\"app\"");
  scenario_.write("recipes/demo.toml",
                  "python = \"3.7\"\npackages = [\"app\"]\n[image]\npython = \"standalone\"\n");
  const auto done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(
      done.err,
      "error: no standalone build of Python 3.7 found for linux-x86_64; available: 3.8, 3.9, 3.10, 3.11, "
      "3.12, 3.13, 3.13t, 3.14, 3.14t, 3.15 and 3.15t\n  while choosing the Python of "
      "recipes/demo.toml\n\nhint: set python to one of these, or set python = \"base\" under [image] to use "
      "the base image's Python\nhint: or add your own build as [[interpreter]] to launch.toml\n");
}

}  // namespace
}  // namespace launch::scenarios

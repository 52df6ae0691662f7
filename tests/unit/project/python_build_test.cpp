#include "project/python_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/urls.hpp"
#include "fakes/values.hpp"

namespace launch::project {
namespace {

const std::vector<specs::Platform> kBoth(specs::Platform::all().begin(), specs::Platform::all().end());

std::string chosen(const std::string& python, std::optional<int> patch = {},
                   std::span<const PythonBuild> own = {}) {
  const auto build = choose_python_build(fakes::python(python), patch, kBoth, own);
  return build ? build->version() : build.error().text();
}

PythonBuild own_build(const std::string& python, int patch) {
  PythonBuild build{fakes::python(python), patch, {}};
  for (const auto& platform : kBoth) {
    const auto url =
        fmt::format("https://builds.example/cpython-{}-{}.tar.gz", build.version(), platform.machine());
    build.archives.emplace(platform, PythonArchive{fakes::url(url), Digest::of(url)});
  }
  return build;
}

TEST(PythonBuilds, AreKnownForEveryPythonOnBothPlatforms) {
  for (const auto* python :
       {"3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t"}) {
    const auto build = choose_python_build(fakes::python(python), {}, kBoth, {});
    ASSERT_TRUE(build) << build.error().text();
    EXPECT_EQ(build->python, fakes::python(python));
    for (const auto& [platform, archive] : build->archives) {
      EXPECT_THAT(
          archive.file_name(),
          testing::AllOf(testing::StartsWith("cpython-" + build->python.version()), testing::HasSubstr("+"),
                         testing::HasSubstr(platform.machine()), testing::EndsWith(".tar.gz")));
    }
  }
}

TEST(PythonBuilds, TheNewestOrTheOneThatIsAskedFor) {
  EXPECT_EQ(chosen("3.12"), "3.12.15");
  EXPECT_EQ(chosen("3.12", 4), "3.12.4");
  EXPECT_EQ(chosen("3.14t"), "3.14.9t");
}

TEST(PythonBuilds, TheSitesOwnComeFirst) {
  const std::vector<PythonBuild> own = {own_build("3.12", 3), own_build("3.12", 5), own_build("3.6", 1)};
  EXPECT_EQ(chosen("3.12", {}, own), "3.12.5");
  EXPECT_EQ(chosen("3.12", 3, own), "3.12.3");
  EXPECT_EQ(chosen("3.12", 4, own), "3.12.4");
  EXPECT_EQ(chosen("3.6", {}, own), "3.6.1");
}

TEST(PythonBuilds, ARefusalNamesWhatThereIs) {
  EXPECT_EQ(chosen("3.9", 99),
            "error: no standalone build of Python 3.9.99 found for linux-x86_64 and linux-aarch64; "
            "available: 3.9.10, 3.9.11, 3.9.12, 3.9.13, 3.9.14, 3.9.15, 3.9.16, 3.9.17, 3.9.18, 3.9.19, "
            "3.9.20, 3.9.21, 3.9.22, 3.9.23, 3.9.24 and 3.9.25\n\nhint: set python to one of these, or set "
            "python = \"base\" under [image] to use the base image's Python\nhint: or add your own build as "
            "[[interpreter]] to launch.toml\n");
  EXPECT_EQ(chosen("3.6"),
            "error: no standalone build of Python 3.6 found for linux-x86_64 and linux-aarch64; available: "
            "3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.13t, 3.14, 3.14t, 3.15 and 3.15t\n\nhint: set python to one "
            "of these, or set python = \"base\" under [image] to use the base image's Python\nhint: or add "
            "your own build as [[interpreter]] to launch.toml\n");
}

TEST(PythonBuilds, ATableReadsBack) {
  const auto build = own_build("3.14t", 2);
  const auto text = write_python_build(build, "tool.launch.interpreter");
  EXPECT_EQ(
      text,
      "\n[tool.launch.interpreter]\nversion = \"3.14.2t\"\n\n[tool.launch.interpreter.linux-x86_64]\nurl "
      "= \"https://builds.example/cpython-3.14.2t-x86_64.tar.gz\"\nsha256 = "
      "\"f7faac422b1e3b6b4819f51764c508905df7f2b0705680e7bbacbd22872dc284\"\n\n[tool.launch.interpreter."
      "linux-aarch64]\nurl = \"https://builds.example/cpython-3.14.2t-aarch64.tar.gz\"\nsha256 = "
      "\"ff05de82b4f8e8668a52d2385fb40382dbc8365a4a5fcc385bcc96d15cf59e9a\"\n");
  const auto document = parse_toml(text, "lock").value();
  const auto table =
      TomlTable(document, "lock").table("tool").value().table("launch").value().table("interpreter");
  const auto read = read_python_build(table.value());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(write_python_build(*read, "tool.launch.interpreter"), text);
}

TEST(PythonBuilds, WhatIsWrongInATableIsNamed) {
  const std::string sha256 = Digest::of("x").hex();
  const auto wrong = [&](const std::string& version, const std::string& url, const std::string& digest) {
    const auto text = fmt::format("version = \"{}\"\nlinux-x86_64 = {{ url = \"{}\", sha256 = \"{}\" }}\n",
                                  version, url, digest);
    const auto document = parse_toml(text, "launch.toml").value();
    const auto read = read_python_build(TomlTable(document, "launch.toml"));
    return read ? "accepted" : read.error().message();
  };
  const std::string url = "https://builds.example/cpython.tar.gz";
  EXPECT_EQ(wrong("3.12.1", url, sha256), "accepted");
  EXPECT_EQ(wrong("3.12", url, sha256),
            "launch.toml:1:11: version: expected a Python release such as \"3.12.11\", found \"3.12\"");
  EXPECT_EQ(
      wrong("3.12.1$(id)", url, sha256),
      "launch.toml:1:11: version: expected a Python release such as \"3.12.11\", found \"3.12.1$(id)\"");
  EXPECT_EQ(wrong("3.12.1", "ftp://builds.example/cpython.tar.gz", sha256),
            "launch.toml:2:24: [linux-x86_64] url: expected an https, http or file URL, found "
            "\"ftp://builds.example/cpython.tar.gz\"");
  EXPECT_EQ(wrong("3.12.1", "https://builds.example/cpython.zip", sha256),
            "launch.toml:2:24: [linux-x86_64] url: expected the URL of a .tar.gz file, found "
            "\"https://builds.example/cpython.zip\"");
  EXPECT_EQ(wrong("3.12.1", "https://builds.example/a%2Fb.tar.gz", sha256),
            "launch.toml:2:24: [linux-x86_64] url: expected the URL of a .tar.gz file, found "
            "\"https://builds.example/a%2Fb.tar.gz\"");
  EXPECT_EQ(wrong("3.12.1", url, "abc"),
            "launch.toml:2:74: [linux-x86_64] sha256: expected 64 hexadecimal digits, found \"abc\"");
}

}  // namespace
}  // namespace launch::project

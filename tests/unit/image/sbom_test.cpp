#include "image/sbom.hpp"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "fakes/values.hpp"
#include "image/purl.hpp"
#include "project/build_record.hpp"
#include "unit/image/golden.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using project::test::package;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

constexpr const char* kDefaultIndex = "https://pypi.example/simple/";

specs::Url url(const std::string& text) {
  return specs::Url::parse(text).value();
}

project::LockedPackage of_index(project::LockedPackage made, const std::string& index) {
  made.index = index;
  for (auto& wheel : made.wheels) wheel.url = url(index + "/" + replace_all(wheel.file_name, "+", "%2B"));
  return made;
}

/// A package that launch built from an archive of the index.
project::LockedPackage built() {
  auto made = package("flash-attn", "2.7.4", 180'000'000, "cp312-cp312-linux_x86_64");
  made.index = "https://pypi.example/simple";
  made.wheels[0].path = "wheels/flash_attn-2.7.4-cp312-cp312-linux_x86_64.whl";
  made.sdist = project::LockedFile{.file_name = "flash_attn-2.7.4.tar.gz",
                                   .url = url("https://files.pypi.example/flash_attn-2.7.4.tar.gz"),
                                   .path = {},
                                   .size = 2'000'000,
                                   .sha256 = fakes::digest('c'),
                                   .upload_time = {}};
  made.build = std::make_shared<project::BuildRecord>();
  made.dependencies = {"torch"};
  made.marker = "platform_machine == \"x86_64\"";
  return made;
}

/// Two platforms: torch has a wheel for each, numpy one of the default index, tilelang is a commit.
project::LoadedLock small_lock() {
  const std::string channel = "https://channel.example/whl/nightly/cu128";
  auto torch =
      of_index(package("torch", "2.8.0.dev20250606+cu128", 900'000'000, "cp312-cp312-manylinux_2_28_x86_64"),
               channel + "/torch");
  auto arm = torch.wheels[0];
  arm.file_name = replace_all(arm.file_name, "x86_64", "aarch64");
  arm.url = url("https://user:word@mirror.example/" + replace_all(arm.file_name, "+", "%2B"));
  arm.sha256 = fakes::digest('d');
  torch.wheels.push_back(arm);
  torch.index = channel;
  torch.wheels[0].upload_time = "2025-06-06T08:09:10.123Z";
  torch.dependencies = {"filelock", "numpy"};
  auto commit = package("tilelang", "0.1.0", 0);
  auto record = std::make_shared<project::BuildRecord>();
  record->git =
      specs::GitSource::parse("git+https://git.example/tilelang.git@" + std::string(40, 'e')).value();
  commit.build = record;
  commit.wheels[0].path = "wheels/" + commit.wheels[0].file_name;
  auto base = project::test::base("ubuntu 24.04", "3.12");
  base.platforms.emplace(fakes::x86(), fakes::digest('f'));
  base.driver_floor = "525.60.13";
  auto lock = project::test::lock_of(
      {package("filelock", "3.18.0", 16'000), built(),
       of_index(package("numpy", "2.2.6", 16'500'000), "https://pypi.example/simple"), commit, torch},
      base);
  lock.lock.provenance.cuda_version = "12.8.1";
  lock.lock.provenance.date = fakes::day("2025-06-06");
  return lock;
}

std::vector<specs::Platform> both() {
  return {fakes::x86(), fakes::arm()};
}

Bill bill_of(const project::LoadedLock& lock, std::vector<specs::Platform> platforms = {fakes::x86()}) {
  return make_bill({.recipe = "demo",
                    .lock = lock,
                    .platforms = std::move(platforms),
                    .default_index = kDefaultIndex})
      .value();
}

TEST(Sbom, OfASmallLockAsCycloneDx) {
  auto lock = small_lock();
  lock.lock.provenance.interpreter =
      project::choose_python_build(fakes::python("3.12"), 4, both(), {}).value();
  test::expect_golden("small.cdx.json", cyclonedx_text(bill_of(lock, both())));
}

TEST(Sbom, OfASmallLockAsSpdx) {
  auto lock = small_lock();
  lock.lock.provenance.interpreter =
      project::choose_python_build(fakes::python("3.12"), 4, both(), {}).value();
  test::expect_golden("small.spdx.json", spdx_text(bill_of(lock, both())));
}

TEST(Sbom, OfOnePlatformHasItsWheelsAlone) {
  std::vector<std::string> names;
  for (const auto& part : bill_of(small_lock(), {fakes::arm()}).parts)
    names.push_back(part.name + " " + part.file_name);
  EXPECT_THAT(names,
              ElementsAre("docker.io/nvidia/cuda ", "filelock filelock-3.18.0-py3-none-any.whl",
                          "numpy numpy-2.2.6-py3-none-any.whl", "tilelang tilelang-0.1.0-py3-none-any.whl",
                          "torch torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_aarch64.whl"));
}

TEST(Sbom, ReachesEveryPartFromTheImageEvenInACircle) {
  auto lock =
      project::test::lock_of({package("alpha", "1", 1), package("beta", "1", 1), package("gamma", "1", 1)},
                             project::test::base("ubuntu 24.04", "3.12"));
  lock.lock.packages[0].dependencies = {"beta", "not-locked", "alpha"};
  lock.lock.packages[1].dependencies = {"alpha"};
  lock.lock.packages[2].dependencies = {"gamma"};
  const auto bill = bill_of(lock);
  EXPECT_THAT(bill.parts[1].needs, ElementsAre(2));
  EXPECT_THAT(bill.parts[2].needs, ElementsAre(1));
  EXPECT_THAT(bill.direct, ElementsAre(0, 1, 3)) << "the base, one of the circle, and gamma";
}

TEST(Sbom, HasAnotherSerialNumberForAnotherContentOnly) {
  auto lock = small_lock();
  const auto serial = [&](const std::string& text) {
    const auto document = Json::parse(text);
    return document.value("serialNumber", document.value("documentNamespace", ""));
  };
  const auto first = bill_of(lock);
  EXPECT_EQ(cyclonedx_text(first), cyclonedx_text(bill_of(lock)));
  lock.digest = fakes::digest('0');
  const auto second = bill_of(lock);
  EXPECT_NE(serial(cyclonedx_text(first)), serial(cyclonedx_text(second)));
  EXPECT_NE(serial(spdx_text(first)), serial(spdx_text(second)));
  EXPECT_EQ(content_uuid("launch"), "abfc412c-e6e5-80df-a3b0-dc9bf4e02bb3");
}

TEST(Sbom, OfALockWithoutADayHasNoTimestamp) {
  const auto lock =
      project::test::lock_of({package("alpha", "1", 1)}, project::test::base("debian 12", "3.11"));
  EXPECT_THAT(cyclonedx_text(bill_of(lock)), Not(HasSubstr("timestamp")));
  EXPECT_THAT(spdx_text(bill_of(lock)), HasSubstr("\"created\": \"1970-01-01T00:00:00Z\""))
      << "it is required";
}

TEST(Sbom, NeedsABaseImageAndAWheelForEachPlatform) {
  auto lock = small_lock();
  lock.lock.packages.back().wheels.pop_back();
  const auto error = [&](std::vector<specs::Platform> platforms) {
    return make_bill({.recipe = "demo", .lock = lock, .platforms = std::move(platforms)}).error().text();
  };
  EXPECT_EQ(
      error(both()),
      "error: the lock has no wheel of torch 2.8.0.dev20250606+cu128 for Python 3.12 on linux-aarch64 with "
      "glibc 2.39\n");
  lock.lock.provenance.base.reset();
  EXPECT_EQ(
      error({fakes::x86()}),
      "error: the lock lockfiles/pylock.demo.toml names no base image\n\nhint: run `launch lock demo` to "
      "fill it in\n");
}

TEST(Sbom, NamesNoPasswordOfALock) {
  auto lock = small_lock();
  lock.lock.packages[2].index = "https://user:word@pypi.example/simple";
  lock.lock.packages[2].wheels[0].url = url("https://user:word@pypi.example/numpy.whl?token=word");
  const auto bill = bill_of(lock, both());
  EXPECT_THAT(cyclonedx_text(bill) + spdx_text(bill), Not(HasSubstr("word")));
  EXPECT_THAT(cyclonedx_text(bill), HasSubstr("\"url\": \"https://pypi.example/numpy.whl?token="));
}

TEST(Sbom, HostileTextStaysText) {
  const std::string evil = "x\",\"purl\":\"pkg:npm/evil\"}\n\x1b[2J\xff\xe2\x80\xae<>&?#@%";
  auto lock = project::test::lock_of({package("alpha", "1", 1)}, project::test::base("ubuntu 24.04", "3.12"));
  auto& alpha = lock.lock.packages[0];
  alpha.name = evil;
  alpha.dependencies = {evil};
  alpha.index = "https://pypi.example/" + std::string("\"}<script>");
  lock.lock.provenance.base->name = evil;
  lock.lock.provenance.base->tag = evil;
  lock.lock.provenance.base->driver_floor = evil;
  const auto bill = bill_of(lock);
  for (const auto& text : {cyclonedx_text(bill), spdx_text(bill)}) {
    const auto document = Json::parse(text);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    const auto& parts = document.contains("components") ? document["components"] : document["packages"];
    for (const auto& part : parts) {
      EXPECT_FALSE(part.value("purl", "").starts_with("pkg:npm"));
      EXPECT_THAT(part.value("SPDXID", "SPDXRef-none"), testing::MatchesRegex("SPDXRef-[A-Za-z0-9.-]+"));
    }
  }
  const auto& purl = bill.parts[1].purl;
  EXPECT_TRUE(std::all_of(purl.begin(), purl.end(), [](char c) { return c > ' ' && c < '\x7f'; })) << purl;
}

TEST(Purl, EncodesAllButWhatItsPartsMayHold) {
  EXPECT_EQ((Purl{"pypi", "torch", "2.8.0.dev20250606+cu128", {}}).text(),
            "pkg:pypi/torch@2.8.0.dev20250606%2Bcu128");
  EXPECT_EQ((Purl{"oci", "cuda", "sha256:ab", {{"tag", "12.8"}, {"repository_url", "docker.io/nvidia/cuda"}}})
                .text(),
            "pkg:oci/cuda@sha256:ab?repository_url=docker.io%2Fnvidia%2Fcuda&tag=12.8");
  EXPECT_EQ((Purl{"generic", "a/b", "", {{"file_name", ""}, {"vcs_url", "git+https://h/r@c"}}}).text(),
            "pkg:generic/a%2Fb?vcs_url=git%2Bhttps:%2F%2Fh%2Fr%40c");
  EXPECT_EQ((Purl{"pypi", "\xc3\xa9 ?#&=@%", "1", {}}).text(), "pkg:pypi/%C3%A9%20%3F%23%26%3D%40%25@1");
}

TEST(PlainUrl, IsAUriWithoutCredentials) {
  const auto plain = [](const std::string& text) { return plain_url(url(text)); };
  EXPECT_EQ(plain("https://user:word@host.example:8080/a%2Bb.whl?x=1"),
            "https://host.example:8080/a%2Bb.whl?x=1");
  EXPECT_EQ(plain("https://host.example/a\"<b>\\|%zz\xc3\xa9"),
            "https://host.example/a%22%3Cb%3E%5C%7C%25zz%C3%A9");
  EXPECT_EQ(plain("https://ho\"st.example/a"), "");
  EXPECT_EQ(plain("file:///home/somebody/a.whl"), "") << "a path of one machine";
}

}  // namespace
}  // namespace launch::image

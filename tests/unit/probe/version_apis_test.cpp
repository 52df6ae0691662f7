#include "probe/version_apis.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/wheel.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::SizeIs;

class VersionApisTest : public testing::Test {
 protected:
  VersionApisTest() : root_(fs::temp_directory_path() / fmt::format("launch-test-versions-{}", ::getpid())) {}
  ~VersionApisTest() override { fs::remove_all(root_); }

  /// A version whose wheel has these files. The files are larger than a range request's guesses, so that each
  /// needs its own.
  void add(const std::string& version, const std::map<std::string, std::string>& files) {
    fakes::WheelSpec spec{.name = "torch", .version = version, .files = files, .deflated = false};
    spec.files["torch/padding.bin"] = std::string(std::size_t{2} << 20, 'x');
    const auto bytes = fakes::make_wheel(spec);
    const auto url = "http://pypi.example/files/" + fakes::wheel_file_name(spec);
    http_.put(url, bytes);
    VersionBuild build{specs::Version::parse(version).value(), {}, {}};
    build.file.file_name = fakes::wheel_file_name(spec);
    build.file.url = fakes::url(url);
    build.file.size = bytes.size();
    if (digests_) build.file.sha256 = Digest::of(bytes);
    builds_.push_back(std::move(build));
  }

  VersionApis apis() { return {"torch", builds_, store_, http_, work_}; }

  /// "yes no -": the verdicts of each version, "-" for one that cannot be read.
  std::string ask(VersionApis& apis, const std::string& module, const std::string& name) {
    const pysource::Requirement requirement{module, name};
    const auto answers = apis.ask({&requirement, 1});
    if (!answers) return answers.error().text();
    std::vector<std::string> words;
    for (const auto& each : *answers) {
      words.emplace_back(each.empty() ? "-" : pysource::verdict_name(each.front().verdict));
    }
    return join(words, " ");
  }

  bool digests_ = true;
  fs::path root_;
  fakes::FakeWork work_;
  store::Store store_ = store::Store::open(root_ / "store", work_).value();
  fakes::MemoryHttp http_;
  std::vector<VersionBuild> builds_;
};

TEST_F(VersionApisTest, AFileThatDidNotChangeIsReadOnce) {
  for (const auto* version : {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"}) {
    const bool newer = std::string_view(version) >= "1.3";
    std::map<std::string, std::string> files = {{"torch/__init__.py", "from .deep import x\n"},
                                                {"torch/deep.py", newer ? "x = 1\n" : "y = 12\n"}};
    for (int i = 0; i < 8; ++i) files.emplace(fmt::format("torch/other{}.py", i), "z = 1\n");
    add(version, files);
  }
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch", "x"), "no no no yes yes yes yes");
  // One request for the directory of each, then __init__.py once and both states of deep.py.
  EXPECT_THAT(http_.requests(), SizeIs(7 + 3));
}

TEST_F(VersionApisTest, ManyVersionsAreReadAsSpans) {
  std::string expected;
  for (int version = 0; version < 40; ++version) {
    const bool has = version % 3 == 0;
    add(fmt::format("1.{}", version), {{"torch/__init__.py", fmt::format("from .{} import x\nnumber = {}\n",
                                                                         has ? "deep" : "none", version)},
                                       {"torch/deep.py", "x = 1\n"},
                                       {"torch/none.py", fmt::format("y = {}\n", version)}});
    expected += fmt::format("{}{}", version == 0 ? "" : " ", has ? "yes" : "no");
  }
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch", "x"), expected);
  // Directories, __init__.py of each, none.py of 26; deep.py is the same in all: each of 8 spans reads it at
  // most.
  EXPECT_LE(http_.requests().size(), 40U + 40U + 26U + 8U);
}

TEST_F(VersionApisTest, AProblemInOneSpanEndsNoOther) {
  std::string expected;
  for (int version = 0; version < 16; ++version) {
    add(fmt::format("1.{}", version), {{"torch/__init__.py", "x = 1\n"}});
    if (version % 5 == 2) http_.put(builds_.back().file.url.text(), {.status = 403});
    expected += fmt::format("{}{}", version == 0 ? "" : " ", version % 5 == 2 ? "-" : "yes");
  }
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch", "x"), expected);
}

TEST_F(VersionApisTest, WhatIsKnownIsNotRead) {
  add("1.0", {{"torch/__init__.py", "x = 1\n"}, {"torch/version.py", "git_version = 'no'\n"}});
  auto first = apis();
  EXPECT_EQ(ask(first, "torch", "x"), "yes");
  EXPECT_EQ(first.commit(0), std::nullopt);
  http_.forget_requests();
  auto second = apis();
  EXPECT_EQ(ask(second, "torch", "x"), "yes");
  EXPECT_EQ(second.commit(0), std::nullopt);
  EXPECT_EQ(*second.roots(), (std::set<std::string, std::less<>>{"torch"}));
  EXPECT_THAT(http_.requests(), IsEmpty());
  // Another name needs the file, but no directory.
  EXPECT_EQ(ask(second, "torch", "y"), "no");
  EXPECT_THAT(http_.requests(), SizeIs(1));
}

TEST_F(VersionApisTest, WithoutADigestNothingIsKept) {
  digests_ = false;
  add("1.0", {{"torch/__init__.py", "x = 1\n"}});
  auto first = apis();
  EXPECT_EQ(ask(first, "torch", "x"), "yes");
  http_.forget_requests();
  auto second = apis();
  EXPECT_EQ(ask(second, "torch", "x"), "yes");
  EXPECT_THAT(http_.requests(), SizeIs(2));
}

TEST_F(VersionApisTest, WhatIsKeptAndDamagedIsReadAgain) {
  add("1.0", {{"torch/__init__.py", "x = 1\n"}});
  auto first = apis();
  EXPECT_EQ(ask(first, "torch", "x"), "yes");
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.path().parent_path().filename() == "derived") fs::resize_file(entry.path(), 80);
  }
  auto second = apis();
  EXPECT_EQ(ask(second, "torch", "x"), "yes");
}

TEST_F(VersionApisTest, AVersionThatCannotBeReadIsPassedOver) {
  add("1.0", {{"torch/__init__.py", "x = 1\n"}});
  add("1.1", {{"torch/__init__.py", "x = 1\n"}});
  http_.put(builds_[1].file.url.text(), {.status = 403});
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch", "x"), "yes -");
  EXPECT_EQ(versions.problem(0), nullptr);
  EXPECT_EQ(versions.problem(1)->message(),
            "http://pypi.example/files/torch-1.1-py3-none-any.whl returned 403, expected a part of the file "
            "(206)");
}

TEST_F(VersionApisTest, OneThatFailsLaterLeavesItsFilesToTheOthers) {
  add("1.0", {{"torch/__init__.py", "x = 1\n"}});
  add("1.1", {{"torch/__init__.py", "x = 1\n"}});
  auto versions = apis();
  ASSERT_TRUE(versions.roots());
  http_.put(builds_[0].file.url.text(), {.status = 500});
  EXPECT_EQ(ask(versions, "torch", "x"), "- yes");
}

TEST_F(VersionApisTest, NoVersionCanBeRead) {
  for (const auto* version : {"1.0", "1.1"}) {
    add(version, {});
    http_.put(builds_.back().file.url.text(), {.status = 403});
  }
  auto versions = apis();
  EXPECT_EQ(
      ask(versions, "torch", "x"),
      "error: http://pypi.example/files/torch-1.1-py3-none-any.whl returned 403, expected a part of the "
      "file (206)\n  while reading torch 1.1, as for every other version\n\n"
      "hint: the server refused access: check the credentials (netrc, proxy), and whether the file was "
      "withdrawn\n");
}

TEST_F(VersionApisTest, AStopEndsIt) {
  add("1.0", {});
  work_.stop.request_stop();
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch", "x"), "error: stopped before all versions were read\n");
}

TEST_F(VersionApisTest, AFolderWithoutCodeIsAPackage) {
  add("1.0", {{"torch/__init__.py", ""}, {"torch/include/a/b.h", ""}, {"torch/include/a/c.h", ""}});
  auto versions = apis();
  EXPECT_EQ(ask(versions, "torch.include.a", ""), "yes");
  EXPECT_EQ(ask(versions, "torch.include.b", ""), "no");
}

}  // namespace
}  // namespace launch::probe

#include "probe/versions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"

namespace launch::probe {
namespace {

constexpr const char* kIndex = "http://pypi.example/simple";
constexpr const char* kNightly = "http://pypi.example/whl/nightly/cu128";

class Versions : public testing::Test {
 protected:
  Versions() {
    site_.index_url = {fakes::url(kIndex), "test"};
    site_.channel_url = {fakes::url("http://pypi.example/whl"), "test"};
  }

  /// Offers files by name; "NAME yanked REASON" is yanked.
  void offer(const std::string& index, const std::vector<std::string>& files) {
    std::string page = "<!DOCTYPE html><html><body>\n";
    for (const auto& each : files) {
      const auto name = each.substr(0, each.find(' '));
      const auto yanked = each.find(" yanked ");
      page += fmt::format(
          "<a href=\"/files/{}\"{}>{}</a>\n", name,
          yanked == std::string::npos ? "" : fmt::format(" data-yanked=\"{}\"", each.substr(yanked + 8)),
          name);
    }
    http_.put(index + "/torch/", page + "</body></html>\n");
  }

  /// "2.0.0 (3.11)  2.1.0 (3.12)", then "VERSION: REASON" of what was skipped, then the pre-releases.
  std::string listed(const VersionQuery& query) {
    const auto list = list_versions(query, site_, http_);
    if (!list) return list.error().text();
    std::vector<std::string> parts;
    for (const auto& build : list->builds) {
      parts.push_back(fmt::format("{} ({})", build.text(), build.python ? build.python->text() : "any"));
    }
    for (const auto& each : list->skipped) parts.push_back(each.version + ": " + each.reason);
    if (!list->prereleases.empty()) parts.push_back("left out " + join(list->prereleases, " "));
    return join(parts, "; ");
  }

  project::Site site_;
  fakes::MemoryHttp http_;
};

TEST_F(Versions, EachWithItsNewestPython) {
  offer(kIndex,
        {"torch-2.10.0-cp312-cp312-manylinux_2_28_x86_64.whl",
         "torch-2.10.0-cp314-cp314t-manylinux_2_28_x86_64.whl",
         "torch-2.9.0-cp310-cp310-manylinux1_x86_64.whl", "torch-2.9.0-cp311-cp311-manylinux1_x86_64.whl"});
  EXPECT_EQ(listed({}), "2.9.0 (3.11); 2.10.0 (3.12)");
}

TEST_F(Versions, WhatIsSkippedIsSaid) {
  offer(kIndex, {"torch-1.0.tar.gz", "torch-1.1-cp37-cp37m-macosx_10_9_x86_64.whl",
                 "torch-2.0.0-cp311-cp311-manylinux1_x86_64.whl yanked broken",
                 "torch-2.0.1-cp311-cp311-manylinux1_x86_64.whl yanked ",
                 "torch-2.1.0-cp311-cp311-manylinux1_x86_64.whl",
                 "torch-2.2.0-cp310-cp310-manylinux1_x86_64.whl yanked wrong",
                 "torch-2.2.0-cp311-cp311-manylinux1_x86_64.whl", "torch-2.3.0rc1-py3-none-any.whl"});
  EXPECT_EQ(listed({}),
            "2.1.0 (3.11); 2.2.0 (3.11); 1.0: only a source archive; 1.1: no wheel for linux-x86_64; 2.0.0: "
            "yanked: broken; 2.0.1: yanked; left out 2.3.0rc1");
}

TEST_F(Versions, ForOnePython) {
  offer(kIndex,
        {"torch-2.0.0-cp310-cp310-manylinux1_x86_64.whl", "torch-2.0.0-cp311-cp311-manylinux1_x86_64.whl",
         "torch-2.1.0-cp311-cp311-manylinux1_x86_64.whl", "torch-2.1.0-cp312-cp312-manylinux1_x86_64.whl",
         "torch-2.2.0-py3-none-any.whl"});
  VersionQuery query;
  query.of.python = specs::Interpreter{12};
  EXPECT_EQ(listed(query),
            "2.1.0 (3.12); 2.2.0 (any); 2.0.0: no wheel for Python 3.12; it has wheels for 3.10 and 3.11");
}

TEST_F(Versions, Bounds) {
  offer(kIndex, {"torch-1.9-py3-none-any.whl", "torch-2.0-py3-none-any.whl", "torch-2.1-py3-none-any.whl",
                 "torch-2.2rc1-py3-none-any.whl", "torch-2.2-py3-none-any.whl"});
  EXPECT_EQ(listed({.from = "2.0", .to = "2.1"}), "2.0 (any); 2.1 (any)");
  EXPECT_EQ(listed({.last = 2}), "2.1 (any); 2.2 (any); left out 2.2rc1");
  EXPECT_EQ(listed({.from = "2.2rc1"}), "2.2rc1 (any); 2.2 (any)");
  EXPECT_EQ(listed({.from = "2.1", .to = "2.0"}),
            "error: http://pypi.example/simple has no usable wheels of torch from 2.1 to 2.0\n\n"
            "hint: available versions: 1.9 to 2.2\n");
  EXPECT_EQ(listed({.to = "x y"}),
            "error: --to \"x y\": expected a version, such as 2.6.0, or a day, such as 2025-06-06\n");
}

TEST_F(Versions, Nightlies) {
  const auto name = [](const std::string& version) {
    return fmt::format("torch-{}-cp312-cp312-linux_x86_64.whl", version);
  };
  offer(kNightly, {name("2.8.0.dev20250601+cu128"), name("2.8.0.dev20250602+cu128.with.pypi.cudnn"),
                   name("2.8.0.dev20250602+cu128"), name("2.8.0.dev20250604+cu128"),
                   name("2.8.0.dev20250608+cu128"), name("2.8.0.dev20250609+cpu")});
  VersionQuery query;
  query.of.channel = pytorch::Channel::nightly;
  query.of.cuda = specs::Accelerator::parse("cu128").value();
  EXPECT_EQ(listed(query),
            "2.8.0.dev20250601 (3.12); 2.8.0.dev20250602 (3.12); 2.8.0.dev20250604 (3.12); 2.8.0.dev20250608 "
            "(3.12); 2.8.0.dev20250609: no wheel for linux-x86_64; 2025-06-03: no nightly; 2025-06-05 to "
            "2025-06-07: no nightly");
  query.from = "2025-06-02";
  query.to = "20250604";
  EXPECT_EQ(listed(query), "2.8.0.dev20250602 (3.12); 2.8.0.dev20250604 (3.12); 2025-06-03: no nightly");
}

TEST_F(Versions, TheBuildWithTheHigherNumber) {
  offer(kIndex,
        {"torch-2.0-1-cp311-cp311-manylinux1_x86_64.whl", "torch-2.0-10-cp311-cp311-manylinux1_x86_64.whl",
         "torch-2.0-9-cp311-cp311-manylinux1_x86_64.whl"});
  EXPECT_EQ(list_versions({}, site_, http_)->builds.front().file.file_name,
            "torch-2.0-10-cp311-cp311-manylinux1_x86_64.whl");
  VersionQuery query;
  query.of.python = specs::Interpreter{11};
  EXPECT_EQ(list_versions(query, site_, http_)->builds.front().file.file_name,
            "torch-2.0-10-cp311-cp311-manylinux1_x86_64.whl");
}

TEST_F(Versions, NoSuchProject) {
  EXPECT_EQ(listed({}), "error: http://pypi.example/simple has no project torch\n");
}

}  // namespace
}  // namespace launch::probe

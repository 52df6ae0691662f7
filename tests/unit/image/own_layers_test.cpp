#include "image/own_layers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/tree.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"

namespace launch::image {
namespace {

using archive::RootTree;
using testing::ElementsAre;

/// "opt/venv/ 755 0:0", "lib -> usr/lib", "a.txt 644 0:0: content".
std::vector<std::string> shown(const OwnLayer& layer) {
  std::vector<std::string> out;
  for (const auto& [member, content, source] : layer.members) {
    EXPECT_EQ(member.time, archive::kFileTime) << member.path;
    auto line = member.path + (member.is_folder ? "/" : member.link.empty() ? "" : " -> " + member.link);
    if (member.link.empty()) line += fmt::format(" {:o}", member.permissions());
    line += fmt::format(" {}:{}", member.owner, member.group);
    const auto text = source ? read_file(layer.files.at(*source).path()).value() : content;
    if (!member.is_folder && member.link.empty()) line += fmt::format(": {}", text);
    out.push_back(std::move(line));
  }
  return out;
}

TEST(VenvLayer, IsABareVirtualEnvironment) {
  EXPECT_THAT(
      shown(venv_layer(fakes::python("3.12"), "/python/bin/python3")),
      ElementsAre("opt/ 755 0:0", "opt/venv/ 755 0:0", "opt/venv/bin/ 755 0:0",
                  "opt/venv/bin/python -> python3 0:0", "opt/venv/bin/python3 -> /python/bin/python3 0:0",
                  "opt/venv/bin/python3.12 -> python3 0:0", "opt/venv/lib/ 755 0:0",
                  "opt/venv/lib/python3.12/ 755 0:0", "opt/venv/lib/python3.12/site-packages/ 755 0:0",
                  "opt/venv/lib64 -> lib 0:0",
                  "opt/venv/pyvenv.cfg 644 0:0: home = /python/bin\n"
                  "include-system-site-packages = false\nversion = 3.12\n"));
}

class ProjectLayer : public testing::Test {
 protected:
  ProjectFile file(const std::string& path, bool executable = false) {
    const auto source = scratch_ / std::to_string(++files_);
    EXPECT_TRUE(write_file(source, "of " + path));
    return {.source = source, .path = path, .executable = executable};
  }
  static ProjectFile folder(const std::string& path) {
    return {.source = {}, .path = path, .kind = ProjectFile::Kind::folder};
  }
  static ProjectFile link(const std::string& path, const std::string& target) {
    return {.source = {}, .path = path, .kind = ProjectFile::Kind::link, .target = target};
  }
  /// The members of a layer, without its whiteouts.
  static std::vector<std::string> members(const std::vector<ProjectCopy>& copies, const RootTree& root = {}) {
    const auto layer = project_layer(copies, root);
    if (!layer) return {layer.error().text()};
    auto out = shown(*layer);
    std::erase_if(out, [](const std::string& line) { return line.starts_with(".wh."); });
    return out;
  }

  test::Scratch scratch_;
  int files_ = 0;
};

TEST_F(ProjectLayer, HasTheFilesAndTheFoldersThatTheBaseLacks) {
  const RootTree root{.folders = {{"srv", {0700, 7, 8}}, {"srv/app", {0711, 7, 8}}}};
  const std::vector<ProjectCopy> copies = {
      {"/srv/app/deep/", kRootOwner, {file("a.py"), folder("b"), file("b/run", true), link("c", "b/run")}}};
  EXPECT_THAT(
      members(copies, root),
      ElementsAre("srv/app/deep/ 755 0:0", "srv/app/deep/a.py 644 0:0: of a.py", "srv/app/deep/b/ 755 0:0",
                  "srv/app/deep/b/run 755 0:0: of b/run", "srv/app/deep/c -> b/run 0:0"));
  EXPECT_THAT(members({{"/new/app/", kRootOwner, {file("a.py")}}}, root),
              ElementsAre("new/ 755 0:0", "new/app/ 755 0:0", "new/app/a.py 644 0:0: of a.py"));
}

TEST_F(ProjectLayer, BelongsToItsOwnerWithTheFolderOfTheCopy) {
  const RootTree root{.folders = {{"srv", {0700, 7, 8}}, {"srv/app", {0711, 7, 8}}},
                      .files = {{"etc/passwd", {"svc:x:12:34::/:/bin/sh\n", {}}}}};
  EXPECT_THAT(members({{"/srv/app/", "svc", {folder("b"), file("b/a"), link("c", "b")}, true}}, root),
              ElementsAre("srv/app/ 711 12:34", "srv/app/b/ 755 12:34", "srv/app/b/a 644 12:34: of b/a",
                          "srv/app/c -> b 12:34"));
  EXPECT_THAT(members({{"/new/app/", "trainer", {file("a")}, true}}),
              ElementsAre("new/ 755 0:0", "new/app/ 755 1001:1001", "new/app/a 644 1001:1001: of a"));
  EXPECT_THAT(members({{"/new/", "5:6", {}}}), ElementsAre("new/ 755 5:6"));
  EXPECT_THAT(members({{"/srv/app/", "5:6", {}, true}}, root), ElementsAre("srv/app/ 711 5:6"));
  EXPECT_THAT(members({{"/srv/app/", "5:6", {}}}, root), testing::IsEmpty());
}

TEST_F(ProjectLayer, FollowsLinksOfTheBase) {
  const RootTree root{.folders = {{"usr", {0755, 0, 0}}, {"usr/lib", {0755, 0, 0}}, {"real", {0755, 0, 0}}},
                      .links = {{"lib", "usr/lib"}, {"srv", "/real"}, {"usr/lib/x", "../share"}}};
  EXPECT_THAT(members({{"/srv/app/", kRootOwner, {file("a")}}}, root),
              ElementsAre("real/app/ 755 0:0", "real/app/a 644 0:0: of a"));
  // A folder there would hide all that the link leads to.
  EXPECT_THAT(members({{"/", kRootOwner, {file("a"), folder("lib"), file("lib/b"), file("lib/x/c")}}}, root),
              ElementsAre("a 644 0:0: of a", "usr/lib/ 755 0:0", "usr/lib/b 644 0:0: of lib/b",
                          "usr/share/ 755 0:0", "usr/share/c 644 0:0: of lib/x/c"));
  EXPECT_THAT(members({{"/", kRootOwner, {file("lib"), link("srv", "a")}}}, root),
              ElementsAre("lib 644 0:0: of lib", "srv -> a 0:0"));
  const RootTree circle{.links = {{"srv", "srv"}}};
  EXPECT_THAT(members({{"/srv/", kRootOwner, {}}}, circle),
              ElementsAre("error: the symbolic links of the base image at \"/srv/\" form a loop\n"));
}

TEST_F(ProjectLayer, TakesTheLaterOfTwoCopies) {
  const std::vector<ProjectCopy> copies = {{"/a/", kRootOwner, {file("x"), file("y")}},
                                           {"/a/", "5:6", {file("x", true)}}};
  EXPECT_THAT(members(copies), ElementsAre("a/ 755 0:0", "a/x 755 5:6: of x", "a/y 644 0:0: of y"));
}

TEST_F(ProjectLayer, HidesTheFilesOfLazyPulling) {
  const std::vector<std::string> whiteouts = {".wh..no.prefetch.landmark 644 0:0: ",
                                              ".wh.stargz.index.json 644 0:0: "};
  EXPECT_EQ(shown(project_layer({}, {}).value()), whiteouts);
  EXPECT_THAT(shown(project_layer({{"/a/", kRootOwner, {}}}, {}).value()), testing::IsSupersetOf(whiteouts));
}

TEST_F(ProjectLayer, NamesAFileThatCannotBeRead) {
  const auto layer =
      project_layer({{"/a/", kRootOwner, {{.source = scratch_ / "missing", .path = "x"}}}}, {});
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().text(),
            "error: cannot read " + (scratch_ / "missing").string() + ": No such file or directory\n");
}

}  // namespace
}  // namespace launch::image

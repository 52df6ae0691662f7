#include "archive/root_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Members = std::vector<fakes::TarSource>;

class RootTreeTest : public testing::Test {
 protected:
  Result<RootTree> read(const std::vector<Members>& layers) {
    std::vector<std::filesystem::path> files;
    for (const auto& members : layers) {
      files.push_back(scratch_ / (std::to_string(files.size()) + ".tar.gz"));
      EXPECT_TRUE(write_file(files.back(), fakes::gzip(fakes::make_tar(members))));
    }
    return read_root_tree(files);
  }
  /// The folders with a slash and the links of these layers.
  std::vector<std::string> names(const std::vector<Members>& layers) {
    const auto tree = read(layers).value();
    std::vector<std::string> out;
    for (const auto& [path, access] : tree.folders) out.push_back(path + "/");
    for (const auto& [path, target] : tree.links) out.push_back(path + " -> " + target);
    return out;
  }
  test::Scratch scratch_;
};

fakes::TarSource folder(const std::string& name, unsigned mode = 0755) {
  return {.name = name + "/", .type = '5', .mode = mode};
}
fakes::TarSource link(const std::string& name, const std::string& target) {
  return {.name = name, .type = '2', .target = target, .mode = 0777};
}
fakes::TarSource file(const std::string& name, const std::string& content = "x", unsigned mode = 0644) {
  return {.name = name, .content = content, .mode = mode};
}

TEST_F(RootTreeTest, IsWhatTheLayersLeaveFromTheBottom) {
  const auto tree =
      read({{folder("./"), folder("./etc"), folder("./tmp", 01777), link("./bin", "usr/bin"),
             file("./etc/passwd", "old\n"), file("./etc/hosts"), file("./etc/shadow", "s\n", 0640)},
            {file("etc/passwd", "new\n", 0600), folder("etc", 0700)}})
          .value();
  EXPECT_THAT(tree.folders, ElementsAre(Pair("etc", Access{0700, 0, 0}), Pair("tmp", Access{01777, 0, 0})));
  EXPECT_THAT(tree.links, ElementsAre(Pair("bin", "usr/bin")));
  EXPECT_THAT(tree.files, ElementsAre(Pair("etc/passwd", RootFile{"new\n", {0600, 0, 0}}),
                                      Pair("etc/shadow", RootFile{"s\n", {0640, 0, 0}})));
}

TEST_F(RootTreeTest, LosesWhatWhiteoutsHide) {
  const Members below = {
      folder("opt"),           folder("opt/a"), folder("opt/a/deep"), folder("opt/a-b"),  folder("opt/b"),
      link("opt/b/link", "x"), folder("etc"),   file("etc/passwd"),   folder("optional"), file("etc/group")};
  EXPECT_THAT(names({below, {file("opt/.wh.a", "")}}),
              ElementsAre("etc/", "opt/", "opt/a-b/", "opt/b/", "optional/", "opt/b/link -> x"));
  EXPECT_THAT(names({below, {file("./opt/b/.wh.link", "")}}),
              ElementsAre("etc/", "opt/", "opt/a/", "opt/a-b/", "opt/a/deep/", "opt/b/", "optional/"));
  EXPECT_THAT(names({below, {folder("opt"), file("opt/.wh..wh..opq", "")}}),
              ElementsAre("etc/", "opt/", "optional/"));
  EXPECT_THAT(names({below, {file(".wh..wh..opq", ""), folder("usr")}}), ElementsAre("usr/"));
  const auto tree = read({below, {file("etc/.wh.passwd", "")}}).value();
  EXPECT_FALSE(tree.files.contains("etc/passwd"));
  EXPECT_TRUE(tree.files.contains("etc/group"));
  EXPECT_THAT(read({below, {file(".wh.etc", "")}}).value().files, IsEmpty());
}

/// OCI image layer, "Whiteouts": they apply to the layers below, wherever they stand in their own.
TEST_F(RootTreeTest, KeepsWhatTheLayerOfAWhiteoutItselfHas) {
  const Members below = {folder("opt"), folder("opt/old"), folder("etc"), file("etc/group", "below\n")};
  EXPECT_THAT(names({below, {folder("opt"), folder("opt/new"), file("opt/.wh..wh..opq", "")}}),
              ElementsAre("etc/", "opt/", "opt/new/"));
  const auto tree =
      read({below,
            {folder("etc"), file("etc/group", "own\n"), link("etc/a", "b"), file("etc/.wh..wh..opq", "")}})
          .value();
  EXPECT_EQ(tree.files.at("etc/group").content, "own\n");
  EXPECT_TRUE(tree.links.contains("etc/a"));
  EXPECT_THAT(names({below, {folder("opt/new")}, {file("opt/.wh..wh..opq", "")}}),
              ElementsAre("etc/", "opt/"));
}

TEST_F(RootTreeTest, HasTheLastKindOfAPath) {
  const Members tree = {folder("a"), folder("a/b"), link("a/c", "d")};
  EXPECT_THAT(names({tree, {file("a")}}), IsEmpty());
  EXPECT_THAT(names({tree, {link("a", "z")}}), ElementsAre("a -> z"));
  EXPECT_THAT(names({tree, {link("a", "z")}, {folder("a")}}), ElementsAre("a/"));
  EXPECT_THAT(names({tree, {link("a", "y")}, {link("a", "z")}}), ElementsAre("a -> z"));
  EXPECT_THAT(names({tree, {{.name = "a", .type = '6'}}}), IsEmpty());
  EXPECT_THAT(read({{file("etc/passwd")}, {folder("etc/passwd")}}).value().files, IsEmpty());
}

/// Whatever is behind the blocks of zeros that end a tar.
TEST_F(RootTreeTest, KnowsHowLargeTheLayersAre) {
  std::vector<std::filesystem::path> files;
  std::vector<std::uint64_t> sizes;
  for (const std::string end : {"", "\0", "more"}) {
    auto tar = fakes::make_tar({folder("etc"), file("etc/passwd", std::string(100'000, 'x'))}) +
               std::string(200'000, end.empty() ? '\0' : 'z') + end;
    sizes.push_back(tar.size());
    files.push_back(scratch_ / (std::to_string(files.size()) + ".tar.gz"));
    ASSERT_TRUE(write_file(files.back(), fakes::gzip(tar)));
  }
  EXPECT_EQ(read_root_tree(files).value().sizes, sizes);
}

TEST_F(RootTreeTest, NamesTheLayerThatIsNone) {
  const std::vector<std::filesystem::path> files = {scratch_ / "layer.tar.gz"};
  ASSERT_TRUE(write_file(files.front(), "plain text"));
  EXPECT_EQ(read_root_tree(files).error().text(),
            "error: not a valid .tar.gz file: it is not compressed by gzip\n  while reading the layer " +
                files.front().string() + "\n");
}

std::string resolved(const RootTree& tree, std::string_view path) {
  const auto found = resolve(tree, path);
  return found ? *found : found.error().text();
}

TEST(Resolve, FollowsTheLinksOnTheWay) {
  const RootTree tree{.links = {{"lib", "usr/lib"},
                                {"usr/lib/x", "../share/./x"},
                                {"abs", "/opt/real"},
                                {"opt/real/again", "../../lib"},
                                {"up", "../../../usr"},
                                {"here", "."},
                                {"one", "two"},
                                {"two", "one"},
                                {"self", "self/a"}}};
  EXPECT_EQ(resolved(tree, "/workspace/"), "workspace");
  EXPECT_EQ(resolved(tree, "/a//b/./c/"), "a/b/c");
  EXPECT_EQ(resolved(tree, "/"), "");
  EXPECT_EQ(resolved(tree, "/lib"), "usr/lib");
  EXPECT_EQ(resolved(tree, "/lib/y/z/"), "usr/lib/y/z");
  EXPECT_EQ(resolved(tree, "/lib/x/z"), "usr/share/x/z");
  EXPECT_EQ(resolved(tree, "abs/again/x"), "usr/share/x");
  EXPECT_EQ(resolved(tree, "/up/lib"), "usr/lib");
  EXPECT_EQ(resolved(tree, "/here/lib"), "usr/lib");
  EXPECT_EQ(resolved(tree, "../../etc"), "etc");
  EXPECT_EQ(resolved(tree, "/library/x"), "library/x");
}

TEST(Resolve, ACircleIsAnError) {
  const RootTree tree{.links = {{"one", "two"}, {"two", "/one"}, {"self", "self/a"}}};
  for (const std::string path : {"/one", "/two/x", "/self"}) {
    EXPECT_EQ(resolved(tree, path),
              "error: the symbolic links of the base image at \"" + path + "\" form a loop\n");
    EXPECT_EQ(resolve(tree, path).error().kind(), ErrorKind::input);
  }
}

TEST(RootTreeText, IsReadBack) {
  EXPECT_EQ(parse_root_tree(root_tree_text({})), RootTree{});
  const RootTree tree{.folders = {{"etc", {0755, 0, 0}}, {"home/a b\n\"", {0700, 1001, 4'294'967'295}}},
                      .links = {{"bin", "usr/bin"}, {"\xff\x80", "\xc3"}},
                      .files = {{"etc/passwd", {"j\xf6rg:x:1:1::/:/bin/sh\n\xc3\xb6\\", {0644, 0, 42}}}},
                      .sizes = {512, 18'446'744'073'709'551'615U}};
  EXPECT_EQ(parse_root_tree(root_tree_text(tree)), tree);
  EXPECT_EQ(root_tree_text(*parse_root_tree(root_tree_text(tree))), root_tree_text(tree));
}

TEST(RootTreeText, ThatIsDamagedIsNone) {
  const auto text = root_tree_text({.folders = {{"etc", {0755, 0, 0}}}});
  for (const auto& damaged :
       {std::string(), std::string("[]"), std::string("{}"), text.substr(1), text.substr(0, text.size() - 1),
        std::string(R"({"folders":{},"links":{}})"),
        std::string(R"({"folders":[],"links":{},"files":{},"sizes":[]})"),
        std::string(R"({"folders":{"a":[1,2]},"links":{},"files":{},"sizes":[]})"),
        std::string(R"({"folders":{"a":[1,2,-3]},"links":{},"files":{},"sizes":[]})"),
        std::string(R"({"folders":{},"links":{},"files":{"etc/passwd":{"content":"x"}},"sizes":[]})"),
        std::string(R"({"folders":{},"links":{},"files":{},"sizes":[-1]})"),
        std::string(R"({"folders":{},"links":{},"files":{}})")})
    EXPECT_EQ(parse_root_tree(damaged), std::nullopt) << damaged;
}

}  // namespace
}  // namespace launch::archive

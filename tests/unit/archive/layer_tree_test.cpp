#include "archive/layer_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/estargz.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"

namespace launch::archive {
namespace {

using fakes::ZipSource;
using testing::ElementsAre;

/// The files of a wheel "demo 1.0" that has these besides its metadata.
std::string wheel_of(std::vector<ZipSource> files) {
  files.push_back({"demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"});
  files.push_back({"demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"});
  files.push_back({"demo-1.0.dist-info/RECORD", ""});
  return fakes::make_zip(files);
}

LayerSpec spec() {
  return {"/opt/venv", fakes::python("3.12"), "/opt/venv/bin/python3"};
}

Result<LayerTree> tree_of(const std::string& wheel, const LayerSpec& wanted = spec()) {
  TRY_ASSIGN(const auto zip, ZipFile::open(wheel));
  return layer_tree(std::span(&zip, 1), wanted);
}

std::string refusal(std::vector<ZipSource> files) {
  const auto tree = tree_of(wheel_of(std::move(files)));
  if (tree) return "accepted";
  EXPECT_EQ(tree.error().kind(), ErrorKind::input);
  return tree.error().message();
}

std::vector<std::string> names(const LayerTree& tree) {
  std::vector<std::string> out;
  for (const auto& file : tree.files)
    out.push_back(file.path + (file.is_folder ? "/" : file.executable ? "*" : ""));
  for (const auto& record : tree.records) out.push_back("then " + record.path);
  return out;
}

TEST(LayerTree, IsWhatAnInstallerMakesOfAWheel) {
  const auto tree =
      tree_of(wheel_of({{"demo/z.py", "z"},
                        {"demo/tool", "t", true, 0755},
                        {"demo/empty/", ""},
                        {"demo-1.0.data/scripts/run", "#!python\nprint(1)\n"},
                        {"demo-1.0.data/scripts/raw", "#!/bin/sh\n"},
                        {"demo-1.0.data/data/share/x", "x"},
                        {"demo-1.0.dist-info/entry_points.txt", "[console_scripts]\ndemo = demo.z:main\n"},
                        {"demo-1.0.dist-info/INSTALLER", "somebody"}}))
          .value();
  const std::string site = "opt/venv/lib/python3.12/site-packages/";
  EXPECT_THAT(
      names(tree),
      ElementsAre(".no.prefetch.landmark", "opt/", "opt/venv/", "opt/venv/bin/", "opt/venv/bin/demo*",
                  "opt/venv/bin/raw*", "opt/venv/bin/run*", "opt/venv/lib/", "opt/venv/lib/python3.12/",
                  "opt/venv/lib/python3.12/site-packages/", site + "demo/", site + "demo-1.0.dist-info/",
                  site + "demo-1.0.dist-info/INSTALLER", site + "demo-1.0.dist-info/METADATA",
                  site + "demo-1.0.dist-info/WHEEL", site + "demo-1.0.dist-info/entry_points.txt",
                  site + "demo/tool*", site + "demo/z.py", "opt/venv/share/", "opt/venv/share/x",
                  "then " + site + "demo-1.0.dist-info/RECORD"));
  const auto content = [&](std::string_view path) {
    const auto at =
        std::find_if(tree.files.begin(), tree.files.end(), [&](const auto& f) { return f.path == path; });
    return at->entry ? "of the wheel" : at->content;
  };
  EXPECT_EQ(content("opt/venv/bin/run"), "#!/opt/venv/bin/python3\nprint(1)\n");
  EXPECT_EQ(content("opt/venv/bin/raw"), "of the wheel");
  EXPECT_EQ(content("opt/venv/bin/demo").substr(0, 24), "#!/opt/venv/bin/python3\n");
  EXPECT_EQ(content(site + "demo-1.0.dist-info/INSTALLER"), "launch\n");
}

TEST(LayerTree, TakesTheLaterOfTwoWheelsWithOneFile) {
  const auto first = fakes::make_wheel({.name = "one", .version = "1", .files = {{"tests/a.py", "1"}}});
  const auto second = fakes::make_wheel({.name = "two", .version = "1", .files = {{"tests/a.py", "22"}}});
  const std::vector<ZipFile> zips = {ZipFile::open(first).value(), ZipFile::open(second).value()};
  const auto tree = layer_tree(zips, spec()).value();
  int found = 0;
  for (const auto& file : tree.files) {
    if (!file.path.ends_with("tests/a.py")) continue;
    ++found;
    EXPECT_EQ(file.wheel, 1U);
    EXPECT_EQ(file.size, 2U);
  }
  EXPECT_EQ(found, 1);
  EXPECT_EQ(tree.records.size(), 2U);
  ASSERT_EQ(tree.replaced.size(), 1U);
  EXPECT_TRUE(tree.replaced[0].path.ends_with("tests/a.py"));
  EXPECT_EQ(tree.replaced[0].wheel, 0U);
  EXPECT_EQ(tree.replaced[0].size, 1U);
  EXPECT_EQ(tree.replaced[0].digest, Digest::of("1"));
}

TEST(LayerTree, RefusesWhatNoImageMayHold) {
  const std::string intro = "the wheel cannot be installed: ";
  const std::string site = "lib/python3.12/site-packages/";
  EXPECT_EQ(refusal({{"a.py", ""}}), "accepted");
  EXPECT_EQ(refusal({{"demo/link", "/etc/passwd", true, 0120777}}),
            intro + "\"demo/link\" is a symbolic link; a wheel holds only files");
  EXPECT_EQ(refusal({{"demo/link", "", true, 0060000}}),
            intro + "\"demo/link\" is not a regular file; a wheel holds only files");
  EXPECT_EQ(refusal({{"demo/.wh.secret", ""}}),
            intro + "\"" + site +
                "demo/.wh.secret\" would remove files of an image: names in it cannot start with .wh.");
  EXPECT_EQ(refusal({{".wh..wh..opq/a", ""}}),
            intro + "\"" + site +
                ".wh..wh..opq/a\" would remove files of an image: names in it cannot start with .wh.");
  EXPECT_EQ(refusal({{"a\xff.py", ""}}), intro + "\"" + site + "a\\xff.py\" is not valid UTF-8");
  EXPECT_EQ(refusal({{"Demo/a.py", ""}, {"demo/b.py", ""}}),
            intro + "\"" + site + "Demo\" and \"" + site + "demo\" differ only in case");
  EXPECT_EQ(refusal({{"A.py", ""}, {"a.py", ""}}),
            intro + "\"" + site + "A.py\" and \"" + site + "a.py\" differ only in case");
  EXPECT_EQ(refusal({{"É.py", ""}, {"é.py", ""}}),
            intro + "\"" + site + "É.py\" and \"" + site + "é.py\" differ only in case");
  EXPECT_EQ(refusal({{"demo", ""}, {"demo/a.py", ""}}),
            intro + "\"" + site + "demo\" is both a file and a folder");
  EXPECT_EQ(refusal({{"demo/a.py", ""}, {"demo", ""}}),
            intro + "\"" + site + "demo\" is both a file and a folder");
  EXPECT_EQ(refusal({{"a.py", ""}, {"a.py", ""}}),
            intro + "two of its files have the path \"" + site + "a.py\"");
  EXPECT_EQ(refusal({{std::string(256, 'a'), ""}}),
            intro + "\"" + site + std::string(256, 'a') +
                "\" has a name of 256 bytes, more than the 255 that file systems allow");
  EXPECT_EQ(refusal({{"demo-1.0.data/purelib/demo-1.0.dist-info/RECORD", ""}}),
            intro + "\"" + site + "demo-1.0.dist-info/RECORD\" is listed twice");
}

TEST(LayerTree, RefusesWhatWouldReplaceTheVirtualEnvironmentItself) {
  const auto said = [](const std::string& path) {
    return "the wheel cannot be installed: \"" + path +
           "\" would take the place of a part of the virtual environment";
  };
  EXPECT_EQ(refusal({{"demo-1.0.data/data/pyvenv.cfg", "home = /x\n"}}), said("pyvenv.cfg"));
  EXPECT_EQ(refusal({{"demo-1.0.data/data/lib64", ""}}), said("lib64"));
  EXPECT_EQ(refusal({{"demo-1.0.data/data/bin/python3", "#!/bin/sh\n"}}), said("bin/python3"));
  EXPECT_EQ(refusal({{"demo-1.0.data/scripts/python", "#!python\n"}}), said("bin/python"));
  EXPECT_EQ(refusal({{"demo-1.0.data/scripts/python3/x", ""}}), said("bin/python3/x"));
  EXPECT_EQ(refusal({{"demo-1.0.dist-info/entry_points.txt", "[gui_scripts]\npython3.12 = os:getcwd\n"}}),
            said("bin/python3.12"));
  EXPECT_EQ(refusal({{"demo-1.0.data/data/bin", ""}}),
            "the wheel cannot be installed: \"bin\" is both a file and a folder");
  EXPECT_EQ(refusal({{"demo-1.0.data/scripts/python3.11", ""}, {"demo-1.0.data/scripts/python3-config", ""}}),
            "accepted");
}

LayerSpec plain() {
  auto wanted = spec();
  wanted.content = LayerSpec::Content::plain_zips;
  return wanted;
}

TEST(LayerTree, OfPlainZipsHasTheirFilesByTheirNames) {
  const auto tree = tree_of(fakes::make_zip({{"lib/z.pyc", "z"},
                                             {"a-1.dist-info/RECORD", "r", true, 0755},
                                             {"empty/", ""},
                                             {"a-1.data/scripts/x", "#!python\n"}}),
                            plain())
                        .value();
  EXPECT_THAT(names(tree), ElementsAre(".no.prefetch.landmark", "opt/", "opt/venv/", "opt/venv/a-1.data/",
                                       "opt/venv/a-1.data/scripts/", "opt/venv/a-1.data/scripts/x",
                                       "opt/venv/a-1.dist-info/", "opt/venv/a-1.dist-info/RECORD",
                                       "opt/venv/lib/", "opt/venv/lib/z.pyc"));
  for (const auto& file : tree.files) {
    EXPECT_EQ(file.entry.has_value(), file.path != kNoPrefetch && !file.is_folder) << file.path;
  }
}

TEST(LayerTree, OfPlainZipsRefusesWhatNoImageMayHold) {
  const auto refusal = [](std::vector<ZipSource> files) {
    const auto tree = tree_of(fakes::make_zip(files), plain());
    return tree ? "accepted" : tree.error().message();
  };
  const std::string intro = "the wheel cannot be installed: ";
  EXPECT_EQ(refusal({{"a/.wh.b", ""}}),
            intro + "\"a/.wh.b\" would remove files of an image: names in it cannot start with .wh.");
  EXPECT_EQ(refusal({{".wh..wh..opq", ""}}),
            intro + "\".wh..wh..opq\" would remove files of an image: names in it cannot start with .wh.");
  EXPECT_EQ(refusal({{"link", "/etc/passwd", true, 0120777}}),
            intro + "\"link\" is a symbolic link; a wheel holds only files");
  EXPECT_EQ(refusal({{"a", ""}, {"a/b", ""}}), intro + "\"a\" is both a file and a folder");
  EXPECT_EQ(refusal({{"A", ""}, {"a", ""}}), intro + "\"A\" and \"a\" differ only in case");
}

TEST(LayerTree, WantsAPlainPrefix) {
  const auto wheel = wheel_of({});
  for (const std::string prefix :
       {"", "/", "opt", "/opt/", "/opt//venv", "/opt/../venv", "/./opt", "/a\xff"}) {
    auto wanted = spec();
    wanted.prefix = prefix;
    const auto tree = tree_of(wheel, wanted);
    ASSERT_FALSE(tree) << prefix;
    EXPECT_THAT(tree.error().message(),
                testing::EndsWith("cannot be the prefix of wheels: expected an absolute path"));
  }
}

}  // namespace
}  // namespace launch::archive

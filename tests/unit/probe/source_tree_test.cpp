#include "probe/source_tree.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
#include "fakes/files.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

class SourceTreeTest : public testing::Test {
 protected:
  SourceTreeTest() : root_(fs::temp_directory_path() / fmt::format("launch-test-tree-{}", ::getpid())) {
    fs::create_directories(root_);
  }
  ~SourceTreeTest() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(root_ / name, text));
  }
  Result<TreeScan> scan(const std::string& name) {
    const ScanPath path{root_ / name, name};
    return scan_tree({&path, 1}, {"torch"});
  }

  fs::path root_;
};

TEST_F(SourceTreeTest, GathersNamesOverFiles) {
  write("src/b.py", "try:\n  import torch.a\nexcept ImportError:\n  import torch.b\n");
  write("src/a.py",
        "def f():\n  import torch.a\ntry:\n  import torch.a\nexcept ImportError:\n  import torch.c\n");
  write("src/note.txt", "import torch.d\n");
  write("src/.hidden/x.py", "import torch.d\n");
  write("src/env/pyvenv.cfg", "");
  write("src/env/x.py", "import torch.d\n");
  const auto tree = *scan("src");
  EXPECT_EQ(tree.files, 2U);
  ASSERT_EQ(tree.names.size(), 3U);
  EXPECT_EQ(tree.names[0].requirement.text(), "torch.a:");
  EXPECT_EQ(tree.names[0].need, pysource::Need::must);
  ASSERT_EQ(tree.names[0].uses.size(), 3U);
  EXPECT_EQ(tree.names[0].uses[0].file, "src/a.py");
  EXPECT_EQ(tree.names[0].uses[1].choices.front().group, 0U);
  EXPECT_EQ(tree.names[0].uses[2].file, "src/b.py");
  EXPECT_EQ(tree.names[0].uses[2].choices.front().group, 1U);
}

/// More than are scanned together.
TEST_F(SourceTreeTest, ManyFilesAreReadAtOnceAndAddedInTheirOrder) {
  constexpr std::uint32_t kFiles = 700;
  for (std::uint32_t i = 0; i < kFiles; ++i) {
    write(fmt::format("src/{:03}.py", i),
          std::string(i % 7, '\n') + "try:\n  import torch.a\nexcept ImportError:\n  import torch.b\n");
  }
  const auto tree = *scan("src");
  EXPECT_EQ(tree.files, kFiles);
  ASSERT_EQ(tree.names.size(), 2U);
  ASSERT_EQ(tree.names[0].uses.size(), kFiles);
  for (std::uint32_t i = 0; i < kFiles; ++i) {
    const auto& use = tree.names[0].uses[i];
    EXPECT_EQ(use.file, fmt::format("src/{:03}.py", i));
    EXPECT_EQ(use.line, i % 7 + 2);
    EXPECT_EQ(use.source, i);
    EXPECT_EQ(use.choices.front().group, i);
  }
}

TEST_F(SourceTreeTest, TheFirstFileThatCannotBeReadIsTheError) {
  for (int i = 0; i < 9; ++i) write(fmt::format("src/{}.py", i), "import torch\n");
  for (const auto* name : {"src/8.py", "src/3.py", "src/5.py"}) {
    fs::resize_file(root_ / name, (std::uintmax_t{64} << 20) + 1);
  }
  const auto tree = scan("src");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().text(),
            fmt::format("error: {} is larger than 67.1 MB\n", (root_ / "src/3.py").string()));
}

TEST_F(SourceTreeTest, OperatorsThatTheCodeRegistersAreNoNeedOfTorch) {
  write(
      "src/a.py",
      "import torch\ntorch.ops.mine.f\ntorch.ops.other.g\ntorch.ops.aten.add\ntorch.ops.theirs.h.default\n");
  write("src/b.py",
        "lib = Library('mine', 'DEF')\n@torch.library.custom_op('theirs::h')\ndef h(): pass\nLibrary('aten', "
        "'IMPL')\n");
  std::string names;
  const auto tree = *scan("src");
  for (const auto& name : tree.names) names += name.requirement.text() + " ";
  EXPECT_EQ(names, "torch: torch:ops.aten.add torch:ops.other.g ");
}

TEST_F(SourceTreeTest, LinkedFoldersAreNotFollowed) {
  write("src/a.py", "import torch\n");
  fs::create_directory_symlink("..", root_ / "src/loop");
  EXPECT_EQ(scan("src")->files, 1U);
}

TEST_F(SourceTreeTest, WhatIsLeftOutIsSaid) {
  write("src/a.py", "import torch\n");
  write("src/z.ipynb", "{}");
  write("src/more/b.ipynb", "{}");
  write("src/env/pyvenv.cfg", "");
  write("src/env/lib/x.ipynb", "{}");
  write("src/more/conda/conda-meta/history", "");
  write("src/.venv/pyvenv.cfg", "");
  auto left_out = scan("src")->left_out;
  ASSERT_EQ(left_out.notebooks.size(), 1U);
  EXPECT_EQ(left_out.notebooks[0].folder, "src");
  EXPECT_EQ(left_out.notebooks[0].first, "src/more/b.ipynb");
  EXPECT_EQ(left_out.notebooks[0].count, 2U);
  std::map<std::string, std::string> environments;
  for (const auto& each : left_out.environments) environments[each.folder] = each.mark;
  EXPECT_EQ(environments,
            (std::map<std::string, std::string>{
                {"src/.venv", "pyvenv.cfg"}, {"src/env", "pyvenv.cfg"}, {"src/more/conda", "conda-meta"}}));
  EXPECT_EQ(scan("src/z.ipynb").error().text(),
            "error: src/z.ipynb is a notebook, which is not read\n\nhint: convert it: jupyter nbconvert --to "
            "script "
            "src/z.ipynb\n");
  EXPECT_EQ(
      scan("src/more").error().text(),
      "error: no Python files (*.py) found below src/more\n\nhint: convert it: jupyter nbconvert --to script "
      "src/more/b.ipynb\n");
}

TEST_F(SourceTreeTest, WhatIsExcludedIsNotRead) {
  for (const auto* name :
       {"src/a.py", "src/tests/b.py", "src/lib/tests/keep.py", "src/lib/x_pb2.py", "src/third/c.py"})
    write(name, "import torch\n");
  const auto files = [&](const std::vector<std::string>& patterns, const std::string& folder = "src") {
    auto parsed = specs::IgnorePatterns::parse_at_any_depth(patterns).value();
    const ScanPath path{root_ / folder, folder,
                        std::make_shared<const specs::IgnorePatterns>(std::move(parsed))};
    LeftOut left_out;
    std::string text;
    const auto found = find_sources(path, left_out);
    if (!found) return found.error().text();
    for (const auto& each : *found) text += each.shown + " ";
    return text;
  };
  EXPECT_EQ(files({}), "src/a.py src/lib/tests/keep.py src/lib/x_pb2.py src/tests/b.py src/third/c.py ");
  EXPECT_EQ(files({"tests", "*_pb2.py"}), "src/a.py src/third/c.py ");
  EXPECT_EQ(files({"tests", "!keep.py"}), "src/a.py src/lib/tests/keep.py src/lib/x_pb2.py src/third/c.py ");
  EXPECT_EQ(files({"src/third", "/lib"}), "src/a.py src/tests/b.py ") << "as shown, or below the folder";
  EXPECT_EQ(files({"tests"}, "src/tests"), "src/tests/b.py ") << "what is named is read";
  EXPECT_EQ(
      files({"*.py"}),
      "error: no Python files (*.py) found below src\n\nhint: some are excluded: see --exclude and [verify] "
      "exclude\n");
}

TEST_F(SourceTreeTest, ProblemsNameTheirFile) {
  write("a.py", "x = '\n");
  const auto tree = *scan("a.py");
  ASSERT_EQ(tree.problems.size(), 1U);
  EXPECT_EQ(tree.problems[0].file, "a.py");
}

TEST_F(SourceTreeTest, Errors) {
  EXPECT_EQ(scan("nix").error().text(), "error: nix: no such file or folder\n");
  fs::create_directory(root_ / "empty");
  EXPECT_EQ(scan("empty").error().text(), "error: no Python files (*.py) found below empty\n");
  EXPECT_EQ(scan("empty").error().kind(), ErrorKind::input);
}

}  // namespace
}  // namespace launch::probe

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

TEST_F(SourceTreeTest, LinkedFoldersAreNotFollowed) {
  write("src/a.py", "import torch\n");
  fs::create_directory_symlink("..", root_ / "src/loop");
  EXPECT_EQ(scan("src")->files, 1U);
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

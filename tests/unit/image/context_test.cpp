#include "image/context.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "image/scratch.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

fakes::FakeWork work;

namespace fs = std::filesystem;

class ProjectFiles : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& content = "x") const {
    ASSERT_TRUE(write_file(root() / path, content));
  }
  const fs::path& root() const { return scratch_.path(); }

  Result<std::vector<ProjectCopy>> find(const std::string& from, const std::string& to = "/workspace") const {
    auto recipe =
        project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n");
    recipe.image.copy = {{from, to}};
    return find_project_files(recipe, root());
  }
  std::string refusal(const std::string& from) const {
    const auto copies = find(from);
    return copies ? "accepted" : copies.error().message();
  }
  static std::vector<std::string> paths(const ProjectCopy& copy) {
    std::vector<std::string> out;
    for (const auto& file : copy.files) out.push_back(file.path);
    return out;
  }

 private:
  launch::test::Scratch scratch_;
};

TEST_F(ProjectFiles, OfAFolderLeaveOutWhatBelongsToTheMachine) {
  write("src/a.py");
  write("src/b/c.py");
  write("src/.git/config");
  write("src/b/__pycache__/c.cpython-312.pyc");
  write("src/.env.example");
  const auto copies = find("src").value();
  EXPECT_EQ(copies[0].to, "/workspace/");
  EXPECT_THAT(paths(copies[0]), testing::ElementsAre(".env.example", "a.py", "b/c.py"));
}

TEST_F(ProjectFiles, OfAFileGoWhereItSays) {
  write("train.py");
  EXPECT_EQ(find("train.py", "/workspace/main.py").value()[0].to, "/workspace/");
  EXPECT_THAT(paths(find("train.py", "/workspace/main.py").value()[0]), testing::ElementsAre("main.py"));
  EXPECT_THAT(paths(find("train.py", "/workspace/").value()[0]), testing::ElementsAre("train.py"));
  EXPECT_EQ(find("train.py", "/main.py").value()[0].to, "/");
}

TEST_F(ProjectFiles, StayInTheProject) {
  write("src/a.py");
  fs::create_symlink("a.py", root() / "src/link.py");
  EXPECT_THAT(paths(find("src").value()[0]), testing::ElementsAre("a.py", "link.py"));
  fs::create_symlink("/etc/passwd", root() / "src/out");
  EXPECT_EQ(
      refusal("src"),
      "copy under [image] in recipes/demo.toml: src points outside the project: src/out is /etc/passwd");
  fs::remove(root() / "src/out");
  fs::create_directory_symlink(".", root() / "src/loop");
  EXPECT_EQ(refusal("src"),
            "copy under [image] in recipes/demo.toml: src holds src/loop, a link to a folder");
  EXPECT_EQ(refusal("gone"), "copy under [image] in recipes/demo.toml: gone does not exist");
}

TEST_F(ProjectFiles, HaveADigestOfPlacesModesAndContents) {
  write("src/a.py", "one");
  const auto first = project_digest(find("src").value()).value();
  EXPECT_EQ(project_digest(find("src").value()).value(), first);
  fs::permissions(root() / "src/a.py", fs::perms::owner_exec, fs::perm_options::add);
  const auto executable = project_digest(find("src").value()).value();
  EXPECT_NE(executable, first);
  EXPECT_NE(project_digest(find("src", "/other").value()).value(), executable);
  write("src/a.py", "two");
  EXPECT_NE(project_digest(find("src").value()).value(), first);
}

TEST(Context, HasTheSameModesWhateverTheUmask) {
  const launch::test::Scratch scratch;
  ContextSpec spec;
  spec.python = fakes::python("3.12");
  spec.interpreter = "/usr/bin/python3.12";
  spec.absent = {"only-elsewhere"};
  const auto before = ::umask(0077);
  const auto written = write_context(scratch.path() / "context", spec, work);
  ::umask(before);
  ASSERT_TRUE(written);
  const auto context = scratch.path() / "context";
  const auto mode = [&](const char* path) {
    return static_cast<unsigned>(fs::status(context / path).permissions());
  };
  EXPECT_EQ(mode("Dockerfile"), 0644U);
  EXPECT_EQ(mode("venv/lib/python3.12/site-packages"), 0755U);
  EXPECT_EQ(mode("wheels/only-elsewhere"), 0755U);
  EXPECT_EQ(fs::read_symlink(context / "venv/bin/python3"), "/usr/bin/python3.12");
  EXPECT_EQ(read_file(context / "venv/pyvenv.cfg").value(),
            "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12\n");
}

TEST(Context, OfAnUnsoundWheelNamesIt) {
  const launch::test::Scratch scratch;
  const auto wheel = scratch.path() / "bad-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(wheel, "not a zip"));
  ContextSpec spec;
  spec.python = fakes::python("3.12");
  spec.interpreter = "/usr/bin/python3.12";
  spec.wheels = {{"bad", wheel}};
  EXPECT_EQ(write_context(scratch.path() / "context", spec, work).error().text(),
            "error: not a valid zip file: it has no end record; is it truncated?\n"
            "  while unpacking bad-1.0-py3-none-any.whl\n");
}

TEST(ScratchFolder, OfAKilledProcessIsRemovedByTheNext) {
  const launch::test::Scratch scratch;
  fs::create_directories(scratch.path() / "build-dead00/wheels");
  std::ofstream(scratch.path() / "build-dead00.lock").put('\n');
  fs::path mine;
  {
    const auto first = ScratchFolder::make(work.disk, scratch.path()).value();
    const auto second = ScratchFolder::make(work.disk, scratch.path()).value();
    mine = first.path();
    EXPECT_FALSE(fs::exists(scratch.path() / "build-dead00"));
    EXPECT_TRUE(fs::exists(first.path()));
    EXPECT_NE(first.path(), second.path());
  }
  EXPECT_FALSE(fs::exists(mine));
  EXPECT_FALSE(fs::exists(mine.string() + ".lock"));
}

}  // namespace
}  // namespace launch::image

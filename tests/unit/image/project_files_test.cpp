#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/fake_work.hpp"
#include "unit/image/project_fixture.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ProjectFiles, OfAFolderAreAllThatIsNotOfTheMachine) {
  write("src/a.py");
  write("src/b/c.py");
  write("src/.git/config");
  write("src/b/__pycache__/c.cpython-312.pyc");
  write("src/.pytest_cache/v/x");
  write("src/old.pyc");
  write("src/.DS_Store");
  write(".gitignore");
  EXPECT_THAT(paths({{.from = "src", .to = "/w"}}), ElementsAre("a.py", "b/", "b/c.py"));
  EXPECT_EQ(find({{.from = "src", .to = "/w"}}).value()[0].to, "/w/");
  EXPECT_EQ(find(all_).value()[0].to, "/workspace/");
  EXPECT_THAT(paths(all_), ElementsAre(".gitignore", "src/", "src/a.py", "src/b/", "src/b/c.py"));
}

TEST_F(ProjectFiles, LeaveOutWhatSomebodyMayMissAndSaySo) {
  write("a.py");
  write(".git/config");
  write("env/pyvenv.cfg");
  write("conda/conda-meta/history");
  write("mine/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
  write("not-mine/CACHEDIR.TAG", "something else\n");
  write("wheelhouse/numpy-2.2.6-py3-none-any.whl");
  write("wheelhouse/numpy-2.2.6.tar.gz");
  write("mixed/numpy-2.2.6-py3-none-any.whl");
  write("mixed/README");
  write("lockfiles/pylock.demo.toml");
  write("lockfiles/wheels/x.whl");
  write("src/lockfiles/a");
  write("src/__pycache__/a.pyc");
  EXPECT_THAT(paths(all_),
              ElementsAre("a.py", "mixed/", "mixed/README", "mixed/numpy-2.2.6-py3-none-any.whl", "not-mine/",
                          "not-mine/CACHEDIR.TAG", "src/", "src/lockfiles/", "src/lockfiles/a"));
  EXPECT_THAT(reporter_.notes,
              ElementsAre("not copied into the image: .git, conda, env, lockfiles and 2 more; "
                          "to copy one, give it an entry of its own under copy"));
  EXPECT_THAT(paths({{.from = "lockfiles"}}), ElementsAre("pylock.demo.toml"))
      << "the folder that an entry names is never left out";
  EXPECT_THAT(reporter_.notes,
              ElementsAre("not copied into the image: lockfiles/wheels; to copy one, give it an "
                          "entry of its own under copy"));
  write(".dockerignore", ".git\nconda\nenv\nlockfiles\nmine\nwheelhouse\n");
  EXPECT_TRUE(find(all_));
  EXPECT_THAT(reporter_.notes, IsEmpty()) << "the project says so itself";
}

TEST_F(ProjectFiles, FollowDockerignoreAndExclude) {
  write("data/big.bin");
  write("data/keep/a.txt");
  write("notebooks/a.ipynb");
  write("src/a.py");
  write("src/a.ipynb");
  write(".dockerignore", "# large\ndata\n!data/keep\n");
  EXPECT_THAT(paths({{.from = ".", .exclude = {"**/*.ipynb", "/src/a.py"}}}),
              ElementsAre(".dockerignore", "data/", "data/keep/", "data/keep/a.txt", "notebooks/", "src/"));
  EXPECT_THAT(paths({{.from = "src", .exclude = {"*.ipynb"}}}), ElementsAre("a.py"))
      << "relative to the entry";
  EXPECT_THAT(paths({{.from = "data"}}), ElementsAre("keep/", "keep/a.txt")) << "relative to the project";
  write(".dockerignore", "*\n!*/keep\n");
  EXPECT_THAT(paths(all_), ElementsAre("data/", "data/keep/", "data/keep/a.txt"));
  write(".containerignore", "src\n");
  EXPECT_THAT(paths(all_), ElementsAre(".containerignore", ".dockerignore", "data/", "data/big.bin",
                                       "data/keep/", "data/keep/a.txt", "notebooks/", "notebooks/a.ipynb"));
  EXPECT_EQ(refusal({{.from = "src/a.py"}}),
            "error: copy under [image] in recipes/demo.toml: src/a.py is excluded by .containerignore\n\n"
            "hint: add a line \"!src/a.py\" at the end of .containerignore\n");
  EXPECT_EQ(refusal({{.from = "src"}}),
            "error: copy under [image] in recipes/demo.toml: src is excluded by .containerignore\n\n"
            "hint: add a line \"!src\" at the end of .containerignore\n");
}

TEST_F(ProjectFiles, FollowOnlyPatterns) {
  write("src/a.py");
  EXPECT_EQ(
      refusal({{.from = "src", .exclude = {"a[b"}}}),
      "error: copy under [image] in recipes/demo.toml: src has an invalid exclude: \"a[b\" is not a pattern: "
      "a \"[\" without its \"]\"\n");
  EXPECT_EQ(refusal({{.from = "src/a.py", .exclude = {"b"}}}),
            "error: copy under [image] in recipes/demo.toml: src/a.py is a file, but has an exclude\n\n"
            "hint: remove exclude\n");
  write(".dockerignore", "a\n!\n");
  EXPECT_EQ(refusal(all_), "error: .dockerignore:2: \"!\" is not a pattern: \"!\" without a pattern\n");
}

TEST_F(ProjectFiles, OfAFileGoWhereItSays) {
  write("train.py");
  const Entries renamed = {{.from = "train.py", .to = "/workspace/main.py"}};
  EXPECT_EQ(find(renamed).value()[0].to, "/workspace/");
  EXPECT_THAT(paths(renamed), ElementsAre("main.py"));
  EXPECT_THAT(paths({{.from = "train.py"}}), ElementsAre("train.py"));
  EXPECT_EQ(find({{.from = "train.py", .to = "/main.py"}}).value()[0].to, "/");
  link("train.py", "current.py");
  EXPECT_THAT(paths({{.from = "current.py"}}), ElementsAre("current.py"))
      << "a link that is named is followed";
  write("src/a.py");
  link("src", "current");
  EXPECT_THAT(paths({{.from = "current"}}), ElementsAre("a.py"));
}

TEST_F(ProjectFiles, KeepLinksInsideAndEmptyFolders) {
  write("src/a.py");
  fs::create_directories(root() / "src/empty");
  link("a.py", "src/link.py");
  link("link.py", "src/chain.py");
  link(".", "src/loop");
  write("src/deep/er/b.py");
  write("src/deep/x.py");
  link("er/.././x.py", "src/deep/round.py");
  link((root() / "src/a.py").string(), "src/deep/absolute.py");
  link("../../src/a.py", "src/deep/through.py");
  link("gone", "src/dangling");
  link("self", "src/self");
  link("deep/er", "src/alias");
  link("alias/../x.py", "src/by-alias");
  EXPECT_THAT(paths({{.from = "src"}}),
              ElementsAre("a.py", "alias -> deep/er", "by-alias -> deep/x.py", "chain.py -> link.py",
                          "dangling -> gone", "deep/", "deep/absolute.py -> ../a.py", "deep/er/",
                          "deep/er/b.py", "deep/round.py -> x.py", "deep/through.py -> ../a.py", "deep/x.py",
                          "empty/", "link.py -> a.py", "loop -> .", "self -> self"));
  EXPECT_THAT(reporter_.warnings, IsEmpty());
  write("src/.cache/model.bin");
  link(".cache/model.bin", "src/model.bin");
  EXPECT_TRUE(find({{.from = "src"}}));
  EXPECT_THAT(reporter_.warnings,
              ElementsAre("the image has links whose targets are not copied: src/model.bin -> "
                          ".cache/model.bin"));
}

TEST_F(ProjectFiles, StayInTheirFolder) {
  write("src/a.py");
  write("data/b.txt");
  const std::string start = "error: copy under [image] in recipes/demo.toml: ";
  const std::string hint = "\n\nhint: to leave it out, list it in .dockerignore or in `exclude`\n";
  struct Case {
    const char* target;
    const char* from;
    const char* what;
  };
  for (const auto& [target, from, what] : std::initializer_list<Case>{
           {"/etc/passwd", "src", "src holds src/out, a link to /etc/passwd outside it"},
           {"/etc/passwd", ".", "the project holds src/out, a link to /etc/passwd outside it"},
           {"../data/b.txt", "src", "src holds src/out, a link to ../data/b.txt outside it"},
           {"../../gone", ".", "the project holds src/out, a link to ../../gone outside it"}}) {
    link(target, "src/out");
    EXPECT_EQ(refusal({{.from = from}}), start + what + hint);
    EXPECT_EQ(refusal({{.from = from, .exclude = {"**/out"}}}), "accepted");
    fs::remove(root() / "src/out");
  }
  link("../data/b.txt", "src/out");
  EXPECT_THAT(paths(all_),
              ElementsAre("data/", "data/b.txt", "src/", "src/a.py", "src/out -> ../data/b.txt"));
  link("/etc", "outside");
  EXPECT_EQ(refusal({{.from = "outside"}}), start + "outside is /etc, outside the project\n");
  EXPECT_EQ(refusal({{.from = "outside/passwd"}}),
            start + "outside/passwd is /etc/passwd, outside the project\n");
  EXPECT_EQ(refusal({{.from = "gone"}}), start + "gone does not exist\n\nhint: expected a file or folder " +
                                             (root() / "gone").string() + "\n");
}

TEST_F(ProjectFiles, AreFilesFoldersAndLinks) {
  fs::create_directories(root() / "src");
  ASSERT_EQ(::mkfifo((root() / "src/pipe").c_str(), 0600), 0);
  EXPECT_EQ(
      refusal(all_),
      "error: copy under [image] in recipes/demo.toml: the project holds src/pipe, which is neither file, "
      "folder nor link\n\nhint: to leave it out, list it in .dockerignore or in `exclude`\n");
  EXPECT_EQ(refusal({{.from = "src/pipe"}}),
            "error: copy under [image] in recipes/demo.toml: src/pipe is neither file nor folder\n");
}

TEST_F(ProjectFiles, HaveNamesThatAreText) {
  write("src/a\nb.py");
  EXPECT_EQ(
      refusal({{.from = "src"}}),
      "error: copy under [image] in recipes/demo.toml: src holds \"src/a\\x0ab.py\", a name with a line "
      "break\n\nhint: rename it\n");
  fs::remove(root() / "src/a\nb.py");
  write("src/\xff.d/a");
  EXPECT_EQ(refusal({{.from = "src"}}),
            "error: copy under [image] in recipes/demo.toml: src holds \"src/\\xff.d/a\", a name that is not "
            "UTF-8\n\nhint: rename it\n");
}

TEST_F(ProjectFiles, WhoseNamesWouldRemoveFilesOfAnImageAreRefused) {
  for (const std::string name : {".wh.a", ".wh..wh..opq"}) {
    write("src/" + name);
    EXPECT_EQ(refusal({{.from = "src"}}),
              "error: copy under [image] in recipes/demo.toml: src holds \"src/" + name +
                  "\", a name by which an image layer removes a file\n\nhint: rename it\n");
    fs::remove(root() / "src" / name);
  }
}

TEST_F(ProjectFiles, BelongToTheUserUnlessTheEntrySaysOtherwise) {
  write("a.py");
  const auto owner = [&](std::optional<std::string> owner, const std::string& user) {
    return find({{.from = ".", .owner = std::move(owner)}}, user).value()[0].owner;
  };
  EXPECT_EQ(owner({}, ""), "0:0");
  EXPECT_EQ(owner({}, "trainer"), "trainer");
  EXPECT_EQ(owner({}, "root"), "0:0");
  EXPECT_EQ(owner("root", "trainer"), "0:0");
  EXPECT_EQ(owner("trainer", "trainer"), "trainer");
  EXPECT_EQ(owner("1000", "trainer"), "1000:1000");
  EXPECT_EQ(owner("1000:50", ""), "1000:50");
  const auto of_base = [&](const std::string& user, std::optional<std::string> owner = {}) {
    const auto copy = find({{.from = ".", .owner = std::move(owner)}}, "", user).value()[0];
    return copy.owner + (copy.is_users_folder ? " with its work folder" : "");
  };
  EXPECT_EQ(of_base(""), "0:0");
  EXPECT_EQ(of_base("65534"), "65534:65534 with its work folder");
  EXPECT_EQ(of_base("7:8"), "7:8 with its work folder");
  EXPECT_EQ(of_base("7:app"), "7:7 with its work folder");
  EXPECT_EQ(of_base("app:staff"), "app with its work folder");
  EXPECT_EQ(of_base("app", "root"), "0:0");
  EXPECT_EQ(of_base("app", "1000"), "1000:1000");
}

TEST_F(ProjectFiles, OfAFolderOfWhichPatternsLeaveNothingAreAnError) {
  write("src/a.py");
  write("src/b/c.py");
  const auto error = [](const std::string& what, const std::string& who) {
    return "error: copy under [image] in recipes/demo.toml: " + what +
           " has nothing to copy: all of it is excluded by " + who +
           "\n\nhint: remove the entry from copy, or a pattern\n";
  };
  EXPECT_EQ(refusal({{.from = "src", .exclude = {"*"}}}), error("src", "exclude"));
  EXPECT_EQ(refusal({{.from = ".", .exclude = {"src"}}}), error("the project", "exclude"));
  write(".dockerignore", "src/b\n");
  EXPECT_EQ(refusal({{.from = "src", .exclude = {"a.py"}}}), error("src", ".dockerignore and exclude"));
  write(".dockerignore", "*\n");
  EXPECT_EQ(refusal(all_), error("the project", ".dockerignore"));
  fs::create_directories(root() / "empty");
  write(".dockerignore", "src\n");
  EXPECT_THAT(paths({{.from = "empty"}}), ElementsAre()) << "as it is";
}

TEST_F(ProjectFiles, StayOutOfTheFoldersOfPythonAndItsPackages) {
  write("src/venv/bin/python3");
  write("root/python/x");
  const auto error = [](const std::string& what, const std::string& own) {
    return "error: copy under [image] in recipes/demo.toml: " + what + ", which would be copied into " + own +
           ", a folder of launch's own\n\nhint: set `to` to another folder\n";
  };
  EXPECT_EQ(refusal({{.from = "src", .to = "/opt"}}), error("src holds venv", "/opt/venv"));
  EXPECT_EQ(refusal({{.from = "root", .to = "/"}}), error("root holds python", "/python"));
  EXPECT_EQ(refusal({{.from = "src", .to = "/srv"}}), "accepted");
}

TEST_F(ProjectFiles, HaveADigestOfAllThatReachesTheImage) {
  write("src/a.py", "one");
  fs::permissions(root() / "src/a.py", fs::perms(0640));
  const auto digest = [&](project::CopyEntry entry = {.from = "src"}) {
    return project_digest(find({std::move(entry)}, "trainer").value()).value();
  };
  std::vector<Digest> seen = {digest()};
  fs::permissions(root() / "src/a.py", fs::perms(0666));
  EXPECT_EQ(digest(), seen[0]) << "of the mode only the owner's bit for executing counts";
  const auto changes = [&](const char* what, const Digest& now) {
    EXPECT_THAT(seen, testing::Not(testing::Contains(now))) << what;
    seen.push_back(now);
  };
  changes("owner", digest({.from = "src", .owner = "root"}));
  changes("destination", digest({.from = "src", .to = "/other"}));
  fs::permissions(root() / "src/a.py", fs::perms(0744));
  changes("mode", digest());
  write("src/a.py", "two");
  changes("content", digest());
  fs::create_directory(root() / "src/x");
  changes("empty folder", digest());
  fs::remove(root() / "src/x");
  link("a.py", "src/x");
  changes("kind", digest());
  fs::remove(root() / "src/x");
  link("b.py", "src/x");
  changes("target", digest());
}

TEST_F(ProjectFiles, HaveADigestInALabelThatDoesNotCoverLaunchsOwn) {
  write("train.py", "one");
  const auto digest = [&](project::CopyEntry entry = {.from = "."}) {
    return labelled_digest(find({std::move(entry)}).value()).value();
  };
  const auto before = digest();
  write("recipes/demo.toml", "nodes = 2");
  write("images/demo/Dockerfile", "FROM x");
  write("launch.toml", "");
  EXPECT_EQ(digest(), before);
  const auto named = digest({.from = "launch.toml"});
  write("launch.toml", "# edited");
  EXPECT_NE(digest({.from = "launch.toml"}), named) << "the recipe asks for it";
  write("src/recipes/soup.txt", "one");
  EXPECT_NE(digest(), before);
}

TEST_F(ProjectFiles, AreCopiedAsTheyAreWhateverTheUmask) {
  write("src/run.sh");
  fs::permissions(root() / "src/run.sh", fs::perms(0700));
  write("src/b/c.py");
  fs::create_directories(root() / "src/empty");
  link("b/c.py", "src/link.py");
  const auto copies = find({{.from = "src"}, {.from = "src/b/c.py"}}).value();
  const auto before = ::umask(0077);
  fakes::FakeWork work;
  const launch::test::Scratch out;
  const auto done = copy_project_files(work.disk, copies, out.path());
  ::umask(before);
  ASSERT_TRUE(done);
  const auto mode = [&](const char* path) {
    return static_cast<unsigned>(fs::status(out.path() / path).permissions());
  };
  EXPECT_EQ(mode("0/run.sh"), 0755U);
  EXPECT_EQ(mode("0/b"), 0755U);
  EXPECT_EQ(mode("0/b/c.py"), 0644U);
  EXPECT_EQ(mode("0/empty"), 0755U);
  EXPECT_EQ(fs::read_symlink(out.path() / "0/link.py"), "b/c.py");
  EXPECT_EQ(mode("1/c.py"), 0644U);
}

TEST_F(ProjectFiles, WhoseLinkCannotBeMadeAreAnError) {
  write("src/a.py");
  link("a.py", "src/link.py");
  const auto copies = find({{.from = "src"}}).value();
  fakes::FakeWork work;
  const launch::test::Scratch out;
  work.disk.set({"symlink", "link.py", ENOSPC});
  const auto done = copy_project_files(work.disk, copies, out.path());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(),
            "cannot create the link " + (out.path() / "0/link.py").string() + ": No space left on device");
}

}  // namespace
}  // namespace launch::image

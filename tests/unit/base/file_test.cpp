#include "base/file.hpp"

#include <array>
#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/disk.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch {
namespace {

RealDisk disk;

using test::Scratch;
using testing::ElementsAre;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  return names;
}

TEST(ReadFile, GivesTheWholeContent) {
  const Scratch scratch;
  const std::string content = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  ASSERT_TRUE(write_file(scratch / "file", content));
  EXPECT_TRUE(read_file(scratch / "file") == content);
}

TEST(ReadFile, SaysWhatCannotBeRead) {
  const Scratch scratch;
  const auto missing = (scratch / "missing").string();
  EXPECT_EQ(read_file(missing).error().text(),
            fmt::format("error: cannot read {}: No such file or directory\n", missing));
  EXPECT_EQ(read_file(scratch.path()).error().text(),
            fmt::format("error: cannot read {}: Is a directory\n", scratch.path().string()));
  EXPECT_EQ(read_file(missing).error().kind(), ErrorKind::environment);
}

TEST(ReadFile, TakesNoMoreThanItIsAllowed) {
  const Scratch scratch;
  const auto file = scratch / "file";
  ASSERT_TRUE(write_file(file, std::string(1001, 'x')));
  EXPECT_TRUE(read_file(file, 1001));
  EXPECT_EQ(read_file(file, 1000).error().text(),
            fmt::format("error: {} is larger than 1.0 kB\n", file.string()));
}

TEST(WriteFile, MakesTheFolderAndSetsTheMode) {
  const Scratch scratch;
  const auto file = scratch / "new/folder/script";
  const auto mask = ::umask(077);
  ASSERT_TRUE(write_file(file, "#!/bin/sh\n", 0755));
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
  EXPECT_EQ(read_file(file), "#!/bin/sh\n");
}

TEST(WriteFile, ReplacesTheWholeFileAndLeavesNothingBeside) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "file", "a long old content"));
  const Fd reader(::open((scratch / "file").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(write_file(scratch / "file", "new"));
  EXPECT_EQ(read_file(scratch / "file"), "new");
  std::array<char, 64> buffer{};
  EXPECT_EQ(::read(reader.get(), buffer.data(), buffer.size()), 18)
      << "who reads the old file goes on reading it";
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("file"));
}

TEST(WriteFile, SaysWhatIsInTheWay) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "file", "x"));
  const auto below = (scratch / "file/below").string();
  EXPECT_EQ(
      write_file(below, "y").error().text(),
      fmt::format("error: cannot create the folder {}: Not a directory\n", (scratch / "file").string()));
  std::filesystem::create_directories(scratch / "folder/full");
  EXPECT_EQ(write_file(scratch / "folder", "y").error().text(),
            fmt::format("error: cannot write {}: Is a directory\n", (scratch / "folder").string()));
  EXPECT_THAT(names_in(scratch.path()), testing::UnorderedElementsAre("file", "folder"));
}

TEST(IoError, HelpsWhereTheDiskIsFull) {
  EXPECT_EQ(
      io_error("write", "/store/wheel", ENOSPC).text(),
      "error: cannot write /store/wheel: No space left on device\n"
      "\n"
      "hint: free some space on the disk of /store, or choose another folder, and run the command again\n");
}

/// A file system of 64 kB in a scratch folder, unmounted with the object.
class TinyDisk {
 public:
  TinyDisk() { mounted_ = ::mount("launch-test", path().c_str(), "tmpfs", 0, "size=64k") == 0; }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return scratch_.path(); }

 private:
  Scratch scratch_;
  bool mounted_ = false;
};

TEST(WriteFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  const auto file = disk.path() / "lock";
  ASSERT_TRUE(write_file(file, "old"));
  const auto failed = write_file(file, std::string(1 << 20, 'x'));
  ASSERT_FALSE(failed);
  EXPECT_EQ(
      failed.error().text(),
      fmt::format(
          "error: cannot write {0}: No space left on device\n\nhint: free some space on the disk of {1}, or "
          "choose another folder, and run the command again\n",
          file.string(), disk.path().string()));
  EXPECT_EQ(failed.error().kind(), ErrorKind::environment);
  EXPECT_EQ(read_file(file), "old");
  EXPECT_THAT(names_in(disk.path()), ElementsAre("lock"));
}

TEST(MakeFolder, IsContentWithOneThatIsThere) {
  const Scratch scratch;
  EXPECT_TRUE(make_folder(scratch / "a/b/c"));
  EXPECT_TRUE(make_folder(scratch / "a/b/c"));
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "a/b/c"));
}

TEST(Fd, ClosesWhatItHolds) {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    Fd fd(number);
    const Fd taken = std::move(fd);
    EXPECT_EQ(taken.get(), number);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(FileLock, KeepsAnotherProcessOutUntilItGoes) {
  const Scratch scratch;
  const auto path = scratch / "store/.lock";
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
  auto held = FileLock::acquire(disk, path);
  ASSERT_TRUE(held) << held.error().text();

  const pid_t child = ::fork();
  if (child == 0) {
    { const auto copy = std::move(*held); }  // this process's own descriptor of the same lock
    const Fd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const bool kept_out = ::flock(other.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (::write(ready[1], "x", 1) != 1) ::_exit(2);
    const auto lock = FileLock::acquire(disk, path);
    ::_exit(kept_out && lock && std::filesystem::exists(scratch / "written") ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_TRUE(write_file(scratch / "written", "while the lock was held"));
  { const auto gone = std::move(*held); }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, GoesWithAKilledProcess) {
  const Scratch scratch;
  const auto path = scratch / ".lock";
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::acquire(disk, path);
    if (lock && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::acquire(disk, path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, SaysWhereItCannotBeMade) {
  const Scratch scratch;
  EXPECT_EQ(FileLock::acquire(disk, scratch.path()).error().text(),
            fmt::format("error: cannot lock {}: Is a directory\n", scratch.path().string()));
}

}  // namespace
}  // namespace launch

#include "base/steady_file.hpp"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch {
namespace {

class SteadyFileTest : public testing::Test {
 protected:
  SteadyFile look_at(const std::string& content) const {
    EXPECT_TRUE(write_file(path_, content));
    return SteadyFile::look_at(path_).value();
  }
  static Result<std::string> all_of(const SteadyFile& file) {
    std::string content;
    TRY(file.read_all([&](std::string_view piece) -> Result<void> {
      content += piece;
      return {};
    }));
    return content;
  }
  std::string changed() const {
    return "error: " + path_.string() +
           " has changed since it was first read\n\nhint: run the command again when nothing writes to it\n";
  }

  test::Scratch scratch_;
  std::filesystem::path path_ = scratch_ / "file";
};

TEST_F(SteadyFileTest, IsReadWholeAndInParts) {
  std::string content;
  for (int i = 0; i < 40'000; ++i) content += std::to_string(i);
  const auto file = look_at(content);
  EXPECT_EQ(file.size(), content.size());
  EXPECT_TRUE(all_of(file).value() == content);
  std::string part(1000, '\0');
  EXPECT_TRUE(file.read(100'000, part));
  EXPECT_EQ(part, content.substr(100'000, 1000));
  EXPECT_EQ(all_of(look_at("")).value(), "");
}

TEST_F(SteadyFileTest, CannotBeReadOnceItBecameShorter) {
  const auto file = look_at("some content");
  std::filesystem::resize_file(path_, 3);
  std::string part(5, '\0');
  EXPECT_EQ(file.read(0, part).error().text(), changed());
  EXPECT_EQ(all_of(file).error().text(), changed());
}

TEST_F(SteadyFileTest, CannotBeReadOnceItWasWritten) {
  const auto file = look_at("some content");
  const timespec times[] = {{0, UTIME_OMIT}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  EXPECT_EQ(all_of(file).error().text(), changed());
}

TEST_F(SteadyFileTest, CannotBeReadOnceAnotherHasItsName) {
  const auto file = look_at("some content");
  struct stat was {};
  ASSERT_EQ(::stat(path_.c_str(), &was), 0);
  std::filesystem::rename(path_, scratch_ / "old");
  ASSERT_TRUE(write_file(path_, "same  length"));
  const timespec times[] = {was.st_atim, was.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  EXPECT_EQ(all_of(file).error().text(), changed());
}

TEST_F(SteadyFileTest, CanBeReadOnceItHasAnotherLinkOrMode) {
  const auto file = look_at("some content");
  std::filesystem::create_hard_link(path_, scratch_ / "link");
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  EXPECT_NE(SteadyFile::look_at(path_)->state(), file.state());
  EXPECT_EQ(all_of(file).value(), "some content");
}

TEST_F(SteadyFileTest, SaysWhyItCannotBeRead) {
  const auto missing = "cannot read " + path_.string() + ": No such file or directory";
  EXPECT_EQ(SteadyFile::look_at(path_).error().message(), missing);
  const auto file = look_at("");
  std::filesystem::remove(path_);
  EXPECT_EQ(all_of(file).error().message(), missing);
}

}  // namespace
}  // namespace launch

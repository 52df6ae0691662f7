#include "specs/git_source.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace launch::specs {
namespace {

TEST(GitSource, IsARepositoryAndAFullCommit) {
  const std::string commit = "0123456789abcdef0123456789ABCDEF01234567";
  const auto source = GitSource::parse("git+https://user:secret@git.example/a/b.git@" + commit);
  ASSERT_TRUE(source) << source.error().text();
  EXPECT_EQ(source->url.with_secrets(), "https://user:secret@git.example/a/b.git");
  EXPECT_EQ(source->commit, "0123456789abcdef0123456789abcdef01234567");
  EXPECT_TRUE(GitSource::parse("git+file:///a/b@" + commit));
  for (const std::string& bad :
       std::vector<std::string>{"https://git.example/b.git@" + commit, "git+https://git.example/b.git",
                                "git+https://git.example/b.git@0123456", "git+https://user@git.example/b.git",
                                "git+ssh://git@git.example/b.git@" + commit,
                                "git+https://git.example/b.git@" + commit + "#subdirectory=x"}) {
    EXPECT_FALSE(GitSource::parse(bad)) << bad;
  }
  EXPECT_EQ(GitSource::parse("git+https://user:secret@git.example/b.git@main").error().message(),
            "expected git+https://HOST/REPOSITORY.git@COMMIT with the 40 digits of a commit, found "
            "\"git+https://git.example/b.git@main\"");
}

}  // namespace
}  // namespace launch::specs

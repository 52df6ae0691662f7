#include "pytorch/commits.hpp"

#include <gtest/gtest.h>

namespace launch::pytorch {
namespace {

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

TEST(Commits, OfAVersionFile) {
  // As tools/generate_torch_version.py of PyTorch writes it.
  EXPECT_EQ(commit_of("from typing import Optional\n\n"
                      "__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'xpu']\n"
                      "__version__ = '2.9.0.dev20250604+cu128'\ndebug = False\ncuda: Optional[str] = '12.8'\n"
                      "git_version = '" +
                      kCommit + "'\nhip: Optional[str] = None\n"),
            kCommit);
  EXPECT_EQ(commit_of("git_version: str = \"" + kCommit + "\"\r\n"), kCommit);
}

TEST(Commits, OfAVersionFileWithoutOne) {
  for (const std::string text : {"", "git_version", "git_version =", "git_version = 'Unknown'",
                                 "git_version = '", "x = '0123456789abcdef0123456789abcdef01234567'",
                                 "git_version = '0123456789abcdef0123456789abcdef01234567",
                                 "git_version = '0123456789abcdef0123456789abcdef0123456/'"}) {
    EXPECT_EQ(commit_of(text), std::nullopt) << text;
  }
}

TEST(Commits, ThePageThatComparesThem) {
  EXPECT_EQ(compare_url("aa", "bb"), "https://github.com/pytorch/pytorch/compare/aa...bb");
}

}  // namespace
}  // namespace launch::pytorch

#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "pytorch/channel.hpp"

namespace launch::pytorch {
namespace {

/// "CHANNEL BUILD", or "none".
std::string named(std::string_view line) {
  const auto index = index_named_in(line);
  if (!index) return "none";
  return std::string(channel_name(index->channel)) + " " + (index->build ? index->build->text() : "-");
}

TEST(IndexNamedIn, ALineOfAProjectsFile) {
  EXPECT_EQ(named("--extra-index-url https://download.pytorch.org/whl/nightly/cu126"), "nightly cu126");
  EXPECT_EQ(named("url = \"https://download.pytorch.org/whl/cu128\"  # stable"), "stable cu128");
  EXPECT_EQ(named("-i https://download-r2.pytorch.org/whl/test/cpu/"), "test cpu");
  EXPECT_EQ(named("--pre --index-url https://download.pytorch.org/whl/nightly"), "nightly -");
  EXPECT_EQ(named("--find-links https://download.pytorch.org/whl/torch_stable.html"), "none");
  EXPECT_EQ(named("--index-url https://pypi.example/whl/nightly/cu126"), "none");
  EXPECT_EQ(named(""), "none");
}

}  // namespace
}  // namespace launch::pytorch

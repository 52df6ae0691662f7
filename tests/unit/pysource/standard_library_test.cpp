#include "pysource/standard_library.hpp"

#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

TEST(StandardLibrary, OfAnyVersion) {
  for (const auto* module :
       {"__future__", "os", "tomllib", "distutils", "zoneinfo", "abc", "zlib", "_thread"})
    EXPECT_TRUE(is_standard_library(module)) << module;
  for (const auto* module : {"numpy", "torch", "", "o", "osx"})
    EXPECT_FALSE(is_standard_library(module)) << module;
}

}  // namespace
}  // namespace launch::pysource

#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"

namespace launch::image::test {

/// A golden file; LAUNCH_TEST_UPDATE=1 in the environment rewrites it.
inline void expect_golden(const std::string& name, const std::string& text) {
  const auto place = std::filesystem::path(LAUNCH_TEST_DATA) / "image" / name;
  if (std::getenv("LAUNCH_TEST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(place, text));
  }
  EXPECT_EQ(text, read_file(place).value_or("")) << place;
}

}  // namespace launch::image::test

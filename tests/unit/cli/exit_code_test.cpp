#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace launch::cli {
namespace {

TEST(ExitCode, IsThatOfWhatHappened) {
  EXPECT_EQ(exit_code_of(Error(ErrorKind::no, "")), 1);
  EXPECT_EQ(exit_code_of(input_error("")), 2);
  EXPECT_EQ(exit_code_of(Error(ErrorKind::unusable, "")), 3);
  EXPECT_EQ(exit_code_of(environment_error("")), 3);
}

}  // namespace
}  // namespace launch::cli

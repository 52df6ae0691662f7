#include "base/log.hpp"

#include <gtest/gtest.h>

namespace launch {
namespace {

/// The stderr of three lines, one of each level; stdout must stay empty.
std::string logged(LogLevel level, bool colour) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  log_start(level, colour);
  log_debug("asked {}", "a");
  log_info("{} of {}", 1, 2);
  log_warning("{{odd}} {}", "{}");
  log_start(LogLevel::info, false);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesToStderrFromItsLevelOn) {
  EXPECT_EQ(logged(LogLevel::debug, false), "debug: asked a\n1 of 2\nwarning: {odd} {}\n");
  EXPECT_EQ(logged(LogLevel::info, false), "1 of 2\nwarning: {odd} {}\n");
  EXPECT_EQ(logged(LogLevel::warning, false), "warning: {odd} {}\n");
  EXPECT_EQ(logged(LogLevel::quiet, false), "");
}

TEST(Log, WritesNoControlOfTheTerminal) {
  testing::internal::CaptureStderr();
  log_start(LogLevel::info, false);
  log_warning("{}", "a\x1b]0;b\a\n  c");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: a\\x1b]0;b\\x07\n  c\n");
}

TEST(Log, ColoursOnRequestOnly) {
  EXPECT_NE(logged(LogLevel::warning, true).find("\x1b["), std::string::npos);
  EXPECT_EQ(logged(LogLevel::warning, false).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace launch

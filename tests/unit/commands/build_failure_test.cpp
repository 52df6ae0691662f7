#include "commands/build_failure.hpp"

#include <gtest/gtest.h>

namespace launch::commands {
namespace {

std::string hints(std::string_view log) {
  std::string out;
  const auto error = build_failure("demo 1.0", "demo", 1, log, "/cache/demo-1.0.log");
  for (const auto& hint : error.hints()) out += hint + "\n";
  return out;
}

TEST(BuildFailure, SaysWhatMayHelp) {
  const std::string kLog = "the whole output is in /cache/demo-1.0.log\n";
  const std::string kCompiler = "it needs a compiler: set apt = [\"g++\"] under [lock.build.demo]\n" + kLog;
  EXPECT_EQ(hints("anything\n"), kLog);
  EXPECT_EQ(hints("ModuleNotFoundError: No module named 'torch.utils'\n"),
            "it imports torch while it is built: set isolation = false under [lock.build.demo]\n" + kLog);
  EXPECT_EQ(
      hints("ModuleNotFoundError: No module named 'numpy'\n"),
      "it imports numpy while it is built: add the package to requires under [lock.build.demo]\n" + kLog);
  EXPECT_EQ(hints("error: command 'gcc' failed: No such file or directory\n"), kCompiler);
  EXPECT_EQ(hints("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\n"), kCompiler);
  EXPECT_EQ(hints("/bin/sh: 1: g++: not found\n"), kCompiler);
  EXPECT_EQ(hints("OSError: CUDA_HOME environment variable is not set.\n"),
            "it needs the CUDA compiler: set variant = \"devel\" under [lock.build.demo]\n" + kLog);
}

}  // namespace
}  // namespace launch::commands

#include "base/environment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace launch {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

TEST(Environment, AnEmptyVariableCountsAsNotSet) {
  const Environment environment(Values{{"A", "x"}, {"EMPTY", ""}});
  EXPECT_EQ(environment.get("A"), "x");
  EXPECT_EQ(environment.get("EMPTY"), std::nullopt);
  EXPECT_EQ(environment.get("MISSING"), std::nullopt);
}

TEST(Environment, TakesThoseOfThisProcess) {
  ASSERT_EQ(::setenv("LAUNCH_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(Environment::of_this_process().get("LAUNCH_TEST_VARIABLE"), "a=b");
  ::unsetenv("LAUNCH_TEST_VARIABLE");
}

TEST(Environment, FoldersAreBelowHome) {
  const Environment environment(Values{{"HOME", "/home/u"}});
  EXPECT_EQ(environment.home(), "/home/u");
  EXPECT_EQ(environment.config_dir(), "/home/u/.config/launch");
  EXPECT_EQ(environment.cache_dir(), "/home/u/.cache/launch");
  EXPECT_EQ(environment.state_dir(), "/home/u/.local/state/launch");
  EXPECT_EQ(Environment().cache_dir(), "/.cache/launch");
}

TEST(Environment, FoldersAreWhereXdgSays) {
  const Environment environment(Values{{"HOME", "/home/u"},
                                       {"XDG_CONFIG_HOME", "/c"},
                                       {"XDG_CACHE_HOME", "relative/is/ignored"},
                                       {"XDG_STATE_HOME", ""}});
  EXPECT_EQ(environment.config_dir(), "/c/launch");
  EXPECT_EQ(environment.cache_dir(), "/home/u/.cache/launch");
  EXPECT_EQ(environment.state_dir(), "/home/u/.local/state/launch");
}

}  // namespace
}  // namespace launch

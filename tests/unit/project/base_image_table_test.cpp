#include "project/base_image_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/project/fixture.hpp"

namespace launch::project {
namespace {

TEST(BaseUser, IsAnAccountOrNumberAndEmptyForRoot) {
  for (const std::string root : {"", "root", "0", "0:0", "root:staff"})
    EXPECT_EQ(base_user(root), "") << root;
  for (const std::string user : {"65534", "1000:50", "app", "App_1.x-y:staff"})
    EXPECT_EQ(base_user(user), user);
  for (const std::string wrong : {"$(id)", "a b", "a\nRUN x", ":5", "5:", "a:b:c", "-u", "\xff", "ü"})
    EXPECT_EQ(base_user(wrong), std::nullopt) << wrong;
  EXPECT_EQ(base_user(std::string(33, 'a')), std::nullopt);
}

TEST(BaseImageTable, NamesTheUserUnlessItIsRoot) {
  auto base = test::base("ubuntu 24.04", "3.12");
  EXPECT_THAT(write_base_image(base), testing::Not(testing::HasSubstr("user")));
  base.user = "65534:10";
  const auto text = write_base_image(base);
  EXPECT_THAT(text, testing::HasSubstr("\nuser = \"65534:10\"\n"));
  const auto document = parse_toml(text, "lock.toml").value();
  EXPECT_EQ(read_base_image(TomlTable(document, "lock.toml")).value().user, "65534:10");
}

}  // namespace
}  // namespace launch::project

#include "base/base64.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace launch {
namespace {

TEST(Base64Test, EncodesAndDecodes) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe", "//4="},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
  EXPECT_EQ(base64_decode("Zg"), "f");
  for (const auto* const text : {"Z", "Zm9v!", "Zg=a", "===", "Zm 9v"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace launch

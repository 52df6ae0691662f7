#include "base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace launch {
namespace {

using nlohmann::json;

TEST(Json, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(json_text(json{{"path",
                            "a\xff"
                            "b"}}),
            "{\"path\":\"a\ufffdb\"}");
}

TEST(Json, IndentsOnRequest) {
  EXPECT_EQ(json_text(json{{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(Json, MembersThatAreMissingOrOfAnotherTypeAreNullAndEmpty) {
  const auto document = parse_json<json>(R"({"a": {"b": "text", "n": 1}})");
  EXPECT_EQ(json_string(document, {"a", "b"}), "text");
  EXPECT_EQ(json_string(document, {"a", "n"}), "");
  EXPECT_EQ(json_string(document, {"a", "b", "c"}), "");
  EXPECT_TRUE(json_at(document, {"x"}).is_null());
}

TEST(Json, TextThatIsNoJsonHasNoMembers) {
  const auto document = parse_json<json>("{");
  EXPECT_TRUE(document.is_discarded());
  EXPECT_EQ(json_string(document, {"a"}), "");
}

TEST(Json, NestingThatNoWriterCouldFollowIsRefused) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_FALSE(parse_json<json>(nested(500)).is_discarded());
  EXPECT_TRUE(parse_json<json>(nested(501)).is_discarded());
  EXPECT_TRUE(parse_json<json>(std::string(100'000, '[')).is_discarded());
  const auto in_a_string = R"(["\"", ")" + std::string(1000, '[') + "\"]";
  EXPECT_FALSE(parse_json<json>(in_a_string).is_discarded());
}

TEST(Json, WholeNumbersAreReadWhereTheyFit) {
  const auto document = parse_json<json>(R"([300, -1, 1.5, 1e300, 18446744073709551615, "1", null])");
  EXPECT_EQ(json_integer<int>(document[0]), 300);
  EXPECT_EQ(json_integer<unsigned char>(document[0]), std::nullopt);
  EXPECT_EQ(json_integer<int>(document[1]), -1);
  EXPECT_EQ(json_integer<std::uint64_t>(document[1]), std::nullopt);
  EXPECT_EQ(json_integer<std::uint64_t>(document[4]), 18446744073709551615U);
  EXPECT_EQ(json_integer<std::int64_t>(document[4]), std::nullopt);
  for (const auto place : {2, 3, 5, 6}) EXPECT_EQ(json_integer<int>(document[place]), std::nullopt) << place;
}

}  // namespace
}  // namespace launch

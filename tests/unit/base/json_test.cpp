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

}  // namespace
}  // namespace launch

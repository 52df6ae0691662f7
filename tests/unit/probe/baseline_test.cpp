#include "probe/baseline.hpp"

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

TEST(Baseline, IsReadAsWritten) {
  const Baseline failures = {{"torch:b", "src/a.py"}, {"torch:a", "src/b.py"}};
  const auto text = baseline_text(failures);
  EXPECT_EQ(text,
            "{\"schema\": 1, \"failures\": [\n  {\"name\":\"torch:b\",\"file\":\"src/a.py\"},\n"
            "  {\"name\":\"torch:a\",\"file\":\"src/b.py\"}\n]}\n");
  EXPECT_EQ(parse_baseline(text, "known.json").value(), failures);
  EXPECT_EQ(baseline_text({}), "{\"schema\": 1, \"failures\": []}\n");
  EXPECT_EQ(parse_baseline(baseline_text({}), "known.json").value(), Baseline{});
}

TEST(Baseline, ThatIsNone) {
  const auto error = [](std::string_view text) { return parse_baseline(text, "known.json").error().text(); };
  const std::string start = "error: known.json is not a baseline of launch check: ";
  const std::string hint = "\n\nhint: write one: launch check --write-baseline known.json …\n";
  EXPECT_EQ(error("{"), start + "expected a JSON object" + hint);
  EXPECT_EQ(error("[]"), start + "expected a JSON object" + hint);
  EXPECT_EQ(error("{\"schema\": 2}"), start + "expected \"schema\": 1" + hint);
  EXPECT_EQ(error("{\"schema\": 1}"), start + "expected a list \"failures\"" + hint);
  EXPECT_EQ(error("{\"schema\": 1, \"failures\": [{\"name\": \"a\"}]}"),
            start + "expected \"name\" and \"file\" of each failure" + hint);
}

}  // namespace
}  // namespace launch::probe

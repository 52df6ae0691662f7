#include "probe/baseline.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace launch::probe {
namespace {

using Json = nlohmann::ordered_json;

Error no_baseline(const std::string& file, std::string_view what) {
  return input_error(fmt::format("{} is not a baseline of launch check: {}", file, what))
      .hint("write one: launch check --write-baseline " + file + " …");
}

}  // namespace

std::string baseline_text(const Baseline& failures) {
  std::string text = "{\"schema\": 1, \"failures\": [";
  const char* separator = "\n";
  for (const auto& each : failures) {
    text += separator + ("  " + json_text(Json{{"name", each.name}, {"file", each.file}}));
    separator = ",\n";
  }
  return text + (failures.empty() ? "]}\n" : "\n]}\n");
}

Result<Baseline> parse_baseline(std::string_view text, const std::string& file) {
  const auto document = parse_json<Json>(text);
  if (document.is_discarded() || !document.is_object())
    return fail(no_baseline(file, "expected a JSON object"));
  if (json_integer<int>(json_at(document, {"schema"})) != 1)
    return fail(no_baseline(file, "expected \"schema\": 1"));
  const auto& failures = json_at(document, {"failures"});
  if (!failures.is_array()) return fail(no_baseline(file, "expected a list \"failures\""));
  Baseline baseline;
  for (const auto& each : failures) {
    KnownFailure known{json_string(each, {"name"}), json_string(each, {"file"})};
    if (known.name.empty() || known.file.empty())
      return fail(no_baseline(file, "expected \"name\" and \"file\" of each failure"));
    baseline.insert(std::move(known));
  }
  return baseline;
}

}  // namespace launch::probe

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/bump_formats.hpp"
#include "cli/reports/diff_formats.hpp"
#include "cli/reports/fallbacks.hpp"
#include "cli/reports/json_parts.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

Json diff_or_null(const std::optional<commands::DiffDocument>& diff) {
  return diff ? parse_json<Json>(diff_json(*diff)) : Json();
}

Json tries_json(const commands::BumpDocument& document) {
  auto list = Json::array();
  for (const auto& tried : document.tries) {
    list.push_back({{"date", tried.night ? Json(tried.night->text()) : Json()},
                    {"torch", text_or_null<Json>(tried.torch)},
                    {"failed", tried.failed ? Json(step_name(*tried.failed)) : Json()},
                    {"reasons", tried.reasons},
                    {"remembered", tried.remembered}});
  }
  return list;
}

Json fallbacks_of(const commands::BumpDocument& document) {
  if (!document.fallbacks_unknown.empty()) return {{"unknown", document.fallbacks_unknown}};
  return document.fallbacks ? parse_json<Json>(fallbacks_json(*document.fallbacks)) : Json();
}

Json names_json(const commands::BumpDocument& document) {
  if (!document.names_unknown.empty()) return {{"unknown", document.names_unknown}};
  auto list = Json::array();
  for (const auto& name : document.names) {
    list.push_back({{"name", name.name.text()},
                    {"before", pysource::verdict_name(name.before.verdict)},
                    {"after", pysource::verdict_name(name.after.verdict)},
                    {"reason", name.after.reason},
                    {"uses", name.uses}});
  }
  return list;
}

std::string_view answer_name(commands::BumpDocument::Answer answer) {
  using Answer = commands::BumpDocument::Answer;
  if (answer == Answer::moved) return "moved";
  return answer == Answer::current ? "current" : "stays";
}

}  // namespace

/// The document of `launch bump --json` (docs/json.md).
std::string bump_json(const commands::BumpDocument& document) {
  const Json json = {{"schema", 1},
                     {"recipe", document.recipe},
                     {"lock", document.file},
                     {"answer", answer_name(document.answer)},
                     {"verified", document.verified},
                     {"tries", tries_json(document)},
                     {"more", document.more},
                     {"diff", diff_or_null(document.diff)},
                     {"names", names_json(document)},
                     {"broken", diff_or_null(document.broken)},
                     {"fallbacks", fallbacks_of(document)},
                     {"dockerfile", text_or_null<Json>(document.dockerfile)}};
  return json_text(json);
}

}  // namespace launch::cli

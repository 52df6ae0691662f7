#include "cli/reports/explanation.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "specs/texts.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 6;

/// "demo requires app", and how many more there are than are shown.
std::vector<std::string> texts_of(const std::vector<locking::Need>& needs,
                                  std::size_t most = std::string::npos) {
  std::vector<std::string> texts;
  for (const auto& need : needs) {
    if (texts.size() == most) {
      texts.push_back(fmt::format("{} more", needs.size() - most));
      break;
    }
    texts.push_back(need.text);
  }
  return texts;
}

void add_reason(std::vector<std::string>& lines, const commands::ExplainDocument& document,
                const locking::VersionReason& reason) {
  const auto& explanation = document.explanation;
  const bool several = explanation.reasons.size() > 1;
  lines.push_back(fmt::format("{} {} from {}{}", explanation.package, reason.version.text(),
                              reason.index.text(),
                              several ? " on " + join_words(specs::texts_of(reason.platforms)) : ""));
  lines.push_back(fmt::format("  why it is here: {}", join(texts_of(reason.chain), "; ")));
  auto others = reason.required_by;
  std::erase_if(others, [&](const auto& need) {
    return std::find(reason.chain.begin(), reason.chain.end(), need) != reason.chain.end();
  });
  if (!others.empty()) lines.push_back(fmt::format("  also: {}", join(texts_of(others, kMostShown), "; ")));
  lines.push_back(fmt::format("  why {}: {}", reason.version.text(), reason.why));
  if (!reason.for_newer.empty()) {
    lines.push_back(fmt::format("  for {}: {}", reason.newer ? reason.newer->text() : "a newer version",
                                reason.for_newer));
  }
}

Json needs_json(const std::vector<locking::Need>& needs) {
  auto json = Json::array();
  for (const auto& need : needs) json.push_back({{"by", need.by}, {"requirement", need.requirement}});
  return json;
}

Json reason_json(const locking::VersionReason& reason) {
  return {{"platforms", specs::texts_of(reason.platforms)},
          {"version", reason.version.text()},
          {"index", reason.index.text()},
          {"chain", needs_json(reason.chain)},
          {"required_by", needs_json(reason.required_by)},
          {"why", reason.why},
          {"newer", reason.newer ? Json(reason.newer->text()) : Json()},
          {"blocked_by", needs_json(reason.blocked_by)},
          {"for_newer", reason.for_newer.empty() ? Json() : Json(reason.for_newer)}};
}

}  // namespace

std::string explanation_text(const commands::ExplainDocument& document) {
  const auto& explanation = document.explanation;
  std::vector<std::string> lines;
  for (const auto& reason : explanation.reasons) add_reason(lines, document, reason);
  if (explanation.reasons.empty())
    lines.push_back(fmt::format("{} is not needed by {}", explanation.package, document.recipe));
  if (!explanation.only_if.empty()) lines.emplace_back("  these requirements do not hold here:");
  for (const auto& text : texts_of(explanation.only_if, kMostShown)) lines.push_back("  " + text);
  for (auto& line : lines) line = printable(line);
  return join(lines, "\n");
}

std::string explanation_json(const commands::ExplainDocument& document) {
  const auto& explanation = document.explanation;
  auto reasons = Json::array();
  for (const auto& reason : explanation.reasons) reasons.push_back(reason_json(reason));
  const Json json = {{"schema", 1},
                     {"package", explanation.package},
                     {"needed", !explanation.reasons.empty()},
                     {"reasons", std::move(reasons)},
                     {"only_if", needs_json(explanation.only_if)}};
  return json_text(json);
}

}  // namespace launch::cli

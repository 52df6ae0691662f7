#include "cli/reports/fallbacks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/reports/json_parts.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::vector<std::string> without_fallback(const commands::FallbackDocument& document) {
  std::vector<std::string> lines;
  for (const auto& each : document.imports) {
    if (!each.reason.empty())
      lines.push_back(
          fmt::format("{}:{}: {} has no fallback: {}", each.file, each.line, each.name, each.reason));
  }
  return lines;
}

std::vector<std::string> fallbacks_text(const commands::FallbackDocument& document) {
  auto lines = without_fallback(document);
  const auto done = document.imports.size() - lines.size();
  const auto& from = document.from.version;
  const auto& to = document.to.version;
  lines.push_back(document.imports.empty()
                      ? fmt::format("torch {} and {} have every import", from, to)
                      : fmt::format("wrote fallbacks for {} of {} that torch {} or {} lacks", done,
                                    count_of(document.imports.size(), "import"), from, to));
  return lines;
}

std::string fallbacks_json(const commands::FallbackDocument& document) {
  auto imports = Json::array();
  for (const auto& each : document.imports) {
    imports.push_back({{"name", each.name},
                       {"file", each.file},
                       {"line", each.line},
                       {"older", text_or_null<Json>(each.older)},
                       {"newer", text_or_null<Json>(each.newer)},
                       {"reason", text_or_null<Json>(each.reason)}});
  }
  return json_text(Json{{"schema", 1},
                        {"from", document.from.version},
                        {"to", document.to.version},
                        {"imports", std::move(imports)},
                        {"patch", document.patch}});
}

}  // namespace launch::cli

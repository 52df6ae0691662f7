#include "cli/reports/fallbacks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

std::vector<std::string> fallbacks_text(const commands::FallbackDocument& document) {
  std::vector<std::string> lines;
  std::size_t done = 0;
  for (const auto& each : document.imports) {
    if (each.reason.empty()) {
      ++done;
    } else {
      lines.push_back(
          fmt::format("{}:{}: {} has no fallback: {}", each.file, each.line, each.name, each.reason));
    }
  }
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
                       {"older", or_null(each.older)},
                       {"newer", or_null(each.newer)},
                       {"reason", or_null(each.reason)}});
  }
  return json_text(Json{{"schema", 1},
                        {"from", document.from.version},
                        {"to", document.to.version},
                        {"imports", std::move(imports)},
                        {"patch", document.patch}});
}

}  // namespace launch::cli

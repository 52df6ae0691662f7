#include "cli/reports/scan.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/reports/json_parts.hpp"
#include "cli/reports/names.hpp"

namespace launch::cli {

std::string scan_text(const probe::TreeScan& scan) {
  std::vector<std::string> lines;
  for (const auto& name : scan.names) {
    lines.push_back(fmt::format("{}  {}", shown_name(name.requirement), pysource::need_name(name.need)));
    for (const auto& use : name.uses) {
      const auto need = use.need == name.need ? "" : fmt::format("  {}", pysource::need_name(use.need));
      lines.push_back(
          fmt::format("  {}{}{}", shown_place(use), need, use.choices.empty() ? "" : "  one of several"));
    }
  }
  lines.push_back(fmt::format("{} in {}", count_of(scan.names.size(), "name"), count_of(scan.files, "file")));
  return join(lines, "\n");
}

std::string scan_json(const probe::TreeScan& scan) {
  using Json = nlohmann::ordered_json;
  auto requirements = Json::array();
  for (const auto& name : scan.names) {
    auto uses = Json::array();
    for (const auto& use : name.uses) uses.push_back(use_json<Json>(use));
    requirements.push_back({{"name", name.requirement.text()},
                            {"need", pysource::need_name(name.need)},
                            {"uses", std::move(uses)}});
  }
  return json_text(Json{{"schema", 1},
                        {"files", scan.files},
                        {"requirements", std::move(requirements)},
                        {"problems", problems_json<Json>(scan.problems)}});
}

}  // namespace launch::cli

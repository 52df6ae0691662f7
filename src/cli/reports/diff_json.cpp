#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/changes.hpp"
#include "cli/reports/diff_formats.hpp"
#include "cli/reports/verified.hpp"

namespace launch::cli {

using Json = nlohmann::ordered_json;

namespace {

Json torch_json(const commands::TorchCommits& torch) {
  if (!torch.unknown.empty()) return {{"unknown", torch.unknown}};
  return {{"before", torch.before}, {"after", torch.after}, {"url", torch.url}};
}

}  // namespace

/// The document of `launch diff --json` (docs/json.md).
std::string diff_json(const commands::DiffDocument& document) {
  const Json json = {{"schema", 1},
                     {"before", document.before},
                     {"after", document.after},
                     {"same", document.diff.same()},
                     {"changes", changes_json<Json>(document.diff)},
                     {"torch", document.torch ? torch_json(*document.torch) : Json()},
                     {"verified",
                      {{"before", verified_json<Json>(document.before_verified)},
                       {"after", verified_json<Json>(document.after_verified)}}}};
  return json_text(json);
}

}  // namespace launch::cli

#include "containers/cdi.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::containers {
namespace {

constexpr std::string_view kKind = "nvidia.com/gpu";

void find_host_paths(const nlohmann::json& json, std::vector<std::string>& files) {
  if (json.is_object()) {
    if (auto path = json_string(json, {"hostPath"}); !path.empty()) files.push_back(std::move(path));
  }
  if (!json.is_structured()) return;
  for (const auto& each : json) find_host_paths(each, files);
}

CdiSpec of_json(std::string_view text) {
  const auto json = parse_json<nlohmann::json>(text);
  CdiSpec spec;
  if (json_string(json, {"kind"}) != kKind) return spec;
  for (const auto& device : json_at(json, {"devices"})) {
    if (auto name = json_string(device, {"name"}); !name.empty()) spec.devices.push_back(std::move(name));
  }
  find_host_paths(json, spec.files);
  return spec;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// "name", "0" of a line such as `- name: "0"`; nullopt for a line of another form.
std::optional<std::pair<std::string_view, std::string>> pair_of(std::string_view line) {
  line = trim(line);
  if (line.starts_with("- ")) line = trim(line.substr(2));
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  return std::pair(unquoted(line.substr(0, colon)), std::string(unquoted(trim(line.substr(colon + 2)))));
}

CdiSpec of_yaml(std::string_view text) {
  CdiSpec spec;
  bool of_gpus = false;
  for (const auto line : lines(text)) {
    auto pair = pair_of(line);
    if (!pair) continue;
    if (pair->first == "kind") of_gpus = pair->second == kKind;
    if (pair->first == "name" && !pair->second.empty()) spec.devices.push_back(std::move(pair->second));
    if (pair->first == "hostPath") spec.files.push_back(std::move(pair->second));
  }
  return of_gpus ? spec : CdiSpec();
}

}  // namespace

CdiSpec parse_cdi(std::string_view text) {
  return trim(text).starts_with('{') ? of_json(text) : of_yaml(text);
}

}  // namespace launch::containers

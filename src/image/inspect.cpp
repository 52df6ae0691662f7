#include "image/inspect.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "image/inside.hpp"
#include "image/layers.hpp"
#include "image/scripts.hpp"
#include "project/labels.hpp"

namespace launch::image {
namespace {

using Json = nlohmann::json;

constexpr Purpose kVerify{"verify", project::kVerifyLabel};

std::optional<std::string> text_or_null(const Json& json) {
  return json.is_string() ? std::optional(json_string(json)) : std::nullopt;
}

void read_torch(const Json& json, Inspection& inspection) {
  if (auto error = json_string(json, {"error"}); !error.empty()) {
    inspection.torch_error = std::move(error);
    return;
  }
  inspection.torch = {json_string(json, {"version"}), text_or_null(json_at(json, {"cuda"})),
                      text_or_null(json_at(json, {"hip"})), text_or_null(json_at(json, {"git_version"}))};
  inspection.gpus = json_integer<int>(json_at(json, {"gpus"}));
}

std::map<std::string, std::string> read_missing(const Json& json) {
  std::map<std::string, std::string> missing;
  for (const auto& [name, reason] : json.items()) missing[name] = json_string(reason);
  return missing;
}

void read_smoke(const Json& json, Inspection& inspection) {
  inspection.smoke_error = json_string(json, {"error"});
  inspection.smoke_code = json_integer<int>(json_at(json, {"code"}));
  const auto& seconds = json_at(json, {"seconds"});
  if (seconds.is_number()) inspection.smoke_seconds = seconds.get<double>();
}

containers::RunSpec run_spec(const InspectRequest& request) {
  containers::RunSpec run;
  run.argv = {std::string(kVenvPython), "-c", std::string(kInspectScript)};
  if (request.torch) run.argv.emplace_back("--torch");
  if (!request.gpus.empty()) run.argv.emplace_back("--gpus");
  run.argv.insert(run.argv.end(), request.names.begin(), request.names.end());
  run.argv.emplace_back("--");
  run.argv.insert(run.argv.end(), request.smoke.begin(), request.smoke.end());
  run.give(request.gpus);
  run.shm_bytes = kInsideShm;
  return run;
}

}  // namespace

Inspection read_inspection(std::span<const std::string> lines) {
  Inspection inspection;
  for (const auto& line : lines) {
    const auto json = parse_json<Json>(line);
    if (!json.is_object()) continue;
    if (auto step = json_string(json, {"step"}); !step.empty()) inspection.step = std::move(step);
    if (const auto& torch = json_at(json, {"torch"}); torch.is_object()) read_torch(torch, inspection);
    if (const auto& missing = json_at(json, {"missing"}); missing.is_object())
      inspection.missing = read_missing(missing);
    if (const auto& smoke = json_at(json, {"smoke"}); smoke.is_object()) read_smoke(smoke, inspection);
  }
  return inspection;
}

Result<Inspection> inspect_image(const containers::Engine& engine, const InspectRequest& request,
                                 const std::function<void(std::string_view)>& show, const Work& work) {
  constexpr std::size_t kMostAnswers = std::size_t{16} << 20;  // bytes
  std::vector<std::string> answers;
  std::size_t bytes = 0;
  const auto on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::err) return show(line);
    bytes += line.size();
    if (bytes <= kMostAnswers) answers.emplace_back(line);
  };
  TRY_ASSIGN(const auto outcome, run_inside(engine, {request.recipe, request.image_id, request.folder},
                                            kVerify, run_spec(request), on_line, work));
  if (outcome.cancelled) return fail(environment_error("interrupted"));
  auto inspection = read_inspection(answers);
  inspection.exit_code = outcome.exit_code;
  return inspection;
}

}  // namespace launch::image

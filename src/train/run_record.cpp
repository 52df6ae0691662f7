#include "train/run_record.hpp"

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::train {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json_text(json, 2) + "\n";
}

Json mounts_of(const containers::RunSpec& container) {
  auto list = Json::array();
  for (const auto& mount : container.mounts) {
    list.push_back({{"from", mount.from}, {"to", mount.to}, {"read_only", mount.read_only}});
  }
  return list;
}

/// "" for none, "all", or indices: "0,1".
std::string gpus_text(const specs::GpuSet& gpus) {
  if (gpus.empty()) return {};
  return gpus.kind() == specs::GpuSet::Kind::devices ? join(gpus.devices(), ",") : gpus.text();
}

Json node_of(const NodePlan& node) {
  auto environment = Json::array();
  for (const auto& variable : node.environment) {
    environment.push_back({{"name", variable.name}, {"value", variable.value}, {"reason", variable.reason}});
  }
  return {{"node", node.index},
          {"host", node.host},
          {"container", node.container.name},
          {"gpus", gpus_text(node.container.gpus)},
          {"shm_bytes", node.container.shm_bytes.value_or(0)},
          {"mounts", mounts_of(node.container)},
          {"env", std::move(environment)}};
}

Json cause_of(const Cause& cause) {
  Json json{{"node", cause.node}, {"rank", nullptr},          {"kind", kind_name(cause.kind)},
            {"code", cause.code}, {"message", cause.message}, {"sentence", cause.sentence()}};
  if (cause.rank) json["rank"] = *cause.rank;
  return json;
}

Json end_of(const RunEnd& end) {
  auto ranks = Json::array();
  for (const auto& rank : end.ranks) {
    ranks.push_back({{"node", rank.node},
                     {"rank", rank.rank},
                     {"code", rank.event.code},
                     {"signal", rank.event.signal},
                     {"time", rank.event.time},
                     {"asked_to_end", rank.event.told}});
  }
  auto nodes = Json::array();
  for (const auto& node : end.nodes) nodes.push_back({{"node", node.node}, {"code", node.code}});
  return {{"result", end.result},
          {"code", end.code},
          {"time", end.ended},
          {"seconds", end.seconds},
          {"cause", end.cause ? cause_of(*end.cause) : Json(nullptr)},
          {"ranks", std::move(ranks)},
          {"nodes", std::move(nodes)}};
}

}  // namespace

std::string write_run_record(const RunRecord& record) {
  const auto& plan = record.plan;
  auto nodes = Json::array();
  for (const auto& node : plan.nodes) nodes.push_back(node_of(node));
  const Json json{
      {"schema", 1},
      {"run", plan.run},
      {"recipe", plan.recipe},
      {"started", record.started},
      {"engine", record.engine},
      {"lock", plan.lock_digest},
      {"image", {{"name", plan.image.name}, {"id", plan.image.image_id}, {"digest", plan.image.digest}}},
      {"world_size", plan.world_size()},
      {"ranks_per_node", plan.rendezvous.ranks_per_node},
      {"backend", plan.backend},
      {"rendezvous", {{"head", plan.rendezvous.head}, {"port", plan.rendezvous.port}}},
      {"network", plan.network},
      {"command", plan.command},
      {"nodes", std::move(nodes)},
      {"commands", record.commands},
      {"end", record.end ? end_of(*record.end) : Json(nullptr)},
  };
  return text_of(json);
}

Result<void> mark_killed(Disk& disk, const std::filesystem::path& folder, const std::string& when) {
  const auto file = folder / "run.json";
  TRY_ASSIGN(const auto text, read_file(file));
  auto json = parse_json<Json>(text);
  if (!json.is_object()) return fail(world_error(file.string() + " is not a run record"));
  if (json.contains("end") && !json["end"].is_null()) return {};
  json["end"] = {{"result", "killed"}, {"time", when}};
  return write_file(disk, file, text_of(json));
}

Result<std::filesystem::path> make_run_folder(Disk& disk, const std::filesystem::path& state,
                                              const std::string& run) {
  auto folder = state / "runs" / run;
  TRY(make_folder(disk, folder / "logs"));
  return folder;
}

}  // namespace launch::train

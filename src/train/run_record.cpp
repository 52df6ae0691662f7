#include "train/run_record.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "train/json_values.hpp"
#include "train/plan_json.hpp"

namespace launch::train {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json_text(json, 2) + "\n";
}

/// A path that reads back unchanged even if it is not UTF-8.
Json bytes_of(const std::string& path) {
  if (is_utf8(path)) return path;
  auto bytes = Json::array();
  for (const unsigned char byte : path) bytes.push_back(byte);
  return bytes;
}

std::string read_bytes(const Json& json) {
  if (!json.is_array()) return json_string(json);
  std::string path;
  for (const auto& byte : json) path += static_cast<char>(json_integer<unsigned char>(byte).value_or(0));
  return path;
}

Json mounts_of(const Plan& plan) {
  auto list = Json::array();
  for (const auto* all : {&plan.mounts, &plan.nccl_mounts}) {
    for (const auto& mount : *all)
      list.push_back({{"from", mount.from}, {"to", mount.to}, {"read_only", mount.read_only}});
  }
  return list;
}

Json secrets_of(const Plan& plan) {
  auto list = Json::array();
  for (const auto& [name, file] : plan.secrets) list.push_back({{"name", name}, {"file", file}});
  return list;
}

/// "all", or the devices: ["0", "1"].
Json devices_of(const specs::GpuSet& gpus) {
  if (gpus.kind() == specs::GpuSet::Kind::all) return "all";
  return gpus.devices();
}

specs::GpuSet read_devices(const Json& json) {
  if (!json.is_array()) return json_string(json) == "all" ? specs::GpuSet::all() : specs::GpuSet::none();
  std::vector<std::string> devices;
  for (const auto& device : json) devices.push_back(json_string(device));
  return specs::GpuSet::of_devices(std::move(devices));
}

Json nodes_of(const RunRecord& record) {
  auto list = Json::array();
  for (const auto& node : record.plan.nodes) {
    const auto index = static_cast<std::size_t>(node.index);
    const auto& names = record.description.nodes;
    list.push_back({{"node", node.index},
                    {"host", node.host},
                    {"container", index < names.size() ? names[index] : std::string()},
                    {"gpus", devices_of(node.gpus)},
                    {"env", variables_json<Json>(node.environment)}});
  }
  return list;
}

Json cause_of(const RunEnd& end) {
  if (!end.stopped_by.empty()) {
    return {{"node", nullptr},
            {"rank", nullptr},
            {"kind", kind_name(CauseKind::stopped)},
            {"code", end.code.value_or(0)},
            {"message", end.stopped_by},
            {"sentence", "stopped by " + end.stopped_by}};
  }
  if (!end.cause) return nullptr;
  const auto& cause = *end.cause;
  return {{"node", cause.node},
          {"rank", cause.rank ? Json(*cause.rank) : Json(nullptr)},
          {"kind", kind_name(cause.kind)},
          {"code", cause.code},
          {"message", cause.message},
          {"sentence", cause.sentence()}};
}

/// The end of one rank. Its kind and message are those of a cause, as if it were the only one; null if it
/// ended well.
Json rank_of(const RankEnd& end) {
  const auto& event = end.event;
  const bool known = event.started > 0;
  Json json{{"node", end.node},
            {"rank", end.rank},
            {"code", event.code},
            {"signal", event.signal},
            {"started", known ? Json(event.started) : Json(nullptr)},
            {"time", event.time},
            {"seconds", known ? Json(event.time - event.started) : Json(nullptr)},
            {"asked_to_end", event.asked_to_end},
            {"killed", event.killed},
            {"kind", nullptr},
            {"message", nullptr}};
  if (!end.failed()) return json;
  const auto cause = cause_of(end);
  json["kind"] = kind_name(cause.kind);
  json["message"] = cause.message;
  return json;
}

Json end_of(const RunEnd& end) {
  auto ranks = Json::array();
  for (const auto& rank : end.ranks) ranks.push_back(rank_of(rank));
  auto nodes = Json::array();
  for (const auto& node : end.nodes) {
    nodes.push_back(
        {{"node", node.node}, {"started", node.started}, {"time", node.time}, {"code", node.code}});
  }
  auto frames = Json::array();
  for (const auto& frame : end.frames)
    frames.push_back({{"node", frame.node}, {"rank", frame.rank}, {"at", frame.at}});
  return {{"result", end.result},
          {"code", end.code ? Json(*end.code) : Json(nullptr)},
          {"error", end.error ? Json(end.error->message()) : Json(nullptr)},
          {"time", end.ended},
          {"seconds", end.seconds},
          {"cause", cause_of(end)},
          {"killed", killed_ranks(end)},
          {"ranks", std::move(ranks)},
          {"nodes", std::move(nodes)},
          {"frames", std::move(frames)}};
}

Json attempts_of(const RunRecord& record) {
  auto list = Json::array();
  for (const auto& attempt : record.attempts) {
    list.push_back({{"started", attempt.started}, {"time", attempt.time}, {"end", end_of(attempt.end)}});
  }
  return list;
}

Json digest_json(const std::optional<Digest>& digest) {
  return digest ? Json(digest->text()) : Json(nullptr);
}

Json verified_of(const std::optional<project::Verification>& verified) {
  if (!verified) return nullptr;
  return {{"time", verified->time},
          {"gpus", verified->gpus},
          {"driver", verified->driver.empty() ? Json(nullptr) : Json(verified->driver)}};
}

/// Null for a run with an image.
Json mounted_of(const Plan& plan) {
  if (!plan.mounted) return nullptr;
  const auto& mounted = *plan.mounted;
  auto mounts = Json::array();
  for (const auto& mount : mounted.mounts) mounts.push_back({{"from", mount.from}, {"to", mount.to}});
  return {{"key", mounted.key.text()},
          {"reason", mounted.reason},
          {"mounts", std::move(mounts)},
          {"env", mounted.variables},
          {"user", mounted.user.empty() ? Json(nullptr) : Json(mounted.user)},
          {"folder", mounted.folder.empty() ? Json(nullptr) : Json(mounted.folder)}};
}

Json plan_of(const Plan& plan) {
  return {
      {"lock", plan.lock_digest.text()},
      {"image",
       {{"name", plan.image.name},
        {"id", digest_json(plan.image.image_id)},
        {"digest", digest_json(plan.image.digest)}}},
      {"verified", verified_of(plan.verified)},
      {"environment", environment_name(plan.environment_kind())},
      {"mounted", mounted_of(plan)},
      {"world_size", plan.world_size()},
      {"ranks_per_node", plan.rendezvous.ranks_per_node},
      {"backend", plan.backend},
      {"rendezvous", {{"head", plan.rendezvous.head}, {"port", plan.rendezvous.port}}},
      {"gpus", plan.gpus.text()},
      {"command", plan.command},
      {"arguments", plan.arguments},
      {"env", variables_json<Json>(plan.environment)},
      {"left_alone", left_alone_json<Json>(plan)},
      {"nccl", plan.nccl ? Json(plan.nccl->text()) : Json(nullptr)},
      {"mounts", mounts_of(plan)},
      {"secrets", secrets_of(plan)},
      {"workdir", plan.workdir.empty() ? Json(nullptr) : Json(plan.workdir)},
      {"shm_bytes", plan.shm_bytes},
      {"restarts", plan.restarts},
      {"grace", {{"interrupted", plan.grace.interrupted.count()}, {"failed", plan.grace.failed.count()}}}};
}

Result<Json> parse(std::string_view text) {
  auto json = parse_json<Json>(text);
  if (json_string(json, {"run"}).empty()) return fail(environment_error("not a run record"));
  return json;
}

}  // namespace

std::vector<int> killed_ranks(const RunEnd& end) {
  auto killed = end.unknown;
  for (const auto& rank : end.ranks) {
    if (rank.event.killed) killed.push_back(rank.rank);
  }
  std::sort(killed.begin(), killed.end());
  return killed;
}

std::string write_run_record(const RunRecord& record) {
  Json json{{"schema", 1},
            {"run", record.plan.run},
            {"recipe", record.plan.recipe},
            {"started", record.started},
            {"time", record.time},
            {"pid", record.pid},
            {"place",
             {{"name", record.handle.place},
              {"engine", record.handle.engine},
              {"program", bytes_of(record.handle.program)}}},
            {"engine", record.description.software}};
  json.update(plan_of(record.plan));
  json["nodes"] = nodes_of(record);
  json["commands"] = Json::array();
  const auto add = [&](const std::vector<containers::Command>& commands) {
    for (const auto& command : commands) json["commands"].push_back(command.argv);
  };
  add(record.commands.before);
  for (const auto& node : record.commands.nodes) add(node);
  json["preflight"] = record.preflight ? Json::parse(write_preflight(*record.preflight)) : Json(nullptr);
  json["attempts"] = attempts_of(record);
  json["end"] = record.end ? end_of(*record.end) : Json(nullptr);
  return text_of(json);
}

Result<std::string> with_lost_end(std::string_view text, const std::string& when) {
  TRY_ASSIGN(auto json, parse(text));
  if (json.contains("end") && !json["end"].is_null()) return std::string(text);
  json["end"] = {{"result", "lost"}, {"time", when}};
  return text_of(json);
}

Result<RunSummary> read_run_record(std::string_view text) {
  TRY_ASSIGN(const auto json, parse(text));
  RunSummary summary;
  summary.run = json_string(json, {"run"});
  summary.recipe = json_string(json, {"recipe"});
  summary.started = json_string(json, {"started"});
  summary.time = json_number(json_at(json, {"time"})).value_or(0);
  summary.nodes = static_cast<int>(json_at(json, {"nodes"}).size());
  for (const auto& node : json_at(json, {"nodes"}))
    summary.gpus.push_back(read_devices(json_at(node, {"gpus"})));
  summary.ranks_per_node = std::max(1, json_integer<int>(json_at(json, {"ranks_per_node"})).value_or(1));
  summary.handle = {json_string(json, {"place", "name"}), json_string(json, {"place", "engine"}),
                    read_bytes(json_at(json, {"place", "program"}))};
  summary.environment =
      environment_named(json_string(json, {"environment"})).value_or(EnvironmentKind::image);
  if (const auto grace = json_integer<int>(json_at(json, {"grace", "interrupted"})))
    summary.grace = std::chrono::seconds(std::clamp(*grace, 0, 86400));
  summary.result = json_string(json, {"end", "result"});
  summary.seconds = json_number(json_at(json, {"end", "seconds"}));
  summary.code = json_integer<int>(json_at(json, {"end", "code"}));
  summary.cause_kind = json_string(json, {"end", "cause", "kind"});
  summary.cause = json_string(json, {"end", "cause", "sentence"});
  if (summary.cause.empty()) summary.cause = json_string(json, {"end", "error"});
  if (!summary.cause.empty() && summary.cause_kind.empty()) summary.cause_kind = "error";
  return summary;
}

}  // namespace launch::train
